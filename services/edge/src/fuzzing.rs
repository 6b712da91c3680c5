//! What `tests/fuzz` feeds: what clients send once they are upgraded, the far end of the link to the chat service, and the readers of what
//! Redis answers. Only built with the feature `fuzzing`; no rules of its own.

pub use crate::{
    connection::fuzzing::websocket_stream, deadlines::fuzzing::redis_reply, upstream::fuzzing::Room,
};

//! What `tests/fuzz` feeds: the far end of the link to the chat service, and the readers of what Redis answers.
//! Only built with the feature `fuzzing`; no rules of its own.

pub use crate::{deadlines::fuzzing::redis_reply, upstream::fuzzing::Room};

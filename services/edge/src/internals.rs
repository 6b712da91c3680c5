//! What the tests, examples and fuzz targets of this crate reach behind its facade. Nobody else uses it.

pub use crate::{
    connection::{Upgraded, run as run_connection},
    deadlines::{
        DeadlineConfig, Deadlines, Delivery, EdgeId, Owners, Phase, Prompt, Scope, SessionRecord,
        start as start_deadlines,
    },
    edge::Edge,
    http::router,
    rooms::{Member, Rooms, SeenAs},
    upstream::{AccessToken, Principal, chat::Link},
    wire::inbound,
};

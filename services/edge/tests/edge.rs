//! Tests of the edge as a library: the published protocol documents, and whole connections over in-memory
//! streams, with the services behind them played by stand-ins and the clock paused.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "edge/attachments.rs"]
mod attachments;
#[path = "edge/closing.rs"]
mod closing;
#[path = "edge/contract.rs"]
mod contract;
#[path = "edge/conversation.rs"]
mod conversation;
#[path = "edge/documents.rs"]
mod documents;
#[path = "edge/frames.rs"]
mod frames;
#[path = "edge/limits.rs"]
mod limits;
#[path = "edge/presence.rs"]
mod presence;
#[path = "edge/requests.rs"]
mod requests;
#[path = "edge/set_back.rs"]
mod set_back;
#[path = "edge/sleep.rs"]
mod sleep;
#[path = "edge/stand_ins.rs"]
mod stand_ins;
#[path = "edge/test_edge.rs"]
mod test_edge;
#[path = "edge/timing.rs"]
mod timing;

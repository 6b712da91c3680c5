//! The WebSocket protocol's frames, version 1: the only place that knows their JSON.
//!
//! What the server says is serialised from the types in [`proto::websocket`], from which the published schema is made
//! too. What a client says is read by [`inbound`], by hand, so that each fault has its own words.

mod fitting;
pub mod inbound;
pub(crate) mod outbound;
pub(crate) mod rendered;

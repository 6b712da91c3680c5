//! The WebSocket protocol's frames, version 1: the only place that knows their JSON.
//!
//! What the server says is serialised from the types in [`frames`], from which the published schema is made
//! too. What a client says is read by [`inbound`], by hand, so that each fault has its own words.

pub mod codes;
mod fitting;
pub mod frames;
pub mod inbound;
pub mod outbound;

pub use self::fitting::MAX_FRAME;

/// The WebSocket subprotocol that the server speaks.
pub const SUBPROTOCOL: &str = "recipe-chat.v1";

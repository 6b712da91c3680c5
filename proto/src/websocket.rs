//! The WebSocket protocol, version 1, as both of its ends see it: frames, close and error codes, limits.
//!
//! The published JSON Schema, the TypeScript types and the terminal client are made from these types.

pub mod codes;
pub mod frames;

use crate::text::MAX_MESSAGE_CHARS;

/// The WebSocket subprotocol that the server speaks.
pub const SUBPROTOCOL: &str = "recipe-chat.v1";

/// The largest frame that the server writes, in bytes as serialised.
pub const MAX_FRAME: usize = 512 << 10;

/// The longest message, in characters after trimming.
pub const MAX_CONTENT: usize = MAX_MESSAGE_CHARS;

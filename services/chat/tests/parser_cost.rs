//! What clients send must not cost more than its size: memory at the peak is bounded per byte of input, and the work,
//! counted in allocations and allocated bytes, grows no faster than the input. Counts are deterministic; no time is measured.

#![expect(
    clippy::unwrap_used,
    reason = "what a test can't set up should stop it"
)]

#[path = "parser_cost/documents.rs"]
mod documents;
#[path = "parser_cost/exports.rs"]
mod exports;
#[path = "parser_cost/limits.rs"]
mod limits;
#[path = "parser_cost/messages.rs"]
mod messages;

//! The chat service over a real gRPC connection, with a database of its own for each test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail wherever it stands"
)]

mod access;
mod calls;
mod harness;
mod links;
mod matrix;
mod past;
mod positions;
mod replicas;
mod scopes;
mod sharing;
mod tracing;
mod webhooks;

//! The chat service: owns recipe state. It turns messages into recipe changes, durable, in one order per recipe,
//! exactly once, and tells everyone who is attached. It never checks tokens: the edge has verified who asks.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod recipe;

mod access;
mod commit;
mod config;
mod grpc;
mod hub;
mod ledger;
mod link;
mod message;
mod metrics;
mod quota;
mod recipes;
mod refused;
mod replicas;
mod service;
mod store;

pub use config::Config;
pub use service::{Chat, open, redis_self_test};
pub use store::OpenError;

//! The chat service: owns recipe state. It turns messages into recipe changes, durable, in one order per recipe,
//! exactly once, and tells everyone who is attached. Who asks is shown by access tokens, which `verifier`
//! judges by the auth service's public keys.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod recipe;

mod access;
mod audit;
mod catch_up;
mod commit;
mod config;
mod grpc;
mod hints;
mod hub;
mod link;
mod message;
mod metrics;
mod names;
mod outbox;
mod presence;
mod principal;
mod quota;
mod recipe_state;
mod recipes;
mod refused;
mod replicas;
mod service;
mod share_link;
mod store;
mod upkeep;
mod verifier;
mod webhooks;

pub use config::{Config, Reloadable};
pub use service::{Chat, Reloader, open, redis_self_test};
pub use store::{OpenError, migrate, missing_migrations};
pub use verifier::AuthService;

//! The WebSocket edge: bridges the JSON protocol of browsers to the auth and chat services, and sees to it that
//! no connection outlives its token. It keeps no recipe and no user; it never reads a token from a URL, a
//! header or a cookie on the WebSocket path.
//!
//! In reading order: `node` starts and stops an edge, `edge` is what its parts share, `http` brings connections in,
//! `connection` owns each of them, `session` has the rules, `rooms` fan out, `deadlines` and `upstream` reach what is
//! behind.

pub mod admin;

mod edge;
mod node;

mod access;
mod api_tokens;
mod audience;
mod config;
mod gauges;
mod lazy_queue;
mod limits;
mod metrics;
mod prompt_plan;
mod public_url;
mod sign_in_issuers;

mod http;
mod revocations;
mod web_page;

mod connection;
mod event_log;
mod registry;
mod rendezvous;
mod rooms;
mod session;
mod wire;

mod deadlines;
mod deletions;
mod upstream;

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod internals;

pub use self::{
    config::{Config, Reloadable},
    node::{
        AdminPort, OpenEdge, OpenError, Reloader, Services, Upstreams, assemble, open,
        redis_self_test,
    },
    upstream::chat::Replicas,
};

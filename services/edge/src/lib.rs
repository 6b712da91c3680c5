//! The WebSocket edge: bridges the JSON protocol of browsers to the auth and chat services, and sees to it that
//! no connection outlives its token. It keeps no recipe and no user; it never reads a token from a URL, a
//! header or a cookie on the WebSocket path.
//!
//! In reading order: [`edge`] is the node as a whole, [`http`] brings connections in, `connection` owns each of them, [`session`] has the rules, [`rooms`] fan out, [`deadlines`] and [`upstream`]
//! reach what is behind.

pub mod audience;
pub mod config;
pub mod edge;
pub mod public_url;

pub mod http;
pub mod limits;
pub mod revocations;

pub mod connection;
pub mod registry;
pub mod rooms;
pub mod session;
pub mod wire;

pub mod deadlines;
pub mod upstream;

#[cfg(feature = "fuzzing")]
pub mod fuzzing;

pub mod metrics;
mod rendezvous;

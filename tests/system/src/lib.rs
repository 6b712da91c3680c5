//! The kit of the system tests: it starts real processes (the binary, Redis, PostgreSQL), speaks to them as
//! programs and browsers would, puts faults between them, and judges what they did. It knows the contract of
//! Recipe Chat and nothing of its code.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the kit serves tests: a broken expectation ends the test, with words"
)]

pub mod clock;
pub mod scale;
pub mod timeouts;

pub mod binary;
pub mod pgbouncer;
pub mod postgres;
pub mod process;
pub mod redis_sentinel;
pub mod redis_server;
pub mod service;
pub mod stack;

pub mod account;
pub mod chat_client;
pub mod client;
pub mod crowd;
pub mod frames;
pub mod http;
pub mod proxy;

pub mod canary;
pub mod chat_log;
pub mod cluster;
pub mod forge;
pub mod history;

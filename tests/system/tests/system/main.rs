//! Recipe Chat from outside: every promise of its contract, asked of real processes.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "these are tests, also where a function serves several of them"
)]

mod accounts;
mod api_tokens;
mod audit;
mod delivery;
mod envelope;
mod federation;
mod first_message;
mod frames;
mod handshake;
mod health;
mod issuer_sign_in;
mod presence;
mod privacy;
mod reauth;
mod recipe_life;
mod reloading;
mod revocation;
mod sessions;
mod sharing;
mod tokens;

mod backup;
mod check;
mod cli;
mod connections;
mod grpc;
mod http_auth;
mod http_operations;
mod http_recipes;
mod keys;
mod logs;
mod operator_certificates;
mod sign_in_memory;
mod terminal;

mod crowd;
mod crowded_port;
mod disk;
mod drain;
mod faults;
mod kills;
mod limits;
mod outages;
mod postgres;
mod redis_loss;
mod redis_refuses;
mod replicas;
mod retention;
mod service_proof;
mod set_back;
mod sizes;
mod start_order;
mod two_edges;

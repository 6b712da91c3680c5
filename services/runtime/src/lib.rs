//! How a process of Recipe Chat starts, is watched and stops: clock, configuration values, listeners,
//! lifecycle, gRPC stacks, health probes, Redis connections, migrations, repeated warnings and telemetry. It knows nothing of recipes, tokens or sockets.

pub mod accept;
pub mod audit;
pub mod build;
pub mod clock;
pub mod config;
pub mod database;
pub mod descriptors;
pub mod dial;
pub mod grpc;
pub mod http_call;
pub mod https_client;
pub mod least_rate;
pub mod lifecycle;
pub mod listener;
pub mod metrics_port;
pub mod network;
pub mod operator_tls;
pub mod operator_token;
pub mod operators;
pub mod probe;
pub mod public_web;
pub mod rate_limiter;
pub mod redis;
pub mod replicas;
pub mod telemetry;
pub mod trace_context;
pub mod warning_limiter;

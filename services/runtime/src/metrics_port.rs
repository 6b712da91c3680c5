//! A port of its own for Prometheus, for services that otherwise speak only gRPC.

use axum::{Router, routing::get};
use tokio::net::TcpListener;

use crate::{accept, lifecycle::Lifecycle, telemetry::Prometheus};

/// Some collectors, and a few connections of each.
const MAX_CONNECTIONS: usize = 64;

/// Answers `GET /metrics` until the lifecycle stops.
pub async fn serve(listener: TcpListener, prometheus: Prometheus, lifecycle: &Lifecycle) {
    let metrics = get(async move || prometheus);
    accept::serve(
        listener,
        Router::new().route("/metrics", metrics),
        accept::Limits {
            in_all: MAX_CONNECTIONS,
            ..accept::Limits::default()
        },
        lifecycle,
        lifecycle.stopping(),
    )
    .await;
}

//! A port of its own for Prometheus, for services that otherwise speak only gRPC.

use axum::{Router, routing::get};
use tokio::net::TcpListener;

use crate::{accept, lifecycle::Lifecycle, telemetry::Prometheus};

/// Answers `GET /metrics` until the lifecycle stops.
pub async fn serve(listener: TcpListener, prometheus: Prometheus, lifecycle: &Lifecycle) {
    let metrics = get(async move || prometheus);
    accept::serve(
        listener,
        Router::new().route("/metrics", metrics),
        lifecycle,
    )
    .await;
}

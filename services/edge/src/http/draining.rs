//! What a stopping edge answers: that it stops, so that clients and proxies go elsewhere. Probes see it as it is.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{operations, problem::Problem};
use crate::edge::Edge;

/// When to try again: by then another edge or this one's successor is there.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Refuses requests while the edge stops, and has their connections closed.
pub(super) async fn refuse(
    State(edge): State<Arc<Edge>>,
    request: Request,
    next: Next,
) -> Response {
    if !edge.lifecycle.is_stopping() {
        return next.run(request).await;
    }
    let mut response = if operations::is_for_operators(request.uri().path()) {
        next.run(request).await
    } else {
        problem().into_response()
    };
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// The answer of an edge that stops.
pub(super) fn problem() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "The server restarts; try again",
    )
    .retry_after(RETRY_AFTER)
}

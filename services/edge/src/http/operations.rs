//! What operators and their machines ask: keys, documents, liveness, readiness, metrics.

use std::sync::LazyLock;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use runtime::{build, telemetry::Prometheus};
use serde_json::json;

use super::{Shared, problem::Problem};
use crate::upstream::health::Serving;

/// The HTTP API, described.
const OPENAPI: &str = include_str!("../../../../proto/http/openapi.json");

/// Whether a path is asked by operators' machines, by whichever address they know an edge, and in every state of it.
pub(super) fn is_for_operators(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// The public keys.
pub(super) async fn jwks(State(edge): Shared) -> Result<Response, Problem> {
    let keys = edge.auth.jwks().await?;
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "public, max-age=60"),
    ];
    Ok((headers, keys).into_response())
}

/// What this edge answers: without pages of the web, nothing tells of imports.
pub(super) async fn openapi(State(edge): Shared) -> impl IntoResponse {
    static WITHOUT_IMPORTS: LazyLock<String> = LazyLock::new(|| without_imports(OPENAPI));
    let document = match edge.web_pages {
        Some(_) => OPENAPI,
        None => WITHOUT_IMPORTS.as_str(),
    };
    ([(header::CONTENT_TYPE, "application/json")], document)
}

/// The description without the call that only some edges have.
fn without_imports(document: &str) -> String {
    // It is ours, and tests read it; were it unreadable, it would be told as it is.
    let Ok(mut described) = serde_json::from_str::<serde_json::Value>(document) else {
        return document.to_owned();
    };
    for (part, name) in [
        ("/paths", "/v1/imports"),
        ("/components/schemas", "WebImport"),
        ("/components/schemas", "WebImportPreview"),
    ] {
        if let Some(part) = described
            .pointer_mut(part)
            .and_then(|part| part.as_object_mut())
        {
            part.remove(name);
        }
    }
    described.to_string()
}

/// The process lives, and which build it is.
pub(super) async fn health() -> String {
    format!("ok {}\n", build::description())
}

/// Whether the edge can do its work: auth and chat can be reached and say that they serve, and it is not draining. Without
/// Redis the edge works on its own timers, so that is told and no reason to send people elsewhere.
pub(super) async fn readiness(State(edge): Shared) -> Response {
    let draining = edge.lifecycle.is_stopping();
    let Serving { auth, chat } = edge.health.serving().await;
    let problem = edge.deadlines.problem();
    let status = if auth && chat && !draining {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut state = json!({
        "auth": auth,
        "chat": chat,
        "redis": problem.is_none(),
        "degraded": problem.is_some(),
        "draining": draining,
    });
    if let Some(problem) = problem {
        state["redis_problem"] = problem.to_string().into();
    }
    (status, Json(state)).into_response()
}

/// The process's metrics as Prometheus text, unless they have a port of their own.
pub(super) async fn metrics(State(edge): Shared) -> Result<Prometheus, Problem> {
    match edge.config.metrics_listen {
        None => Ok(edge.prometheus.clone()),
        Some(_) => Err(Problem::not_found()),
    }
}

//! Which pages of other origins may read answers of the API: those that the operator lists, with the cookie. All
//! others get the answer as if they had not asked.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderName, Method, header},
    middleware::Next,
    response::Response,
};
use tower::{Layer as _, ServiceExt as _};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{client, origin};
use crate::edge::Edge;

/// How long a browser may remember what it was allowed.
const MAX_AGE: Duration = Duration::from_secs(600);
const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];
const REQUEST_HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("traceparent"),
];
const RESPONSE_HEADERS: [HeaderName; 4] = [
    header::LOCATION,
    header::RETRY_AFTER,
    header::ETAG,
    client::REQUEST_ID,
];

/// What listed origins are told.
#[derive(Clone)]
pub(super) struct Sharing {
    edge: Arc<Edge>,
    layer: CorsLayer,
}

/// For the origins that are listed at the time.
pub(super) fn layer(edge: Arc<Edge>) -> Sharing {
    let layer = CorsLayer::new()
        // Nobody else's request comes here.
        .allow_origin(AllowOrigin::mirror_request())
        .allow_credentials(true)
        .allow_methods(METHODS)
        .allow_headers(REQUEST_HEADERS)
        .expose_headers(RESPONSE_HEADERS)
        .max_age(MAX_AGE);
    Sharing { edge, layer }
}

/// Adds what a page of a listed origin needs, and answers its preflights.
pub(super) async fn share(
    State(sharing): State<Sharing>,
    request: Request,
    next: Next,
) -> Response {
    let origin = origin::single(request.headers());
    if !origin.is_some_and(|origin| origin::is_listed(&origin, &sharing.edge.settings.load())) {
        return next.run(request).await;
    }
    let answered: Result<Response, Infallible> = sharing.layer.layer(next).oneshot(request).await;
    match answered {
        Ok(response) => response,
    }
}

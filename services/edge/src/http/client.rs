//! Who asks over HTTP: the client's address, and the name of its request, under which the log lines of every service
//! are found. Each request is one event, and part of its caller's trace; each refusal is one more here, unless the service
//! that refused has written it.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, request::Parts},
    middleware::Next,
    response::Response,
};
use runtime::trace_context;
use tokio::time::Instant;
use tracing::{Instrument as _, field::Empty, info, info_span};
use uuid::Uuid;

use super::operations;
use crate::{metrics, upstream::auth::OnBehalfOf};

/// The name of a request: from a trusted proxy, else made here. The answer carries it.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The trace that a request is part of.
const TRACEPARENT: &str = "traceparent";
/// Where the web app answers, whatever the path.
const ANY_PAGE: &str = "(page)";
/// The longest name that is taken over.
const MAX_LENGTH: usize = 64;

/// The name of a request, as text and as a header.
#[derive(Debug, Clone)]
struct RequestId {
    text: Arc<str>,
    header: HeaderValue,
}

/// Gives each request a name. What stands in the header now was written by a trusted proxy.
pub(super) async fn name_request(mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let told = request.headers().get(REQUEST_ID).filter(|id| is_plain(id));
    let id = RequestId::from(told);
    request.extensions_mut().insert(id.clone());
    let client = Client::of(request.extensions());
    // As it is written in the description: ids and tokens of links stand in paths, and never here.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or(ANY_PAGE, MatchedPath::as_str);
    let method = method_name(request.method());
    let is_for_operators = operations::is_for_operators(route);
    let span = info_span!(
        "http",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        trace_id = Empty,
    );
    let parent = request.headers().get(TRACEPARENT);
    trace_context::begin(&span, parent.and_then(|value| value.to_str().ok()));

    let mut response = next.run(request).instrument(span.clone()).await;

    let (status, took) = (response.status().as_u16(), begun.elapsed());
    metrics::count_request(route, method, status, took);
    if !is_for_operators {
        span.in_scope(|| client.log_request(method, route, status, took));
    }
    response.headers_mut().insert(REQUEST_ID, id.header);
    response
}

/// Other methods are of nobody's making but the client's.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

impl From<Option<&HeaderValue>> for RequestId {
    fn from(told: Option<&HeaderValue>) -> Self {
        let made = || Uuid::now_v7().to_string();
        let text = told.and_then(|id| id.to_str().ok().map(str::to_owned));
        let text = text.unwrap_or_else(made);
        Self {
            // A UUID, or what was a header before.
            header: HeaderValue::try_from(&text).unwrap_or_else(|_| HeaderValue::from_static("")),
            text: text.into(),
        }
    }
}

/// It goes to the log, so it holds nothing but what ids are made of.
fn is_plain(id: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let id = id.as_bytes();
    (1..=MAX_LENGTH).contains(&id.len()) && id.iter().all(plain)
}

/// The client of a request.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// Its address; behind trusted proxies, the one that they tell.
    pub(super) address: Option<IpAddr>,
    request_id: Arc<str>,
}

impl Client {
    /// What the auth service is told of it.
    pub(super) fn on_behalf_of(&self) -> OnBehalfOf {
        OnBehalfOf {
            address: self.address,
            request_id: Arc::clone(&self.request_id),
        }
    }

    /// Writes the event of a request that was answered.
    fn log_request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        info!(
            target: "edge::access",
            method,
            route,
            status,
            took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            client.address = self.address.map(tracing::field::display),
            request.id = &*self.request_id,
            "request"
        );
    }

    /// Writes the event of a refusal that was decided here.
    pub(super) fn log_refusal(&self, action: &'static str, reason: &'static str) {
        info!(
            action,
            reason,
            client.address = self.address.map(tracing::field::display),
            request.id = &*self.request_id,
            "refused"
        );
    }

    pub(super) fn of(parts: &axum::http::Extensions) -> Self {
        let peer = parts.get::<ConnectInfo<SocketAddr>>();
        let id = parts.get::<RequestId>().cloned();
        Self {
            address: peer.map(|ConnectInfo(peer)| peer.ip().to_canonical()),
            request_id: id.unwrap_or_else(|| RequestId::from(None)).text,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_an_id_is_taken_over() {
        for (told, taken) in [
            ("0199d7b0-7c1e.edge_1", true),
            ("", false),
            ("a b", false),
            ("a\u{e9}", false),
            (&"x".repeat(65), false),
        ] {
            let header = HeaderValue::from_bytes(told.as_bytes()).unwrap();
            assert_eq!(is_plain(&header), taken, "{told:?}");
        }
        let made = RequestId::from(None);
        assert!(is_plain(&made.header));
        assert_eq!(made.header, *made.text);
    }
}

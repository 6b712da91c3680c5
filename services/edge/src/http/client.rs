//! Who asks over HTTP: the client's address, and the name of its request, under which the log lines of every service
//! are found. Each refusal is one event here, unless the service that refused has written it.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{HeaderName, HeaderValue, request::Parts},
    middleware::Next,
    response::Response,
};
use tracing::info;
use uuid::Uuid;

use crate::upstream::auth::OnBehalfOf;

/// The name of a request: from a trusted proxy, else made here. The answer carries it.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
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
    let told = request.headers().get(REQUEST_ID).filter(|id| is_plain(id));
    let id = RequestId::from(told);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(REQUEST_ID, id.header);
    response
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

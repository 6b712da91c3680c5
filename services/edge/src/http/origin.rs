//! Where a browser's request comes from: the edge's own origin and those that the operator lists may use the
//! WebSocket and the sign-in calls, others may not. Programs send no `Origin` and are let through.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use url::Url;

use super::{client::Client, problem::Problem};
use crate::edge::Edge;

/// Lets a request through when its `Origin` may be.
pub(super) async fn require_known(
    State(edge): State<Arc<Edge>>,
    request: Request,
    next: Next,
) -> Response {
    if is_known(request.headers(), &edge.config.allowed_origins) {
        next.run(request).await
    } else {
        Client::of(request.extensions()).log_refusal("sign_in_call", "origin");
        refused().into_response()
    }
}

/// The answer to an origin that may not.
pub(super) fn refused() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "This origin may not connect; the operator can list it in --allowed-origins",
    )
}

/// Whether the `Origin` is absent, the edge's own, or listed.
pub(super) fn is_known(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return true;
    };
    let only_one = origins.next().is_none();
    let origin = origin
        .to_str()
        .ok()
        .and_then(|text| Url::parse(text).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https") && only_one);
    let Some(origin) = origin else {
        return false;
    };
    is_own(&origin, headers)
        || allowed.iter().any(|allowed| {
            Url::parse(allowed).is_ok_and(|allowed| allowed.origin() == origin.origin())
        })
}

/// Whether the origin's host and port are those that the request was sent to.
fn is_own(origin: &Url, headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok());
    host.is_some_and(|host| {
        host.host() == origin.host()
            && host.port_or_known_default() == origin.port_or_known_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, origins: &[&str], known: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        for origin in origins {
            headers.append(header::ORIGIN, origin.parse().unwrap());
        }
        let allowed = ["https://cook.example".to_owned()];
        assert_eq!(is_known(&headers, &allowed), known, "{origins:?} at {host}");
    }

    #[test]
    fn only_absent_own_and_listed_origins_may_connect() {
        check("127.0.0.1:8080", &[], true);
        check("127.0.0.1:8080", &["http://127.0.0.1:8080"], true);
        check("chat.example", &["https://chat.example"], true);
        check("chat.example", &["https://CHAT.example"], true);
        check("chat.example:443", &["https://chat.example"], true);
        check("chat.example", &["https://cook.example"], true);
        for foreign in [
            "null",
            "",
            "https://evil.example",
            "https://chat.example.evil.example",
            "https://evilchat.example",
            "https://chat.example:8443",
            "http://cook.example",
            "https://cook.example:8443",
            "https://cook.example.evil.example",
            "https://chat.example.",
            "file://chat.example",
            "chat.example",
            "//chat.example",
            "https://",
            "chrome-extension://abcdef",
        ] {
            check("chat.example", &[foreign], false);
        }
        check(
            "chat.example",
            &["https://chat.example", "https://evil.example"],
            false,
        );
    }
}

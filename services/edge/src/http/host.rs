//! Which host a request is for: there must be exactly one, and when the operator pins hosts with `--public-url`,
//! it must be one of those. A page of a foreign name that was pointed at this address gets nothing.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Version, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use url::Url;

use super::{operations, problem::Problem};
use crate::edge::Edge;

/// Lets a request through when it names exactly one host that is answered here. Probes ask by any address.
pub(super) async fn require_known(
    State(edge): State<Arc<Edge>>,
    mut request: Request,
    next: Next,
) -> Response {
    let probe = operations::is_for_operators(request.uri().path());
    let host = match asked_host(&request) {
        Ok(host) => host,
        // A probe that speaks HTTP/1.0 need not name one.
        Err(_) if probe && is_unnamed(&request) => return next.run(request).await,
        Err(problem) => return problem.into_response(),
    };
    let pinned = &edge.config.public_urls;
    let known = pinned.is_empty() || pinned.iter().any(|url| url.has_host(&host));
    if !known && !probe {
        return misdirected().into_response();
    }
    // Whoever compares an `Origin` with it looks at one place.
    if let Ok(host) = HeaderValue::try_from(host) {
        request.headers_mut().insert(header::HOST, host);
    }
    next.run(request).await
}

/// The host that a request is for: that of its target when it has one, which then stands above the header
/// (RFC 9112, section 3.2).
fn asked_host(request: &Request) -> Result<String, Problem> {
    let named = single_host(request.headers())?;
    let target = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let host = target.unwrap_or(named);
    // Without anything that is no part of a host or port.
    let url = Url::parse(&format!("http://{host}")).map_err(|_| bad_host())?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && !host.contains(['/', '@', '?', '#', '\\']);
    bare.then(|| host.to_owned()).ok_or_else(bad_host)
}

fn single_host(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().ok_or_else(bad_host)?;
    if hosts.next().is_some() {
        return Err(bad_host());
    }
    host.to_str().map_err(|_| bad_host())
}

fn is_unnamed(request: &Request) -> bool {
    request.version() == Version::HTTP_10 && !request.headers().contains_key(header::HOST)
}

fn bad_host() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "Send exactly one Host header: the host, and the port when it is not the usual one",
    )
}

fn misdirected() -> Problem {
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "This host is not answered here; the operator can name it in --public-url",
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[track_caller]
    fn check(target: &str, hosts: &[&str], asked: Option<&str>) {
        let mut request = Request::builder().uri(target);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        let request = request.body(Body::empty()).unwrap();
        let found = asked_host(&request).ok();
        assert_eq!(found.as_deref(), asked, "{hosts:?} {target}");
    }

    #[test]
    fn a_request_is_for_exactly_one_host() {
        check("/", &["cook.example"], Some("cook.example"));
        check("/", &["[::1]:8080"], Some("[::1]:8080"));
        check("/", &[], None);
        check("/", &["cook.example", "cook.example"], None);
        for wrong in [
            "",
            "a b",
            "ada@cook.example",
            "cook.example/x",
            "cook.example:x",
        ] {
            check("/", &[wrong], None);
        }
        let elsewhere = "http://evil.example/v1/recipes";
        check(elsewhere, &["cook.example"], Some("evil.example"));
        check(elsewhere, &[], None);
    }
}

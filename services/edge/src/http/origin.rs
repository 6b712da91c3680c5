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
use crate::{config::Reloadable, edge::Edge, public_url::PublicUrl};

/// What a browser says of how the page that asks is related to the one that is asked; no page can change it.
const FETCH_SITE: &str = "sec-fetch-site";

/// Lets a request that a cookie may authenticate through when its `Origin` may be, and when no browser says that
/// another site's page sends it.
pub(super) async fn require_known(
    State(edge): State<Arc<Edge>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let settings = edge.settings.load_full();
    let is_known = is_known(headers, &edge.config.public_urls, &settings);
    if is_known && !is_from_elsewhere(headers, &settings) {
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
pub(super) fn is_known(headers: &HeaderMap, pinned: &[PublicUrl], settings: &Reloadable) -> bool {
    if !headers.contains_key(header::ORIGIN) {
        return true;
    }
    single(headers)
        .is_some_and(|origin| is_own(&origin, headers, pinned) || is_listed(&origin, settings))
}

/// Whether the browser says that a page of another site, or of another host of the same site, asks, and that page
/// is not of a listed origin.
pub(super) fn is_from_elsewhere(headers: &HeaderMap, settings: &Reloadable) -> bool {
    let sites = headers.get_all(FETCH_SITE);
    let foreign = sites
        .iter()
        .any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
    foreign && !single(headers).is_some_and(|origin| is_listed(&origin, settings))
}

/// Whether it is in `--allowed-origins`, in which there are no faults.
pub(super) fn is_listed(origin: &Url, settings: &Reloadable) -> bool {
    let mut listed = settings
        .allowed_origins
        .iter()
        .filter_map(|text| Url::parse(text).ok());
    listed.any(|url| url.origin() == origin.origin())
}

/// The only `Origin`, when it is one of the web.
pub(super) fn single(headers: &HeaderMap) -> Option<Url> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next()?.to_str().ok()?;
    let url = Url::parse(origin).ok()?;
    let is_single = origins.next().is_none();
    (is_single && matches!(url.scheme(), "http" | "https")).then_some(url)
}

/// Whether the origin's host and port are those that the request was sent to; when the operator pins hosts,
/// whether it is one of those.
fn is_own(origin: &Url, headers: &HeaderMap, pinned: &[PublicUrl]) -> bool {
    if !pinned.is_empty() {
        return pinned.iter().any(|url| url.has_origin(&origin.origin()));
    }
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
    use axum::http::HeaderValue;
    use clap::{Args as _, FromArgMatches as _};

    use super::*;
    use crate::config::Config;

    fn config(flags: &[&str]) -> Config {
        let command = Config::augment_args(clap::Command::new("edge").no_binary_name(true));
        Config::from_arg_matches(&command.get_matches_from(flags)).unwrap()
    }

    #[track_caller]
    fn check(host: &str, origins: &[&str], known: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        for origin in origins {
            headers.append(header::ORIGIN, origin.parse().unwrap());
        }
        let config = config(&["--allowed-origins", "https://cook.example"]);
        assert_eq!(
            is_known(&headers, &[], &config.reloadable),
            known,
            "{origins:?} at {host}"
        );
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

    #[test]
    fn where_hosts_are_pinned_only_their_origins_are_the_edges_own() {
        let config = config(&["--public-url", "https://chat.example"]);
        let known = |host: &'static str, origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            is_known(&headers, &config.public_urls, &config.reloadable)
        };
        assert!(known("chat.example", "https://chat.example"));
        assert!(!known("chat.example", "http://chat.example"));
        assert!(!known("evil.example", "https://evil.example"));
    }

    #[track_caller]
    fn check_site(site: Option<&'static str>, origin: Option<&'static str>, elsewhere: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("chat.example"));
        if let Some(site) = site {
            headers.insert(FETCH_SITE, HeaderValue::from_static(site));
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        let config = config(&["--allowed-origins", "https://cook.example"]);
        let found = is_from_elsewhere(&headers, &config.reloadable);
        assert_eq!(found, elsewhere, "{site:?} {origin:?}");
    }

    #[test]
    fn a_browser_that_says_another_page_asks_is_believed() {
        check_site(None, None, false);
        check_site(Some("same-origin"), Some("https://chat.example"), false);
        check_site(Some("none"), None, false);
        check_site(Some("cross-site"), None, true);
        check_site(Some("same-site"), None, true);
        check_site(Some("cross-site"), Some("https://chat.example"), true);
        check_site(Some("cross-site"), Some("https://cook.example"), false);
    }
}

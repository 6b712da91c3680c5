//! Under which address whoever asks reaches this edge, for addresses that they pass on.

use axum::http::{HeaderMap, header};

use super::forwarded::FORWARDED_PROTO;
use crate::config::Config;

/// The address, without a slash at its end: the pinned one of the host that was asked, else what the request says.
pub(super) fn base_url(config: &Config, headers: &HeaderMap) -> String {
    // `host` has seen to it that there is one, and that it looks like a host.
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let pinned = config.public_urls.iter().find(|url| url.has_host(host));
    if let Some(url) = pinned {
        return url.origin();
    }
    // Said by a trusted proxy, which ends TLS before the edge.
    let over_tls = headers
        .get(FORWARDED_PROTO)
        .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
    match over_tls {
        true => format!("https://{host}"),
        false => format!("http://{host}"),
    }
}

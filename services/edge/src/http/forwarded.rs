//! Who a request comes from when a proxy stands between: what proxies say is believed only from those that the
//! operator trusts, since anybody can say it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use runtime::config::Network;

use super::client::REQUEST_ID;
use crate::edge::Edge;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Read by whoever sets a cookie.
pub(super) const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Puts the client in the place of the trusted proxies before it: its address, and the host that it asked for.
/// Whether it did so over TLS, and what they call the request, is left in headers, which nobody else's requests keep.
pub(super) async fn set_client_address(
    State(edge): State<Arc<Edge>>,
    mut request: Request,
    next: Next,
) -> Response {
    let settings = edge.settings.load_full();
    let trusted = settings.trusted_proxies.as_slice();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if let Some(ConnectInfo(peer)) = peer.copied()
        && is_trusted(trusted, peer.ip())
    {
        let address = client_address(peer.ip(), request.headers(), trusted);
        let client = SocketAddr::new(address, peer.port());
        request.extensions_mut().insert(ConnectInfo(client));
        if let Some(host) = asked_host(request.headers()) {
            request.headers_mut().insert(header::HOST, host);
        }
    } else {
        request.headers_mut().remove(FORWARDED_PROTO);
        request.headers_mut().remove(REQUEST_ID);
    }
    next.run(request).await
}

fn is_trusted(trusted: &[Network], address: IpAddr) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// The last address, counted from here, that no trusted proxy has; `peer` itself is one. What stands before it
/// was written by nobody in particular.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let by_list = addresses(headers, &FORWARDED_FOR, whole);
    let by_standard = addresses(headers, &header::FORWARDED, forwarded_for);
    // A proxy writes one of the two and passes the other on as it came: when they differ, one was made up.
    let told = match (by_list.is_empty(), by_standard.is_empty()) {
        (false, false) if by_list != by_standard => return peer,
        (false, _) => by_list,
        (true, _) => by_standard,
    };
    let mut nearest = peer;
    for address in told.into_iter().rev() {
        let Some(address) = address else {
            return nearest;
        };
        nearest = address;
        if !is_trusted(trusted, address) {
            return nearest;
        }
    }
    nearest
}

/// The elements of a list header, in order over all its lines; `None` for what is no address.
fn addresses(
    headers: &HeaderMap,
    name: &HeaderName,
    part: impl Fn(&str) -> Option<&str>,
) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| line.to_str().unwrap_or("unreadable").split(','))
        .map(|element| part(element.trim()).and_then(address))
        .collect()
}

/// A list of addresses has nothing else in its elements.
fn whole(element: &str) -> Option<&str> {
    Some(element)
}

/// The `for` of one element of `Forwarded` (RFC 7239).
fn forwarded_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut of_client = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    of_client
        .next()
        .map(|(_, value)| value.trim().trim_matches('"'))
}

/// An address, perhaps with a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map_or(text, |(address, _)| address);
    let parsed = bare.parse::<IpAddr>().ok();
    let address = parsed.or_else(|| bare.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(address.to_canonical())
}

/// The host that the client asked its nearest proxy for, when there is exactly one.
fn asked_host(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut told = headers.get_all(FORWARDED_HOST).iter();
    let host = told.next()?;
    let single = told.next().is_none() && !host.as_bytes().contains(&b',');
    single.then(|| host.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    #[track_caller]
    fn check(headers: &[(&str, &str)], client: &str) {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, value.parse().unwrap());
        }
        let found = client_address(PROXY.parse().unwrap(), &map, &trusted);
        assert_eq!(found.to_string(), client, "{headers:?}");
    }

    #[test]
    fn the_client_is_the_last_address_that_no_trusted_proxy_has() {
        let list = "x-forwarded-for";
        check(&[], PROXY);
        check(&[(list, "203.0.113.5")], "203.0.113.5");
        check(&[(list, "203.0.113.5:4711")], "203.0.113.5");
        check(&[(list, "::ffff:203.0.113.5")], "203.0.113.5");
        check(&[(list, "6.6.6.6, 203.0.113.5")], "203.0.113.5");
        check(&[(list, "6.6.6.6, 203.0.113.5, 10.2.2.2")], "203.0.113.5");
        check(&[(list, "6.6.6.6"), (list, "203.0.113.5")], "203.0.113.5");
        check(&[(list, "10.3.3.3, 10.2.2.2")], "10.3.3.3");
        check(&[(list, "203.0.113.5, nonsense")], PROXY);
        check(&[(list, "203.0.113.5, nonsense, 10.2.2.2")], "10.2.2.2");
        check(&[(list, "")], PROXY);
        check(&[(list, "2001:db8::7, fd00::2")], "2001:db8::7");
    }

    #[test]
    fn the_standard_header_is_read_too() {
        let standard = "forwarded";
        check(&[(standard, "for=203.0.113.5;proto=https")], "203.0.113.5");
        check(
            &[(standard, "proto=https;For=\"[2001:db8::7]:80\"")],
            "2001:db8::7",
        );
        check(
            &[(standard, "for=6.6.6.6, for=203.0.113.5, for=10.2.2.2")],
            "203.0.113.5",
        );
        check(&[(standard, "for=_hidden")], PROXY);
        check(&[(standard, "proto=https")], PROXY);
    }

    #[test]
    fn headers_that_contradict_each_other_are_not_believed() {
        let both = |standard| [("x-forwarded-for", "203.0.113.5"), ("forwarded", standard)];
        check(&both("for=203.0.113.5"), "203.0.113.5");
        check(&both("for=6.6.6.6"), PROXY);
    }

    #[test]
    fn a_host_that_is_told_twice_is_not_taken() {
        let host = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(FORWARDED_HOST, HeaderValue::from_static(value));
            }
            asked_host(&headers)
        };
        assert_eq!(host(&["cook.example"]).unwrap(), "cook.example");
        assert_eq!(host(&["evil.example, cook.example"]), None);
        assert_eq!(host(&["evil.example", "cook.example"]), None);
        assert_eq!(host(&[]), None);
    }
}

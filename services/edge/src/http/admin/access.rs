//! Who may ask at the operators' port, and who may give orders there.
//!
//! With an operator's token, everybody must show it. A browser can: it asks its person for a password and sends that with
//! every later request to the same address, also with those that a page of another site has caused; so it reads only, and
//! orders are taken from programs, which show the token as `Bearer`. Without a token the port is on loopback, where
//! everybody of this machine may read. A page whose name was pointed there would have the machine's browser read for it:
//! only requests for loopback itself are answered then.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use runtime::{
    operator_token::{Shown, shown_in},
    operators::Operators,
    warning_limiter::WarningLimiter,
};
use tokio::time::Instant;
use tracing::warn;
use url::{Host, Url};

use super::Admin;
use crate::http::problem::Problem;

/// Has a browser ask for the token.
const CHALLENGE: HeaderValue =
    HeaderValue::from_static("Basic realm=\"Recipe Chat operators\", charset=\"UTF-8\"");

/// Somebody who guesses would fill the log.
static REFUSED: WarningLimiter = WarningLimiter::new();

/// The name of whoever asks, where they proved themselves.
#[derive(Debug, Clone)]
pub(super) struct Operator(pub(super) Arc<str>);

/// Lets operators through, and tells handlers who asks.
pub(super) async fn require_operator(
    State(admin): State<Arc<Admin>>,
    mut request: Request,
    next: Next,
) -> Response {
    match check(
        admin.operators.load().as_deref(),
        request.method(),
        request.headers(),
    ) {
        Ok(operator) => {
            if let Some(operator) = operator {
                request.extensions_mut().insert(operator);
            }
            next.run(request).await
        }
        Err(problem) => {
            if let Some(untold) = REFUSED.admit(Instant::now()) {
                warn!(untold, "a request at the operators' port was refused");
            }
            problem.into_response()
        }
    }
}

/// Who asks; nobody in particular, where this machine may read without a token.
fn check(
    operators: Option<&Operators>,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Operator>, Problem> {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match operators.map(|operators| shown_in(headers, operators)) {
        Some(Some((Shown::Bearer, name))) => Ok(Some(Operator(name))),
        Some(Some((Shown::Basic, name))) if reads => Ok(Some(Operator(name))),
        Some(Some((Shown::Basic, _))) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Orders are taken from programs: send the operator's token as Authorization: Bearer",
        )),
        Some(None) => Err(Problem::unauthorized(
            "Send the operator's token as Authorization: Bearer",
        )
        .header(header::WWW_AUTHENTICATE, CHALLENGE)),
        None if !is_for_loopback(headers) => Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "Without --operator-token only requests for 127.0.0.1, [::1] and localhost are answered",
        )),
        None if reads => Ok(None),
        None => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Orders need an operator's token: start the edge with --operator-token",
        )),
    }
}

/// Whether the one host that is asked for is this machine.
fn is_for_loopback(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let url = host
        .to_str()
        .map(|host| Url::parse(&format!("http://{host}")));
    let Ok(Ok(url)) = url else {
        return false;
    };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    use super::*;

    const TOKEN: &str = "a token of an operator";

    #[track_caller]
    fn refused(token: bool, method: &Method, headers: &[(&str, &str)]) -> Option<StatusCode> {
        let operators = token.then(|| Operators::read(Some(&TOKEN.into()), None).unwrap());
        let headers = headers.iter().map(|(name, value)| {
            let name = name.parse::<axum::http::HeaderName>().unwrap();
            (name, HeaderValue::try_from(*value).unwrap())
        });
        let problem = check(operators.as_ref(), method, &headers.collect()).err();
        problem.map(|problem| problem.into_response().status())
    }

    #[test]
    fn with_a_token_nobody_is_let_in_without_it() {
        let bearer = format!("Bearer {TOKEN}");
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("me:{TOKEN}")));
        let shown = |value| [("host", "127.0.0.1"), ("authorization", value)];
        let (get, post) = (&Method::GET, &Method::POST);

        assert_eq!(refused(true, get, &shown(&bearer)), None);
        assert_eq!(refused(true, post, &shown(&bearer)), None);
        assert_eq!(refused(true, get, &shown(&basic)), None);
        // What a browser sends by itself is no order of its person.
        let forbidden = Some(StatusCode::FORBIDDEN);
        assert_eq!(refused(true, post, &shown(&basic)), forbidden);
        let unauthorized = Some(StatusCode::UNAUTHORIZED);
        assert_eq!(
            refused(true, get, &shown("Bearer another one, of an operator")),
            unauthorized
        );
        assert_eq!(refused(true, get, &[("host", "localhost")]), unauthorized);
    }

    #[test]
    fn without_a_token_this_machine_reads_and_gives_no_orders() {
        for host in ["127.0.0.1:9465", "localhost", "[::1]:9465"] {
            assert_eq!(
                refused(false, &Method::GET, &[("host", host)]),
                None,
                "{host}"
            );
            let ordered = refused(false, &Method::POST, &[("host", host)]);
            assert_eq!(ordered, Some(StatusCode::FORBIDDEN), "{host}");
        }
        for hosts in [
            &[("host", "evil.example")][..],
            &[("host", "localhost.evil.example")],
            &[("host", "127.0.0.1"), ("host", "evil.example")],
            &[],
        ] {
            let read = refused(false, &Method::GET, hosts);
            assert_eq!(read, Some(StatusCode::MISDIRECTED_REQUEST), "{hosts:?}");
        }
    }
}

//! Who may ask at the operators' port, and who may give orders there.
//!
//! Over TLS, whoever shows a certificate of the operators' authority is an operator. A browser shows it by itself, as it
//! does a password: it reads only.
//!
//! With an operator's token, everybody else must show it. A browser can: it asks its person for a password and sends
//! that with every later request to the same address, also with those that a page of another site has caused; so it
//! reads only, and orders are taken from programs, which show the token as `Bearer`. With neither the port is on
//! loopback, where everybody of this machine may read. A page whose name was pointed there would have the machine's browser read for it:
//! only requests for loopback itself are answered then.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use runtime::{
    operator_tls::CertifiedOperator,
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
    let known = Known {
        operators: admin.operators.load_full(),
        over_tls: admin.over_tls,
        certified: request.extensions().get().cloned(),
    };
    match check(&known, request.method(), request.headers()) {
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

/// What is known before the headers are read.
struct Known {
    operators: Option<Arc<Operators>>,
    /// Whether the port speaks TLS; then nobody reads without proof, not even from this machine.
    over_tls: bool,
    /// Whose certificate the connection has shown.
    certified: Option<CertifiedOperator>,
}

/// Who asks; nobody in particular, where this machine may read without a token.
fn check(known: &Known, method: &Method, headers: &HeaderMap) -> Result<Option<Operator>, Problem> {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let operators = known.operators.as_deref();
    let token = operators.map(|operators| shown_in(headers, operators));
    if let Some(CertifiedOperator(name)) = &known.certified
        && !matches!(token, Some(Some(_)))
    {
        return match reads || !is_of_a_browser(headers) {
            true => Ok(Some(Operator(Arc::clone(name)))),
            false => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "Orders are taken from programs, not from a browser",
            )),
        };
    }
    match token {
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
        None if known.over_tls => Err(Problem::unauthorized(
            "Show a certificate of an operator: of an authority in --admin-client-ca, made out to a DNS name",
        )),
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

/// Whether a browser sent it, which says so with every order that a page causes.
fn is_of_a_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
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

    fn known(token: bool) -> Known {
        let operators = token.then(|| Operators::read(Some(&TOKEN.into()), None).unwrap());
        Known {
            operators: operators.map(Arc::new),
            over_tls: false,
            certified: None,
        }
    }

    /// Who may, or what is answered.
    #[track_caller]
    fn asked(
        known: &Known,
        method: &Method,
        headers: &[(&str, &str)],
    ) -> Result<String, StatusCode> {
        let headers = headers.iter().map(|(name, value)| {
            let name = name.parse::<axum::http::HeaderName>().unwrap();
            (name, HeaderValue::try_from(*value).unwrap())
        });
        match check(known, method, &headers.collect()) {
            Ok(operator) => Ok(operator.map_or(String::new(), |Operator(name)| name.to_string())),
            Err(problem) => Err(problem.into_response().status()),
        }
    }

    #[track_caller]
    fn refused(token: bool, method: &Method, headers: &[(&str, &str)]) -> Option<StatusCode> {
        asked(&known(token), method, headers).err()
    }

    #[test]
    fn whoever_shows_a_certificate_is_who_it_says_and_a_browser_only_reads() {
        let (get, post) = (&Method::GET, &Method::POST);
        let bearer = format!("Bearer {TOKEN}");
        for token in [false, true] {
            let ada = Known {
                over_tls: true,
                certified: Some(CertifiedOperator("ada".into())),
                ..known(token)
            };
            assert_eq!(asked(&ada, get, &[]).unwrap(), "ada");
            assert_eq!(asked(&ada, post, &[]).unwrap(), "ada");
            for browser in [
                ("origin", "https://evil.example"),
                ("sec-fetch-site", "none"),
            ] {
                assert_eq!(asked(&ada, get, &[browser]).unwrap(), "ada");
                let ordered = asked(&ada, post, &[browser]);
                assert_eq!(ordered, Err(StatusCode::FORBIDDEN), "{browser:?}");
            }

            let nobody = Known {
                certified: None,
                ..ada
            };
            for method in [get, post] {
                let refused = asked(&nobody, method, &[("host", "127.0.0.1")]);
                assert_eq!(refused, Err(StatusCode::UNAUTHORIZED), "{method}");
            }
            let shown = asked(&nobody, post, &[("authorization", &bearer)]);
            assert_eq!(shown.is_ok(), token);
        }
        // A token that is good tells who it is, whatever the connection has shown.
        let ada = Known {
            over_tls: true,
            certified: Some(CertifiedOperator("ada".into())),
            ..known(true)
        };
        let shown = asked(&ada, post, &[("authorization", &bearer)]);
        assert_eq!(shown.unwrap(), "operator");
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

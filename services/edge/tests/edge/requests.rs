//! Requests as they come, to the router: hosts, origins, bodies and tags.

use std::{convert::Infallible, net::SocketAddr};

use axum::{Extension, Router, body::Body, extract::ConnectInfo};
use edge::internals::router;
use futures_util::stream;
use http::{HeaderMap, Method, Request, StatusCode, Version, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::test_edge::TestEdge;

const HOST: &str = "cook.example";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

/// The port of an edge with these flags.
struct Port {
    router: Router,
    test_edge: TestEdge,
}

impl Port {
    async fn open(flags: &[&str]) -> Self {
        let test_edge = TestEdge::open(flags).await;
        let peer = SocketAddr::from(([127, 0, 0, 1], 4711));
        Self {
            router: router(&test_edge.edge).layer(Extension(ConnectInfo(peer))),
            test_edge,
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(Method::GET, path, headers, Body::empty()).await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let own = [("host", HOST), ("content-type", "application/json")];
        let headers = [own.as_slice(), headers].concat();
        self.ask(Method::POST, path, &headers, Body::from(body.to_owned()))
            .await
    }
}

/// A body whose end is not told beforehand, as a chunked one's is not.
fn unannounced(text: &'static str) -> Body {
    let chunks = stream::iter(Some(Ok::<_, Infallible>(text)).filter(|_| !text.is_empty()));
    Body::from_stream(chunks)
}

#[tokio::test]
async fn a_request_names_exactly_one_host() {
    let port = Port::open(&[]).await;
    let twice = [("host", HOST), ("host", HOST)];
    for path in ["/openapi.json", "/healthz", "/v1/chat/soup"] {
        for headers in [&twice[..], &[], &[("host", "")], &[("host", "a/b")]] {
            let answer = port.get(path, headers).await;
            assert_eq!(answer.status, 400, "{path} {headers:?}");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        }
    }
    assert_eq!(port.get("/openapi.json", &twice[..1]).await.status, 200);

    let probe = Request::get("/healthz").version(Version::HTTP_10);
    let probe = probe.body(Body::empty()).unwrap();
    assert_eq!(port.send(probe).await.status, 200);
}

#[tokio::test]
async fn a_public_url_pins_the_hosts_and_origins_that_are_answered() {
    let flags = [
        "--public-url",
        "https://cook.example,http://kitchen.example:8080",
    ];
    let port = Port::open(&flags).await;
    for host in [HOST, "cook.example:443", "kitchen.example:8080"] {
        let answer = port.get("/openapi.json", &[("host", host)]).await;
        assert_eq!(answer.status, 200, "{host}");
    }
    for host in ["evil.example", "kitchen.example", "127.0.0.1:8080"] {
        for path in ["/openapi.json", "/v1/chat/soup", "/"] {
            let answer = port.get(path, &[("host", host)]).await;
            assert_eq!(answer.status, 421, "{host} {path}");
        }
    }
    let elsewhere = "http://evil.example/openapi.json";
    assert_eq!(port.get(elsewhere, &[("host", HOST)]).await.status, 421);
    for path in ["/healthz", "/metrics"] {
        let answer = port.get(path, &[("host", "10.1.2.3:8080")]).await;
        assert_eq!(answer.status, 200, "probes ask by address: {path}");
    }
    let refresh = async |origin| {
        let headers = [("origin", origin)];
        port.post("/v1/auth/refresh", &headers, "{}").await.status
    };
    assert_eq!(refresh("https://cook.example").await, 401);
    assert_eq!(refresh("http://cook.example").await, 403);
}

#[tokio::test]
async fn a_body_is_one_json_object() {
    let port = Port::open(&[]).await;
    for path in ["login", "register", "refresh", "logout"] {
        for body in [r#"["ada", "a password"]"#, "[]", "null", "7", r#""text""#] {
            let answer = port.post(&format!("/v1/auth/{path}"), &[], body).await;
            assert_eq!(answer.status, 422, "{path} {body}: {}", answer.text);
            assert!(!answer.text.contains("a password"));
        }
    }
}

#[tokio::test]
async fn an_empty_body_is_none_however_its_end_is_told() {
    let port = Port::open(&[]).await;
    for path in ["/v1/auth/refresh", "/v1/auth/logout"] {
        for headers in [
            &[("host", HOST)][..],
            &[("host", HOST), ("content-type", "application/json")],
        ] {
            for body in [Body::empty(), unannounced("")] {
                let answer = port.ask(Method::POST, path, headers, body).await;
                assert_eq!(answer.status, 401, "{path}: {}", answer.text);
            }
        }
        let headers = [("host", HOST), ("content-type", "application/json")];
        let answer = port
            .ask(Method::POST, path, &headers, unannounced("{"))
            .await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        let answer = port
            .ask(Method::POST, path, &headers[..1], unannounced("{}"))
            .await;
        assert_eq!(answer.status, 415, "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_browser_that_says_another_site_asks_is_refused() {
    let port = Port::open(&["--allowed-origins", "https://app.example"]).await;
    let refresh =
        async |headers: &[(&str, &str)]| port.post("/v1/auth/refresh", headers, "{}").await.status;
    let site = "sec-fetch-site";
    assert_eq!(refresh(&[(site, "cross-site")]).await, 403);
    assert_eq!(refresh(&[(site, "same-site")]).await, 403);
    assert_eq!(refresh(&[(site, "same-origin")]).await, 401);
    let listed = ("origin", "https://app.example");
    assert_eq!(refresh(&[(site, "cross-site"), listed]).await, 401);
}

#[tokio::test]
async fn pages_of_listed_origins_may_read_answers_and_others_may_not() {
    let port = Port::open(&["--allowed-origins", "https://app.example"]).await;
    let host = ("host", HOST);
    let listed = ("origin", "https://app.example");
    for path in [
        "/v1/recipes",
        "/v1/auth/refresh",
        "/v1/recipes/soup/members",
    ] {
        let preflight = |origin| {
            let method = ("access-control-request-method", "PUT");
            let headers = (
                "access-control-request-headers",
                "authorization, idempotency-key",
            );
            [host, origin, method, headers]
        };
        let answer = port
            .ask(Method::OPTIONS, path, &preflight(listed), Body::empty())
            .await;
        assert_eq!(answer.status, 200, "{path}");
        let said = |name: &str| {
            let value = answer
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap());
            value.unwrap_or_default().to_lowercase()
        };
        assert_eq!(said("access-control-allow-origin"), "https://app.example");
        assert_eq!(said("access-control-allow-credentials"), "true");
        assert!(said("access-control-allow-methods").contains("put"));
        assert!(said("access-control-allow-headers").contains("idempotency-key"));

        for foreign in ["https://evil.example", "null"] {
            let foreign = preflight(("origin", foreign));
            let answer = port.ask(Method::OPTIONS, path, &foreign, Body::empty());
            check_silent(&answer.await);
        }
    }
    let refused = port.get("/v1/recipes", &[host, listed]).await;
    assert_eq!(refused.status, 401, "an error may be read as well");
    let allowed = &refused.headers["access-control-allow-origin"];
    assert_eq!(allowed, "https://app.example");
    check_silent(&port.get("/v1/recipes", &[host]).await);
}

#[track_caller]
fn check_silent(answer: &Answer) {
    let names = answer.headers.keys();
    let shared: Vec<_> = names
        .filter(|name| name.as_str().starts_with("access-control"))
        .collect();
    assert!(shared.is_empty(), "{shared:?}");
}

#[tokio::test]
async fn a_handshake_that_fails_says_which_version_is_spoken() {
    let port = Port::open(&[]).await;
    let handshake = |version| {
        [
            ("host", HOST),
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-version", version),
        ]
    };
    for wrong in ["8", "0", "14", ""] {
        let answer = port.get("/v1/chat/soup", &handshake(wrong)).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert_eq!(answer.headers[header::SEC_WEBSOCKET_VERSION], "13");
    }
}

#[tokio::test]
async fn an_edge_that_stops_says_so_to_everybody_but_probes() {
    let port = Port::open(&[]).await;
    port.test_edge.edge.lifecycle.stop();
    for path in ["/openapi.json", "/v1/recipes", "/"] {
        let answer = port.get(path, &[("host", HOST)]).await;
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(answer.headers[header::RETRY_AFTER], "5");
        assert_eq!(answer.headers[header::CONNECTION], "close");
    }
    let host = [("host", HOST)];
    assert_eq!(port.get("/healthz", &host).await.status, 200);
    assert_eq!(port.get("/metrics", &host).await.status, 200);
    let readiness = port.get("/readyz", &host).await;
    assert_eq!(readiness.status, 503);
    assert!(
        readiness.text.contains("\"draining\":true"),
        "{}",
        readiness.text
    );
}

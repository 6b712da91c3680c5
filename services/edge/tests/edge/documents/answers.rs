//! Every answer that `openapi.json` promises is one that a real router gives, with the headers and the body
//! that it promises; and the router has no path or method of which the document is silent.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use axum::{Extension, Router, body::Body, extract::ConnectInfo};
use clap::Parser;
use edge::{
    config::Config,
    edge::{Edge, Services, assemble},
    http::router,
};
use http::{HeaderMap, Request, Response, header};
use http_body_util::BodyExt as _;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use proto::{
    auth::auth_service_server::AuthServiceServer, chat::chat_service_server::ChatServiceServer,
};
use runtime::{clock::SystemClock, lifecycle::Lifecycle, telemetry::Prometheus};
use serde_json::Value;
use tokio_tungstenite::tungstenite::{Error, client::IntoClientRequest as _};
use tower::ServiceExt as _;

use super::{
    calls::{Call, in_bad_times, in_good_times},
    openapi::METHODS,
    reading::{assert_fits, object, openapi, resolved},
    reception::Reception,
};
use crate::stand_ins::{FakeChat, Served, in_memory};

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

/// A router over an edge whose services are stand-ins.
struct Desk {
    router: Router,
    reception: Arc<Reception>,
    _background: Lifecycle,
}

impl Desk {
    async fn open(flags: &[&str]) -> Self {
        let words = std::iter::once("edge").chain(flags.iter().copied());
        let reception = Arc::new(Reception::default());
        let services = Services {
            auth: in_memory(AuthServiceServer::from_arc(Arc::clone(&reception))),
            chat: in_memory(ChatServiceServer::new(Served(
                Arc::new(FakeChat::default()),
            ))),
            redis: None,
        };
        let config = Flags::parse_from(words).config;
        let (clock, lifecycle) = (SystemClock::shared(), Lifecycle::new());
        let edge = assemble(config, services, clock, Prometheus::default(), lifecycle);
        let (edge, background): (Arc<Edge>, _) = edge.start();
        assert!(edge.link.opened_within(Duration::from_secs(10)).await);
        let peer = SocketAddr::from(([127, 0, 0, 1], 4711));
        Self {
            router: router(&edge).layer(Extension(ConnectInfo(peer))),
            reception,
            _background: background,
        }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    /// A WebSocket handshake over a connection of its own.
    async fn upgrade(&self) -> Answer {
        let (near, far) = tokio::io::duplex(64 << 10);
        let service = TowerToHyperService::new(self.router.clone());
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new()).http1_only();
            let stream = TokioIo::new(far);
            server
                .serve_connection_with_upgrades(stream, service)
                .await
                .ok();
        });
        let mut request = "ws://chat.example/v1/chat/pancakes"
            .into_client_request()
            .unwrap();
        let protocol = "other, recipe-chat.v1".parse().unwrap();
        request
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        match tokio_tungstenite::client_async(request, near).await {
            Ok((socket, response)) => {
                // The place is held until the test ends.
                std::mem::forget(socket);
                response.map(|_| None).into()
            }
            Err(Error::Http(response)) => (*response).into(),
            Err(other) => panic!("{other}"),
        }
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl From<Response<Option<Vec<u8>>>> for Answer {
    fn from(response: Response<Option<Vec<u8>>>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.unwrap_or_default(),
        }
    }
}

/// The document, and which of its answers have been seen.
struct Promises {
    document: Value,
    seen: BTreeSet<(String, String, String)>,
}

impl Promises {
    fn check(&mut self, method: &str, path: &str, expected: u16, answer: &Answer) {
        let name = format!("{method} {path} {expected}");
        assert_eq!(
            answer.status,
            expected,
            "{name}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        let method = method.to_lowercase();
        let status = expected.to_string();
        let promised = &self.document["paths"][path][&method]["responses"][&status];
        assert!(promised.is_object(), "{name} is not documented");
        let promised = resolved(&self.document, promised);
        self.check_headers(&name, &promised, &answer.headers);
        self.check_body(&name, &promised, answer);
        self.seen.insert((path.to_owned(), method, status));
    }

    /// Headers that mean something are documented, and those that are promised are there.
    fn check_headers(&self, name: &str, promised: &Value, headers: &HeaderMap) {
        let documented: BTreeMap<_, _> = promised
            .get("headers")
            .map(object)
            .into_iter()
            .flatten()
            .map(|(name, header)| (name.to_lowercase(), resolved(&self.document, header)))
            .collect();
        for header in ["set-cookie", "location", "retry-after", "www-authenticate"] {
            let told = documented.contains_key(header) || !headers.contains_key(header);
            assert!(told, "{name}: {header} is not documented");
        }
        for (header, promise) in documented {
            let Some(value) = headers.get(&header) else {
                assert_ne!(promise["required"], true, "{name}: {header} is missing");
                continue;
            };
            let text = value.to_str().unwrap();
            let value = match promise["schema"]["type"] == "integer" {
                true => Value::from(text.parse::<u64>().unwrap()),
                false => Value::from(text),
            };
            self.assert_fits(&promise["schema"], &value);
        }
    }

    fn check_body(&self, name: &str, promised: &Value, answer: &Answer) {
        let Some(content) = promised.get("content") else {
            assert!(answer.body.is_empty(), "{name} has a body");
            return;
        };
        let kind = answer.headers[header::CONTENT_TYPE].to_str().unwrap();
        let kind = kind.split(';').next().unwrap();
        assert!(
            content.get(kind).is_some(),
            "{name}: {kind} is not documented"
        );
        let body = match kind.ends_with("json") {
            true => serde_json::from_slice(&answer.body).unwrap(),
            false => Value::from(String::from_utf8(answer.body.clone()).unwrap()),
        };
        self.assert_fits(&content[kind]["schema"], &body);
    }

    #[track_caller]
    fn assert_fits(&self, schema: &Value, value: &Value) {
        assert_fits(schema, ("components", &self.document["components"]), value);
    }

    /// What is promised and was never seen.
    fn unseen(&self) -> Vec<String> {
        let mut unseen = Vec::new();
        for (path, operations) in object(&self.document["paths"]) {
            for (method, operation) in object(operations) {
                for status in object(&operation["responses"]).keys() {
                    let answer = (path.clone(), method.clone(), status.clone());
                    if !self.seen.contains(&answer) {
                        unseen.push(format!("{method} {path} {status}"));
                    }
                }
            }
        }
        unseen
    }
}

#[tokio::test]
async fn every_documented_answer_is_given_and_looks_as_documented() {
    let mut promises = Promises {
        document: openapi(),
        seen: BTreeSet::new(),
    };
    let desk = Desk::open(&["--max-connections", "1", "--sign-in-rate", "0"]).await;
    for call in in_good_times() {
        check(&mut promises, &desk, &call).await;
    }
    let page = desk
        .ask(Request::get("/").body(Body::empty()).unwrap())
        .await;
    let again = Request::get("/").header(header::IF_NONE_MATCH, &page.headers[header::ETAG]);
    let unchanged = desk.ask(again.body(Body::empty()).unwrap()).await;
    promises.check("GET", "/", 304, &unchanged);
    for status in [101, 503] {
        let answer = desk.upgrade().await;
        promises.check("GET", "/v1/chat/{recipe_id}", status, &answer);
    }
    desk.reception.leave();
    for call in in_bad_times() {
        check(&mut promises, &desk, &call).await;
    }
    assert_eq!(promises.unseen(), Vec::<String>::new());
}

async fn check(promises: &mut Promises, desk: &Desk, call: &Call) {
    let answer = desk.ask(call.request()).await;
    promises.check(call.method.as_str(), call.template, call.status, &answer);
}

#[tokio::test]
async fn every_route_is_documented_and_nothing_else_is() {
    let desk = Desk::open(&[]).await;
    let document = openapi();
    let documented: BTreeSet<_> = object(&document["paths"]).keys().cloned().collect();
    let routes = routes(&desk.router);
    assert_eq!(routes, documented);
    for path in routes.iter().filter(|path| *path != "/") {
        let uri = path
            .replace("{id}", "pancakes")
            .replace("{recipe_id}", "pancakes");
        let request = Request::builder().method("BREW").uri(uri);
        let answer = desk.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed = string_of(&answer.headers, header::ALLOW).to_lowercase();
        // What answers GET answers HEAD.
        let allowed: BTreeSet<_> = allowed.split(',').filter(|name| *name != "head").collect();
        let operations = object(&document["paths"][path]);
        let methods: BTreeSet<_> = operations.keys().map(String::as_str).collect();
        assert_eq!(allowed, methods, "{path}");
        assert!(
            methods.iter().all(|method| METHODS.contains(method)),
            "{path}"
        );
    }
}

/// The router's paths. Only its `Debug` text has them: `RouteId(3): "/v1/recipes"`.
fn routes(router: &Router) -> BTreeSet<String> {
    let text = format!("{router:?}");
    text.split("RouteId(")
        .filter_map(|rest| {
            let (_, rest) = rest.split_once("): \"")?;
            let path = rest.split_once('"')?.0;
            (path.starts_with('/') && !path.contains("__private__")).then(|| path.to_owned())
        })
        .collect()
}

fn string_of(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers[name].to_str().unwrap().to_owned()
}

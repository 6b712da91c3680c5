//! Every answer that `openapi.json` promises is one that a real router gives, with the headers and the body
//! that it promises; and the router has no path or method of which the document is silent.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{Extension, Router, body::Body, extract::ConnectInfo};
use clap::Parser;
use edge::{
    Config, Replicas, Services, assemble,
    internals::{Edge, router},
};
use http::{HeaderMap, HeaderValue, Request, header};
use http_body_util::BodyExt as _;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use proto::{
    auth::auth_service_server::AuthServiceServer, chat::chat_service_server::ChatServiceServer,
};
use runtime::{clock::SystemClock, grpc::Pool, lifecycle::Lifecycle, telemetry::Prometheus};
use tokio_tungstenite::tungstenite::{Error, client::IntoClientRequest as _};
use tonic::service::Routes;
use tonic_health::server::HealthReporter;
use tower::ServiceExt as _;

use super::{
    calls::{
        Call, anonymous_too_often, from_web, from_web_where_it_may_not, in_bad_times,
        in_good_times, issuers_without_services, too_many_exchanges, too_many_guests,
    },
    documented_answers::{Answer, DocumentedAnswers},
    reading::{object, openapi},
};
use crate::stand_ins::{FakeAuth, FakeChat, Served, in_memory, in_memory_all};

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

/// A router over an edge whose services are stand-ins.
struct TestApi {
    router: Router,
    fake_auth: Arc<FakeAuth>,
    health: HealthReporter,
    _background: Lifecycle,
}

impl TestApi {
    async fn open(flags: &[&str]) -> Self {
        let words = std::iter::once("edge").chain(flags.iter().copied());
        let fake_auth = Arc::new(FakeAuth::default());
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_serving::<AuthServiceServer<FakeAuth>>().await;
        let auth = AuthServiceServer::from_arc(Arc::clone(&fake_auth));
        let services = Services {
            auth: Pool::over(in_memory_all(Routes::new(auth).add_service(health_service))),
            chat: Replicas::over(in_memory(ChatServiceServer::new(Served(Arc::new(
                FakeChat::default(),
            ))))),
            redis: None,
            background: Lifecycle::new(),
        };
        let config = Flags::parse_from(words).config;
        let (clock, lifecycle) = (SystemClock::shared(), Lifecycle::new());
        let edge = assemble(config, services, clock, Prometheus::default(), lifecycle);
        let (edge, background): (Arc<Edge>, _) = edge.start();
        assert!(edge.link.opened_within(Duration::from_secs(10)).await);
        let peer = SocketAddr::from(([127, 0, 0, 1], 4711));
        Self {
            router: router(&edge).layer(Extension(ConnectInfo(peer))),
            fake_auth,
            health,
            _background: background,
        }
    }

    /// From now on the auth service is away.
    async fn leave(&self) {
        self.fake_auth.away.store(true, Ordering::SeqCst);
        self.health
            .set_not_serving::<AuthServiceServer<FakeAuth>>()
            .await;
        // What was said of its health before counts for two seconds.
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(3)).await;
        tokio::time::resume();
    }

    async fn ask(&self, mut request: Request<Body>) -> Answer {
        let host = HeaderValue::from_static("chat.example");
        request.headers_mut().insert(header::HOST, host);
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

#[tokio::test]
async fn every_documented_answer_is_given_and_looks_as_documented() {
    let mut documented_answers = DocumentedAnswers::open();
    let web = web_server().await;
    let api = TestApi::open(&[
        "--max-connections=1",
        "--sign-in-rate=0",
        "--import-from-web",
        &format!("--import-allowed-addresses={web}"),
    ])
    .await;
    for call in in_good_times().into_iter().chain(from_web(web)) {
        check(&mut documented_answers, &api, &call).await;
    }
    let without_web = TestApi::open(&[]).await;
    check(
        &mut documented_answers,
        &without_web,
        &from_web_where_it_may_not(),
    )
    .await;
    let crowded = TestApi::open(&["--anonymous-rate=1"]).await;
    crowded
        .ask(Request::get("/p/waffles").body(Body::empty()).unwrap())
        .await;
    for call in anonymous_too_often() {
        check(&mut documented_answers, &crowded, &call).await;
    }
    // An edge that fetches no pages describes no way to have them fetched.
    for (asked, described) in [(&api, true), (&without_web, false)] {
        let document = asked
            .ask(Request::get("/openapi.json").body(Body::empty()).unwrap())
            .await;
        let document = String::from_utf8_lossy(&document.body).into_owned();
        assert_eq!(document.contains("/v1/imports"), described);
        assert_eq!(document.contains("WebImport"), described);
    }
    let page = api
        .ask(Request::get("/").body(Body::empty()).unwrap())
        .await;
    let again = Request::get("/").header(header::IF_NONE_MATCH, &page.headers[header::ETAG]);
    let unchanged = api.ask(again.body(Body::empty()).unwrap()).await;
    documented_answers.check("GET", "/", 304, &unchanged);
    for status in [101, 503] {
        let answer = api.upgrade().await;
        documented_answers.check("GET", "/v1/chat/{recipe_id}", status, &answer);
    }
    api.fake_auth.crowded.store(true, Ordering::SeqCst);
    check(&mut documented_answers, &api, &too_many_guests()).await;
    check(&mut documented_answers, &api, &too_many_exchanges()).await;
    api.leave().await;
    for call in in_bad_times() {
        check(&mut documented_answers, &api, &call).await;
    }
    without_web.leave().await;
    check(
        &mut documented_answers,
        &without_web,
        &issuers_without_services(),
    )
    .await;
    assert_eq!(documented_answers.unseen(), Vec::<String>::new());
}

/// A server whose pages say their own names.
async fn web_server() -> SocketAddr {
    let router = Router::new().route(
        "/{page}",
        axum::routing::get(async |page: axum::extract::Path<String>| page.0),
    );
    let router = router.layer(tower_http::set_header::SetResponseHeaderLayer::overriding(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html"),
    ));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn check(documented_answers: &mut DocumentedAnswers, api: &TestApi, call: &Call) {
    let answer = api.ask(call.request()).await;
    documented_answers.check(call.method.as_str(), call.template, call.status, &answer);
}

#[tokio::test]
async fn every_route_is_documented_and_nothing_else_is() {
    let api = TestApi::open(&[]).await;
    let document = openapi();
    let documented: BTreeSet<_> = object(&document["paths"]).keys().cloned().collect();
    let routes = routes(&api.router);
    assert_eq!(routes, documented);
    for path in routes.iter().filter(|path| *path != "/") {
        let uri = path
            .replace("{id}", "pancakes")
            .replace("{recipe_id}", "pancakes")
            .replace("{name}", "bob");
        let request = Request::builder().method("BREW").uri(uri);
        let answer = api.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed = string_of(&answer.headers, header::ALLOW).to_lowercase();
        // What answers GET answers HEAD.
        let allowed: BTreeSet<_> = allowed.split(',').filter(|name| *name != "head").collect();
        let operations = object(&document["paths"][path]);
        let methods: BTreeSet<_> = operations.keys().map(String::as_str).collect();
        assert_eq!(allowed, methods, "{path}");
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

//! Requests to the edge's port, from the router on. The services behind it are away.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router, body::Body, extract::ConnectInfo};
use clap::Parser;
use edge::{Config, Replicas, Services, assemble, internals::router};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use runtime::{
    clock::{ManualClock, Timestamp},
    grpc::{Channel, Pool},
    lifecycle::Lifecycle,
    telemetry::Prometheus,
};
use tokio::runtime::Runtime;
use tonic::transport::{Endpoint, Uri};
use tower::ServiceExt as _;

use crate::link::runtime;

/// How many lines of a head are read.
const LINES: usize = 40;
/// What nobody may be sent: paths of the machine stay on it.
const FILE_OF_THE_MACHINE: &str = "root:x:0:0";

thread_local! {
    static PORT: Port = Port::open();
}

struct Port {
    runtime: Runtime,
    router: Router,
}

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

/// Method, path and headers as lines, then an empty line, then a body.
pub fn http_request(data: &[u8]) {
    let (head, body) = split(data);
    let Some(request) = request(head, body) else {
        return;
    };
    PORT.with(|port| {
        let method = request.method().clone();
        let routed = port.router.clone().oneshot(request);
        port.runtime.block_on(async {
            let response = routed.await.unwrap_or_else(|never| match never {});
            assert_answer(&method, response).await;
        });
    });
}

async fn assert_answer(method: &Method, response: Response<Body>) {
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let said = String::from_utf8_lossy(&body);
    assert_ne!(head.status, StatusCode::INTERNAL_SERVER_ERROR, "{said}");
    assert!(!said.contains(FILE_OF_THE_MACHINE), "{said}");
    let of = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(of(header::X_CONTENT_TYPE_OPTIONS), Some("nosniff"));
    let is_error = head.status.is_client_error() || head.status.is_server_error();
    if is_error && method != Method::HEAD {
        assert_eq!(
            of(header::CONTENT_TYPE),
            Some("application/problem+json"),
            "{said}"
        );
        let problem: serde_json::Value = serde_json::from_str(&said).expect("a problem");
        assert_eq!(problem["status"], head.status.as_u16());
    }
}

/// The head, and the body behind the first empty line.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    let empty = data.windows(2).position(|two| two == b"\n\n");
    empty.map_or((data, &[]), |at| (&data[..at], &data[at + 2..]))
}

fn request(head: &[u8], body: &[u8]) -> Option<Request<Body>> {
    let mut lines = head.split(|byte| *byte == b'\n').take(LINES);
    let mut words = lines.next()?.splitn(2, |byte| *byte == b' ');
    let mut request = Request::builder().method(words.next()?).uri(words.next()?);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
    }
    request.body(Body::from(body.to_vec())).ok()
}

impl Port {
    fn open() -> Self {
        let runtime = runtime();
        let guard = runtime.enter();
        let services = Services {
            auth: Pool::over(nowhere()),
            chat: Replicas::over(nowhere()),
            redis: None,
            background: Lifecycle::new(),
        };
        let config = Flags::parse_from(["edge"]).config;
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_millis(0)));
        let opened = assemble(
            config,
            services,
            clock,
            Prometheus::default(),
            Lifecycle::new(),
        );
        // What would run in the background is never polled but while a request is answered.
        let (edge, _) = opened.start();
        let peer = SocketAddr::from(([127, 0, 0, 1], 4711));
        let router = router(&edge).layer(Extension(ConnectInfo(peer)));
        drop(guard);
        Self { runtime, router }
    }
}

/// A channel to a service that is away.
fn nowhere() -> Channel {
    let away = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    let connector = tower::service_fn(move |_: Uri| async move {
        Err::<hyper_util::rt::TokioIo<tokio::io::DuplexStream>, _>(away())
    });
    Endpoint::from_static("http://in.memory")
        .connect_timeout(Duration::from_secs(1))
        .connect_with_connector_lazy(connector)
        .into()
}

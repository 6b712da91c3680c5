//! One HTTP/1 connection, from its first byte to its end or its upgrade.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tracing::debug;

use super::{
    limits::ConnectionPermit,
    sockets::OpenSocket,
    stream::{RequestBody, ResponseBody, Watch, WatchedStream},
};
use crate::{least_rate::reached, operator_tls::CertifiedOperator};

/// How many headers a request may have, and how many bytes its head.
const MAX_HEADERS: usize = 64;
const MAX_HEAD: usize = 16 << 10;

/// An accepted connection.
pub(super) struct Accepted<S> {
    pub(super) stream: S,
    pub(super) peer: SocketAddr,
    pub(super) permit: ConnectionPermit,
    pub(super) socket: OpenSocket,
    /// Whose certificate it has shown, over TLS.
    pub(super) certified: Option<CertifiedOperator>,
}

/// Answers requests until the peer has had enough, takes too long, or must make room for another; when `closing`
/// is cancelled, until the request under way is answered.
pub(super) async fn run<S>(accepted: Accepted<S>, router: Router, closing: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let watch = Watch::new(accepted.permit);
    let stream = WatchedStream::new(accepted.stream, &watch, accepted.socket);
    let service = WatchedService {
        router,
        peer: accepted.peer,
        certified: accepted.certified,
        watch: Arc::clone(&watch),
    };
    let mut http = http1::Builder::new();
    // Its one timer would serve for a head and for the quiet before it: ours are two.
    http.header_read_timeout(None)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection.with_upgrades());
    let mut timed_out = pin!(reached(|| watch.timer().deadline()));
    let mut finishing = false;
    loop {
        select! {
            biased; // what the peer has sent counts before a time-out, and moves it
            ended = &mut connection => {
                if let Err(cause) = ended {
                    debug!(%cause, "an HTTP connection ended badly");
                }
                break;
            }
            () = &mut timed_out => {
                debug!(peer = %accepted.peer, "an HTTP connection took too long");
                break;
            }
            () = watch.ended() => {
                debug!(peer = %accepted.peer, "an HTTP connection made room for another");
                break;
            }
            () = closing.cancelled(), if !finishing => {
                if watch.timer().awaits_request() {
                    break;
                }
                finishing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
    watch.timer().upgraded();
}

/// The router, for one connection.
#[derive(Clone)]
struct WatchedService {
    router: Router,
    peer: SocketAddr,
    certified: Option<CertifiedOperator>,
    watch: Arc<Watch>,
}

impl Service<Request<Incoming>> for WatchedService {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let watch = Arc::clone(&self.watch);
        if !watch.request_begins() {
            return Box::pin(async { Ok(refusal().map(|body| ResponseBody::new(body, watch))) });
        }
        let body_watch = Arc::clone(&watch);
        let mut request = request.map(|body| Body::new(RequestBody::new(body, body_watch)));
        request.extensions_mut().insert(ConnectInfo(self.peer));
        if let Some(operator) = &self.certified {
            request.extensions_mut().insert(operator.clone());
        }
        let answering = self.router.clone().oneshot(request);
        Box::pin(async { Ok(answering.await?.map(|body| ResponseBody::new(body, watch))) })
    }
}

/// The answer of a connection that has to make room.
fn refusal() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

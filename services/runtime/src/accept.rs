//! The accept loop: HTTP/1 with a time-out for the request's head, which `axum::serve` does not have. It ends
//! when the process stops; connections that were upgraded live on in their own tasks.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    time::{sleep, timeout},
};
use tower::Layer as _;
use tracing::{debug, warn};

use crate::lifecycle::Lifecycle;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How many headers a request may have, and how many bytes its head.
const MAX_HEADERS: usize = 64;
const MAX_HEAD: usize = 16 << 10;
/// How long to pause when the system has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long requests under way have when the process stops.
const FINISH: Duration = Duration::from_secs(5);

/// Accepts connections until the lifecycle stops, then finishes the requests under way.
pub async fn serve(listener: TcpListener, router: Router, lifecycle: &Lifecycle) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = select! {
            () = lifecycle.stopping() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => serve_connection(stream, peer, &router, &graceful, lifecycle),
            Err(cause) => {
                warn!(%cause, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    // Requests that do not end in time end with the process.
    timeout(FINISH, graceful.shutdown()).await.ok();
}

fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
    graceful: &GracefulShutdown,
    lifecycle: &Lifecycle,
) {
    // Updates are small and wanted at once. A socket that refuses this still works.
    stream.set_nodelay(true).ok();
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD);
    let with_peer = axum::Extension(ConnectInfo(peer)).layer(router.clone());
    let service = TowerToHyperService::new(with_peer);
    let watcher = graceful.watcher();
    let stop = lifecycle.clone();
    lifecycle.spawn(async move {
        if !speaks(&stream, &stop).await {
            return;
        }
        let connection = builder
            .serve_connection_with_upgrades(TokioIo::new(stream), service)
            .into_owned();
        if let Err(cause) = watcher.watch(connection).await {
            debug!(%cause, "an HTTP connection ended badly");
        }
    });
}

/// Whether a new connection sends its first byte in time: hyper's clock starts only then.
async fn speaks(stream: &TcpStream, lifecycle: &Lifecycle) -> bool {
    let mut first_byte = [0];
    select! {
        () = lifecycle.stopping() => false,
        first = timeout(HEAD_TIMEOUT, stream.peek(&mut first_byte)) => matches!(first, Ok(Ok(1..))),
    }
}

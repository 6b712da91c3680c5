//! The accept loop of an HTTP port: HTTP/1 only, with a time for everything that a peer may keep waiting for, which
//! `axum::serve` does not have, and with room for newcomers. Connections that were upgraded live on in their own
//! tasks.

mod connection;
mod limits;
mod sockets;
mod stream;
mod timer;
mod tls;

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, warn};

pub use self::limits::{Limits, SharedLimits};
use self::{connection::Accepted, limits::Connections, sockets::Sockets};
use crate::{lifecycle::Lifecycle, operator_tls::OperatorTls, warning_limiter::WarningLimiter};

/// How long to pause when the system has no file descriptor left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);
/// How long requests under way have when the port closes.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);
/// What a connection is told for which there is no room.
const NO_ROOM: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n\
    content-length: 0\r\n\r\n";

/// Accepts connections until `closed` resolves, then finishes the requests under way; a kill does not wait for them.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: impl Into<SharedLimits>,
    lifecycle: &Lifecycle,
    closed: impl Future<Output = ()>,
) {
    serve_over(None, listener, router, limits, lifecycle, closed).await;
}

/// The same over TLS, if there is any. Requests carry a [`CertifiedOperator`] where the connection has shown a certificate
/// of one.
///
/// [`CertifiedOperator`]: crate::operator_tls::CertifiedOperator
pub async fn serve_over(
    tls: Option<OperatorTls>,
    listener: TcpListener,
    router: Router,
    limits: impl Into<SharedLimits>,
    lifecycle: &Lifecycle,
    closed: impl Future<Output = ()>,
) {
    let port = Port {
        tls,
        router,
        connections: Connections::new(limits),
        sockets: Sockets::new(),
        tasks: TaskTracker::new(),
        closing: CancellationToken::new(),
    };
    select! {
        () = closed => {}
        () = port.accept_from(&listener) => {}
    }
    drop(listener);
    port.closing.cancel();
    port.tasks.close();
    // Requests that do not end in time end with the process.
    select! {
        () = port.tasks.wait() => {}
        () = lifecycle.killed() => {}
        () = sleep(FINISH_TIMEOUT) => {}
    }
}

/// It is tried again ten times a second.
static CANNOT_ACCEPT: WarningLimiter = WarningLimiter::new();

struct Port {
    tls: Option<OperatorTls>,
    router: Router,
    connections: Arc<Connections>,
    sockets: Arc<Sockets>,
    tasks: TaskTracker,
    closing: CancellationToken,
}

impl Port {
    async fn accept_from(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.take(stream, peer).await,
                Err(cause) => {
                    if let Some(untold) = CANNOT_ACCEPT.admit(Instant::now()) {
                        warn!(%cause, untold, "cannot accept a connection");
                    }
                    sleep(ACCEPT_RETRY_DELAY).await;
                }
            }
        }
    }

    /// Starts a connection, when there is room or when another can be ended for it.
    async fn take(&self, stream: TcpStream, peer: SocketAddr) {
        let socket = self.sockets.open();
        if self.sockets.are_too_many() {
            if !self.connections.end_longest_waiting() {
                return refuse(&stream, peer);
            }
            self.sockets.one_closed().await;
        }
        let Some(permit) = self.connections.admit(peer.ip()) else {
            return refuse(&stream, peer);
        };
        // Updates are small and wanted at once. A socket that refuses this still works.
        stream.set_nodelay(true).ok();
        let accepted = Accepted {
            stream,
            peer,
            permit,
            socket,
            certified: None,
        };
        let (router, closing) = (self.router.clone(), self.closing.clone());
        match self.tls.clone() {
            None => self.tasks.spawn(connection::run(accepted, router, closing)),
            Some(tls) => self.tasks.spawn(async move {
                let opened = closing.run_until_cancelled(tls::open(accepted, &tls)).await;
                if let Some(Some(accepted)) = opened {
                    connection::run(accepted, router, closing).await;
                }
            }),
        };
    }
}

/// Tells a connection that there is no room, as far as it takes that at once.
fn refuse(stream: &TcpStream, peer: SocketAddr) {
    debug!(%peer, "there is no room for a connection");
    stream.try_write(NO_ROOM).ok();
}

#[cfg(test)]
mod tests;

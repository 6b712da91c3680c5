//! The connections of a gRPC port: each must begin to speak in time, over TLS where that is asked for, which tonic does not
//! ask of it, and there are never more of them than the process can hold.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _, future::ready, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep},
};
use tonic::transport::server::Connected;
use tracing::warn;

use super::{
    Credentials,
    proof::{Caller, Transport},
};
use crate::warning_limiter::WarningLimiter;

/// How long a new connection may take to send what every HTTP/2 connection begins with.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(5);
/// How many bytes that are.
const PREFACE_LENGTH: usize = 24;
/// How many connections a port holds: callers are services, each with a few.
const MAX_CONNECTIONS: usize = 4_096;
/// How many TLS handshakes are under way at once.
const MAX_HANDSHAKES: usize = 256;
/// How long to pause when the system has no file descriptor left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// What a listener accepts, for as long as it is asked. A caller whose TLS handshake fails or takes too long is dropped, and
/// holds up nobody else.
pub(super) fn connections(
    listener: TcpListener,
    credentials: Credentials,
) -> impl Stream<Item = io::Result<Connection<Transport>>> {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let accepted = stream::unfold((listener, permits), async |(listener, permits)| {
        let accepted = accept(&listener, &permits).await;
        Some((accepted, (listener, permits)))
    });
    let opened = accepted.map(move |(stream, permit)| {
        let credentials = credentials.clone();
        async move {
            let transport = Transport::open(stream, &credentials).await?;
            Some(Ok(Connection::new(transport, permit)))
        }
    });
    opened.buffer_unordered(MAX_HANDSHAKES).filter_map(ready)
}

/// Both may come many times a second.
static TOO_MANY: WarningLimiter = WarningLimiter::new();
static CANNOT_ACCEPT: WarningLimiter = WarningLimiter::new();

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let permit = Arc::clone(permits).try_acquire_owned();
        match (listener.accept().await, permit) {
            (Ok((stream, _)), Ok(permit)) => {
                // Calls are small and wanted at once. A socket that refuses this still works.
                stream.set_nodelay(true).ok();
                return (stream, permit);
            }
            (Ok((_, peer)), Err(_)) => {
                if let Some(untold) = TOO_MANY.admit(Instant::now()) {
                    warn!(%peer, untold, "too many connections: one is refused");
                }
            }
            (Err(cause), _) => {
                if let Some(untold) = CANNOT_ACCEPT.admit(Instant::now()) {
                    warn!(%cause, untold, "cannot accept a connection");
                }
                sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
}

/// A connection that fails when it does not begin in time. From then on HTTP/2 pings find out who is silent.
#[derive(Debug)]
pub(super) struct Connection<S> {
    stream: S,
    /// `None` once it has begun.
    beginning: Option<Beginning>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Beginning {
    received: usize,
    too_late: Pin<Box<Sleep>>,
}

impl<S> Connection<S> {
    fn new(stream: S, permit: OwnedSemaphorePermit) -> Self {
        Self {
            stream,
            beginning: Some(Beginning {
                received: 0,
                too_late: Box::pin(sleep(PREFACE_TIMEOUT)),
            }),
            _permit: permit,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        if let Some(beginning) = &mut this.beginning {
            beginning.received += buf.filled().len() - before;
            if beginning.received >= PREFACE_LENGTH {
                this.beginning = None;
            } else if polled.is_pending() && beginning.too_late.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Connected for Connection<Transport> {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        self.stream.connect_info()
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        time::Instant,
    };

    use super::*;

    fn connection() -> (DuplexStream, Connection<DuplexStream>) {
        let (near, far) = duplex(1 << 10);
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        (near, Connection::new(far, permit))
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_does_not_begin_in_time_is_given_up() {
        for beginning in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
            let (mut peer, mut connection) = connection();
            let start = Instant::now();
            peer.write_all(beginning).await.unwrap();
            let mut all = Vec::new();
            let error = connection.read_to_end(&mut all).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            assert_eq!(start.elapsed(), PREFACE_TIMEOUT, "{beginning:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_begun_may_be_quiet() {
        let (mut peer, mut connection) = connection();
        peer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .await
            .unwrap();
        let mut preface = [0; PREFACE_LENGTH];
        connection.read_exact(&mut preface).await.unwrap();

        let later = tokio::spawn(async move {
            sleep(100 * PREFACE_TIMEOUT).await;
            peer.write_all(b"x").await.unwrap();
            peer
        });

        assert_eq!(connection.read_u8().await.unwrap(), b'x');
        later.await.unwrap();
    }
}

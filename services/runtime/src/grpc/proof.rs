//! The server's side of proof between services: connections are taken over TLS where that is asked for, and every
//! call but the open ones must come from a service of this deployment.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::Either;
use http::{Request, Response};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tonic::{Status, body::Body, codegen::Service, transport::server::Connected};
use tracing::debug;

use super::Credentials;

/// How long a caller may take for the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Calls that anybody may make: the standard health service, and the public keys, which are public.
const OPEN: [&str; 2] = [
    "/grpc.health.v1.Health/",
    "/recipechat.auth.v1.AuthService/GetJwks",
];

/// What carries a caller's connection.
#[derive(Debug)]
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What is known of the caller at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    /// Whether it showed a certificate of this deployment.
    certified: bool,
}

impl Connected for Transport {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        let certified = match self {
            Self::Plain(_) => false,
            // The handshake has verified it.
            Self::Tls(stream) => stream.get_ref().1.peer_certificates().is_some(),
        };
        Caller { certified }
    }
}

impl Transport {
    /// Over TLS, if these credentials ask for it; `None` when the handshake fails or takes too long.
    pub(super) async fn open(tcp: TcpStream, credentials: &Credentials) -> Option<Self> {
        let Some(tls) = credentials.server_tls() else {
            return Some(Self::Plain(tcp));
        };
        let handshake = TlsAcceptor::from(tls).accept(tcp);
        match timeout(HANDSHAKE_TIMEOUT, handshake).await {
            Ok(Ok(stream)) => Some(Self::Tls(Box::new(stream))),
            Ok(Err(cause)) => {
                debug!(%cause, "a TLS handshake failed");
                None
            }
            Err(_) => None,
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// Lets only calls of services through; the others are answered `UNAUTHENTICATED`.
#[derive(Debug, Clone)]
pub(super) struct RequireProof(pub(super) Credentials);

impl<S> tower::Layer<S> for RequireProof {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded {
            inner,
            credentials: self.0.clone(),
        }
    }
}

/// A server whose callers must prove that they are services.
#[derive(Debug, Clone)]
pub(super) struct Guarded<S> {
    inner: S,
    credentials: Credentials,
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, std::future::Ready<Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.lets_in(&request) {
            return Either::Left(self.inner.call(request));
        }
        debug!(
            call = request.uri().path(),
            "a caller did not prove that it is a service"
        );
        let refused = Status::unauthenticated(
            "prove that you are a service of this deployment: give its --service-token-file, or --tls-cert and --tls-key",
        );
        Either::Right(std::future::ready(Ok(refused.into_http())))
    }
}

impl<S> Guarded<S> {
    fn lets_in<B>(&self, request: &Request<B>) -> bool {
        let path = request.uri().path();
        let is_open = |open: &str| path == open || (open.ends_with('/') && path.starts_with(open));
        let caller = request.extensions().get::<Caller>();
        let certified = caller.is_some_and(|caller| caller.certified);
        OPEN.iter().any(|open| is_open(open))
            || self.credentials.accept(certified, request.headers())
    }
}

//! Channels to other services: connected when first used, kept alive, and with this service's credentials on every
//! call.

use std::{
    fmt,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use http::{Request, Uri, header::AUTHORIZATION};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::{
    body::Body,
    codegen::Service,
    transport::{self, Endpoint},
};
use url::Url;

use super::{
    CONNECT_TIMEOUT, CredentialError, Credentials, KEEP_ALIVE, client_metrics::CallUnderWay,
};

/// An address that no channel can be made for.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an address of a gRPC service; write it as http://host:port")]
pub struct InvalidAddress(pub String);

/// A channel to one address, for the generated clients. Cheap to clone.
#[derive(Clone)]
pub struct Channel {
    inner: transport::Channel,
    credentials: Credentials,
}

impl From<transport::Channel> for Channel {
    /// A channel that exists already, to a server that asks for no proof.
    fn from(inner: transport::Channel) -> Self {
        Self {
            inner,
            credentials: Credentials::default(),
        }
    }
}

impl Service<Request<Body>> for Channel {
    type Response = http::Response<Body>;
    type Error = transport::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(authorization) = self.credentials.authorization() {
            request.headers_mut().insert(AUTHORIZATION, authorization);
        }
        let under_way = CallUnderWay::of(request.uri().path());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            under_way.answered(&answer);
            answer
        })
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({:?})", self.credentials)
    }
}

/// Makes channels to the replicas of one service. Cheap to clone; the default shows no credentials.
#[derive(Debug, Clone, Default)]
pub struct Dialer {
    /// A channel that is there already, to the only replica.
    given: Option<Channel>,
    credentials: Credentials,
    /// What its certificate may be made out to: its role, and the hosts of its address.
    names: Arc<[ServerName<'static>]>,
}

impl Dialer {
    /// For a service whose certificate may be made out to any of these: its role (`auth`, `chat`) and its hosts.
    pub fn new(credentials: &Credentials, names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter();
        let names = names.filter_map(|name| ServerName::try_from(name).ok());
        Self {
            given: None,
            credentials: credentials.clone(),
            names: names.collect(),
        }
    }

    /// For a service with one replica, to which this channel leads: a service in the same process.
    pub fn over(channel: Channel) -> Self {
        Self {
            given: Some(channel),
            ..Self::default()
        }
    }

    /// A channel to the replica at this address: connects when first used, and again whenever the connection is lost.
    pub fn channel(&self, address: SocketAddr) -> Channel {
        if let Some(channel) = &self.given {
            return channel.clone();
        }
        // An address as text is always a good authority.
        let authority = address.to_string();
        let uri = Uri::builder().scheme("http").authority(authority);
        let endpoint = Endpoint::from(uri.path_and_query("/").build().unwrap_or_default());
        self.open(endpoint)
    }

    fn open(&self, endpoint: Endpoint) -> Channel {
        let endpoint = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE.0)
            .keep_alive_timeout(KEEP_ALIVE.1)
            .keep_alive_while_idle(true)
            .tcp_nodelay(true);
        let inner = if self.credentials.have_tls() {
            let (credentials, names) = (self.credentials.clone(), Arc::clone(&self.names));
            endpoint.connect_with_connector_lazy(tower::service_fn(move |uri: Uri| {
                connect(uri, credentials.clone(), Arc::clone(&names))
            }))
        } else {
            endpoint.connect_lazy()
        };
        Channel {
            inner,
            credentials: self.credentials.clone(),
        }
    }
}

/// A channel to one address, `http://host:port` or `https://host:port`, of a service of one of these roles; like
/// [`Dialer::channel`].
///
/// # Errors
/// When `address` is no such URL, or asks for TLS without the files for it.
pub fn channel(
    address: &str,
    roles: &[&str],
    credentials: &Credentials,
) -> Result<Channel, DialError> {
    let invalid = || InvalidAddress(address.to_owned());
    let url = Url::parse(address).map_err(|_| invalid())?;
    let tls = match url.scheme() {
        "http" => false,
        "https" => true,
        _ => return Err(invalid().into()),
    };
    if tls && !credentials.have_tls() {
        return Err(CredentialError::NoTls(address.to_owned()).into());
    }
    let host = url.host_str().ok_or_else(invalid)?;
    let port = url.port_or_known_default().ok_or_else(invalid)?;
    let endpoint = Endpoint::from_shared(format!("http://{host}:{port}")).map_err(|_| invalid())?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let names = roles.iter().chain([&bare]).map(ToString::to_string);
    Ok(Dialer::new(credentials, names).open(endpoint))
}

/// Why an address cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// It makes no sense.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    /// It asks for more than there is.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
}

/// Opens a TLS connection with the credentials as they are now. The endpoint bounds the time.
async fn connect(
    uri: Uri,
    credentials: Credentials,
    names: Arc<[ServerName<'static>]>,
) -> std::io::Result<TokioIo<tokio_rustls::client::TlsStream<TcpStream>>> {
    let other = |what: &'static str| std::io::Error::other(what);
    let config = credentials
        .client_tls(&names)
        .ok_or_else(|| other("no TLS"))?;
    let name = names.first().cloned().ok_or_else(|| other("no name"))?;
    let host = uri.host().ok_or_else(|| other("no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().ok_or_else(|| other("no port"))?;
    let tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    let tls = TlsConnector::from(config).connect(name, tcp).await?;
    Ok(TokioIo::new(tls))
}

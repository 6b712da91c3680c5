//! Connections to servers of others: over TLS with the authorities that the system trusts (`SSL_CERT_FILE` and
//! `SSL_CERT_DIR` name others), or without it, as the address says.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// How many of a name's addresses are tried.
const MAX_ADDRESSES: usize = 3;

/// A connection, with TLS or without.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Dialer {
    tls: Arc<ClientConfig>,
    /// How long one address has, the handshake of TLS included.
    timeout: Duration,
}

impl Dialer {
    pub(crate) fn new(timeout: Duration) -> Self {
        let mut roots = RootCertStore::empty();
        // A certificate that cannot be read is one that is not trusted: the handshake says so.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = Arc::new(tls);
        Self { tls, timeout }
    }

    /// Connects to the first of these addresses that answers, as the server of this URL.
    ///
    /// # Errors
    /// Why the last one that was tried does not.
    pub(crate) async fn connect(
        &self,
        url: &Url,
        addresses: &[SocketAddr],
    ) -> io::Result<Box<dyn Stream>> {
        let mut last = io::Error::other("the name leads nowhere");
        for address in addresses.iter().take(MAX_ADDRESSES) {
            match timeout(self.timeout, self.connect_to(*address, url)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(last)
    }

    async fn connect_to(&self, address: SocketAddr, url: &Url) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(address).await?;
        if url.scheme() == "http" {
            return Ok(Box::new(stream));
        }
        let name = match url.host() {
            Some(Host::Domain(name)) => {
                ServerName::try_from(name.to_owned()).map_err(io::Error::other)?
            }
            Some(Host::Ipv4(ip)) => ServerName::from(std::net::IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => ServerName::from(std::net::IpAddr::V6(ip)),
            None => return Err(no_host()),
        };
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        Ok(Box::new(connector.connect(name, stream).await?))
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer")
    }
}

/// All addresses of the server of this URL.
///
/// # Errors
/// When its name cannot be looked up, or there is none.
pub(crate) async fn resolve(url: &Url) -> io::Result<Vec<SocketAddr>> {
    let port = url.port_or_known_default();
    let port = port.ok_or_else(|| io::Error::other("no port"))?;
    Ok(match url.host().ok_or_else(no_host)? {
        Host::Ipv4(ip) => vec![(ip, port).into()],
        Host::Ipv6(ip) => vec![(ip, port).into()],
        Host::Domain(name) => lookup_host((name, port)).await?.collect(),
    })
}

fn no_host() -> io::Error {
    io::Error::other("no server in the address")
}

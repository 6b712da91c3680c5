//! Opens a byte stream to the server, over TLS when its address says `https`.

use std::{io, sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// How long it may take to reach the server, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An address that cannot be that of a server.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadAddress {
    #[error("--url must look like http://127.0.0.1:8080 or https://chat.example.org")]
    NotHttp,
    #[error("--url must not hold a name or password: use --user and --password")]
    HoldsCredentials,
}

/// Why the server cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("no answer in {} seconds", CONNECT_TIMEOUT.as_secs())]
    TimedOut,
}

/// Bytes to and from the server.
pub trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}
/// A connection to the server, below HTTP.
pub type Stream = Box<dyn Bytes>;

/// Where the server is.
#[derive(Clone)]
pub struct Server {
    host: String,
    port: u16,
    /// What stands before the server's own paths; without a slash at its end.
    prefix: String,
    tls: Option<(ServerName<'static>, Arc<ClientConfig>)>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url("http", ""))
    }
}

impl Server {
    /// The server at an address such as `https://recipes.example`, with a path before its own if need be.
    ///
    /// # Errors
    /// When it is no address of a server, or holds a password.
    pub fn at(address: &str) -> Result<Self, BadAddress> {
        let url = Url::parse(address).map_err(|_| BadAddress::NotHttp)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress::HoldsCredentials);
        }
        let host = url.host().ok_or(BadAddress::NotHttp)?;
        let name = match &host {
            Host::Domain(name) => ServerName::try_from((*name).to_owned()).ok(),
            Host::Ipv4(ip) => Some(ServerName::from(std::net::IpAddr::V4(*ip))),
            Host::Ipv6(ip) => Some(ServerName::from(std::net::IpAddr::V6(*ip))),
        };
        let tls = match url.scheme() {
            "http" => None,
            "https" => Some((name.ok_or(BadAddress::NotHttp)?, tls_config())),
            _ => return Err(BadAddress::NotHttp),
        };
        Ok(Self {
            host: host.to_string(),
            port: url.port_or_known_default().ok_or(BadAddress::NotHttp)?,
            prefix: url.path().trim_end_matches('/').to_owned(),
            tls,
        })
    }

    /// The path on the server, for the request line.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Host and port, for the `Host` header.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The address of a WebSocket on the server.
    pub fn web_socket(&self, path: &str) -> String {
        self.url("ws", path)
    }

    fn url(&self, scheme: &str, path: &str) -> String {
        let secure = if self.tls.is_some() { "s" } else { "" };
        format!("{scheme}{secure}://{}{}", self.authority(), self.path(path))
    }

    /// Opens a stream, in bounded time.
    ///
    /// # Errors
    /// When the server cannot be reached, or not in time.
    pub async fn dial(&self) -> Result<Stream, Unreachable> {
        timeout(CONNECT_TIMEOUT, self.reach())
            .await
            .map_err(|_| Unreachable::TimedOut)?
            .map_err(Unreachable::Io)
    }

    async fn reach(&self) -> io::Result<Stream> {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((bare, self.port)).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => Ok(Box::new(stream)),
            Some((name, config)) => {
                let connector = TlsConnector::from(config.clone());
                Ok(Box::new(connector.connect(name.clone(), stream).await?))
            }
        }
    }
}

/// Trusts whom this machine trusts. `SSL_CERT_FILE` names others.
fn tls_config() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    // A certificate that cannot be read is one that is not trusted: the handshake says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, web_socket: &str) {
        let server = Server::at(address).unwrap();
        assert_eq!(server.web_socket("/v1/chat/soup"), web_socket);
    }

    #[test]
    fn an_address_gives_the_one_of_the_web_socket() {
        check("http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/chat/soup");
        check("http://localhost", "ws://localhost:80/v1/chat/soup");
        check("http://[::1]:9/", "ws://[::1]:9/v1/chat/soup");
        check(
            "http://example.org/kitchen/",
            "ws://example.org:80/kitchen/v1/chat/soup",
        );
    }

    #[test]
    fn an_https_address_means_a_secure_socket() {
        rustls::crypto::aws_lc_rs::default_provider()
            .install_default()
            .ok();
        check("https://example.org", "wss://example.org:443/v1/chat/soup");
    }

    #[test]
    fn other_addresses_are_refused() {
        for address in ["", "127.0.0.1:8080", "ftp://example.org", "soup"] {
            assert_eq!(Server::at(address).unwrap_err(), BadAddress::NotHttp);
        }
        assert_eq!(
            Server::at("http://ada:canary@example.org").unwrap_err(),
            BadAddress::HoldsCredentials
        );
    }
}

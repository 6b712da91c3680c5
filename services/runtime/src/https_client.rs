//! Asks servers of others over HTTP/1.1: one request a connection, no redirects, answers of a bounded size. Over TLS
//! the certificates are those that the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others). Without TLS only
//! this machine is asked.

mod oauth;

use std::{io, time::Duration};

use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::Full;
pub use hyper::body::Bytes;
use url::{Host, Position, Url};

use crate::{
    dial::{Dialer, resolve},
    http_call::{CallFailed, exchange},
};

/// How long one address has to answer the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

const USER_AGENT: &str = concat!("recipe-chat/", env!("CARGO_PKG_VERSION"));

/// Asks servers of others. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpsClient(Dialer);

impl HttpsClient {
    /// One that trusts the authorities that the system trusts.
    pub fn new() -> Self {
        Self(Dialer::new(CONNECT_TIMEOUT))
    }

    /// Gets what is there, of at most so many bytes. The caller bounds the time.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn get(
        &self,
        url: &Url,
        max_answer: usize,
    ) -> Result<(StatusCode, Bytes), CallFailed> {
        self.send(url, Request::get("/"), Bytes::new(), max_answer)
            .await
    }

    /// Sends a request, whose path and host become those of the address, and reads an answer of at most so many bytes.
    /// The caller bounds the time.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn send(
        &self,
        url: &Url,
        head: http::request::Builder,
        body: Bytes,
        max_answer: usize,
    ) -> Result<(StatusCode, Bytes), CallFailed> {
        let request = head
            .uri(&url[Position::BeforePath..Position::AfterQuery])
            .header(
                header::HOST,
                &url[Position::BeforeHost..Position::AfterPort],
            )
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT, HeaderValue::from_static("application/json"))
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::CONNECTION, "close")
            .body(Full::new(body))?;
        if !is_private(url) {
            return Err(io::Error::other("no https:// address").into());
        }
        let stream = self.0.connect(url, &resolve(url).await?).await?;
        exchange(stream, request, max_answer).await
    }
}

/// Whether nobody on the way can read or change what is said there: over TLS, or on this machine.
pub fn is_private(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(ip))) => ip.is_loopback(),
        ("http", Some(Host::Ipv6(ip))) => ip.is_loopback(),
        ("http", Some(Host::Domain(name))) => name == "localhost",
        (_, _) => false,
    }
}

impl Default for HttpsClient {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::HeaderMap, response::Redirect, routing::get};

    use super::*;

    #[tokio::test]
    async fn asks_once_and_follows_no_redirect() {
        let host = |headers: HeaderMap| async move { format!("{:?}", headers.get(header::HOST)) };
        let elsewhere = || async { Redirect::to("/keys?of=1") };
        let router = Router::new()
            .route("/keys", get(host))
            .route("/moved", get(elsewhere));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = HttpsClient::new();
        let at = |path: &str| Url::parse(&format!("{origin}{path}")).unwrap();

        let (status, body) = client.get(&at("/keys?of=1"), 1024).await.unwrap();
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            body,
            format!("Some({:?})", origin.strip_prefix("http://").unwrap())
        );
        let (status, _) = client.get(&at("/moved"), 1024).await.unwrap();
        assert_eq!(status, StatusCode::SEE_OTHER);
        let refused = client.get(&at("/keys"), 4).await.unwrap_err();
        assert_eq!(refused.to_string(), "the answer is too long");
    }

    #[tokio::test]
    async fn nobody_else_is_asked_without_tls() {
        for (text, private) in [
            ("https://login.example/keys", true),
            ("http://127.0.0.1:8080/", true),
            ("http://[::1]/", true),
            ("http://localhost:8080/realms/a", true),
            ("http://login.example/keys", false),
            ("http://localhost.example/", false),
            ("ftp://127.0.0.1/", false),
            ("data:text/plain,x", false),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(is_private(&url), private, "{text}");
            if !private {
                assert!(HttpsClient::new().get(&url, 1).await.is_err(), "{text}");
            }
        }
    }
}

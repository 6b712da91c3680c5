//! One call over HTTP to a port of our own: for operators' commands, which ask many of them.

use std::{error::Error, fmt, io, net::SocketAddr, str::FromStr};

use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::{
    body::{Body, Bytes},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
};
use url::Url;

use crate::operator_tls::CallerTls;

/// How many addresses a name may stand for at most.
const MAX_ADDRESSES: usize = 64;

/// Where ports of our own are: `http://host:port`, or `https://` over TLS. A name stands for all of its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOrigin {
    over_tls: bool,
    host: String,
    port: u16,
}

/// An address that cannot be called.
#[derive(Debug, thiserror::Error)]
#[error("write it as http://host:port or https://host:port")]
pub struct NotAnOrigin;

impl FromStr for HttpOrigin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let url = Url::parse(text).map_err(|_| NotAnOrigin)?;
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        let over_tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(NotAnOrigin),
        };
        if !is_bare {
            return Err(NotAnOrigin);
        }
        let host = url.host_str().ok_or(NotAnOrigin)?;
        Ok(Self {
            over_tls,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().ok_or(NotAnOrigin)?,
        })
    }
}

impl fmt::Display for HttpOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme();
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl HttpOrigin {
    /// `http`, or `https` over TLS.
    pub fn scheme(&self) -> &'static str {
        match self.over_tls {
            true => "https",
            false => "http",
        }
    }

    /// All of its addresses, in order. The caller bounds the time.
    ///
    /// # Errors
    /// When the name cannot be looked up.
    pub async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let found = lookup_host((self.host.as_str(), self.port)).await?;
        let mut addresses: Vec<_> = found.collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses.truncate(MAX_ADDRESSES);
        Ok(addresses)
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct HttpCall {
    /// How.
    pub method: Method,
    /// The path, with the query.
    pub path: String,
    /// What proves the caller.
    pub bearer: Option<SecretString>,
    /// What is shown, and who is believed, over TLS.
    pub tls: CallerTls,
    /// How many bytes an answer may have.
    pub max_answer: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallFailed {
    /// It cannot be reached.
    #[error("cannot be reached: {0}")]
    Unreachable(#[from] io::Error),
    /// What it answers is not HTTP.
    #[error("does not answer like an HTTP server: {0}")]
    NotHttp(#[from] hyper::Error),
    /// The path or the token has characters that cannot be sent.
    #[error("the token has characters that cannot be sent")]
    Unsendable(#[from] http::Error),
    /// The answer is too long, or breaks off.
    #[error("{0}")]
    Answer(&'static str),
}

/// Calls one address of an origin once. The caller bounds the time.
///
/// # Errors
/// Why there is no answer.
pub async fn call(
    origin: &HttpOrigin,
    address: SocketAddr,
    call: &HttpCall,
) -> Result<(StatusCode, Bytes), CallFailed> {
    let mut request = Request::builder()
        .method(call.method.clone())
        .uri(&call.path)
        .header(header::HOST, address.to_string())
        .header(header::CONNECTION, "close");
    if let Some(token) = &call.bearer {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(http::Error::from)?;
        value.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, value);
    }
    let request = request.body(Empty::<Bytes>::new())?;
    let stream = TcpStream::connect(address).await?;
    match origin.over_tls {
        false => exchange(stream, request, call.max_answer).await,
        true => {
            let stream = call.tls.connect(&origin.host, stream).await?;
            exchange(stream, request, call.max_answer).await
        }
    }
}

/// Sends a request over a connection that is for it alone, and reads an answer of at most so many bytes. The caller bounds
/// the time.
///
/// # Errors
/// Why there is no answer.
pub async fn exchange<S, B>(
    stream: S,
    request: Request<B>,
    max_answer: usize,
) -> Result<(StatusCode, Bytes), CallFailed>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let answer = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, max_answer).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => CallFailed::Answer("the answer is too long"),
            false => CallFailed::Answer("the answer breaks off"),
        })?;
        Ok((head.status, body.to_bytes()))
    };
    tokio::pin!(answer, connection);
    // The connection is driven only as long as somebody waits for the answer, and one that ends with its answer has answered.
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::HeaderMap, routing::post};

    use super::*;

    #[track_caller]
    fn check(text: &str, read: Option<&str>) {
        let origin = text.parse::<HttpOrigin>().ok();
        assert_eq!(origin.map(|it| it.to_string()).as_deref(), read, "{text}");
    }

    #[test]
    fn an_origin_is_a_host_and_a_port_with_tls_or_without() {
        check("http://127.0.0.1:9465", Some("http://127.0.0.1:9465"));
        check("http://edge:9465/", Some("http://edge:9465"));
        check("http://[::1]:9465", Some("http://[::1]:9465"));
        check("http://edge", Some("http://edge:80"));
        check("https://edge:9465", Some("https://edge:9465"));
        check("ftp://edge", None);
        check("http://ada:canary@edge", None);
        check("http://edge/admin", None);
        check("edge:9465", None);
    }

    #[tokio::test]
    async fn a_call_shows_its_token_and_takes_no_endless_answer() {
        let echo = |headers: HeaderMap| async move {
            format!(
                "{:?}",
                headers
                    .get(header::AUTHORIZATION)
                    .map(HeaderValue::as_bytes)
            )
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/order", post(echo));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut asked = HttpCall {
            method: Method::POST,
            path: "/order?x=1".to_owned(),
            bearer: Some("a token".into()),
            tls: CallerTls::open(None, None, None).unwrap(),
            max_answer: 1024,
        };
        let origin: HttpOrigin = format!("http://{address}").parse().unwrap();

        let (status, body) = call(&origin, address, &asked).await.unwrap();
        assert_eq!(status, StatusCode::OK);
        assert_eq!(body, format!("{:?}", Some(b"Bearer a token")));

        asked.max_answer = 4;
        let failed = call(&origin, address, &asked)
            .await
            .unwrap_err()
            .to_string();
        assert_eq!(failed, "the answer is too long");
    }
}

//! One call of the server's HTTP API, on a connection of its own.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use runtime::http_call::{self, CallFailed};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::dial::{Server, Unreachable};

/// The most that is read of an answer, in bytes.
const MAX_BODY: usize = 64 << 10;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    #[error("{0}")]
    Unreachable(#[from] Unreachable),
    /// What came is no answer over HTTP/1, or too long.
    #[error("{0}")]
    Unfit(#[from] CallFailed),
}

/// A request for a path of the server, as the person whose access token that is. How long it may take is the caller's
/// to say.
///
/// # Errors
/// When no answer comes, or none that can be read; a refusal is an answer.
pub async fn call(
    server: &Server,
    method: Method,
    path: &str,
    token: Option<&SecretString>,
    body: Option<&Value>,
) -> Result<(StatusCode, Bytes), NoAnswer> {
    let stream = server.dial().await?;
    let mut request = Request::builder()
        .method(method)
        .uri(server.path(path))
        .header(HOST, server.authority())
        .header(CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = request.body(Full::new(Bytes::from(body)));
    let request = request.map_err(CallFailed::Unsendable)?;
    Ok(http_call::exchange(stream, request, MAX_BODY).await?)
}

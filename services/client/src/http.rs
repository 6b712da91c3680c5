//! One call of the server's HTTP API, on a connection of its own.

use std::pin::pin;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, StatusCode,
    client::conn::http1,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
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
    Unfit(String),
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
    let unfit = |error: &dyn ToString| NoAnswer::Unfit(error.to_string());
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
    let request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| unfit(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| unfit(&error))?;
    let mut answer = pin!(async {
        let response = sender.send_request(request).await;
        let response = response.map_err(|error| unfit(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
        let body = body.map_err(|error| unfit(&error))?;
        Ok((status, body.to_bytes()))
    });
    tokio::select! {
        biased; // a connection that ends with its answer has still answered
        answer = &mut answer => answer,
        _ = connection => answer.await,
    }
}

//! The discovery document of an issuer (OpenID Connect Discovery 1.0), as far as it is used here.

use runtime::{
    http_call::CallFailed,
    https_client::{Bytes, HttpsClient, is_private},
};
use serde::Deserialize;
use url::Url;

use super::key_set::MalformedSet;

/// No document of an issuer is near this; certificates in a key set make it long.
const MAX_DOCUMENT: usize = 256 << 10;
/// Below the issuer's address (OpenID Connect Discovery 1.0, section 4).
const PATH: &str = "/.well-known/openid-configuration";

/// Why a document of an issuer is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Call(#[from] CallFailed),
    #[error("it answered {0}")]
    Status(u16),
    #[error("its discovery document cannot be read")]
    Discovery,
    #[error("its discovery document is of another issuer")]
    OfAnother,
    #[error("its discovery document names no key set at https://")]
    NoKeySet,
    #[error("its discovery document names no endpoints for signing in at https://")]
    NoEndpoints,
    #[error(transparent)]
    Malformed(#[from] MalformedSet),
    #[error("it did not answer in time")]
    TimedOut,
}

/// What the document says. Addresses are not checked yet.
#[derive(Debug, Deserialize)]
pub(super) struct Discovery {
    issuer: String,
    pub(super) jwks_uri: String,
    #[serde(default)]
    pub(super) authorization_endpoint: Option<String>,
    #[serde(default)]
    pub(super) token_endpoint: Option<String>,
    #[serde(default)]
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// Fetches the document. The caller bounds the time.
pub(super) async fn discover(client: &HttpsClient, issuer: &str) -> Result<Discovery, FetchError> {
    let document = format!("{}{PATH}", issuer.trim_end_matches('/'));
    let document = Url::parse(&document).map_err(|_| FetchError::Discovery)?;
    let found = get(client, &document).await?;
    let found: Discovery = serde_json::from_slice(&found).map_err(|_| FetchError::Discovery)?;
    match found.issuer == issuer {
        true => Ok(found),
        false => Err(FetchError::OfAnother),
    }
}

/// Fetches one of its documents, of a bounded size.
pub(super) async fn get(client: &HttpsClient, url: &Url) -> Result<Bytes, FetchError> {
    let (status, body) = client.get(url, MAX_DOCUMENT).await?;
    match status.as_u16() {
        200 => Ok(body),
        other => Err(FetchError::Status(other)),
    }
}

/// An address where nobody on the way reads along.
pub(super) fn private(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(is_private)
}

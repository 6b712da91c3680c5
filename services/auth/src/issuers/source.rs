//! Where an issuer's keys come from: its discovery document (OpenID Connect Discovery 1.0) names the key set, unless
//! the operator does.

use futures_util::{FutureExt as _, future::BoxFuture};
use runtime::{
    http_call::CallFailed,
    https_client::{Bytes, HttpsClient, is_private},
};
use serde::Deserialize;
use url::Url;

use super::{
    key_set::{KeySet, MalformedSet},
    keys::Source,
    setting::TrustedIssuer,
};

/// No document of an issuer is near this; certificates in a key set make it long.
const MAX_DOCUMENT: usize = 256 << 10;
/// Below the issuer's address (OpenID Connect Discovery 1.0, section 4).
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Why there are no keys.
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
    #[error(transparent)]
    Malformed(#[from] MalformedSet),
    #[error("it did not answer in time")]
    TimedOut,
}

/// Fetches the keys of one issuer.
#[derive(Debug)]
pub(super) struct KeySource {
    client: HttpsClient,
    issuer: String,
    jwks: Option<Url>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl KeySource {
    pub(super) fn new(setting: &TrustedIssuer, client: HttpsClient) -> Self {
        Self {
            client,
            issuer: setting.url().to_owned(),
            jwks: setting.jwks().cloned(),
        }
    }

    async fn fetch_keys(&self) -> Result<KeySet, FetchError> {
        let jwks = match &self.jwks {
            Some(url) => url.clone(),
            None => self.discover().await?,
        };
        Ok(KeySet::read(&self.get(&jwks).await?)?)
    }

    async fn discover(&self) -> Result<Url, FetchError> {
        let document = format!("{}{DISCOVERY}", self.issuer.trim_end_matches('/'));
        let document = Url::parse(&document).map_err(|_| FetchError::Discovery)?;
        let found = self.get(&document).await?;
        let found: Discovery = serde_json::from_slice(&found).map_err(|_| FetchError::Discovery)?;
        if found.issuer != self.issuer {
            return Err(FetchError::OfAnother);
        }
        let jwks = Url::parse(&found.jwks_uri).ok().filter(is_private);
        jwks.ok_or(FetchError::NoKeySet)
    }

    async fn get(&self, url: &Url) -> Result<Bytes, FetchError> {
        let (status, body) = self.client.get(url, MAX_DOCUMENT).await?;
        match status.as_u16() {
            200 => Ok(body),
            other => Err(FetchError::Status(other)),
        }
    }
}

impl Source for KeySource {
    fn fetch(&self) -> BoxFuture<'_, Result<KeySet, FetchError>> {
        self.fetch_keys().boxed()
    }
}

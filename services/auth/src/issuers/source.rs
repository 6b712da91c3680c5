//! Where an issuer's keys come from: its discovery document names the key set, unless the operator does.

use futures_util::{FutureExt as _, future::BoxFuture};
use runtime::https_client::HttpsClient;
use url::Url;

use super::{
    discovery::{FetchError, discover, get, private},
    key_set::KeySet,
    keys::Source,
    setting::TrustedIssuer,
};

/// Fetches the keys of one issuer.
#[derive(Debug)]
pub(super) struct KeySource {
    client: HttpsClient,
    issuer: String,
    jwks: Option<Url>,
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
            None => {
                let found = discover(&self.client, &self.issuer).await?;
                private(&found.jwks_uri).ok_or(FetchError::NoKeySet)?
            }
        };
        Ok(KeySet::read(&get(&self.client, &jwks).await?)?)
    }
}

impl Source for KeySource {
    fn fetch(&self) -> BoxFuture<'_, Result<KeySet, FetchError>> {
        self.fetch_keys().boxed()
    }
}

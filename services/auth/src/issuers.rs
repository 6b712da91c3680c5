//! Issuers other than this service whose access tokens are taken: which there are, by which keys their tokens are
//! verified, and what a good one says. Whose account it is, is decided elsewhere (`authority::federation`).

mod key_set;
mod keys;
mod setting;
mod source;
mod token;

use std::{collections::BTreeMap, sync::Arc};

use runtime::{clock::Timestamp, https_client::HttpsClient, lifecycle::Lifecycle};

pub use self::setting::{TrustedIssuer, TrustedIssuers};
use self::{
    keys::Keys,
    source::KeySource,
    token::{IssuerPolicy, read_header, unverified_issuer},
};
pub(crate) use self::{
    keys::NoKey,
    setting::longest_life,
    token::{FederatedToken, Profile},
};
use crate::{metrics::Metrics, token::Rejection};

/// The issuers that are trusted, by what their tokens say in `iss`.
#[derive(Debug, Default)]
pub(crate) struct Issuers(BTreeMap<String, Arc<Issuer>>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Issuer {
    name: Arc<str>,
    policy: IssuerPolicy,
    keys: Keys,
}

/// Why a token of an issuer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotTaken {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Nothing is known against it.
    #[error("the issuer's keys cannot be fetched now")]
    IssuerAway,
}

impl Issuers {
    pub(crate) fn new(settings: &[TrustedIssuers], metrics: &Metrics) -> Self {
        let mut settings = settings.iter().flat_map(TrustedIssuers::iter).peekable();
        if settings.peek().is_none() {
            return Self::default();
        }
        let client = HttpsClient::new();
        let issuers = settings.map(|setting| {
            let source = KeySource::new(setting, client.clone());
            let issuer = Issuer {
                name: setting.name().into(),
                policy: IssuerPolicy::new(setting),
                keys: Keys::new(setting.name().into(), Box::new(source), metrics.clone()),
            };
            (setting.url().to_owned(), Arc::new(issuer))
        });
        Self(issuers.collect())
    }

    /// Who a token says has issued it, where that is one of these. Nothing is verified yet.
    pub(crate) fn of(&self, token: &str) -> Option<&Arc<Issuer>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&unverified_issuer(token)?)
    }

    /// Keeps their keys up to date until the lifecycle stops.
    pub(crate) fn follow(&self, lifecycle: &Lifecycle) {
        for issuer in self.0.values() {
            let (issuer, until) = (Arc::clone(issuer), lifecycle.clone());
            lifecycle.spawn(async move {
                tokio::select! {
                    () = issuer.keys.follow() => {}
                    () = until.stopping() => {}
                }
            });
        }
    }
}

impl Issuer {
    /// What operators call it.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What its tokens say in `iss`.
    pub(crate) fn url(&self) -> &str {
        self.policy.issuer()
    }

    /// Reads a token and checks everything that it can show; fetches keys for one that is signed with a new key.
    pub(crate) async fn verify(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<FederatedToken, NotTaken> {
        let header = read_header(token)?;
        self.policy.check_algorithm(header.algorithm)?;
        let key = self.keys.find(&header.kid).await;
        let key = key.map_err(|none| match none {
            NoKey::Unknown => NotTaken::Rejected(Rejection::UnknownKey),
            NoKey::CannotTell => NotTaken::IssuerAway,
        })?;
        Ok(self.policy.verify(&key, &header, token, now)?)
    }
}

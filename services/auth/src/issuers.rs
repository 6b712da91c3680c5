//! Issuers other than this service whose access tokens are taken: which there are, by which keys their tokens are
//! verified, what a good one says, and how users sign in there from here. Whose account it is, is decided elsewhere
//! (`authority::federation`).

mod client_secret;
mod code_flow;
mod discovery;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod key_set;
mod keys;
mod setting;
mod source;
mod token;

use std::{collections::BTreeMap, sync::Arc};

use runtime::{clock::Timestamp, https_client::HttpsClient, lifecycle::Lifecycle};
use secrecy::{ExposeSecret as _, SecretString};

pub use self::setting::{TrustedIssuer, TrustedIssuers};
use self::{
    client_secret::Unreadable,
    code_flow::CodeFlow,
    key_set::VerifyingKey,
    keys::Keys,
    source::KeySource,
    token::{Header, IssuerPolicy, read_header, unverified_issuer},
};
pub(crate) use self::{
    code_flow::{Begun, Failed, random_text},
    keys::NoKey,
    setting::longest_life,
    token::{FederatedToken, Profile},
};
use crate::{metrics::Metrics, token::Rejection};

/// The issuers that are trusted.
#[derive(Debug, Default)]
pub(crate) struct Issuers {
    /// By what their tokens say in `iss`.
    by_url: BTreeMap<String, Arc<Issuer>>,
    /// Those at which users sign in, as the operator has ordered them.
    for_sign_in: Vec<Arc<Issuer>>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Issuer {
    name: Arc<str>,
    policy: IssuerPolicy,
    keys: Keys,
    sign_in: Option<SignIn>,
}

/// How users sign in at an issuer.
#[derive(Debug)]
struct SignIn {
    flow: CodeFlow,
    id_tokens: IssuerPolicy,
}

/// An issuer, as people and programs are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignInIssuer {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) url: String,
    /// As what programs without a secret are known there.
    pub(crate) device_client_id: Option<String>,
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

/// Why nobody is signed in by what an issuer has sent back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSignedIn {
    #[error(transparent)]
    Exchange(#[from] Failed),
    #[error(transparent)]
    IdToken(#[from] NotTaken),
}

/// A sign-in that has begun and not ended, as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct PendingSignIn {
    pub(crate) verifier: SecretString,
    pub(crate) nonce: SecretString,
    pub(crate) redirect_uri: String,
}

impl Issuers {
    /// # Errors
    /// When a client secret cannot be read.
    pub(crate) fn new(settings: &[TrustedIssuers], metrics: &Metrics) -> Result<Self, Unreadable> {
        let mut settings = settings.iter().flat_map(TrustedIssuers::iter).peekable();
        let mut issuers = Self::default();
        if settings.peek().is_none() {
            return Ok(issuers);
        }
        let client = HttpsClient::new();
        for setting in settings {
            let source = KeySource::new(setting, client.clone());
            let sign_in = setting.sign_in().map(|sign_in| {
                Ok(SignIn {
                    flow: CodeFlow::new(sign_in, setting.url(), client.clone())?,
                    id_tokens: IssuerPolicy::of_id_tokens(setting, &sign_in.client_id),
                })
            });
            let issuer = Arc::new(Issuer {
                name: setting.name().into(),
                policy: IssuerPolicy::new(setting),
                keys: Keys::new(setting.name().into(), Box::new(source), metrics.clone()),
                sign_in: sign_in.transpose()?,
            });
            if issuer.sign_in.is_some() {
                issuers.for_sign_in.push(Arc::clone(&issuer));
            }
            issuers.by_url.insert(setting.url().to_owned(), issuer);
        }
        Ok(issuers)
    }

    /// Those at which users sign in.
    pub(crate) fn for_sign_in(&self) -> impl Iterator<Item = SignInIssuer> {
        self.for_sign_in.iter().filter_map(|issuer| {
            let setting = issuer.sign_in.as_ref()?.flow.setting();
            Some(SignInIssuer {
                name: issuer.name.to_string(),
                label: setting.label.clone(),
                url: issuer.url().to_owned(),
                device_client_id: setting.device_client_id.clone(),
            })
        })
    }

    /// The one of that name at which users sign in.
    pub(crate) fn named(&self, name: &str) -> Option<&Arc<Issuer>> {
        self.for_sign_in.iter().find(|issuer| *issuer.name == *name)
    }

    /// Who a token says has issued it, where that is one of these. Nothing is verified yet.
    pub(crate) fn of(&self, token: &str) -> Option<&Arc<Issuer>> {
        if self.by_url.is_empty() {
            return None;
        }
        self.by_url.get(&unverified_issuer(token)?)
    }

    /// Keeps their keys up to date until the lifecycle stops.
    pub(crate) fn follow(&self, lifecycle: &Lifecycle) {
        for issuer in self.by_url.values() {
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
        let (header, key) = self.key_of(token).await?;
        Ok(self.policy.verify(&key, &header, token, now)?)
    }

    /// The key that a token says it was signed with.
    async fn key_of(&self, token: &str) -> Result<(Header, Arc<VerifyingKey>), NotTaken> {
        let header = read_header(token)?;
        self.policy.check_algorithm(header.algorithm)?;
        let key = self.keys.find(&header.kid).await;
        let key = key.map_err(|none| match none {
            NoKey::Unknown => NotTaken::Rejected(Rejection::UnknownKey),
            NoKey::CannotTell => NotTaken::IssuerAway,
        })?;
        Ok((header, key))
    }

    /// Begins a sign-in, after which the issuer shall send the browser to `redirect_uri`; `None`: nobody signs in
    /// there.
    pub(crate) async fn begin_sign_in(&self, redirect_uri: &str) -> Option<Result<Begun, Failed>> {
        Some(self.sign_in.as_ref()?.flow.begin(redirect_uri).await)
    }

    /// Exchanges a code for an ID token and verifies it; `None`: nobody signs in there.
    pub(crate) async fn finish_sign_in(
        &self,
        code: &SecretString,
        kept: &PendingSignIn,
        now: Timestamp,
    ) -> Option<Result<FederatedToken, NotSignedIn>> {
        let sign_in = self.sign_in.as_ref()?;
        Some(self.exchange_code(sign_in, code, kept, now).await)
    }

    async fn exchange_code(
        &self,
        SignIn { flow, id_tokens }: &SignIn,
        code: &SecretString,
        kept: &PendingSignIn,
        now: Timestamp,
    ) -> Result<FederatedToken, NotSignedIn> {
        let exchanged = flow.exchange(code, &kept.verifier, &kept.redirect_uri);
        let token = exchanged.await?;
        let token = token.expose_secret();
        let (header, key) = self.key_of(token).await?;
        let nonce = kept.nonce.expose_secret();
        let verified = id_tokens.verify_id_token(&key, &header, token, nonce, now);
        Ok(verified.map_err(NotTaken::Rejected)?)
    }
}

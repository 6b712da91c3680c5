//! Signing in at a trusted issuer from here: what begins it, and what ends it once and in the same browser. Who comes
//! back with a good ID token has a login session as everybody has, with a refresh token.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tracing::info;

use super::{Authority, Client, Error, TokenPair, outcome};
use crate::{
    attempts::RetryAfter,
    issuers::{Begun, Issuer, SignInIssuer, random_text},
    store::{NewSignIn, Proof, SIGN_IN_LIFE},
    token::Rejection,
};

/// When to try again while as many have begun as may.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// A sign-in that has begun.
#[derive(Debug)]
pub(crate) struct IssuerSignIn {
    /// Where to send the browser.
    pub(crate) authorization_url: SecretString,
    /// What the browser keeps meanwhile.
    pub(crate) browser_secret: SecretString,
}

/// What the browser has brought back.
#[derive(Debug)]
pub(crate) struct IssuerCallback {
    /// The name of the issuer.
    pub(crate) issuer: String,
    /// What the browser has kept.
    pub(crate) browser_secret: SecretString,
    pub(crate) state: SecretString,
    /// Empty: the issuer has not signed the user in.
    pub(crate) code: SecretString,
    /// What the issuer calls itself, where it does.
    pub(crate) iss: String,
}

impl Authority {
    /// The issuers at which users sign in from here.
    pub(crate) fn sign_in_issuers(&self) -> impl Iterator<Item = SignInIssuer> {
        self.issuers.for_sign_in()
    }

    /// Begins a sign-in.
    pub(crate) async fn begin_issuer_sign_in(
        &self,
        issuer: &str,
        redirect_uri: &str,
        client: &Client,
    ) -> Result<IssuerSignIn, Error> {
        let answer = self.try_begin(issuer, redirect_uri).await;
        client.log_refusal("begin_issuer_sign_in", None, &answer);
        answer
    }

    /// Ends one, and opens a login session.
    pub(crate) async fn finish_issuer_sign_in(
        &self,
        callback: IssuerCallback,
        client: &Client,
    ) -> Result<TokenPair, Error> {
        let answer = self.try_finish(callback, client).await;
        self.metrics.sign_in("issuer", outcome(&answer));
        client.log_refusal("issuer_sign_in", None, &answer);
        self.note_sign_in("issuer_sign_in", None, client, &answer);
        answer
    }

    async fn try_begin(&self, issuer: &str, redirect_uri: &str) -> Result<IssuerSignIn, Error> {
        let issuer = self.issuers.named(issuer).ok_or(Error::NoSuchIssuer)?;
        let begun = issuer.begin_sign_in(redirect_uri).await;
        let Begun {
            authorization_url,
            secrets,
        } = begun.ok_or(Error::NoSuchIssuer)??;
        let browser_secret = random_text().map_err(|_| Error::NoRandomness)?;
        let begun = NewSignIn {
            state: &secrets.state,
            browser_secret: &browser_secret,
            issuer: issuer.url(),
            verifier: &secrets.verifier,
            nonce: &secrets.nonce,
            redirect_uri,
        };
        match self.store.add_sign_in(begun, self.clock.now()).await? {
            true => Ok(IssuerSignIn {
                authorization_url,
                browser_secret,
            }),
            false => Err(RetryAfter(RETRY_AFTER).into()),
        }
    }

    async fn try_finish(
        &self,
        callback: IssuerCallback,
        client: &Client,
    ) -> Result<TokenPair, Error> {
        let issuer = self.issuers.named(&callback.issuer);
        let issuer = issuer.ok_or(Error::NoSuchIssuer)?;
        // Before anything else is asked: whatever comes of it, nobody ends it again.
        let (state, browser) = (&callback.state, &callback.browser_secret);
        let begun_after = self.clock.now().before(SIGN_IN_LIFE);
        let kept = self
            .store
            .take_sign_in(state, browser, issuer.url(), begun_after)
            .await?
            .ok_or(Error::NoSuchSignIn)?;
        if !callback.iss.is_empty() && callback.iss != issuer.url() {
            return Err(Error::AccessToken(Rejection::Forged));
        }
        if callback.code.expose_secret().is_empty() {
            return Err(Error::IssuerRefused);
        }
        let shown = issuer
            .finish_sign_in(&callback.code, &kept, self.clock.now())
            .await
            .ok_or(Error::NoSuchIssuer)??;
        let (user, identity) = self.federated_account(issuer, &shown).await?;
        let source = self.source(&user, client);
        let tokens = self.open_session(user, Proof::Identity(identity), source);
        let tokens = tokens.await?;
        self.tell_signed_in(issuer, &tokens);
        Ok(tokens)
    }

    fn tell_signed_in(&self, issuer: &Issuer, tokens: &TokenPair) {
        let (user, session) = (&tokens.session.user.id, &tokens.session.id);
        let issuer = issuer.name();
        info!(user.id = %user, login.session.id = %session, %issuer, "signed in at a trusted issuer");
    }
}

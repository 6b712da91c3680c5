//! API tokens: made, listed and taken back by their user, and exchanged by programs for short access tokens. Whoever
//! verifies those knows nothing of API tokens but what they are limited to.

use std::time::Duration;

use access_token::Scope;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::info;

use super::{Authority, Client, Error, outcome};
use crate::{
    api_token::{ApiToken, InvalidApiToken, NEVER, Shown, checked_name, checked_scope},
    audit::Subject,
};

/// What a user wants an API token to be.
#[derive(Debug)]
pub(crate) struct NewApiToken {
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    /// `None`: until it is taken back.
    pub(crate) life: Option<Duration>,
}

/// A short access token for an API token.
#[derive(Debug)]
pub(crate) struct ScopedToken {
    pub(crate) access: SecretString,
    pub(crate) expires_in: Duration,
    pub(crate) scope: Scope,
}

impl Authority {
    /// Makes an API token for the caller; gives it with its text, which nobody is told again.
    pub(crate) async fn create_api_token(
        &self,
        token: &SecretString,
        wanted: NewApiToken,
        client: &Client,
    ) -> Result<(ApiToken, SecretString), Error> {
        let (_, account) = self.own_account(token).await?;
        let subject = Subject::User(account.user.id.clone());
        let answer = match account.user.guest {
            true => Err(Error::NoApiTokens),
            false => self.try_create_api_token(account.user, wanted).await,
        };
        let made = answer.as_ref().ok().map(|(made, _)| made.id.clone());
        self.note_answer("create_api_token", subject, made, client, &answer);
        answer
    }

    async fn try_create_api_token(
        &self,
        user: crate::user::User,
        wanted: NewApiToken,
    ) -> Result<(ApiToken, SecretString), Error> {
        let now = self.clock.now();
        let expires_at = match wanted.life {
            None => NEVER,
            Some(life) if life < Duration::from_secs(1) => return Err(InvalidApiToken::Life.into()),
            Some(life) => (now + life).min(NEVER),
        };
        let shown = Shown::random().map_err(|_| Error::NoRandomness)?;
        let made = ApiToken {
            id: shown.id(),
            user,
            name: checked_name(&wanted.name)?.to_owned(),
            scope: checked_scope(&wanted.scopes)?,
            used_at: None,
            expires_at,
        };
        let limit = match self.config.max_api_tokens_per_user {
            0 => u32::MAX,
            limit => limit,
        };
        let added = self.store.add_api_token(&made, shown.hash(), limit, now);
        if !added.await? {
            return Err(Error::TooManyApiTokens);
        }
        info!(user.id = %made.user.id, login.session.id = %made.id, scope = %made.scope, "a new API token");
        Ok((made, shown.write()))
    }

    /// The caller's API tokens that have not ended.
    pub(crate) async fn api_tokens(&self, token: &SecretString) -> Result<Vec<ApiToken>, Error> {
        let (principal, _) = self.own_account(token).await?;
        let now = self.clock.now();
        Ok(self.store.api_tokens(&principal.user.id, now).await?)
    }

    /// Takes one of the caller's API tokens back.
    pub(crate) async fn delete_api_token(
        &self,
        token: &SecretString,
        id: &str,
        client: &Client,
    ) -> Result<(), Error> {
        let own = self.api_tokens(token).await?.into_iter();
        let own = own.into_iter().find(|own| own.id.as_str() == id);
        let own = own.ok_or(Error::NoSuchApiToken)?;
        let answer = self.revoke_session(&own.id, "api_token").await;
        let subject = Subject::User(own.user.id);
        self.note_answer("delete_api_token", subject, Some(own.id), client, &answer);
        answer
    }

    /// Gives a short access token for an API token.
    pub(crate) async fn exchange_api_token(
        &self,
        token: &SecretString,
        client: &Client,
    ) -> Result<ScopedToken, Error> {
        let answer = self.try_exchange_api_token(token.expose_secret()).await;
        self.metrics.sign_in("api_token", outcome(&answer));
        client.log_refusal("api_token", None, &answer);
        answer
    }

    async fn try_exchange_api_token(&self, text: &str) -> Result<ScopedToken, Error> {
        let shown = Shown::read(text).ok_or(Error::BadApiToken)?;
        let now = self.clock.now();
        let (id, hash) = (shown.id(), shown.hash());
        let found = self.store.use_api_token(&id, hash, now).await?;
        let found = found.ok_or(Error::BadApiToken)?;
        let ring = self.keys.ring();
        let key = ring.signer(now, self.keys.max_age).ok_or(Error::NoKey)?;
        let (scope, user) = (&found.scope, &found.user);
        let access = self
            .rules
            .issue_within(scope, key, user, &found.id, now, found.expires_at)?;
        Ok(ScopedToken {
            expires_in: access.expires_at.since(now),
            access: access.text,
            scope: found.scope,
        })
    }
}

//! API tokens: what their user asks of the auth service about them, and what a program gets for one.

use std::time::Duration;

use proto::auth::{
    ApiToken as ProtoApiToken, CreateApiTokenRequest, DeleteApiTokenRequest,
    ExchangeApiTokenRequest, ListApiTokensRequest, auth_service_client::AuthServiceClient,
};
use runtime::{
    clock::Timestamp,
    grpc::{Channel, Repeat},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{AuthClient, AuthError, OnBehalfOf, convert::timestamp, duration};
use crate::upstream::AccessToken;

/// What a user wants an API token to be.
#[derive(Debug, Clone)]
pub struct NewApiToken {
    /// What they call it.
    pub name: String,
    /// What it is limited to.
    pub scopes: Vec<String>,
    /// How long it is good; `None`: until it is taken back.
    pub life: Option<Duration>,
}

/// An API token, as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id, which is also the login session of what it does.
    pub id: String,
    /// What its user calls it.
    pub name: String,
    /// What it is limited to.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, unless it is taken back before.
    pub expires_at: Option<Timestamp>,
    /// When it was last exchanged for an access token.
    pub used_at: Option<Timestamp>,
}

/// A short access token for an API token.
#[derive(Debug)]
pub struct ScopedToken {
    /// The access token.
    pub access: SecretString,
    /// Its life from now.
    pub expires_in: Duration,
    /// What it is limited to, words with spaces between them.
    pub scope: String,
}

impl AuthClient {
    /// Makes an API token for the caller; gives it with its text.
    ///
    /// # Errors
    /// `Unauthenticated`, `Invalid`, `Conflict`, `Forbidden` for whoever asks by an API token, or `Unavailable`.
    pub async fn create_api_token(
        &self,
        token: &AccessToken,
        wanted: NewApiToken,
        client: OnBehalfOf,
    ) -> Result<(ApiToken, SecretString), AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(CreateApiTokenRequest {
                access_token: token.expose_secret().to_owned(),
                name: wanted.name.clone(),
                scopes: wanted.scopes.clone(),
                expires_in: wanted.life.and_then(|life| life.try_into().ok()),
                client_address: client.address(),
            });
            async move { service.create_api_token(question).await }
        };
        let answer = self.call(Repeat::Never, call).await?;
        let made = answer.api_token.ok_or(AuthError::Unavailable)?;
        Ok((made.into(), answer.token.into()))
    }

    /// The caller's API tokens that have not ended.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` for whoever asks by an API token, or `Unavailable`.
    pub async fn api_tokens(
        &self,
        token: &AccessToken,
        client: OnBehalfOf,
    ) -> Result<Vec<ApiToken>, AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(ListApiTokensRequest {
                access_token: token.expose_secret().to_owned(),
            });
            async move { service.list_api_tokens(question).await }
        };
        let answer = self.call(Repeat::Idempotent, call).await?;
        Ok(answer.api_tokens.into_iter().map(Into::into).collect())
    }

    /// Takes one of the caller's API tokens back.
    ///
    /// # Errors
    /// As [`AuthClient::api_tokens`], and `NotFound`.
    pub async fn delete_api_token(
        &self,
        token: &AccessToken,
        id: String,
        client: OnBehalfOf,
    ) -> Result<(), AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(DeleteApiTokenRequest {
                access_token: token.expose_secret().to_owned(),
                id: id.clone(),
                client_address: client.address(),
            });
            async move { service.delete_api_token(question).await }
        };
        self.call(Repeat::Never, call).await.map(drop)
    }

    /// Gives a short access token for an API token.
    ///
    /// # Errors
    /// `Unauthenticated` or `Unavailable`.
    pub async fn exchange_api_token(
        &self,
        token: &SecretString,
        client: OnBehalfOf,
    ) -> Result<ScopedToken, AuthError> {
        let call = |mut service: AuthServiceClient<Channel>| {
            let question = client.request(ExchangeApiTokenRequest {
                api_token: token.expose_secret().to_owned(),
                client_address: client.address(),
            });
            async move { service.exchange_api_token(question).await }
        };
        let answer = self.call(Repeat::Idempotent, call).await?;
        Ok(ScopedToken {
            access: answer.access_token.into(),
            expires_in: duration(answer.expires_in.as_ref()),
            scope: answer.scope,
        })
    }
}

impl From<ProtoApiToken> for ApiToken {
    fn from(token: ProtoApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes,
            created_at: timestamp(token.created_at.as_ref()),
            expires_at: token.expires_at.as_ref().map(|at| timestamp(Some(at))),
            used_at: token.used_at.as_ref().map(|at| timestamp(Some(at))),
        }
    }
}

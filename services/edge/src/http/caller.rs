//! Who calls: from the `Bearer` token of the API, never from a cookie.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use secrecy::SecretString;
use tokio::time::Instant;

use super::{client::Client, problem::Problem};
use crate::{
    api_tokens::is_api_token,
    edge::Edge,
    upstream::{Principal, auth::AuthError},
};

/// The caller, proved by an access token.
pub(super) struct Caller(pub(super) Principal);

impl FromRequestParts<Arc<Edge>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        let client = Client::of(&parts.extensions);
        let token = bearer(&parts.headers).ok_or_else(|| {
            client.log_refusal("call", "no_token");
            Problem::unauthorized("Send an access token as Authorization: Bearer")
        })?;
        match validate(edge, &client, &token).await {
            Ok(principal) => edge
                .user_limits
                .request(&principal.user, Instant::now())
                .map(|()| Self(principal))
                .map_err(Problem::too_many_requests),
            Err(AuthError::Unauthenticated(_)) => {
                client.log_refusal("call", "invalid_token");
                Err(Problem::unauthorized("Invalid token"))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Tells whom a token belongs to. An API token is exchanged for an access token first, unless that was done of late.
async fn validate(
    edge: &Edge,
    client: &Client,
    token: &SecretString,
) -> Result<Principal, AuthError> {
    if !is_api_token(token) {
        return edge.auth.validate(token).await.map(|(who, _)| who);
    }
    let asked = Instant::now();
    if let Some(access) = edge.exchanged_tokens.find(token, asked) {
        match edge.auth.validate(&access).await {
            // It was taken back, or a signing key was.
            Err(AuthError::Unauthenticated(_)) => edge.exchanged_tokens.forget(token),
            answer => return answer.map(|(who, _)| who),
        }
    }
    let exchanged = edge.auth.exchange_api_token(token, client.on_behalf_of());
    let exchanged = exchanged.await?;
    edge.exchanged_tokens.keep(token, &exchanged, asked);
    let (who, _) = edge.auth.validate(&exchanged.access).await?;
    Ok(who)
}

/// The `Bearer` token, if there is one.
pub(super) fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| SecretString::from(token))
}

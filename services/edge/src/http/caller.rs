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
        match edge.auth.validate(&token).await {
            Ok((principal, _)) => edge
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

/// The `Bearer` token, if there is one.
pub(super) fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| SecretString::from(token))
}

//! Gives programs a short access token for their API token, by the grant of RFC 6749 for clients that act by themselves;
//! in JSON, as all calls.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::http::{
    Shared, address_limit,
    body::JsonBody,
    client::Client,
    problem::{Problem, whole_seconds},
};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum GrantType {
    ClientCredentials,
}

#[derive(Deserialize)]
pub(in crate::http) struct Grant {
    /// The one that there is.
    #[serde(rename = "grant_type")]
    _grant_type: GrantType,
    /// The API token.
    client_secret: SecretString,
}

#[derive(Serialize)]
struct TokenBody<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    scope: &'a str,
}

pub(in crate::http) async fn token(
    State(edge): Shared,
    client: Client,
    JsonBody(grant): JsonBody<Grant>,
) -> Result<Response, Problem> {
    address_limit::sign_in(&edge, &client, "token").await?;
    let (secret, on_behalf) = (&grant.client_secret, client.on_behalf_of());
    let exchanged = edge.auth.exchange_api_token(secret, on_behalf).await?;
    let body = TokenBody {
        access_token: exchanged.access.expose_secret(),
        token_type: "Bearer",
        expires_in: whole_seconds(exchanged.expires_in),
        scope: &exchanged.scope,
    };
    Ok(Json(body).into_response())
}

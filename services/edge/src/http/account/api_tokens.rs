//! The caller's API tokens: made, listed and taken back. The text of one is in the answer that makes it, and nowhere else.

use std::{num::NonZeroU64, time::Duration};

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    http::{Shared, body::JsonBody, caller::Caller, client::Client, problem::Problem},
    upstream::auth::{ApiToken, NewApiToken},
};

#[derive(Deserialize)]
pub(in crate::http) struct NewToken {
    name: String,
    scopes: Vec<String>,
    /// Seconds.
    expires_in: Option<NonZeroU64>,
}

#[derive(Serialize)]
struct TokenBody {
    id: String,
    name: String,
    scopes: Vec<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<String>,
}

#[derive(Serialize)]
struct NewTokenBody<'a> {
    #[serde(flatten)]
    made: TokenBody,
    token: &'a str,
}

pub(in crate::http) async fn create(
    State(edge): Shared,
    client: Client,
    Caller(principal): Caller,
    JsonBody(new): JsonBody<NewToken>,
) -> Result<Response, Problem> {
    let life = new.expires_in;
    let wanted = NewApiToken {
        name: new.name,
        scopes: new.scopes,
        life: life.map(|seconds| Duration::from_secs(seconds.get())),
    };
    let (access, client) = (&principal.token, client.on_behalf_of());
    let (made, token) = edge.auth.create_api_token(access, wanted, client).await?;
    let body = NewTokenBody {
        made: made.into(),
        token: token.expose_secret(),
    };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

pub(in crate::http) async fn list(
    State(edge): Shared,
    client: Client,
    Caller(principal): Caller,
) -> Result<Response, Problem> {
    let access = &principal.token;
    let listed = edge.auth.api_tokens(access, client.on_behalf_of()).await?;
    let tokens: Vec<_> = listed.into_iter().map(TokenBody::from).collect();
    Ok(Json(json!({ "tokens": tokens })).into_response())
}

pub(in crate::http) async fn remove(
    State(edge): Shared,
    client: Client,
    Caller(principal): Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = path.map_err(|_| Problem::not_found())?;
    let (access, client) = (&principal.token, client.on_behalf_of());
    edge.auth.delete_api_token(access, id, client).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<ApiToken> for TokenBody {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes,
            created_at: token.created_at.to_string(),
            expires_at: token.expires_at.map(|at| at.to_string()),
            used_at: token.used_at.map(|at| at.to_string()),
        }
    }
}

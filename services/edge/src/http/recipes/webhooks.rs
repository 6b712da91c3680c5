//! Webhooks of a recipe. The secret is in the answer that makes one, and nowhere else.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use proto::ids::RecipeId;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{RecipePath, recipe_id};
use crate::{
    http::{Shared, body::JsonBody, caller::Caller, problem::Problem},
    upstream::chat::Webhook,
};

#[derive(Deserialize)]
pub(in crate::http) struct NewWebhook {
    url: String,
    /// Left out: one is made.
    secret: Option<SecretString>,
    /// Whether messages that change nothing are told as well.
    #[serde(default)]
    talk: bool,
}

#[derive(Serialize)]
struct WebhookBody {
    id: String,
    url: String,
    talk: bool,
    created_at: String,
    /// Up to which revision the receiver was told.
    told: u64,
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    off_at: Option<String>,
}

#[derive(Serialize)]
struct NewWebhookBody<'a> {
    #[serde(flatten)]
    made: WebhookBody,
    secret: &'a str,
}

pub(in crate::http) async fn create(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
    JsonBody(new): JsonBody<NewWebhook>,
) -> Result<Response, Problem> {
    let (id, secret) = (recipe_id(path)?, new.secret.unwrap_or_default());
    let made = edge
        .chat
        .create_webhook(&principal, &id, new.url, &secret, new.talk);
    let (webhook, secret) = made.await?;
    let body = NewWebhookBody {
        made: webhook.into(),
        secret: secret.expose_secret(),
    };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

pub(in crate::http) async fn list(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
) -> Result<Response, Problem> {
    let listed = edge.chat.webhooks(&principal, &recipe_id(path)?).await?;
    let webhooks: Vec<_> = listed.into_iter().map(WebhookBody::from).collect();
    Ok(Json(json!({ "webhooks": webhooks })).into_response())
}

pub(in crate::http) async fn remove(
    State(edge): Shared,
    Caller(principal): Caller,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path((id, webhook)) = path.map_err(|_| Problem::not_found())?;
    let id: RecipeId = id.parse().map_err(|_| Problem::not_found())?;
    edge.chat.delete_webhook(&principal, &id, webhook).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Webhook> for WebhookBody {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            url: webhook.url,
            talk: webhook.talk,
            created_at: webhook.created_at.to_string(),
            told: webhook.told,
            failures: webhook.failures,
            failing_since: webhook.failing_since.map(|at| at.to_string()),
            off_at: webhook.off_at.map(|at| at.to_string()),
        }
    }
}

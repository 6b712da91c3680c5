//! A recipe's past: who changed it, what one message did taken back, and a version made the newest again.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse as _, Response},
};
use proto::ids::Revision;
use serde::Deserialize;
use serde_json::json;

use super::{RecipePath, bad_query, message_id::IdempotencyKey, recipe_id, shown};
use crate::http::{Shared, body::JsonBody, caller::Caller, problem::Problem};

#[derive(Deserialize)]
pub(in crate::http) struct Before {
    before: Option<Revision>,
}

#[derive(Deserialize)]
pub(in crate::http) struct AtRevision {
    revision: Revision,
}

/// The messages that changed the recipe, newest first.
pub(in crate::http) async fn versions(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
    page: Result<Query<Before>, QueryRejection>,
) -> Result<Response, Problem> {
    let id = recipe_id(path)?;
    let Query(Before { before }) = page.map_err(bad_query)?;
    let (messages, more) = edge.chat.versions(&principal, &id, before).await?;
    let versions = messages.iter().map(|message| {
        json!({
            "revision": message.revision,
            "author": message.author,
            "at": message.timestamp,
            "effect": message.effect,
        })
    });
    let mut page = json!({ "versions": versions.collect::<Vec<_>>() });
    if let Some(last) = messages.last().filter(|_| more) {
        page["next_cursor"] = json!(last.revision.to_string());
    }
    Ok(Json(page).into_response())
}

/// Takes back what one message did.
pub(in crate::http) async fn undo(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(AtRevision { revision }): JsonBody<AtRevision>,
) -> Result<Response, Problem> {
    let id = recipe_id(path)?;
    let found = edge.chat.undo(&principal, &id, &key, revision).await?;
    Ok(shown(&found))
}

/// Makes the recipe what it was.
pub(in crate::http) async fn restore(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(AtRevision { revision }): JsonBody<AtRevision>,
) -> Result<Response, Problem> {
    let id = recipe_id(path)?;
    let found = edge.chat.restore(&principal, &id, &key, revision).await?;
    Ok(shown(&found))
}

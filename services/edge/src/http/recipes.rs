//! The caller's recipes: list, create, show.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::ids::RecipeId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Shared, body::JsonBody, caller::Caller, problem::Problem};
use crate::{upstream::chat::Found, wire::frames::Recipe};

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    revision: u64,
    recipe: &'a Recipe,
}

#[derive(Deserialize)]
pub(super) struct NewRecipe {
    id: Option<String>,
    title: String,
}

#[derive(Deserialize)]
pub(super) struct Format {
    format: Option<String>,
}

pub(super) async fn list(
    State(edge): Shared,
    Caller(principal): Caller,
) -> Result<Response, Problem> {
    let recipes: Vec<_> = edge
        .chat
        .list(&principal)
        .await?
        .into_iter()
        .map(|recipe| {
            json!({
                "id": recipe.id,
                "title": recipe.title,
                "revision": recipe.revision,
                "changed_at": recipe.changed_at.to_string(),
                "owned": recipe.owned,
            })
        })
        .collect();
    Ok(Json(json!({ "recipes": recipes })).into_response())
}

pub(super) async fn create(
    State(edge): Shared,
    Caller(principal): Caller,
    JsonBody(new): JsonBody<NewRecipe>,
) -> Result<Response, Problem> {
    let created = edge.chat.create(&principal, new.id, new.title).await?;
    let location = format!("/v1/recipes/{}", created.id);
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::CREATED, headers, shown(&created)).into_response())
}

pub(super) async fn show(
    State(edge): Shared,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Query(Format { format }): Query<Format>,
) -> Result<Response, Problem> {
    let id: RecipeId = id.parse().map_err(|_| Problem::not_found())?;
    let found = edge.chat.get(&principal, &id).await?;
    match format.as_deref() {
        None | Some("json") => Ok(shown(&found).into_response()),
        Some(_) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "No such format; ask for json, cooklang or schema.org",
        )),
    }
}

fn shown(found: &Found) -> Response {
    Json(Shown {
        id: &found.id,
        revision: found.revision,
        recipe: &found.recipe,
    })
    .into_response()
}

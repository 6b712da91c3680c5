//! The caller's recipes: list, create, show, and what lies under each.

pub(super) mod import;
pub(super) mod members;
mod message_id;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::{
    ids::{RecipeId, Revision},
    websocket::frames::{Recipe, Visibility},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Shared, body::JsonBody, caller::Caller, problem::Problem};
use crate::upstream::chat::{Format, Found};

#[derive(Serialize)]
struct RecipeBody<'a> {
    id: &'a str,
    revision: u64,
    recipe: &'a Recipe,
}

#[derive(Deserialize)]
pub(super) struct NewRecipe {
    id: Option<String>,
    title: String,
    visibility: Option<Visibility>,
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    format: Option<String>,
    revision: Option<Revision>,
}

#[derive(Deserialize)]
pub(super) struct Page {
    before: Option<Revision>,
    limit: Option<u32>,
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
    let visibility = new.visibility.unwrap_or(Visibility::Private);
    let created = edge.chat.create(&principal, new.id, new.title, visibility);
    let created = created.await?;
    Ok((StatusCode::CREATED, location(&created.id), shown(&created)).into_response())
}

pub(super) async fn show(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
    wanted: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let id = recipe_id(path)?;
    let Query(ListQuery { format, revision }) = wanted.map_err(bad_query)?;
    let format = match format.as_deref() {
        None | Some("json") => {
            let found = edge.chat.get(&principal, &id, revision).await?;
            return Ok(shown(&found));
        }
        Some("cooklang") => Format::Cooklang,
        Some("schema.org") => Format::SchemaOrg,
        Some(_) => {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "No such format; ask for json, cooklang or schema.org",
            ));
        }
    };
    let (media_type, document) = edge.chat.export(&principal, &id, format, revision).await?;
    let media_type = format!("{media_type}; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, media_type)], document).into_response())
}

/// The messages before a revision, the nearest ones, oldest first; without one, the latest.
pub(super) async fn messages(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let id = recipe_id(path)?;
    let Query(Page { before, limit }) = page.map_err(bad_query)?;
    let (messages, truncated) = edge
        .chat
        .messages(&principal, &id, before, limit.unwrap_or_default())
        .await?;
    Ok(Json(json!({ "messages": messages, "messages_truncated": truncated })).into_response())
}

type RecipePath = Result<Path<String>, PathRejection>;

/// An id that cannot be one is as one that is not there.
fn recipe_id(path: RecipePath) -> Result<RecipeId, Problem> {
    path.ok()
        .and_then(|Path(id)| id.parse().ok())
        .ok_or_else(Problem::not_found)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that map_err wants"
)]
fn bad_query(rejection: QueryRejection) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        format!("The query cannot be read: {rejection}"),
    )
}

/// Where a new recipe is.
fn location(id: &str) -> [(HeaderName, String); 1] {
    [(header::LOCATION, format!("/v1/recipes/{id}"))]
}

fn shown(found: &Found) -> Response {
    Json(RecipeBody {
        id: &found.id,
        revision: found.revision,
        recipe: &found.recipe,
    })
    .into_response()
}

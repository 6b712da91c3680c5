//! The caller's recipes: list, create, show, and what lies under each.

pub(super) mod import;
pub(super) mod links;
pub(super) mod members;
mod message_id;
pub(super) mod past;
pub(super) mod webhooks;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::{
    ids::{RecipeId, Revision},
    websocket::frames::{Author, Recipe, Role, Visibility},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Shared, address_limit,
    body::{JsonBody, OptionalJsonBody},
    caller::{Caller, bearer},
    client::Client,
    problem::Problem,
};
use crate::{
    edge::Edge,
    upstream::chat::{self, ChatError, Format, RecipeAt, Summary},
};

#[derive(Serialize)]
struct RecipeBody<'a> {
    id: &'a str,
    revision: u64,
    recipe: &'a Recipe,
}

/// How many recipes a page has at most.
const MAX_RECIPES: u32 = 100;

#[derive(Serialize)]
struct ListBody {
    recipes: Vec<SummaryBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct SummaryBody {
    id: String,
    title: String,
    revision: Revision,
    role: Role,
    owner: Author,
    tags: Vec<String>,
    servings: u32,
    first_ingredients: Vec<String>,
    people: Vec<Author>,
    changed_at: String,
    changed_by: Author,
    owned: bool,
}

impl From<Summary> for SummaryBody {
    fn from(recipe: Summary) -> Self {
        Self {
            id: recipe.id,
            title: recipe.title,
            revision: recipe.revision,
            role: recipe.role,
            tags: recipe.tags,
            servings: recipe.servings,
            first_ingredients: recipe.first_ingredients,
            people: recipe.people,
            changed_at: recipe.changed_at.to_string(),
            // Whoever made it was the last, when nobody has written anything.
            changed_by: recipe.changed_by.unwrap_or_else(|| recipe.owner.clone()),
            owner: recipe.owner,
            owned: recipe.owned,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RecipeListQuery {
    query: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Default, Deserialize)]
pub(super) struct Copy {
    title: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct NewRecipe {
    id: Option<String>,
    title: String,
    visibility: Option<Visibility>,
}

#[derive(Deserialize)]
pub(super) struct FormQuery {
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
    wanted: Result<Query<RecipeListQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted.map_err(bad_query)?;
    let wanted = chat::ListQuery {
        query: wanted.query.unwrap_or_default(),
        cursor: wanted.cursor.unwrap_or_default(),
        limit: wanted.limit.unwrap_or_default().min(MAX_RECIPES),
    };
    let (recipes, next_cursor) = edge.chat.list(&principal, wanted).await?;
    let recipes = recipes.into_iter().map(SummaryBody::from).collect();
    Ok(Json(ListBody {
        recipes,
        next_cursor,
    })
    .into_response())
}

/// Deletes a recipe of the caller's own.
pub(super) async fn delete(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
) -> Result<StatusCode, Problem> {
    edge.chat.delete(&principal, &recipe_id(path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a private copy, the caller's own. The body may be left out.
pub(super) async fn copy(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
    OptionalJsonBody(new): OptionalJsonBody<Copy>,
) -> Result<Response, Problem> {
    let id = recipe_id(path)?;
    let title = new.title.unwrap_or_default();
    let copied = edge.chat.copy(&principal, &id, title).await?;
    Ok((StatusCode::CREATED, location(&copied.id), shown(&copied)).into_response())
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
    client: Client,
    caller: Result<Caller, Problem>,
    headers: HeaderMap,
    path: RecipePath,
    wanted: Result<Query<FormQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let caller = match caller {
        Err(_) if bearer(&headers).is_none() => {
            address_limit::anonymous(&edge, &client, "show_public").await?;
            return show_public(&edge, path, wanted).await;
        }
        caller => caller?,
    };
    let Caller(principal) = caller;
    let id = recipe_id(path)?;
    let Query(FormQuery { format, revision }) = wanted.map_err(bad_query)?;
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

/// A public recipe as it is now, to whoever has no account. One that is not for everybody asks for one.
async fn show_public(
    edge: &Edge,
    path: RecipePath,
    wanted: Result<Query<FormQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let sign_in = || Problem::unauthorized("Send an access token as Authorization: Bearer");
    let id = recipe_id(path).map_err(|_| sign_in())?;
    let public = edge.chat.public(&id).await.map_err(|error| match error {
        ChatError::NotFound => sign_in(),
        other => other.into(),
    })?;
    let Query(FormQuery { format, revision }) = wanted.map_err(bad_query)?;
    if revision.is_some_and(|revision| revision != public.revision) {
        return Err(sign_in());
    }
    match format.as_deref() {
        None | Some("json") => Ok(shown(&RecipeAt {
            id: id.to_string(),
            revision: public.revision,
            recipe: public.recipe,
        })),
        Some("schema.org") => {
            let kind = [(header::CONTENT_TYPE, "application/ld+json; charset=utf-8")];
            Ok((kind, public.schema_org).into_response())
        }
        Some(_) => Err(sign_in()),
    }
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

pub(super) type RecipePath = Result<Path<String>, PathRejection>;

/// An id that cannot be one is as one that is not there.
pub(super) fn recipe_id(path: RecipePath) -> Result<RecipeId, Problem> {
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

fn shown(found: &RecipeAt) -> Response {
    Json(RecipeBody {
        id: &found.id,
        revision: found.revision,
        recipe: &found.recipe,
    })
    .into_response()
}

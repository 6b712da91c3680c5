//! Takes a recipe over from a document: Cooklang, schema.org JSON-LD, alone or in a page of HTML, plain text, or JSON as
//! the API shows recipes.

use std::num::NonZeroU32;

use axum::{
    Json,
    extract::{
        Query, State,
        rejection::{BytesRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use proto::websocket::frames;
use serde::{Deserialize, Serialize};

use super::{RecipePath, bad_query, location, message_id::IdempotencyKey, recipe_id, shown};
use crate::{
    http::{Shared, caller::Caller, problem::Problem},
    upstream::chat::{self, Document, RecipeAt},
};

/// How many bytes a document of plain text may have; the API's limit for bodies is that for JSON.
const MAX_TEXT: usize = 64 << 10;

/// A recipe in JSON. What `GET` shows can be sent back as it is; ids do not matter.
#[derive(Deserialize)]
struct Recipe {
    title: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    servings: Option<NonZeroU32>,
    #[serde(default)]
    ingredients: Vec<Ingredient>,
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct Ingredient {
    name: String,
    #[serde(default)]
    quantity: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
struct Step {
    text: String,
}

#[derive(Deserialize)]
pub(in crate::http) struct ImportQuery {
    #[serde(default)]
    preview: bool,
}

/// What a document would make of a recipe.
#[derive(Serialize)]
pub(in crate::http) struct PreviewBody {
    recipe: frames::Recipe,
    counts: Counts,
    left_out: Vec<String>,
}

#[derive(Serialize)]
struct Counts {
    ingredients: usize,
    steps: usize,
    tags: usize,
}

impl From<chat::Preview> for PreviewBody {
    fn from(preview: chat::Preview) -> Self {
        let recipe = preview.recipe;
        let counts = Counts {
            ingredients: recipe.ingredients.len(),
            steps: recipe.steps.len(),
            tags: recipe.tags.len(),
        };
        Self {
            recipe,
            counts,
            left_out: preview.left_out,
        }
    }
}

pub(in crate::http) async fn import(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
    wanted: Result<Query<ImportQuery>, QueryRejection>,
    IdempotencyKey(key): IdempotencyKey,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let id = recipe_id(path)?;
    let Query(ImportQuery { preview }) = wanted.map_err(bad_query)?;
    let document = document(&headers, body)?;
    if preview {
        let preview = edge.chat.preview(&principal, Some(&id), document).await?;
        return Ok(Json(PreviewBody::from(preview)).into_response());
    }
    let imported = edge.chat.import(&principal, &id, &key, document).await?;
    let found = RecipeAt {
        id: id.to_string(),
        revision: imported.revision,
        recipe: imported.recipe,
    };
    Ok(match imported.created {
        true => (StatusCode::CREATED, location(&found.id), shown(&found)).into_response(),
        false => shown(&found),
    })
}

fn document(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Document, Problem> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let read: fn(String) -> Result<Document, Problem> = match kind.to_lowercase().as_str() {
        "text/x-cooklang" => cooklang,
        "application/ld+json" | "text/html" => |text| Ok(Document::SchemaOrg(text)),
        "text/plain" => plain_text,
        "application/json" => |text| json(&text),
        _ => {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send the recipe as Content-Type: text/x-cooklang, application/ld+json, application/json, text/html or text/plain",
            ));
        }
    };
    let body = body.map_err(|rejection| {
        Problem::new(
            rejection.status(),
            "The body is too large or cannot be read",
        )
    })?;
    let text = String::from_utf8(body.to_vec()).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Problem::new(
            StatusCode::BAD_REQUEST,
            format!("The body is not UTF-8: byte {at} begins no character"),
        )
    })?;
    read(text)
}

fn cooklang(text: String) -> Result<Document, Problem> {
    match text.len() > MAX_TEXT {
        false => Ok(Document::Cooklang(text)),
        true => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "A Cooklang document may have 64 KiB",
        )),
    }
}

fn plain_text(text: String) -> Result<Document, Problem> {
    match text.len() > MAX_TEXT {
        false => Ok(Document::Text(text)),
        true => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "A document of plain text may have 64 KiB",
        )),
    }
}

fn json(text: &str) -> Result<Document, Problem> {
    let mut json = serde_json::Deserializer::from_str(text);
    let recipe = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        match path.as_str() {
            "." => no_recipe(error.inner(), ""),
            path => no_recipe(error.inner(), &format!("{path}: ")),
        }
    })?;
    json.end().map_err(|error| no_recipe(&error, ""))?;
    Ok(Document::Recipe(as_shown(recipe)))
}

fn no_recipe(error: &serde_json::Error, place: &str) -> Problem {
    let (status, what) = match error.classify() {
        serde_json::error::Category::Data => {
            (StatusCode::UNPROCESSABLE_ENTITY, "This is no recipe")
        }
        _ => (StatusCode::BAD_REQUEST, "The body is not JSON"),
    };
    Problem::new(status, format!("{what}: {place}{error}"))
}

fn as_shown(recipe: Recipe) -> frames::Recipe {
    let ingredient = |line: Ingredient| frames::Ingredient {
        id: String::new(),
        name: line.name,
        quantity: line.quantity,
        unit: line.unit,
        note: line.note,
    };
    let step = |step: Step| frames::Step {
        id: String::new(),
        text: step.text,
    };
    frames::Recipe {
        title: recipe.title,
        description: recipe.description,
        servings: recipe.servings.map_or(0, NonZeroU32::get),
        ingredients: recipe.ingredients.into_iter().map(ingredient).collect(),
        steps: recipe.steps.into_iter().map(step).collect(),
        tags: recipe.tags,
        timers: None,
    }
}

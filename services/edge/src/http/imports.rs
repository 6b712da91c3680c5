//! Says what a page of the web would become as a recipe. It makes none: the answer holds the document to `PUT`.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use proto::websocket::frames::Recipe;
use serde::{Deserialize, Serialize};

use super::{
    Shared, body::JsonBody, caller::Caller, problem::Problem, recipes::import::PreviewBody,
};
use crate::{
    upstream::chat::Document,
    web_page::{FetchError, WebPage},
};

#[derive(Deserialize)]
pub(super) struct Import {
    url: String,
}

#[derive(Serialize)]
struct ImportBody {
    #[serde(flatten)]
    preview: PreviewBody,
    /// What `PUT` takes as `application/json`.
    document: Recipe,
}

pub(super) async fn from_web(
    State(edge): Shared,
    Caller(principal): Caller,
    JsonBody(import): JsonBody<Import>,
) -> Result<Response, Problem> {
    let Some(fetcher) = &edge.web_pages else {
        return Err(Problem::not_found());
    };
    let page = fetcher.fetch(&principal.user, &import.url).await?;
    let preview = edge.chat.preview(&principal, None, document(page)?).await?;
    let document = preview.recipe.clone();
    Ok(Json(ImportBody {
        preview: preview.into(),
        document,
    })
    .into_response())
}

/// Programs are told what a page is; a page that says nothing is taken for one.
fn document(page: WebPage) -> Result<Document, Problem> {
    match page.media_type.as_str() {
        "text/plain" => Ok(Document::Text(page.text)),
        "text/x-cooklang" => Ok(Document::Cooklang(page.text)),
        "" | "text/html" | "application/xhtml+xml" | "application/ld+json" | "application/json" => {
            Ok(Document::SchemaOrg(page.text))
        }
        _ => Err(FetchError::NoText.into()),
    }
}

impl From<FetchError> for Problem {
    fn from(error: FetchError) -> Self {
        let status = match error {
            FetchError::UnderWay | FetchError::Overloaded => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.to_string())
    }
}

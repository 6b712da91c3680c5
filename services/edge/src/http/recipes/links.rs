//! Share links. The token stands in addresses, so nothing here logs one or lets it out in a Referer.

use std::{num::NonZeroU32, time::Duration};

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::{ids::RecipeId, websocket::frames::Role};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{RecipePath, recipe_id};
use crate::{
    http::{
        Shared, address_limit, base_url::base_url, body::JsonBody, caller::Caller, client::Client,
        problem::Problem,
    },
    upstream::chat::{Invitation, ShareLink},
};

const NO_REFERRER: [(HeaderName, HeaderValue); 1] = [(
    header::REFERRER_POLICY,
    HeaderValue::from_static("no-referrer"),
)];

#[derive(Deserialize)]
pub(in crate::http) struct NewLink {
    role: LinkRole,
    /// Seconds.
    expires_in: Option<NonZeroU32>,
}

/// What a link may make of somebody.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LinkRole {
    Editor,
    Viewer,
}

#[derive(Serialize)]
struct LinkBody {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    role: Role,
    created_at: String,
    expires_at: String,
}

impl LinkBody {
    fn of(link: ShareLink, url: Option<String>) -> Self {
        Self {
            id: link.id,
            url,
            role: link.role,
            created_at: link.created_at.to_string(),
            expires_at: link.expires_at.to_string(),
        }
    }
}

pub(in crate::http) async fn create(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
    headers: HeaderMap,
    JsonBody(new): JsonBody<NewLink>,
) -> Result<Response, Problem> {
    let id = recipe_id(path)?;
    let role = match new.role {
        LinkRole::Editor => Role::Editor,
        LinkRole::Viewer => Role::Viewer,
    };
    let lifetime = new
        .expires_in
        .map(|seconds| Duration::from_secs(seconds.get().into()));
    let made = edge.chat.create_link(&principal, &id, role, lifetime);
    let (link, token) = made.await?;
    let base = base_url(&edge.config, &headers);
    let url = format!("{base}/i/{}", token.expose_secret());
    let body = Json(LinkBody::of(link, Some(url)));
    Ok((StatusCode::CREATED, NO_REFERRER, body).into_response())
}

pub(in crate::http) async fn list(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
) -> Result<Response, Problem> {
    let links = edge.chat.links(&principal, &recipe_id(path)?).await?;
    let links: Vec<_> = links
        .into_iter()
        .map(|link| LinkBody::of(link, None))
        .collect();
    Ok(Json(json!({ "links": links })).into_response())
}

pub(in crate::http) async fn remove(
    State(edge): Shared,
    Caller(principal): Caller,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path((id, link)) = path.map_err(|_| Problem::not_found())?;
    let id: RecipeId = id.parse().map_err(|_| Problem::not_found())?;
    edge.chat.delete_link(&principal, &id, link).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a link leads to, for anybody.
pub(in crate::http) async fn describe(
    State(edge): Shared,
    client: Client,
    path: TokenPath,
) -> Result<Response, Problem> {
    address_limit::anonymous(&edge, &client, "describe_link").await?;
    let Invitation { title, by, role } = edge.chat.describe_link(&token(path)?).await?;
    let body = Json(json!({ "title": title, "by": by, "role": role }));
    Ok((NO_REFERRER, body).into_response())
}

pub(in crate::http) async fn accept(
    State(edge): Shared,
    Caller(principal): Caller,
    path: TokenPath,
) -> Result<Response, Problem> {
    let accepted = edge.chat.accept_link(&principal, &token(path)?).await?;
    let (recipe_id, role) = accepted;
    let body = Json(json!({ "recipe_id": recipe_id, "role": role }));
    Ok((NO_REFERRER, body).into_response())
}

type TokenPath = Result<Path<String>, PathRejection>;

fn token(path: TokenPath) -> Result<SecretString, Problem> {
    let Path(token) = path.map_err(|_| Problem::not_found())?;
    Ok(token.into())
}

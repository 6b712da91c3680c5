//! Who may come into a recipe. What is changed here is changed as by the owner's commands in the chat.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use proto::{
    ids::RecipeId,
    websocket::frames::{Author, Role, Visibility},
};
use serde::{Deserialize, Serialize};

use super::{RecipePath, message_id::IdempotencyKey, recipe_id};
use crate::{
    http::{Shared, body::JsonBody, caller::Caller, problem::Problem},
    upstream::chat::{self, AccessChange},
};

/// Whoever leaves need not know their own name. Nobody else can have it: names begin with `@` where they are ambiguous.
const MYSELF: &str = "me";

#[derive(Serialize)]
struct RecipeBody {
    visibility: Visibility,
    owner: Author,
    members: Vec<Member>,
    your_role: Role,
}

#[derive(Serialize)]
struct Member {
    name: String,
    role: Role,
    joined: bool,
}

#[derive(Deserialize)]
pub(in crate::http) struct Invitation {
    role: Role,
}

#[derive(Deserialize)]
pub(in crate::http) struct Opening {
    visibility: Visibility,
}

pub(in crate::http) async fn list(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
) -> Result<Response, Problem> {
    let shared = edge.chat.shared(&principal, &recipe_id(path)?).await?;
    let member = |member: chat::Member| Member {
        name: member.name,
        role: member.role,
        joined: member.joined,
    };
    let shown = RecipeBody {
        visibility: shared.visibility,
        owner: shared.owner,
        members: shared.members.into_iter().map(member).collect(),
        your_role: shared.your_role,
    };
    Ok(Json(shown).into_response())
}

pub(in crate::http) async fn invite(
    State(edge): Shared,
    Caller(principal): Caller,
    path: MemberPath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(invitation): JsonBody<Invitation>,
) -> Result<StatusCode, Problem> {
    let (id, name) = member(path)?;
    let user = edge.auth.find_user(&name).await?.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            format!("There is no user called {name}; ask them which name they sign in with"),
        )
    })?;
    let invite = AccessChange::Invite(Author { name, ..user }, invitation.role);
    edge.chat
        .change_access(&principal, &id, &key, invite)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(in crate::http) async fn remove(
    State(edge): Shared,
    Caller(principal): Caller,
    path: MemberPath,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<StatusCode, Problem> {
    let (id, name) = member(path)?;
    let remove = match name.as_str() {
        MYSELF => AccessChange::Leave,
        _ => AccessChange::Remove(name),
    };
    edge.chat
        .change_access(&principal, &id, &key, remove)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(in crate::http) async fn open(
    State(edge): Shared,
    Caller(principal): Caller,
    path: RecipePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(opening): JsonBody<Opening>,
) -> Result<StatusCode, Problem> {
    let id = recipe_id(path)?;
    let show = AccessChange::Show(opening.visibility);
    edge.chat.change_access(&principal, &id, &key, show).await?;
    Ok(StatusCode::NO_CONTENT)
}

type MemberPath = Result<Path<(String, String)>, PathRejection>;

fn member(path: MemberPath) -> Result<(RecipeId, String), Problem> {
    let Path((id, name)) = path.map_err(|_| Problem::not_found())?;
    Ok((id.parse().map_err(|_| Problem::not_found())?, name))
}

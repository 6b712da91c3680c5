//! The caller's own account: who they are, their name and password, their login sessions, and how they leave.

pub(super) mod api_tokens;
pub(super) mod export;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    auth::UserBody,
    body::{JsonBody, OptionalJsonBody},
    caller::Caller,
    client::Client,
    cookies::Cookies,
    problem::Problem,
};
use crate::{
    deletions,
    upstream::auth::{Account, AuthError, LoginSession},
};

#[derive(Serialize)]
struct AccountBody {
    user: UserBody,
    username: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<Vec<SessionBody>>,
}

#[derive(Serialize)]
struct SessionBody {
    id: String,
    created_at: String,
    refreshed_at: String,
    expires_at: String,
    current: bool,
}

#[derive(Deserialize)]
pub(super) struct Renaming {
    display_name: String,
}

#[derive(Deserialize)]
pub(super) struct PasswordChange {
    current_password: SecretString,
    new_password: SecretString,
}

#[derive(Default, Deserialize)]
pub(super) struct DeleteAccountBody {
    /// A guest has none.
    #[serde(default)]
    password: SecretString,
}

#[derive(Deserialize)]
pub(super) struct Claim {
    username: String,
    password: SecretString,
}

pub(super) async fn show(
    State(edge): Shared,
    client: Client,
    Caller(principal): Caller,
) -> Result<Response, Problem> {
    let asked = edge.auth.account(&principal.token, client.on_behalf_of());
    let (account, sessions) = asked.await?;
    let body = AccountBody {
        sessions: Some(sessions.into_iter().map(SessionBody::from).collect()),
        ..account.into()
    };
    Ok(Json(body).into_response())
}

pub(super) async fn rename(
    State(edge): Shared,
    client: Client,
    Caller(principal): Caller,
    JsonBody(renaming): JsonBody<Renaming>,
) -> Result<Response, Problem> {
    let (token, name) = (&principal.token, renaming.display_name);
    let renamed = edge.auth.rename(token, name, client.on_behalf_of()).await?;
    Ok(Json(AccountBody::from(renamed)).into_response())
}

/// The caller's own login session goes on, and so do its connections.
pub(super) async fn change_password(
    State(edge): Shared,
    client: Client,
    Caller(principal): Caller,
    JsonBody(change): JsonBody<PasswordChange>,
) -> Result<StatusCode, Problem> {
    let changed = edge.auth.change_password(
        &principal.token,
        &change.current_password,
        &change.new_password,
        client.on_behalf_of(),
    );
    changed.await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn claim(
    State(edge): Shared,
    client: Client,
    Caller(principal): Caller,
    JsonBody(claim): JsonBody<Claim>,
) -> Result<Response, Problem> {
    let claimed = edge.auth.claim(
        &principal.token,
        claim.username,
        &claim.password,
        client.on_behalf_of(),
    );
    Ok(Json(AccountBody::from(claimed.await?)).into_response())
}

/// From the first step on the user is out; what cannot be deleted now is deleted within a minute.
pub(super) async fn delete(
    State(edge): Shared,
    client: Client,
    headers: HeaderMap,
    Caller(principal): Caller,
    OptionalJsonBody(leaving): OptionalJsonBody<DeleteAccountBody>,
) -> Result<Response, Problem> {
    let (token, password) = (&principal.token, &leaving.password);
    let begun = edge
        .auth
        .begin_deletion(token, password, client.on_behalf_of());
    begun.await?;
    deletions::finish(&edge, &principal).await;
    let mut response = StatusCode::NO_CONTENT.into_response();
    for cleared in Cookies::new(&edge.config, &headers).clear_all() {
        response.headers_mut().append(header::SET_COOKIE, cleared);
    }
    Ok(response)
}

pub(super) async fn end_session(
    State(edge): Shared,
    client: Client,
    Caller(principal): Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(session) = path.map_err(|_| Problem::not_found())?;
    let token = &principal.token;
    let ended = edge.auth.end_session(token, session, client.on_behalf_of());
    match ended.await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        // What cannot be an id is nobody's.
        Err(AuthError::Invalid(_)) => Err(Problem::not_found()),
        Err(error) => Err(error.into()),
    }
}

impl From<Account> for AccountBody {
    fn from(account: Account) -> Self {
        Self {
            username: account.user.username.clone(),
            user: account.user.into(),
            created_at: account.created_at.to_string(),
            sessions: None,
        }
    }
}

impl From<LoginSession> for SessionBody {
    fn from(session: LoginSession) -> Self {
        Self {
            id: session.id,
            created_at: session.created_at.to_string(),
            refreshed_at: session.refreshed_at.to_string(),
            expires_at: session.expires_at.to_string(),
            current: session.current,
        }
    }
}

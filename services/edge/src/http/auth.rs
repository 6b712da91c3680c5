//! Sign-up, sign-in, refresh and logout. The refresh token goes to browsers as a cookie that no script can
//! read, and into the body only for programs that ask for it.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Extension, Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    Shared,
    body::{JsonBody, OptionalJsonBody},
    caller::bearer,
    forwarded::FORWARDED_PROTO,
    problem::{Problem, whole_seconds},
};
use crate::{
    edge::Edge,
    upstream::auth::{AuthError, Revoke, Tokens},
    wire::frames::Author,
};

const COOKIE: &str = "refresh_token";

/// Where a client wants its refresh token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RefreshIn {
    #[default]
    Cookie,
    Body,
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    username: String,
    password: SecretString,
    #[serde(default)]
    refresh: RefreshIn,
}

#[derive(Default, Deserialize)]
pub(super) struct RefreshToken {
    refresh_token: Option<SecretString>,
    #[serde(default)]
    refresh: RefreshIn,
}

pub(super) async fn register(
    State(edge): Shared,
    Extension(ConnectInfo(peer)): Extension<ConnectInfo<SocketAddr>>,
    headers: HeaderMap,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Result<Response, Problem> {
    pace(&edge, peer)?;
    let tokens = edge
        .auth
        .register(
            credentials.username,
            credentials.password,
            peer.ip().to_string(),
        )
        .await?;
    Ok(answer(
        StatusCode::CREATED,
        &tokens,
        credentials.refresh,
        &headers,
    ))
}

pub(super) async fn login(
    State(edge): Shared,
    Extension(ConnectInfo(peer)): Extension<ConnectInfo<SocketAddr>>,
    headers: HeaderMap,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Result<Response, Problem> {
    pace(&edge, peer)?;
    let tokens = edge
        .auth
        .login(
            credentials.username,
            credentials.password,
            peer.ip().to_string(),
        )
        .await?;
    Ok(answer(
        StatusCode::OK,
        &tokens,
        credentials.refresh,
        &headers,
    ))
}

/// A refresh that is refused leaves the cookie alone: another tab may have put a newer one there.
pub(super) async fn refresh(
    State(edge): Shared,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody<RefreshToken>,
) -> Result<Response, Problem> {
    let token = body
        .refresh_token
        .or_else(|| cookie(&headers))
        .ok_or_else(|| Problem::unauthorized("There is no refresh token; sign in"))?;
    let tokens = edge.auth.refresh(&token).await?;
    Ok(answer(StatusCode::OK, &tokens, body.refresh, &headers))
}

pub(super) async fn logout(
    State(edge): Shared,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody<RefreshToken>,
) -> Result<Response, Problem> {
    let by = body
        .refresh_token
        .map(Revoke::RefreshToken)
        .or_else(|| bearer(&headers).map(Revoke::AccessToken))
        .or_else(|| cookie(&headers).map(Revoke::RefreshToken))
        .ok_or_else(|| Problem::unauthorized("There is nothing to sign out of"))?;
    let cleared = set_cookie("", Duration::ZERO, &headers);
    match edge.auth.revoke(by).await {
        Ok(login) => {
            edge.registry.revoke(&login, Instant::now());
            Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cleared)]).into_response())
        }
        Err(error @ AuthError::Unauthenticated(_)) => {
            Ok(([(header::SET_COOKIE, cleared)], Problem::from(error)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn pace(edge: &Edge, peer: SocketAddr) -> Result<(), Problem> {
    edge.sign_ins
        .take(peer.ip().into(), Instant::now())
        .map_err(Problem::too_many)
}

#[derive(Serialize)]
struct TokenPair<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    user: Author,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

fn answer(
    status: StatusCode,
    tokens: &Tokens,
    refresh: RefreshIn,
    headers: &HeaderMap,
) -> Response {
    let secret = tokens.refresh.expose_secret();
    let pair = TokenPair {
        access_token: tokens.access.expose_secret(),
        token_type: "Bearer",
        expires_in: whole_seconds(tokens.expires_in),
        user: Author {
            id: tokens.user_id.clone(),
            name: tokens.user_name.clone(),
        },
        refresh_token: (refresh == RefreshIn::Body).then_some(secret),
    };
    let mut response = (status, Json(pair)).into_response();
    if refresh == RefreshIn::Cookie {
        let cookie = set_cookie(secret, tokens.refresh_expires_in, headers);
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn set_cookie(value: &str, life: Duration, headers: &HeaderMap) -> HeaderValue {
    // Said by a trusted proxy, which ends TLS before the edge.
    let over_tls = headers
        .get(FORWARDED_PROTO)
        .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
    let secure = if over_tls { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/v1/auth; Max-Age={}{secure}",
        life.as_secs(),
    );
    let mut header = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    header.set_sensitive(true);
    header
}

fn cookie(headers: &HeaderMap) -> Option<SecretString> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE && !value.is_empty())
        .map(|(_, value)| SecretString::from(value))
}

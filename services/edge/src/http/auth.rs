//! Sign-up, sign-in, refresh and logout. The refresh token goes to browsers as a cookie that no script can
//! read, and into the body only for programs that ask for it.

pub(super) mod issuers;
pub(super) mod token;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use runtime::warning_limiter::WarningLimiter;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tracing::warn;

use super::{
    Shared, address_limit,
    body::{JsonBody, OptionalJsonBody},
    caller::bearer,
    client::Client,
    cookies::{Cookies, RefreshCookie},
    problem::{Problem, whole_seconds},
};
use crate::{
    edge::Edge,
    revocations,
    upstream::auth::{AuthError, Revoke, SignedIn, Tokens, User},
};

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

#[derive(Deserialize)]
pub(super) struct Registration {
    #[serde(flatten)]
    credentials: Credentials,
    /// What others shall see; absent: the username.
    #[serde(default)]
    display_name: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct GuestBody {
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
    client: Client,
    headers: HeaderMap,
    JsonBody(registration): JsonBody<Registration>,
) -> Result<Response, Problem> {
    address_limit::sign_in(&edge, &client, "register").await?;
    let credentials = registration.credentials;
    let asked = edge.auth.register(
        credentials.username,
        credentials.password,
        registration.display_name.unwrap_or_default(),
        client.on_behalf_of(),
    );
    let signed_in = asked.await?;
    warn_of_short_life(&edge, &signed_in.tokens);
    let cookies = Cookies::new(&edge.config, &headers);
    let created = StatusCode::CREATED;
    Ok(answer(created, &signed_in, credentials.refresh, &cookies))
}

/// A guest has no password, so there is no device to know again.
pub(super) async fn guest(
    State(edge): Shared,
    client: Client,
    headers: HeaderMap,
    OptionalJsonBody(wishes): OptionalJsonBody<GuestBody>,
) -> Result<Response, Problem> {
    address_limit::sign_in(&edge, &client, "guest").await?;
    let tokens = edge.auth.register_guest(client.on_behalf_of()).await?;
    warn_of_short_life(&edge, &tokens);
    let mut response = pair(StatusCode::CREATED, &tokens, wishes.refresh);
    if wishes.refresh == RefreshIn::Cookie {
        let cookies = Cookies::new(&edge.config, &headers);
        let secret = tokens.refresh.expose_secret();
        for cookie in cookies.keep_new(secret, tokens.refresh_expires_in) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

pub(super) async fn login(
    State(edge): Shared,
    client: Client,
    headers: HeaderMap,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Result<Response, Problem> {
    address_limit::sign_in(&edge, &client, "login").await?;
    let cookies = Cookies::new(&edge.config, &headers);
    let asked = edge.auth.login(
        credentials.username,
        credentials.password,
        cookies.device(),
        client.on_behalf_of(),
    );
    let signed_in = asked.await?;
    warn_of_short_life(&edge, &signed_in.tokens);
    let ok = StatusCode::OK;
    Ok(answer(ok, &signed_in, credentials.refresh, &cookies))
}

/// Says once in a while that the settings of auth and of this edge do not go together: a token from a sign-in has its
/// whole life before it.
fn warn_of_short_life(edge: &Edge, tokens: &Tokens) {
    static TOO_SHORT: WarningLimiter = WarningLimiter::new();
    let (life, lead) = (tokens.expires_in, edge.config.reauth_lead);
    if life <= lead
        && let Some(untold) = TOO_SHORT.admit(Instant::now())
    {
        warn!(
            ?life,
            ?lead,
            untold,
            "tokens do not live longer than --reauth-lead: everybody is asked to authenticate again at once"
        );
    }
}

/// A refresh that is refused leaves the cookie alone: another tab may have put a newer one there.
pub(super) async fn refresh(
    State(edge): Shared,
    client: Client,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody<RefreshToken>,
) -> Result<Response, Problem> {
    let cookies = Cookies::new(&edge.config, &headers);
    let (token, name) = match body.refresh_token {
        Some(token) => (token, None),
        None => {
            let found = cookie(&cookies, &client, "refresh")?;
            let found = found.ok_or_else(|| {
                client.log_refusal("refresh", "no_token");
                Problem::unauthorized("There is no refresh token; sign in")
            })?;
            (found.token, Some(found.name))
        }
    };
    let tokens = edge.auth.refresh(&token, client.on_behalf_of()).await?;
    let mut response = pair(StatusCode::OK, &tokens, body.refresh);
    if body.refresh == RefreshIn::Cookie {
        let secret = tokens.refresh.expose_secret();
        let kept = cookies.keep_again(name.as_ref(), secret, tokens.refresh_expires_in);
        response.headers_mut().append(header::SET_COOKIE, kept);
    }
    Ok(response)
}

pub(super) async fn logout(
    State(edge): Shared,
    client: Client,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody<RefreshToken>,
) -> Result<Response, Problem> {
    let cookies = Cookies::new(&edge.config, &headers);
    let named = body
        .refresh_token
        .map(Revoke::RefreshToken)
        .or_else(|| bearer(&headers).map(Revoke::AccessToken));
    let by = match named {
        Some(by) => by,
        None => match cookie(&cookies, &client, "logout")? {
            Some(found) => Revoke::RefreshToken(found.token),
            None => {
                client.log_refusal("logout", "no_token");
                let words = "There is nothing to sign out of";
                return Err(Problem::unauthorized(words));
            }
        },
    };
    let asked = Instant::now();
    let mut response = match edge.auth.revoke(by, client.on_behalf_of()).await {
        Ok(login) => {
            revocations::close(&edge, &login, asked.elapsed(), Instant::now());
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error @ AuthError::Unauthenticated(_)) => Problem::from(error).into_response(),
        Err(error) => return Err(error.into()),
    };
    for cleared in cookies.clear_all() {
        response.headers_mut().append(header::SET_COOKIE, cleared);
    }
    Ok(response)
}

fn cookie(
    cookies: &Cookies<'_>,
    client: &Client,
    action: &'static str,
) -> Result<Option<RefreshCookie>, Problem> {
    let found = cookies.refresh();
    if found.is_err() {
        client.log_refusal(action, "two_cookies");
    }
    found
}

#[derive(Serialize)]
struct TokenPair<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    user: UserBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

/// A user to themselves.
#[derive(Serialize)]
pub(super) struct UserBody {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    guest: bool,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name,
            guest: user.guest,
        }
    }
}

/// The answer to somebody who has signed in.
fn answer(
    status: StatusCode,
    signed_in: &SignedIn,
    refresh: RefreshIn,
    cookies: &Cookies<'_>,
) -> Response {
    let SignedIn {
        tokens,
        device_token,
    } = signed_in;
    let mut response = pair(status, tokens, refresh);
    if refresh == RefreshIn::Cookie {
        let secret = tokens.refresh.expose_secret();
        let kept = cookies.keep_new(secret, tokens.refresh_expires_in);
        let device = cookies.keep_device(device_token.expose_secret());
        for cookie in kept.into_iter().chain([device]) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

fn pair(status: StatusCode, tokens: &Tokens, refresh: RefreshIn) -> Response {
    let secret = tokens.refresh.expose_secret();
    let pair = TokenPair {
        access_token: tokens.access.expose_secret(),
        token_type: "Bearer",
        expires_in: whole_seconds(tokens.expires_in),
        user: tokens.user.clone().into(),
        refresh_token: (refresh == RefreshIn::Body).then_some(secret),
    };
    (status, Json(pair)).into_response()
}

//! Signing in at trusted issuers in a browser: which there are, the way there, and the way back, which ends with the
//! same cookie as every sign-in. What went wrong stands in the address of the page that the browser comes back to.

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::warn_of_short_life;
use crate::{
    edge::Edge,
    http::{
        Shared, address_limit,
        base_url::base_url,
        client::Client,
        cookies::{Cookies, SignInCookie},
        origin,
        problem::Problem,
    },
    upstream::auth::{AuthError, IssuerCallback, SignInIssuer},
};

/// The page without a way back.
const HOME: &str = "/";
/// The longest id of a recipe or token of an invitation in a path.
const MAX_ID: usize = 128;
/// Redirects that carry secrets, and the pages after them, are told to nobody else.
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// What the page is told, after the `#` of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Signed in: the cookie is there.
    Done,
    /// The issuer has not signed the user in.
    Refused,
    /// An operator has disabled the user.
    Disabled,
    /// What came back is not good, or too late.
    Failed,
    /// Too many sign-ins from there.
    TooMany,
    /// The issuer or a service is away.
    Unavailable,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Disabled => "disabled",
            Self::Failed => "failed",
            Self::TooMany => "too_many",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<AuthError> for Outcome {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Conflict(_) => Self::Refused,
            AuthError::Forbidden(_) => Self::Disabled,
            AuthError::Unauthenticated(_)
            | AuthError::Invalid(_)
            | AuthError::Taken(_)
            | AuthError::NotFound => Self::Failed,
            AuthError::TooMany { .. } => Self::TooMany,
            AuthError::Unavailable => Self::Unavailable,
        }
    }
}

#[derive(Serialize)]
struct IssuerList<'a> {
    issuers: Vec<IssuerBody<'a>>,
}

#[derive(Serialize)]
struct IssuerBody<'a> {
    name: &'a str,
    label: &'a str,
    url: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    device_client_id: &'a str,
}

impl<'a> From<&'a SignInIssuer> for IssuerBody<'a> {
    fn from(issuer: &'a SignInIssuer) -> Self {
        Self {
            name: &issuer.name,
            label: &issuer.label,
            url: &issuer.url,
            device_client_id: &issuer.device_client_id,
        }
    }
}

/// Those at which users can sign in.
pub(in crate::http) async fn list(State(edge): Shared) -> Result<Response, Problem> {
    let issuers = edge.sign_in_issuers.all(&edge.auth).await?;
    let body = IssuerList {
        issuers: issuers.iter().map(Into::into).collect(),
    };
    let cached = [(header::CACHE_CONTROL, "public, max-age=60")];
    Ok((cached, Json(body)).into_response())
}

#[derive(Deserialize)]
pub(in crate::http) struct Wishes {
    /// The path of the page to come back to.
    #[serde(default, rename = "return")]
    back: String,
}

/// Sends the browser to an issuer.
pub(in crate::http) async fn begin(
    State(edge): Shared,
    client: Client,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
    wishes: Result<Query<Wishes>, QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Path(name)) = name else {
        return Err(Problem::not_found());
    };
    let back = wishes
        .as_ref()
        .map_or(HOME, |Query(wishes)| page(&wishes.back));
    // Another site's page must not sign somebody in here, perhaps in the place of a guest.
    if origin::is_from_elsewhere(&headers, &edge.settings.load()) {
        client.log_refusal("begin_issuer_sign_in", "origin");
        return Err(origin::refused());
    }
    if address_limit::sign_in(&edge, &client, "begin_issuer_sign_in")
        .await
        .is_err()
    {
        return Ok(redirect(&told(back, Outcome::TooMany)));
    }
    let redirect_uri = redirect_uri(&edge, &headers, &name);
    let begun = edge
        .auth
        .begin_issuer_sign_in(&name, &redirect_uri, client.on_behalf_of());
    let begun = match begun.await {
        Ok(begun) => begun,
        Err(AuthError::NotFound) => return Err(Problem::not_found()),
        Err(error) => return Ok(redirect(&told(back, error.into()))),
    };
    let cookies = Cookies::new(&edge.config, &headers);
    let mut response = redirect(begun.authorization_url.expose_secret());
    let kept = cookies.keep_sign_in(&begun.browser_secret, back);
    response.headers_mut().append(header::SET_COOKIE, kept);
    Ok(response)
}

/// What an issuer has sent back, by the browser. Neither the words of an error nor anything else of it is shown.
#[derive(Deserialize)]
pub(in crate::http) struct Callback {
    #[serde(default)]
    state: SecretString,
    #[serde(default)]
    code: SecretString,
    error: Option<String>,
    #[serde(default)]
    iss: String,
}

/// Ends a sign-in, whatever has become of it, on the page where it has begun.
pub(in crate::http) async fn finish(
    State(edge): Shared,
    client: Client,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
    callback: Result<Query<Callback>, QueryRejection>,
) -> Response {
    let cookies = Cookies::new(&edge.config, &headers);
    let begun = cookies.sign_in();
    let back = begun.as_ref().map_or(HOME, |begun| page(&begun.page));
    let (Ok(Path(issuer)), Some(SignInCookie { secret, .. }), Ok(Query(callback))) =
        (name, begun.clone(), callback)
    else {
        client.log_refusal("issuer_sign_in", "no_sign_in");
        return redirect(&told(back, Outcome::Failed));
    };
    if address_limit::sign_in(&edge, &client, "issuer_sign_in")
        .await
        .is_err()
    {
        return redirect(&told(back, Outcome::TooMany));
    }
    let callback = IssuerCallback {
        issuer,
        browser_secret: secret,
        state: callback.state,
        code: match callback.error {
            None => callback.code,
            Some(_) => SecretString::default(),
        },
        iss: callback.iss,
    };
    let finished = edge
        .auth
        .finish_issuer_sign_in(callback, client.on_behalf_of());
    let (outcome, kept) = match finished.await {
        Ok(tokens) => {
            warn_of_short_life(&edge, &tokens);
            let secret = tokens.refresh.expose_secret();
            (
                Outcome::Done,
                cookies.keep_new(secret, tokens.refresh_expires_in),
            )
        }
        Err(error) => (error.into(), Vec::new()),
    };
    let mut response = redirect(&told(back, outcome));
    for cookie in kept.into_iter().chain([cookies.clear_sign_in()]) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Where an issuer sends browsers back to: as operators enter it there.
fn redirect_uri(edge: &Edge, headers: &HeaderMap, issuer: &str) -> String {
    let base = base_url(&edge.config, headers);
    format!("{base}/v1/auth/issuers/{issuer}/callback")
}

/// A page of the web app; any other text is taken for the first of them, so nobody is sent elsewhere.
fn page(path: &str) -> &str {
    let is_id = |id: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=MAX_ID).contains(&id.len()) && id.bytes().all(plain)
    };
    let id = path
        .strip_prefix("/r/")
        .or_else(|| path.strip_prefix("/i/"));
    match path == "/account" || id.is_some_and(is_id) {
        true => path,
        false => HOME,
    }
}

fn told(page: &str, outcome: Outcome) -> String {
    format!("{page}#sign_in={}", outcome.word())
}

/// The address may hold secrets, so it is in no log and no cache.
fn redirect(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    match HeaderValue::try_from(to) {
        Ok(mut location) => {
            location.set_sensitive(true);
            headers.insert(header::LOCATION, location);
        }
        // What `url` writes can be sent, and so can our own paths.
        Err(_) => return Problem::not_found().into_response(),
    }
    headers.insert(header::REFERRER_POLICY, NO_REFERRER);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_anywhere_but_to_a_page_of_the_app() {
        let id = "x".repeat(MAX_ID);
        for path in [
            "/account",
            "/r/soup",
            "/r/A-b_9",
            "/i/token",
            &format!("/r/{id}"),
        ] {
            assert_eq!(page(path), path);
        }
        for path in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/r/soup",
            "javascript:alert(1)",
            "/r/",
            "/r//evil.example",
            "/r/../account",
            "/r/soup?next=https://evil.example",
            "/r/soup#x",
            "/r/soup\r\nSet-Cookie: a=b",
            "/r/%2f%2fevil.example",
            "/v1/auth/issuers/corp/sign-in",
            "r/soup",
            " /r/soup",
            &format!("/r/{id}x"),
        ] {
            assert_eq!(page(path), HOME, "{path:?}");
        }
    }

    #[test]
    fn what_went_wrong_is_told_in_one_word() {
        assert_eq!(
            told(page("/r/soup"), Outcome::Refused),
            "/r/soup#sign_in=refused"
        );
        assert_eq!(Outcome::from(AuthError::Unavailable), Outcome::Unavailable);
        assert_eq!(Outcome::from(AuthError::NotFound), Outcome::Failed);
    }
}

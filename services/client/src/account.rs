//! A login session at the auth service that comes with the server: signs up, in or a guest in, renews the access token, and signs
//! out. The refresh token stays here, in memory.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::{Method, StatusCode};
use proto::ids::RecipeId;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    chat::{NoToken, Token},
    dial::{Server, Unreachable},
    http::{self, NoAnswer},
    printable,
    tokens::Tokens,
};

/// How long a call may take. Passwords are slow to check on purpose.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// A refresh whose answer is lost must be asked for again while the server still gives the same one.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(4);
/// Nobody waits long for a sign-out.
const SIGN_OUT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a call has failed. The words of the server are for people.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot reach {server:?}: {source}")]
    Unreachable { server: Server, source: Unreachable },
    #[error("{server:?} does not answer like a Recipe Chat server: {what}")]
    Unfit { server: Server, what: String },
    #[error("{words}")]
    Refused { status: StatusCode, words: String },
}

impl Error {
    fn of(server: &Server, error: NoAnswer) -> Self {
        let server = server.clone();
        match error {
            NoAnswer::Unreachable(source) => Self::Unreachable { server, source },
            NoAnswer::Unfit(what) => Self::Unfit {
                server,
                what: what.to_string(),
            },
        }
    }
}

/// A login session on a server.
#[derive(Debug)]
pub struct Account {
    server: Server,
    /// The newest one; a renewal that is under way replaces it.
    refresh: Arc<Mutex<SecretString>>,
}

#[derive(Deserialize)]
struct TokenPair {
    access_token: SecretString,
    refresh_token: SecretString,
    expires_in: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
}

impl Account {
    /// Signs in, or up with `register`.
    ///
    /// # Errors
    /// When the server refuses, or cannot be reached.
    pub async fn open(
        server: Server,
        register: bool,
        user: &str,
        password: &SecretString,
    ) -> Result<(Self, Token), Error> {
        let path = if register {
            "/v1/auth/register"
        } else {
            "/v1/auth/login"
        };
        let credentials = json!({
            "username": user,
            "password": password.expose_secret(),
            "refresh": "body",
        });
        Self::begin(server, path, &credentials).await
    }

    /// Goes on without an account of one's own: the server makes a guest.
    ///
    /// # Errors
    /// When the server refuses, or cannot be reached.
    pub async fn guest(server: Server) -> Result<(Self, Token), Error> {
        Self::begin(server, "/v1/auth/guest", &json!({ "refresh": "body" })).await
    }

    async fn begin(server: Server, path: &str, body: &Value) -> Result<(Self, Token), Error> {
        let pair = token_pair(&server, path, body, ANSWER_TIMEOUT).await?;
        let account = Self {
            server,
            refresh: Arc::new(Mutex::new(pair.refresh)),
        };
        Ok((account, pair.token))
    }

    fn newest(&self) -> SecretString {
        self.refresh
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Tokens for Account {
    fn renew(&mut self) -> BoxFuture<'static, Result<Token, NoToken>> {
        let server = self.server.clone();
        let body = json!({
            "refresh_token": self.newest().expose_secret(),
            "refresh": "body",
        });
        let newest = Arc::clone(&self.refresh);
        Box::pin(async move {
            let renewed = token_pair(&server, "/v1/auth/refresh", &body, REFRESH_TIMEOUT)
                .await
                .map_err(no_token)?;
            *newest.lock().unwrap_or_else(PoisonError::into_inner) = renewed.refresh;
            Ok(renewed.token)
        })
    }

    async fn close(self) {
        let body = json!({ "refresh_token": self.newest().expose_secret() });
        let sign_out = post(
            &self.server,
            "/v1/auth/logout",
            &body,
            None,
            SIGN_OUT_TIMEOUT,
        );
        // Without an answer the session ends when its tokens do.
        sign_out.await.ok();
    }
}

/// Makes a recipe of the person's own, unless there is one of that id.
///
/// # Errors
/// When the server refuses, or cannot be reached.
pub async fn create_recipe(server: &Server, token: &Token, recipe: &RecipeId) -> Result<(), Error> {
    let body = json!({ "id": recipe.as_str(), "title": "" });
    let created = post(server, "/v1/recipes", &body, Some(token), ANSWER_TIMEOUT);
    match created.await {
        // Whether it is for this person shows when they come in.
        Err(Error::Refused {
            status: StatusCode::CONFLICT,
            ..
        })
        | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A token pair from the server.
#[derive(Debug)]
struct Renewed {
    token: Token,
    refresh: SecretString,
}

/// Whether the chat ends because there is no token.
pub(crate) fn no_token(error: Error) -> NoToken {
    match error {
        Error::Refused { status, words } if is_final(status) => NoToken::Denied(words),
        Error::Refused { .. } | Error::Unreachable { .. } | Error::Unfit { .. } => {
            NoToken::Unavailable
        }
    }
}

/// Whether asking again would bring the same answer.
fn is_final(status: StatusCode) -> bool {
    status.is_client_error()
        && status != StatusCode::TOO_MANY_REQUESTS
        && status != StatusCode::REQUEST_TIMEOUT
}

async fn token_pair(
    server: &Server,
    path: &str,
    body: &Value,
    timeout: Duration,
) -> Result<Renewed, Error> {
    let answer = post(server, path, body, None, timeout).await?;
    // The cause may quote the answer, and with it a token.
    let pair: TokenPair = serde_json::from_slice(&answer).map_err(|_| Error::Unfit {
        server: server.clone(),
        what: "no tokens in its answer".to_owned(),
    })?;
    Ok(Renewed {
        token: Token {
            access: pair.access_token,
            good_for: Duration::from_secs(pair.expires_in),
        },
        refresh: pair.refresh_token,
    })
}

pub(crate) async fn post(
    server: &Server,
    path: &str,
    body: &Value,
    token: Option<&Token>,
    timeout: Duration,
) -> Result<Bytes, Error> {
    let access = token.map(|token| &token.access);
    let call = http::call(server, Method::POST, path, access, Some(body));
    let answered = tokio::time::timeout(timeout, call).await;
    let (status, answer) = answered
        .unwrap_or_else(|_| Err(Unreachable::TimedOut.into()))
        .map_err(|error| Error::of(server, error))?;
    if status.is_success() {
        return Ok(answer);
    }
    let problem: Problem = serde_json::from_slice(&answer).unwrap_or_default();
    let words = match problem.detail.as_str() {
        "" => format!("the server refused with {status}"),
        detail => printable::line(detail).into_owned(),
    };
    Err(Error::Refused { status, words })
}

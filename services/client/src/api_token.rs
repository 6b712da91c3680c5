//! Access tokens by an API token, for programs: what a user makes at `/v1/account/tokens`, limited to a scope.

use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::{
    account::{ANSWER_TIMEOUT, Error, no_token, post},
    chat::{NoToken, Token},
    dial::Server,
    tokens::Tokens,
};

/// An API token of a server.
#[derive(Debug)]
pub struct ApiToken {
    server: Server,
    text: SecretString,
}

#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    expires_in: u64,
}

impl ApiToken {
    /// Exchanges the token for the first time.
    ///
    /// # Errors
    /// When the server refuses, or cannot be reached.
    pub async fn open(server: Server, text: SecretString) -> Result<(Self, Token), Error> {
        let first = exchange(&server, &text).await?;
        Ok((Self { server, text }, first))
    }
}

impl Tokens for ApiToken {
    fn renew(&mut self) -> BoxFuture<'static, Result<Token, NoToken>> {
        let (server, text) = (self.server.clone(), self.text.clone());
        Box::pin(async move { exchange(&server, &text).await.map_err(no_token) })
    }
}

async fn exchange(server: &Server, text: &SecretString) -> Result<Token, Error> {
    let grant = json!({
        "grant_type": "client_credentials",
        "client_secret": text.expose_secret(),
    });
    let answer = post(server, "/v1/auth/token", &grant, None, ANSWER_TIMEOUT).await?;
    // The cause may quote the answer, and with it a token.
    let answer: Answer = serde_json::from_slice(&answer).map_err(|_| Error::Unfit {
        server: server.clone(),
        what: "no token in its answer".to_owned(),
    })?;
    Ok(Token {
        access: answer.access_token,
        good_for: Duration::from_secs(answer.expires_in),
    })
}

//! Who takes part in a case: three people who sign up at the server, and what they ask of its HTTP API.

use hyper::{Method, StatusCode};
use recipe_chat_client::{Server, http};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{ANSWER_TIMEOUT, Fault, pattern::Known};

pub(crate) const NAMES: [&str; 3] = ["ada", "bob", "cara"];

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// What the table calls them.
    pub(crate) name: String,
    username: String,
    id: String,
    password: SecretString,
    access: SecretString,
    refresh: SecretString,
}

impl Person {
    /// A new account.
    pub(crate) async fn sign_up(server: &Server, name: &str) -> Result<Self, Fault> {
        let run = Uuid::new_v4().simple().to_string();
        let run = run.get(..8).unwrap_or_default();
        let username = format!("{name}-{run}");
        let password = SecretString::from(format!("correct horse {run}"));
        let path = "/v1/auth/register";
        Self::enter(server, path, name, username, password).await
    }

    /// Another login of the same person.
    pub(crate) async fn sign_in(&self, server: &Server) -> Result<Self, Fault> {
        let (username, password) = (self.username.clone(), self.password.clone());
        Self::enter(server, "/v1/auth/login", &self.name, username, password).await
    }

    async fn enter(
        server: &Server,
        path: &str,
        name: &str,
        username: String,
        password: SecretString,
    ) -> Result<Self, Fault> {
        let words = password.expose_secret();
        let body = json!({"username": username, "password": words, "refresh": "body"});
        let (status, answer) = call(server, &Method::POST, path, None, Some(&body)).await?;
        if !status.is_success() {
            return Err(Fault(format!("{path} is answered by {status}")));
        }
        let id = answer["user"]["id"].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            name: name.to_owned(),
            username,
            id,
            password,
            access: secret(&answer, "access_token"),
            refresh: secret(&answer, "refresh_token"),
        })
    }

    /// A new pair of tokens, of the same login.
    pub(crate) async fn refresh(&mut self, server: &Server) -> Result<(), Fault> {
        let token = self.refresh.expose_secret();
        let body = json!({"refresh_token": token, "refresh": "body"});
        let path = "/v1/auth/refresh";
        let (status, answer) = call(server, &Method::POST, path, None, Some(&body)).await?;
        if status != StatusCode::OK {
            return Err(Fault(format!("{path} is answered by {status}")));
        }
        self.access = secret(&answer, "access_token");
        self.refresh = secret(&answer, "refresh_token");
        Ok(())
    }

    /// Lets patterns name them, as `name`.
    pub(crate) fn introduce(&self, name: &str, known: &mut Known) {
        let token = self.access.expose_secret().to_owned();
        known.insert(format!("token.{name}"), token.into());
        known.insert(format!("user.{name}"), self.username.clone().into());
        known.insert(format!("id.{name}"), self.id.clone().into());
    }

    /// Asks the server something, and gives the answer's JSON.
    pub(crate) async fn call(
        &self,
        server: &Server,
        (method, path): (&Method, &str),
        body: Option<&Value>,
        wanted: u16,
    ) -> Result<Value, Fault> {
        let (status, answer) = call(server, method, path, Some(&self.access), body).await?;
        if status.as_u16() != wanted {
            let words = format!("{method} {path} is answered by {status}, not {wanted}");
            return Err(Fault(words));
        }
        Ok(answer)
    }
}

fn secret(answer: &Value, name: &str) -> SecretString {
    answer[name].as_str().unwrap_or_default().to_owned().into()
}

async fn call(
    server: &Server,
    method: &Method,
    path: &str,
    token: Option<&SecretString>,
    body: Option<&Value>,
) -> Result<(StatusCode, Value), Fault> {
    let call = http::call(server, method.clone(), path, token, body);
    let answer = timeout(ANSWER_TIMEOUT, call).await;
    let (status, body) =
        answer.map_err(|_| Fault(format!("{method} {path} is not answered")))??;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

//! A user of the test and the tokens that they hold.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Answer, Api};

/// A registered user who is signed in.
#[derive(Clone)]
pub struct Account {
    /// The user's id.
    pub id: String,
    /// The user's name.
    pub name: String,
    /// The password.
    pub password: String,
    /// A fresh access token.
    pub access_token: String,
    /// A fresh refresh token.
    pub refresh_token: String,
}

impl Account {
    /// Registers a user whose name begins with `name`.
    pub async fn register(api: &Api, name: &str) -> Self {
        let name = format!("{name}-{}", &Uuid::now_v7().simple().to_string()[20..]);
        let password = new_password(api);
        let body = json!({"username": name, "password": password, "refresh": "body"});
        let answer = api
            .post("/v1/auth/register", &body)
            .send()
            .await
            .expect(201);
        Self::from_pair(api, &answer, password)
    }

    /// A new guest.
    pub async fn guest(api: &Api) -> Self {
        let body = json!({"refresh": "body"});
        let answer = api.post("/v1/auth/guest", &body).send().await.expect(201);
        assert_eq!(answer.json()["user"]["guest"], true);
        Self::from_pair(api, &answer, String::new())
    }

    /// Signs the same user in again: another login session.
    pub async fn login(&self, api: &Api) -> Self {
        let body = json!({"username": self.name, "password": self.password, "refresh": "body"});
        let answer = api.post("/v1/auth/login", &body).send().await.expect(200);
        self.with_pair(api, &answer)
    }

    /// The same login session with a new pair of tokens.
    pub async fn refresh(&self, api: &Api) -> Self {
        let body = json!({"refresh_token": self.refresh_token, "refresh": "body"});
        let answer = api.post("/v1/auth/refresh", &body).send().await.expect(200);
        self.with_pair(api, &answer)
    }

    /// The same user with the pair of tokens that an answer brings.
    pub(crate) fn with_pair(&self, api: &Api, answer: &Answer) -> Self {
        Self::from_pair(api, answer, self.password.clone())
    }

    /// Ends the login session.
    pub async fn logout(&self, api: &Api) {
        let body = json!({"refresh_token": self.refresh_token});
        let answer = api.post("/v1/auth/logout", &body).send().await.expect(204);
        assert!(answer.body.is_empty(), "a 204 has no body");
    }

    fn from_pair(api: &Api, answer: &Answer, password: String) -> Self {
        let pair = answer.json();
        let text = |value: &Value| match value.as_str() {
            Some(text) => text.to_owned(),
            None => panic!("the token pair lacks a field"),
        };
        let account = Self {
            id: text(&pair["user"]["id"]),
            name: text(&pair["user"]["name"]),
            password,
            access_token: text(&pair["access_token"]),
            refresh_token: text(&pair["refresh_token"]),
        };
        api.canary().remember(&account.access_token);
        api.canary().remember(&account.refresh_token);
        account
    }
}

/// A password that no log may hold.
pub fn new_password(api: &Api) -> String {
    let password = format!("canary-{}", Uuid::now_v7().simple());
    api.canary().remember(&password);
    password
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account {{ name: {:?}, [redacted] }}", self.name)
    }
}

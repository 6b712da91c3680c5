//! The tokens of one login session, for all who cook under it. Refreshes go one after the other, since each
//! makes the one before worthless; one that fails is tried again at another edge.

use std::{collections::HashSet, net::SocketAddr, time::Duration};

use serde_json::json;
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

use crate::{
    account::Account,
    http::{Answer, Api},
};

/// How long a refresh may take. With the pause, well within the 10 s for which the auth service gives a lost
/// answer once more.
const ANSWER: Duration = Duration::from_secs(3);
/// How long until a refresh that got no answer is tried again.
const PAUSE: Duration = Duration::from_millis(300);

/// A signed-in user's tokens.
#[derive(Debug)]
pub struct TokenCache {
    apis: Vec<Api>,
    account: Mutex<Account>,
    made: Mutex<HashSet<String>>,
}

impl TokenCache {
    /// The tokens of `account`, refreshed at any of `edges`.
    pub fn new(account: Account, edges: &[SocketAddr], like: &Api) -> Self {
        let at = |edge: &SocketAddr| Api::new(*edge, like.canary().clone());
        Self {
            apis: edges.iter().map(at).collect(),
            account: Mutex::new(account),
            made: Mutex::default(),
        }
    }

    /// The newest access token, which others may have as well.
    pub async fn token(&self) -> String {
        self.account.lock().await.access_token.clone()
    }

    /// A fresh access token, for the one who asks alone. Waits for as long as no service can give one.
    ///
    /// # Panics
    /// When the login session is over.
    pub async fn fresh_token(&self) -> String {
        let mut account = self.account.lock().await;
        for api in self.apis.iter().cycle() {
            match api.try_refresh(&account).await {
                Some(fresh) => {
                    *account = fresh;
                    break;
                }
                None => sleep(PAUSE).await,
            }
        }
        account.access_token.clone()
    }
}

impl TokenCache {
    /// Makes a recipe that everybody may come into, unless there is one of that id. Tries for as long as no service can.
    pub async fn make_recipe(&self, token: &str, recipe: &str) {
        let mut made = self.made.lock().await;
        if made.contains(recipe) {
            return;
        }
        for api in self.apis.iter().cycle() {
            if api.make_recipe(token, recipe).await {
                break;
            }
            sleep(PAUSE).await;
        }
        made.insert(recipe.to_owned());
    }
}

impl Api {
    /// A new pair of tokens; `None` when no service could answer.
    async fn try_refresh(&self, account: &Account) -> Option<Account> {
        let body = json!({"refresh_token": account.refresh_token, "refresh": "body"});
        let sent = self.post("/v1/auth/refresh", &body).try_send();
        let answer: Answer = timeout(ANSWER, sent).await.ok()?.ok()?;
        match answer.status {
            500.. => None,
            _ => Some(account.with_pair(self, &answer.expect(200))),
        }
    }
}

//! What the runbook has an operator do when a signing key was stolen.

use serde_json::json;
use system_tests::{
    http::Api,
    stack::{Plan, Stack},
};

async fn published(api: &Api) -> String {
    let answer = api.get("/.well-known/jwks.json").send().await.expect(200);
    answer.text()
}

/// Stops auth, does this to its database, and starts it again.
async fn while_auth_is_stopped(stack: &mut Stack, statement: &str) {
    stack.auth().process().terminate();
    assert!(stack.auth().ended().await.status.success());
    let file = stack.auth().arguments().iter();
    let file = file.filter_map(|word| word.strip_prefix("sqlite:")).next();
    let database = rusqlite::Connection::open(file.unwrap()).unwrap();
    database.execute_batch(statement).unwrap();
    drop(database);
    stack.auth().restart().await;
}

#[tokio::test]
async fn a_key_is_thrown_away_at_once_and_clients_refresh_and_go_on() {
    let mut stack = Plan::apart(1).start().await;
    let (api, ada) = (stack.api(), stack.register("ada").await);
    let stolen = published(&api).await;

    while_auth_is_stopped(&mut stack, "DELETE FROM signing_keys").await;

    let mut thief = stack.connect("soup").await;
    thief.send_auth(json!({"token": ada.access_token})).await;
    thief.expect_close(1008, "Invalid token").await;
    let fresh = ada.refresh(&api).await;
    stack.join(&fresh, "soup").await.say("I go on").await;
    assert_ne!(published(&api).await, stolen);
}

#[tokio::test]
async fn with_the_sessions_everybody_is_signed_out() {
    let mut stack = Plan::apart(1).start().await;
    let (api, ada) = (stack.api(), stack.register("ada").await);

    while_auth_is_stopped(&mut stack, "DELETE FROM signing_keys; DELETE FROM sessions").await;

    let body = json!({"refresh_token": ada.refresh_token});
    api.post("/v1/auth/refresh", &body)
        .send()
        .await
        .problem(401);
    ada.login(&api).await;
}

//! A bot: by an API token it calls the API and comes to the WebSocket, within its scope, until it is taken back.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    http::Answer,
    stack::{Plan, Stack},
    timeouts::{SLACK, within_at_most},
};

/// The contract's second.
const WITHIN: Duration = Duration::from_secs(1);

/// Calls as whoever holds a token.
async fn call(stack: &Stack, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
    let request = stack.api().request(method, path).bearer(token);
    match body {
        Some(body) => request.json(&body).send().await,
        None => request.send().await,
    }
}

/// A new API token of a user: its id and its text.
async fn api_token(stack: &Stack, of: &Account, scopes: &[&str]) -> (String, String) {
    let body = json!({"name": "bot", "scopes": scopes});
    let made = call(
        stack,
        "POST",
        "/v1/account/tokens",
        &of.access_token,
        Some(body),
    )
    .await;
    let made = made.expect(201).json();
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

/// The user with the access token that an API token is exchanged for.
async fn exchanged(stack: &Stack, of: &Account, api_token: &str) -> Account {
    let grant = json!({"grant_type": "client_credentials", "client_secret": api_token});
    let answer = stack.api().post("/v1/auth/token", &grant).send().await;
    let answer = answer.expect(200).json();
    Account {
        access_token: answer["access_token"].as_str().unwrap().to_owned(),
        ..of.clone()
    }
}

#[tokio::test]
async fn a_bot_reads_and_writes_within_its_scope_until_its_token_is_taken_back() {
    let stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    // Her own connection at the same edge: what it may do says nothing of what the bot may.
    let mut own = stack.join(&ada, "soup").await;
    let (id, reader) = api_token(&stack, &ada, &["recipes:read"]).await;
    let (_, writer) = api_token(&stack, &ada, &["recipes:write"]).await;

    call(&stack, "GET", "/v1/recipes/soup", &reader, None)
        .await
        .expect(200);
    let create = json!({"title": "Stew"});
    call(&stack, "POST", "/v1/recipes", &reader, Some(create.clone()))
        .await
        .expect(403);
    call(&stack, "POST", "/v1/recipes", &writer, Some(create))
        .await
        .expect(201);
    for path in ["/v1/account", "/v1/account/tokens", "/v1/account/export"] {
        call(&stack, "GET", path, &writer, None).await.expect(403);
    }

    let mut bot = stack
        .join(&exchanged(&stack, &ada, &reader).await, "soup")
        .await;
    own.say("this is mine").await;
    let refused = bot.try_say("b1", "and this is not the bot's").await;
    assert_eq!(refused.unwrap_err()["code"], "forbidden");
    let mut scribe = stack
        .join(&exchanged(&stack, &ada, &writer).await, "soup")
        .await;
    scribe.say("add 2 eggs").await;

    let path = format!("/v1/account/tokens/{id}");
    call(&stack, "DELETE", &path, &ada.access_token, None)
        .await
        .expect(204);
    let closed = bot.until_close(1008, "Session revoked");
    within_at_most(WITHIN + SLACK, "the close", closed).await;
    call(&stack, "GET", "/v1/recipes/soup", &reader, None)
        .await
        .expect(401);
    scribe.say("the other bot goes on").await;
}

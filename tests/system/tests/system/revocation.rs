//! Logging out: the tokens die, and every connection of the login session with them.

use std::time::Duration;

use serde_json::json;
use system_tests::{
    stack::Plan,
    timeouts::{SLACK, within_at_most},
};
use tokio::time::Instant;

/// The contract's second, and what a loaded machine may add.
const WITHIN: Duration = Duration::from_secs(1);

#[tokio::test]
async fn logout_closes_the_connections_of_that_login_and_no_other() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let elsewhere = ada.login(&stack.api()).await;
    let mut kitchen = stack.join(&ada, "soup").await;
    let mut table = stack.join(&ada, "bread").await;
    let mut phone = stack.join(&elsewhere, "soup").await;

    let started = Instant::now();
    ada.logout(&stack.api()).await;

    let closes = async {
        kitchen.expect_close(1008, "Session revoked").await;
        table.expect_close(1008, "Session revoked").await;
    };
    within_at_most(WITHIN + SLACK, "both closes", closes).await;
    assert!(started.elapsed() <= WITHIN + SLACK);
    phone.say("the other login goes on").await;
}

#[tokio::test]
async fn each_credential_of_a_login_ends_it() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let [by_cookie, by_body, by_bearer] = [
        ada.login(&api).await,
        ada.login(&api).await,
        ada.login(&api).await,
    ];
    let cookie = cookie_of_a_login(&stack, &ada).await;
    let mut clients = Vec::new();
    for account in [&by_body, &by_bearer] {
        clients.push(stack.join(account, "soup").await);
    }
    assert_ne!(by_cookie.refresh_token, by_body.refresh_token);

    by_body.logout(&api).await;
    api.request("POST", "/v1/auth/logout")
        .bearer(&by_bearer.access_token)
        .send()
        .await
        .expect(204);
    let answer = api
        .request("POST", "/v1/auth/logout")
        .header("Cookie", &cookie)
        .send()
        .await
        .expect(204);

    for client in &mut clients {
        client.expect_close(1008, "Session revoked").await;
    }
    let cleared = answer.header("set-cookie").unwrap_or_default().to_owned();
    assert!(cleared.contains("Path=/v1/auth"), "{cleared}");
    assert!(
        cleared.contains("Max-Age=0") || cleared.contains("Expires=Thu, 01 Jan 1970"),
        "{cleared}"
    );
    let refresh = api
        .request("POST", "/v1/auth/refresh")
        .header("Cookie", &cookie);
    refresh.send().await.problem(401);
}

async fn cookie_of_a_login(
    stack: &system_tests::stack::Stack,
    account: &system_tests::account::Account,
) -> String {
    let body = json!({"username": account.name, "password": account.password});
    let answer = stack
        .api()
        .post("/v1/auth/login", &body)
        .send()
        .await
        .expect(200);
    let set = answer.header("set-cookie").expect("a cookie");
    let cookie = set.split(';').next().unwrap_or_default().to_owned();
    let secret = cookie
        .split_once('=')
        .map(|(_, value)| value)
        .unwrap_or_default();
    stack.canary().remember(secret);
    stack
        .canary()
        .remember(answer.json()["access_token"].as_str().unwrap());
    cookie
}

#[tokio::test]
async fn after_logout_every_token_is_dead_at_once() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let fresh = ada.refresh(&stack.api()).await;

    fresh.logout(&stack.api()).await;

    for account in [&ada, &fresh] {
        let mut client = stack.connect("soup").await;
        client
            .send_auth(json!({"token": account.access_token}))
            .await;
        client.expect_close(1008, "Invalid token").await;
        let answer = stack
            .api()
            .get("/v1/recipes")
            .bearer(&account.access_token)
            .send()
            .await;
        assert_eq!(answer.status, 401);
        let again = json!({"refresh_token": account.refresh_token, "refresh": "body"});
        stack
            .api()
            .post("/v1/auth/refresh", &again)
            .send()
            .await
            .problem(401);
    }
}

#[tokio::test]
async fn a_revoked_token_is_no_re_auth() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let elsewhere = ada.login(&stack.api()).await;
    let mut client = stack.join(&elsewhere, "soup").await;
    ada.logout(&stack.api()).await;

    client.send_auth(json!({"token": ada.access_token})).await;

    client.expect_close(1008, "Invalid token").await;
}

#[tokio::test]
async fn the_theft_of_a_refresh_token_ends_the_login() {
    let stack = Plan::together()
        .auth(&["--refresh-grace", "1s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let successor = ada.refresh(&stack.api()).await;
    let mut client = stack.join(&successor, "soup").await;
    // The grace for two tabs that refresh together: shorter than the contract's.
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    let stolen = json!({"refresh_token": ada.refresh_token, "refresh": "body"});
    stack
        .api()
        .post("/v1/auth/refresh", &stolen)
        .send()
        .await
        .problem(401);

    client.expect_close(1008, "Session revoked").await;
    let newest = json!({"refresh_token": successor.refresh_token, "refresh": "body"});
    stack
        .api()
        .post("/v1/auth/refresh", &newest)
        .send()
        .await
        .problem(401);
}

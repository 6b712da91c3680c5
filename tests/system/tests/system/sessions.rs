//! `recipe-chat sessions`: operators see login sessions, have them authenticate again, and end them, everywhere.

use std::time::Duration;

use serde_json::json;
use system_tests::{
    account::Account,
    binary::recipe_chat,
    client::Client,
    forge,
    process::{Ended, Process},
    stack::{Plan, Stack},
    timeouts::{SLACK, within_at_most},
};

/// The contract's second.
const WITHIN: Duration = Duration::from_secs(1);
const OPERATOR: &str = "operator-of-this-kitchen";

fn plan() -> Plan {
    Plan::apart(2)
        .log("debug")
        .auth(&["--operator-token", OPERATOR])
}

async fn sessions_as(token: &str, stack: &mut Stack, arguments: &[&str]) -> Ended {
    let url = stack.auth().url();
    let words = ["sessions"].iter().chain(arguments).copied();
    let mut command = recipe_chat(&words.collect::<Vec<_>>());
    command
        .env("EDGE_AUTH_URL", url)
        .env("AUTH_OPERATOR_TOKEN", token);
    Process::start("sessions", command).ended().await
}

async fn sessions(stack: &mut Stack, arguments: &[&str]) -> String {
    let ended = sessions_as(OPERATOR, stack, arguments).await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    ended.stdout
}

fn session_of(account: &Account) -> String {
    let claims = forge::claims(&account.access_token);
    claims["sid"].as_str().unwrap().to_owned()
}

/// Ada at both edges by one login, and at the first by another.
async fn three_connections(stack: &Stack) -> (Account, [Client; 2], Client) {
    stack.canary().remember(OPERATOR);
    let ada = stack.register("ada").await;
    let other = ada.login(&stack.api()).await;
    let here = stack.join_at(0, &ada, "soup").await;
    let there = stack.join_at(1, &ada, "bread").await;
    let bystander = stack.join_at(0, &other, "cake").await;
    (ada, [here, there], bystander)
}

async fn reviewed_then_revoked(mut stack: Stack) {
    let (ada, mut clients, mut bystander) = three_connections(&stack).await;
    let session = session_of(&ada);
    let listed = sessions(&mut stack, &["list", &ada.name]).await;
    assert_eq!(listed.lines().count(), 3, "a head and two logins: {listed}");
    assert!(listed.contains(&session), "{listed}");

    sessions(&mut stack, &["review", &session]).await;
    for client in &mut clients {
        let asked = within_at_most(WITHIN + SLACK, "a review", client.expect("auth_required"));
        assert_eq!(asked.await["reason"], "Session review requested");
    }
    let fresh = ada.refresh(&stack.api()).await;
    for client in &mut clients {
        client.auth(&fresh.access_token).await;
        client.say("the review is answered").await;
    }

    sessions(&mut stack, &["revoke", &session]).await;
    for client in &mut clients {
        let closed = client.until_close(1008, "Session revoked");
        within_at_most(WITHIN + SLACK, "the close", closed).await;
    }
    bystander
        .say("another login goes on, and was never asked")
        .await;
    let listed = sessions(&mut stack, &["list", &ada.name]).await;
    assert!(!listed.contains(&session), "{listed}");
}

#[tokio::test]
async fn a_review_asks_and_a_revocation_ends_on_every_edge() {
    reviewed_then_revoked(plan().with_redis().start().await).await;
}

/// Each of the two ways suffices: here only the stream of the auth service.
#[tokio::test]
async fn orders_arrive_without_redis() {
    let mut stack = plan().with_redis().start().await;
    stack.redis().kill().await;
    reviewed_then_revoked(stack).await;
}

#[tokio::test]
async fn a_review_that_nobody_answers_closes() {
    let mut stack = plan().edge(&["--reauth-grace", "2s"]).start().await;
    let (ada, [mut client, _], _) = three_connections(&stack).await;

    sessions(&mut stack, &["review", &session_of(&ada)]).await;

    client.expect("auth_required").await;
    let closed = client.expect_close(1008, "Re-authentication timeout");
    within_at_most(Duration::from_secs(2) + SLACK, "the close", closed).await;
}

#[tokio::test]
async fn who_connects_after_a_review_is_not_asked() {
    let mut stack = plan().start().await;
    let (ada, [mut old, _], _) = three_connections(&stack).await;
    sessions(&mut stack, &["review", &session_of(&ada)]).await;
    old.expect("auth_required").await;

    let mut new = stack.join_at(1, &ada, "soup").await;

    new.expect_silence(Duration::from_millis(1_500)).await;
}

#[tokio::test]
async fn orders_are_for_operators_only() {
    let mut stack = plan().start().await;
    let (ada, [mut client, _], _) = three_connections(&stack).await;
    let session = session_of(&ada);
    for order in [
        ["list", &ada.name],
        ["review", &session],
        ["revoke", &session],
    ] {
        let ended = sessions_as("somebody-else-entirely", &mut stack, &order).await;
        assert_eq!(ended.status.code(), Some(1), "{order:?}");
        assert!(ended.stderr.contains("For operators only"), "{order:?}");
        assert!(!ended.stderr.contains("somebody-else"), "{order:?}");
    }
    let unknown = "0199d7b0-0000-7000-8000-000000000000";
    let ended = sessions_as(OPERATOR, &mut stack, &["review", unknown]).await;
    assert!(ended.stderr.contains("No such login session"));

    client.say("nothing has happened").await;
    let payload = json!({"token": ada.access_token});
    client.auth_with(payload).await;
}

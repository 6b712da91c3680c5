//! Access tokens of a trusted issuer: good in `auth` frames and over HTTP, and ended by whatever ends a login session.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use system_tests::{
    binary::recipe_chat,
    clock::{assert_same, time_of},
    http::Api,
    process::Process,
    stack::{Plan, Stack},
    timeouts::{SLACK, within_at_most},
};
use test_servers::{Behaviour, Issuer};
use time::OffsetDateTime;

use crate::accounts::{file_of, rows_with};

/// The contract's second.
const WITHIN: std::time::Duration = std::time::Duration::from_secs(1);
const OPERATOR: &str = "operator-of-this-kitchen";

async fn trusting(issuer: &Issuer) -> Stack {
    let plan = Plan::apart(1).auth(&[
        "--operator-token",
        OPERATOR,
        "--trusted-issuer",
        &issuer.setting(),
    ]);
    let stack = plan.start().await;
    stack.canary().remember(OPERATOR);
    stack
}

/// A token that lives for so many seconds from now.
fn token(issuer: &Issuer, subject: &str, seconds: i64) -> String {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let more = json!({"preferred_username": format!("name-of-{subject}"), "name": "Somebody"});
    issuer.token(subject, now, seconds, &more)
}

async fn ask(api: &Api, token: &str, method: &str, path: &str) -> system_tests::http::Answer {
    let request = api.request(method, path).bearer(token);
    request.json(&json!({})).send().await
}

#[tokio::test]
async fn a_token_of_a_trusted_issuer_signs_in_renews_and_names_its_user() {
    let issuer = Issuer::start(Algorithm::RS256);
    let stack = trusting(&issuer).await;
    let (first, next) = (token(&issuer, "u1", 300), token(&issuer, "u1", 600));
    let mut ada = stack.connect("soup").await;
    let welcome = ada.auth(&first).await["session"].clone();
    assert_eq!(welcome["user"]["name"], "Somebody");
    ada.say("add 2 eggs").await;

    let same = ada.auth(&first).await["session"].clone();
    assert_same(
        "the expiry",
        time_of(&same["expires_at"]),
        time_of(&welcome["expires_at"]),
    );
    let moved = ada.auth(&next).await["session"].clone();
    let ends = |session: &Value| session["expires_at"].as_str().unwrap().to_owned();
    assert!(ends(&moved) > ends(&welcome), "{moved}");
    assert_eq!(moved["id"], welcome["id"]);
    ada.say("add 1 onion").await;

    let mut bob = stack.connect("soup").await;
    let bobs = bob.auth(&token(&issuer, "u2", 300)).await["session"].clone();
    assert_ne!(bobs["user"]["id"], welcome["user"]["id"]);
    bob.send_auth(json!({"token": next})).await;
    bob.until_close(1008, "Token belongs to another user").await;
    let expired = token(&issuer, "u1", 0);
    ada.send_auth(json!({"token": expired})).await;
    ada.until_close(1008, "Invalid token").await;
}

#[tokio::test]
async fn what_ends_a_login_session_ends_one_of_a_trusted_issuer() {
    let issuer = Issuer::start(Algorithm::ES256);
    let mut stack = trusting(&issuer).await;
    let api = stack.api();
    let (signs_out, disabled) = (token(&issuer, "u1", 300), token(&issuer, "u2", 300));
    for token in [&signs_out, &disabled] {
        let mut client = stack.connect("soup").await;
        client.auth(token).await;
        if *token == signs_out {
            ask(&api, token, "POST", "/v1/auth/logout")
                .await
                .expect(204);
        } else {
            let url = stack.auth().url();
            let mut command = recipe_chat(&["users", "disable", "name-of-u2"]);
            command
                .env("EDGE_AUTH_URL", url)
                .env("AUTH_OPERATOR_TOKEN", OPERATOR);
            let ended = Process::start("users", command).ended().await;
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        }
        let close = client.until_close(1008, "Session revoked");
        within_at_most(WITHIN + SLACK, "the close", close).await;
        ask(&api, token, "GET", "/v1/account").await.problem(401);
        let mut again = stack.connect("soup").await;
        again.send_auth(json!({"token": token})).await;
        again.until_close(1008, "Invalid token").await;
    }
}

#[tokio::test]
async fn of_a_user_of_a_trusted_issuer_who_leaves_nothing_is_left() {
    let issuer = Issuer::start(Algorithm::EdDSA);
    let mut stack = trusting(&issuer).await;
    let api = stack.api();
    let token = token(&issuer, "the-subject-of-ada", 300);
    let mut ada = stack.connect("soup").await;
    ada.auth(&token).await;
    ada.say("add 2 eggs").await;
    let export = ask(&api, &token, "GET", "/v1/account/export").await;
    let id = export.expect(200).json()["account"]["user"]["id"].clone();
    let id = id.as_str().unwrap();
    let file = file_of(stack.auth());
    assert!(!rows_with(&file, &["the-subject-of-ada"]).is_empty());

    ask(&api, &token, "DELETE", "/v1/account").await.expect(204);
    let close = ada.until_close(1008, "Session revoked");
    within_at_most(WITHIN + SLACK, "the close of who left", close).await;
    for file in [file, file_of(stack.chat())] {
        let left = rows_with(&file, &[id, "the-subject-of-ada"]);
        assert!(left.is_empty(), "{left:#?}");
    }
}

#[tokio::test]
async fn an_issuer_that_says_nothing_makes_newcomers_try_again() {
    let issuer = Issuer::start(Algorithm::EdDSA);
    issuer.behave(Behaviour::Silent);
    let stack = trusting(&issuer).await;
    let token = token(&issuer, "u1", 300);
    let mut ada = stack.connect("soup").await;
    ada.send_auth(json!({"token": token})).await;
    ada.until_close(1013, "Try again later").await;
    ask(&stack.api(), &token, "GET", "/v1/account")
        .await
        .problem(503);
}

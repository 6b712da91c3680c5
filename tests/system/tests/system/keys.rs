//! What the runbook has an operator do with signing keys: change them, and throw away one that was stolen.

use std::time::Duration;

use serde_json::json;
use system_tests::{
    binary::recipe_chat,
    forge,
    http::Api,
    process::Process,
    stack::{Plan, Stack},
    timeouts::{SLACK, within_at_most},
};

const OPERATOR: &str = "operator-of-this-kitchen";
/// How soon a revoked key counts nowhere.
const WITHIN: Duration = Duration::from_secs(60);

fn plan() -> Plan {
    Plan::apart(1).auth(&["--operator-token", OPERATOR])
}

async fn keys(stack: &mut Stack, arguments: &[&str]) -> String {
    stack.canary().remember(OPERATOR);
    let url = stack.auth().url();
    let words = ["keys"].iter().chain(arguments).copied();
    let mut command = recipe_chat(&words.collect::<Vec<_>>());
    command
        .env("EDGE_AUTH_URL", url)
        .env("AUTH_OPERATOR_TOKEN", OPERATOR);
    let ended = Process::start("keys", command).ended().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    ended.stdout
}

/// The keys of a state, as `keys list` tells them.
async fn keys_that_are(stack: &mut Stack, state: &str) -> Vec<String> {
    let listed = keys(stack, &["list"]).await;
    let words = listed.lines().map(|line| line.split_whitespace());
    words
        .filter_map(|mut words| Some((words.next()?.to_owned(), words.next()?)))
        .filter(|(_, found)| *found == state)
        .map(|(kid, _)| kid)
        .collect()
}

async fn published(api: &Api) -> String {
    let answer = api.get("/.well-known/jwks.json").send().await.expect(200);
    answer.text()
}

#[tokio::test]
async fn a_revoked_key_counts_nowhere_and_everybody_is_asked_to_authenticate_again() {
    let mut stack = plan().edge(&["--reauth-grace", "5s"]).start().await;
    let (api, ada) = (stack.api(), stack.register("ada").await);
    let mut honest = stack.join(&ada, "soup").await;
    let mut thief = stack.join(&ada, "soup").await;
    let stolen = keys_that_are(&mut stack, "signing").await;
    let next = keys_that_are(&mut stack, "next").await;

    let told = keys(&mut stack, &["revoke", &stolen[0]]).await;

    assert!(told.contains("is revoked"), "{told}");
    let recipes = api.get("/v1/recipes").bearer(&ada.access_token);
    recipes.send().await.problem(401);
    assert!(!published(&api).await.contains(&stolen[0]));
    assert_eq!(keys_that_are(&mut stack, "signing").await, next);
    assert_eq!(keys_that_are(&mut stack, "revoked").await, stolen);
    let fresh = ada.refresh(&api).await;
    assert_eq!(forge::header(&fresh.access_token)["kid"], next[0]);

    let asked = within_at_most(WITHIN, "a review", honest.until("auth_required")).await;
    assert_eq!(asked["reason"], "Session review requested");
    honest.auth(&fresh.access_token).await;
    honest.say("I go on").await;
    let closed = thief.until_close(1008, "Re-authentication timeout");
    within_at_most(WITHIN + SLACK, "the close", closed).await;
}

#[tokio::test]
async fn keys_rotate_at_a_word_and_nobody_notices() {
    let mut stack = plan().start().await;
    let (api, ada) = (stack.api(), stack.register("ada").await);
    let mut client = stack.join(&ada, "soup").await;
    let old = keys_that_are(&mut stack, "signing").await;

    let told = keys(&mut stack, &["rotate"]).await;

    let (kid, _) = told.split_once(' ').unwrap();
    assert!(told.contains("signs from") && old != [kid], "{told}");
    assert!(published(&api).await.contains(kid));
    let recipes = api.get("/v1/recipes").bearer(&ada.access_token);
    recipes.send().await.expect(200);
    let mut fresh = ada.refresh(&api).await;
    while forge::header(&fresh.access_token)["kid"] != kid {
        tokio::time::sleep(Duration::from_millis(500)).await;
        fresh = fresh.refresh(&api).await;
    }
    client.auth(&fresh.access_token).await;
    client.say("I go on").await;
    assert_eq!(keys_that_are(&mut stack, "retired").await, old);
}

#[tokio::test]
async fn keys_in_a_folder_are_not_in_the_database_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let key_dir = folder.path().join("keys");
    let flags = ["--key-dir", key_dir.to_str().unwrap()];
    let mut stack = Plan::apart(1).auth(&flags).start().await;
    let (api, ada) = (stack.api(), stack.register("ada").await);

    while_auth_is_stopped(
        &mut stack,
        "CREATE TEMP TABLE empty (n INTEGER CHECK (n = 0)); \
         INSERT INTO empty SELECT count(*) FROM signing_keys; \
         INSERT INTO empty SELECT count(*) FROM secrets",
    )
    .await;

    let recipes = api.get("/v1/recipes").bearer(&ada.access_token);
    recipes.send().await.expect(200);
    ada.refresh(&api).await;
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
async fn without_the_sessions_everybody_is_signed_out() {
    let mut stack = Plan::apart(1).start().await;
    let (api, ada) = (stack.api(), stack.register("ada").await);

    while_auth_is_stopped(&mut stack, "DELETE FROM sessions").await;

    let body = json!({"refresh_token": ada.refresh_token});
    api.post("/v1/auth/refresh", &body)
        .send()
        .await
        .problem(401);
    ada.login(&api).await;
}

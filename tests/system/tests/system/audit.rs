//! `recipe-chat audit`: operators find who signed in, was refused or shut out, and what operators did.

use serde_json::{Value, json};
use system_tests::{
    binary::recipe_chat,
    process::{Ended, Process},
    stack::{Plan, Stack},
    timeouts::within,
};

const BOB: &str = "the-token-of-bob-0123";

async fn as_bob(stack: &mut Stack, words: &[&str]) -> Ended {
    let url = stack.auth().url();
    let mut command = recipe_chat(words);
    command
        .env("EDGE_AUTH_URL", url)
        .env("AUTH_OPERATOR_TOKEN", BOB);
    let ended = Process::start("recipe-chat", command).ended().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    ended
}

/// The events that these words find, the newest first.
async fn events(stack: &mut Stack, words: &[&str]) -> Vec<Value> {
    let found = as_bob(stack, &[&["audit", "--json"], words].concat()).await;
    let lines = found.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

async fn tells_what_happened(plan: Plan) {
    let tokens = format!("bob={BOB}");
    let mut stack = plan.auth(&["--operator-tokens", &tokens]).start().await;
    stack.canary().remember(BOB);
    let ada = stack.register("ada").await;
    let wrong = json!({"username": ada.name, "password": "not-the-password"});
    let refused = stack.api().post("/v1/auth/login", &wrong).send().await;
    let request_id = refused
        .expect(401)
        .header("x-request-id")
        .unwrap()
        .to_owned();
    as_bob(&mut stack, &["users", "disable", &ada.name]).await;

    let of_ada = ["--user", ada.name.as_str(), "--since", "1h"];
    // Each question is a process, so that there is nothing to await but its answers.
    let written = async {
        loop {
            let found = events(&mut stack, &of_ada).await;
            if found.len() == 3 {
                return found;
            }
        }
    };
    let found = within("events that are written", written).await;

    let kinds: Vec<_> = found.iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["disable_user", "login", "register"]);
    assert_eq!(found[0]["operator"], "bob");
    assert_eq!(found[1]["outcome"], "bad_credentials");
    assert_eq!(found[1]["client_address"], "127.0.0.1");
    assert_eq!(found[1]["request_id"], request_id);
    assert_eq!(found[2]["username"], ada.name);
    let text = as_bob(&mut stack, &["audit", "--user", &ada.name, "--limit", "2"]).await;
    assert_eq!(text.stdout.lines().count(), 4, "{}", text.stdout);
    assert!(
        text.stdout.contains("# more: recipe-chat audit --before "),
        "{}",
        text.stdout
    );
    for secret in [ada.password.as_str(), "not-the-password"] {
        assert!(!text.stdout.contains(secret) && !format!("{found:?}").contains(secret));
    }
    assert!(
        events(&mut stack, &["--kind", "rotate_keys"])
            .await
            .is_empty()
    );
    // It is in the database, not in the process.
    stack.auth().restart().await;
    assert_eq!(events(&mut stack, &of_ada).await.len(), 3);
}

#[tokio::test]
async fn operators_find_what_happened_on_sqlite() {
    tells_what_happened(Plan::apart(1)).await;
}

#[tokio::test]
async fn operators_find_what_happened_on_postgresql() {
    tells_what_happened(Plan::apart(1).with_postgres()).await;
}

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
    let (auth, chat) = (stack.auth().url(), stack.chat().url());
    let mut command = recipe_chat(words);
    command
        .env("EDGE_AUTH_URL", auth)
        .env("EDGE_CHAT_URL", chat)
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
    let plan = plan.auth(&["--operator-tokens", &tokens]);
    let mut stack = plan.chat(&["--chat-operator-token", BOB]).start().await;
    stack.canary().remember(BOB);
    let ada = stack.register("ada").await;
    let made = json!({"id": "soup", "title": "Soup"});
    let soup = stack
        .api()
        .post("/v1/recipes", &made)
        .bearer(&ada.access_token);
    soup.send().await.expect(201);
    let link = json!({"role": "viewer"});
    let link = stack
        .api()
        .post("/v1/recipes/soup/links", &link)
        .bearer(&ada.access_token);
    let link = link.send().await.expect(201).json();
    let mut client = stack.join(&ada, "soup").await;
    client.say("/public").await;
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
    told_of_recipes(&mut stack, &ada.id, &link).await;
    // It is in the database, not in the process.
    stack.auth().restart().await;
    assert_eq!(events(&mut stack, &of_ada).await.len(), 3);
}

async fn told_of_recipes(stack: &mut Stack, ada: &str, link: &Value) {
    let of_soup = ["--chat", "--recipe", "soup", "--user", ada];
    let written = async {
        loop {
            let found = events(&mut *stack, &of_soup).await;
            if found.len() == 2 {
                return found;
            }
        }
    };
    let found = within("events that are written", written).await;
    assert_eq!(found[0]["kind"], "access");
    let about = found[0]["about"].as_str().unwrap();
    assert!(about.contains("public"), "{found:?}");
    assert_eq!(found[1]["kind"], "create_link");
    assert_eq!(found[1]["about"], link["id"]);
    let url = stack.chat().url();
    let mut stranger = recipe_chat(&["audit", "--chat", "--chat-url", &url]);
    stranger.env("AUTH_OPERATOR_TOKEN", "the-token-of-eve-0123");
    let refused = Process::start("recipe-chat", stranger).ended().await;
    assert!(
        refused.stderr.contains("For operators only"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn operators_find_what_happened_on_sqlite() {
    tells_what_happened(Plan::apart(1)).await;
}

#[tokio::test]
async fn operators_find_what_happened_on_postgresql() {
    tells_what_happened(Plan::apart(1).with_postgres()).await;
}

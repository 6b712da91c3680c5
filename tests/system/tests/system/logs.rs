//! What an operator reads in the logs.

use serde_json::Value;
use system_tests::{
    stack::{Plan, Stack},
    timeouts::eventually,
};

/// What the edge said when connections ended, as fields with those of the connection itself.
fn summaries(stack: &Stack) -> Vec<Value> {
    let said = stack.edges[0].process().stderr();
    let lines = said
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_summary = |line: &Value| {
        let message = line["message"].as_str().unwrap_or_default();
        message.starts_with("connection ended")
    };
    lines.filter(is_summary).collect()
}

#[tokio::test]
async fn every_connection_ends_with_one_line_that_sums_it_up() {
    let flags = ["--log-format", "json"];
    let stack = Plan::together().log("info").edge(&flags).start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.connect("soup").await;
    let welcome = client.auth(&ada.access_token).await;
    for content in ["add 2 eggs", "hello"] {
        client.say(content).await;
    }
    client.leave().await;
    let mut stranger = stack.connect("soup").await;
    stranger.send_text("hello").await;
    stranger
        .expect_close(1008, "First message must be auth")
        .await;
    eventually("both to be summed up", async || {
        summaries(&stack).len() == 2
    })
    .await;

    let told = summaries(&stack);
    let of = |authenticated: bool| {
        let found = told
            .iter()
            .find(|line| line["authenticated"] == authenticated);
        found.expect("a summary").clone()
    };
    let known = of(true);
    assert_eq!(known["level"], "INFO");
    assert_eq!(known["messages"], 2, "{known}");
    assert_eq!(known["close.reason"], "left", "{known}");
    assert_eq!(known["span"]["recipe.id"], "soup", "{known}");
    assert_eq!(known["span"]["user.id"], ada.id.as_str(), "{known}");
    assert!(known["span"]["session.id"].is_string(), "{known}");
    let connection = &welcome["session"]["connection"];
    assert_eq!(&known["span"]["connection.id"], connection, "{known}");
    let unknown = of(false);
    assert_eq!(unknown["close.code"], 1008, "{unknown}");
    assert_eq!(
        unknown["close.reason"], "First message must be auth",
        "{unknown}"
    );
}

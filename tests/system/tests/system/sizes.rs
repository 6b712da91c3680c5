//! Whatever is in a recipe and said about it: every frame stays within its limit, and nobody is kept out by it.
//! `client` holds each frame that it reads against the limit.

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    client::{Event, chat_message, new_id},
    http::Answer,
    stack::{Plan, Stack},
};

use crate::faults::tell;

/// How large a recipe is in JSON, at most.
const MAX_RECIPE: usize = 256 << 10;

async fn stack() -> Stack {
    Plan::together()
        .edge(&["--message-rate", "0"])
        .start()
        .await
}

async fn put(stack: &Stack, who: &Account, recipe: &Value) -> Answer {
    let put = stack.api().request("PUT", "/v1/recipes/soup").json(recipe);
    put.bearer(&who.access_token).send().await
}

/// A recipe of so many steps of 1,900 characters that are four bytes each.
fn recipe(steps: usize) -> Value {
    let steps = vec![json!({"text": "😀".repeat(1_900)}); steps];
    json!({"title": "Soup", "steps": steps})
}

#[tokio::test]
async fn control_characters_keep_nobody_out() {
    let stack = stack().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let refused = client.try_say(&new_id(), &"\u{7}".repeat(4_000)).await;
    assert_eq!(refused.unwrap_err()["code"], "invalid_message");
    for _ in 0..50 {
        let id = new_id();
        let content = "\u{7}".repeat(3_999) + "a";
        client.send_json(&chat_message(&id, &content)).await;
        let answer = client.answer_to(&id).await;
        assert_eq!(answer["payload"]["message"]["content"], "a");
    }

    let joined = stack.connect("soup").await.auth(&ada.access_token).await;

    assert_eq!(joined["messages"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn a_large_recipe_and_long_messages_keep_nobody_out() {
    let stack = stack().await;
    let ada = stack.register("ada").await;
    put(&stack, &ada, &recipe(34)).await.expect(201);
    let mut client = stack.join(&ada, "soup").await;
    for _ in 0..50 {
        client.say(&"😀".repeat(4_000)).await;
    }

    for _ in 0..2 {
        let joined = client.auth(&ada.access_token).await;
        assert!(joined["recipe"].to_string().len() > MAX_RECIPE - 10_000);
        let messages = joined["messages"].as_array().unwrap();
        let bytes = joined.to_string().len();
        tell(
            "large recipe",
            &json!({"answer_bytes": bytes, "messages": messages.len()}),
        );
        assert!((10..50).contains(&messages.len()), "{}", messages.len());
        assert_eq!(messages.last().unwrap()["revision"], joined["revision"]);
        assert_eq!(joined["messages_truncated"], true);
        client = stack.connect("soup").await;
    }
}

#[tokio::test]
async fn who_missed_more_than_fits_comes_back_with_the_newest() {
    let stack = stack().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let first = client.say("see you later").await;
    for n in 0..269 {
        client.say(&format!("{n} {}", "x".repeat(3_990))).await;
    }

    let mut late = stack.connect("soup").await;
    let known = json!({"token": ada.access_token, "revision": first["revision"]});
    let joined = late.auth_with(known).await;

    let messages = joined["messages"].as_array().unwrap();
    let bytes = joined.to_string().len();
    tell(
        "much missed",
        &json!({"answer_bytes": bytes, "messages": messages.len()}),
    );
    // What was missed does not fit: a fresh start is the latest fifty.
    assert_eq!((messages.len(), &joined["recovered"]), (50, &json!(false)));
    assert_eq!(messages.last().unwrap()["revision"], 270);
    assert_eq!(joined["messages_truncated"], true);
}

#[tokio::test]
async fn a_recipe_that_would_be_too_large_is_refused_when_it_is_made() {
    let stack = stack().await;
    let ada = stack.register("ada").await;

    let problem = put(&stack, &ada, &recipe(40)).await.problem(422);
    assert!(problem.to_string().contains("256 KiB"), "{problem}");
    put(&stack, &ada, &recipe(34)).await.expect(201);
    put(&stack, &ada, &recipe(40)).await.problem(422);

    let mut client = stack.join(&ada, "soup").await;
    let step = format!("add step: {}", "😀".repeat(1_900));
    let said = client.say(&step).await;
    let said = client.say(&step).await["message"]["hint"]
        .clone()
        .to_string()
        + &said.to_string();
    assert!(said.contains("larger than 256 KiB"), "{said}");
    assert!(client.say("remove step 1").await["message"]["effect"].is_string());
}

#[tokio::test]
async fn a_nul_in_a_message_is_answered_once() {
    let stack = stack().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let id = new_id();

    client.send_json(&chat_message(&id, "add 1\0 egg")).await;
    client.answer_to(&id).await;
    let ping = client.send("ping", json!({})).await;
    client.answer_to(&ping).await;
    client.say("and on").await;

    // Nothing was set aside: each answer was the only frame about its message.
    let next = client.next_within(std::time::Duration::ZERO).await;
    assert_eq!(next, None::<Event>);
    let mut other = stack.connect("soup").await;
    let joined = other.auth(&ada.access_token).await;
    assert_eq!(joined["messages"][0]["content"], "add 1 egg");
}

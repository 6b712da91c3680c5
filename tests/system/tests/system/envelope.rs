//! Every answer names its question: envelopes, error codes, and what is tolerated.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    client::{Event, new_id},
    stack::Plan,
};
use tokio::time::sleep;

#[track_caller]
fn assert_error(error: &Value, code: &str, retryable: bool) {
    assert_eq!(error["code"], code, "{error}");
    assert_eq!(error["retryable"], retryable, "{error}");
    assert!(error["message"].is_string(), "{error}");
}

#[tokio::test]
async fn a_ping_is_answered_by_a_pong_that_names_it() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;

    let id = client.send("ping", json!({})).await;

    let pong = client.answer_to(&id).await;
    assert_eq!(pong["type"], "pong");
}

#[tokio::test]
async fn an_invalid_message_is_answered_and_changes_nothing() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let long_id = "i".repeat(129);
    let said = json!({"content": "hi"});
    let invalid = [
        (
            "no such type",
            json!({"type": "shout", "id": "1", "payload": said}),
        ),
        (
            "a server's type",
            json!({"type": "recipe_update", "id": "1", "payload": {}}),
        ),
        ("no type", json!({"id": "1", "payload": said})),
        ("no payload", json!({"type": "chat_message", "id": "1"})),
        (
            "a payload that is a list",
            json!({"type": "chat_message", "id": "1", "payload": []}),
        ),
        (
            "no content",
            json!({"type": "chat_message", "id": "1", "payload": {}}),
        ),
        (
            "a content that is a number",
            json!({"type": "chat_message", "id": "1", "payload": {"content": 7}}),
        ),
        (
            "an empty content",
            json!({"type": "chat_message", "id": "1", "payload": {"content": ""}}),
        ),
        (
            "a blank content",
            json!({"type": "chat_message", "id": "1", "payload": {"content": " \n\t "}}),
        ),
        ("no id", json!({"type": "chat_message", "payload": said})),
        (
            "an empty id",
            json!({"type": "chat_message", "id": "", "payload": said}),
        ),
        (
            "a long id",
            json!({"type": "chat_message", "id": long_id, "payload": said}),
        ),
        (
            "an id that is a number",
            json!({"type": "chat_message", "id": 1, "payload": said}),
        ),
    ];
    for (fault, message) in invalid {
        client.send_json(&message).await;
        let error = client.expect("error").await;
        assert_error(&error, "invalid_message", false);
        if message["id"] == "1" {
            assert_eq!(error["in_reply_to"], "1", "{fault}: {error}");
        }
    }
    for text in ["hello", "[]", "7"] {
        client.send_text(text).await;
        assert_error(&client.expect("error").await, "invalid_message", false);
    }
    assert_eq!(client.say("still here").await["revision"], 1);
}

#[tokio::test]
async fn twenty_invalid_messages_close_the_connection() {
    let stack = Plan::together()
        .edge(&["--message-rate", "0"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;

    for number in 1..20 {
        client.send_text("nonsense").await;
        assert_error(&client.expect("error").await, "invalid_message", false);
        if number == 10 {
            client.say("a good one between them forgives nothing").await;
        }
    }
    client.send_text("nonsense").await;

    let end = client.end().await;
    assert_eq!(
        end,
        Event::Closed(1008, "Too many invalid messages".to_owned())
    );
}

#[tokio::test]
async fn a_content_may_have_four_thousand_characters_after_trimming() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;

    for content in ["a".repeat(4_000), "é".repeat(4_000), "🍲".repeat(4_000)] {
        let update = client.say(&format!("  \n{content}\t ")).await;
        assert_eq!(update["message"]["content"], content.as_str());
    }
    for content in ["a".repeat(4_001), "é".repeat(4_001)] {
        let error = client.try_say(&new_id(), &content).await.unwrap_err();
        assert_error(&error, "message_too_long", false);
    }
}

#[tokio::test]
async fn what_the_contract_tolerates_is_tolerated() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.connect("soup").await;
    let more = json!({"token": ada.access_token, "colour": "red", "traceparent": "nonsense"});
    client.auth_with(more).await;
    let longest = "i".repeat(128);
    let traced = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let tolerated = [
        json!({"type": "chat_message", "id": "no-timestamp", "payload": {"content": "hi"}}),
        json!({"type": "chat_message", "id": longest, "payload": {"content": "hi"}}),
        json!({"type": "chat_message", "id": "é 🍲", "payload": {"content": "hi"}}),
        json!({"type": "chat_message", "id": "more-keys", "more": [1], "payload": {"content": "hi", "x": {}}}),
        json!({"type": "chat_message", "id": "past", "timestamp": "1999-01-01T00:00:00Z", "payload": {"content": "hi"}}),
        json!({"type": "chat_message", "id": "traced", "payload": {"content": "hi", "traceparent": traced}}),
        json!({"type": "chat_message", "id": "untraced", "payload": {"content": "hi", "traceparent": "x"}}),
    ];
    for message in tolerated {
        client.send_json(&message).await;
        let answer = client.answer_to(message["id"].as_str().unwrap()).await;
        assert_eq!(answer["type"], "recipe_update", "{message}: {answer}");
    }
}

#[tokio::test]
async fn a_flood_is_rate_limited_and_told_when_to_come_again() {
    let stack = Plan::together()
        .edge(&["--message-rate", "5", "--message-burst", "5"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let mut limited = None;

    for number in 0..30 {
        let id = new_id();
        if let Err(error) = client.try_say(&id, &format!("message {number}")).await {
            assert_error(&error, "rate_limited", true);
            assert_eq!(error["in_reply_to"], id.as_str());
            limited = Some((number, id, error["retry_after_ms"].as_u64()));
            break;
        }
    }

    let (accepted, id, wait) = limited.expect("thirty messages at once are too many");
    assert!(accepted >= 5, "the burst is for {accepted} messages only");
    let wait = wait.expect("retry_after_ms");
    assert!((1..=1_000).contains(&wait), "{wait}");
    sleep(Duration::from_millis(wait + 20)).await;
    client
        .try_say(&id, "the same id, later")
        .await
        .expect("it has waited as told");
}

#[tokio::test]
async fn the_default_rate_allows_a_burst_of_twenty() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;

    for number in 0..20 {
        client.say(&format!("message {number}")).await;
    }
}

#[tokio::test]
async fn the_same_id_with_another_content_is_a_conflict() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let id = new_id();
    client.try_say(&id, "add 1 cup milk").await.unwrap();

    let error = client.try_say(&id, "add 2 cups milk").await.unwrap_err();

    assert_error(&error, "conflict", false);
    assert_eq!(error["in_reply_to"], id.as_str());
    assert_eq!(client.say("and on it goes").await["revision"], 2);
}

#[tokio::test]
async fn every_question_gets_exactly_one_answer() {
    let stack = Plan::together()
        .edge(&["--message-rate", "0"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let mut asked = Vec::new();
    for number in 0..10 {
        asked.push(client.send("ping", json!({})).await);
        asked.push(
            client
                .send("chat_message", json!({"content": format!("{number}")}))
                .await,
        );
        asked.push(client.send("chat_message", json!({"content": ""})).await);
    }
    asked.push(
        client
            .send("auth", json!({"token": ada.access_token}))
            .await,
    );
    let answered = client.until_silence(Duration::from_millis(500)).await;
    let mut answered: Vec<&str> = answered
        .iter()
        .filter_map(|answer| answer["payload"]["in_reply_to"].as_str())
        .collect();
    answered.sort_unstable();
    asked.sort_unstable();
    assert_eq!(answered, asked);
}

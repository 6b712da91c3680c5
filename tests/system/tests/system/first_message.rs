//! The first seconds of a connection: what is said first, and by when.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    frames::{self, PING, TEXT, masked, read_frame},
    stack::Plan,
    timeouts::{assert_between, within},
};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep, timeout_at},
};

/// The seed's `test_websocket_auth_timeout`.
#[tokio::test]
async fn a_silent_connection_is_closed_after_five_seconds() {
    let stack = Plan::together().start().await;
    let started = Instant::now();
    let mut client = stack.connect("soup").await;

    client.expect_close(1008, "Authentication timeout").await;

    let five = Duration::from_secs(5);
    assert_between("the close", started.elapsed(), five, five);
}

/// The seed's `test_websocket_auth_message_required`.
#[tokio::test]
async fn the_first_message_must_be_auth() {
    let stack = Plan::together().start().await;
    let deep = "[".repeat(4_000);
    let first_messages = [
        json!({"type": "chat_message", "payload": {"content": "hi"}}).to_string(),
        json!({"type": "chat_message", "id": "1", "payload": {"content": "hi"}}).to_string(),
        json!({"type": "ping", "id": "1", "payload": {}}).to_string(),
        json!({"type": "recipe_update", "id": "1", "payload": {}}).to_string(),
        json!({"type": "AUTH", "id": "1", "payload": {"token": "t"}}).to_string(),
        json!({"type": ["auth"], "payload": {"token": "t"}}).to_string(),
        json!({"type": null, "payload": {"token": "t"}}).to_string(),
        json!({"payload": {"token": "t"}}).to_string(),
        json!([{"type": "auth"}]).to_string(),
        json!("auth").to_string(),
        "{}".to_owned(),
        "7".to_owned(),
        "null".to_owned(),
        String::new(),
        "hello".to_owned(),
        "{\"type\":\"auth\"".to_owned(),
        "{\"type\":\"auth\",\"payload\":{\"token\":\"t\"}} trailing".to_owned(),
        deep,
    ];
    for text in first_messages {
        let mut client = stack.connect("soup").await;
        client.send_text(&text).await;
        let event = client.next().await;
        let expected =
            system_tests::client::Event::Closed(1008, "First message must be auth".into());
        assert_eq!(event, expected, "{:?}", &text[..text.len().min(100)]);
    }
}

#[tokio::test]
async fn an_auth_without_a_token_is_told_so() {
    let stack = Plan::together().start().await;
    let without = [
        json!({"type": "auth"}),
        json!({"type": "auth", "payload": null}),
        json!({"type": "auth", "payload": "token"}),
        json!({"type": "auth", "payload": []}),
        json!({"type": "auth", "payload": {}}),
        json!({"type": "auth", "token": "t"}),
        json!({"type": "auth", "payload": {"token": ""}}),
        json!({"type": "auth", "payload": {"token": null}}),
        json!({"type": "auth", "payload": {"token": 7}}),
        json!({"type": "auth", "payload": {"token": ["t"]}}),
        json!({"type": "auth", "payload": {"token": {"t": 1}}}),
        json!({"type": "auth", "payload": {"Token": "t"}}),
    ];
    for message in without {
        let mut client = stack.connect("soup").await;
        client.send_json(&message).await;
        let event = client.next().await;
        let expected = system_tests::client::Event::Closed(1008, "Missing auth token".into());
        assert_eq!(event, expected, "{message}");
    }
}

#[tokio::test]
async fn id_and_timestamp_may_be_missing_on_auth() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    assert!(stack.api().make_recipe(&ada.access_token, "soup").await);
    let mut client = stack.connect("soup").await;

    client
        .send_json(&json!({"type": "auth", "payload": {"token": ada.access_token}}))
        .await;

    let update = client.expect("recipe_update").await;
    assert_eq!(
        update["session"]["user"],
        json!({"id": ada.id, "name": ada.name})
    );
    assert_eq!(
        update.get("in_reply_to").unwrap_or(&Value::Null),
        &Value::Null
    );
}

#[tokio::test]
async fn pings_fragments_and_trickled_bytes_buy_no_time() {
    let stack = Plan::together()
        .edge(&["--auth-timeout", "1s"])
        .start()
        .await;
    let started = Instant::now();
    let mut stream = stack.connect("soup").await.into_raw();
    let fragment = masked(TEXT, false, b"{\"type\":\"auth\",\"payload\":{");
    stream.write_all(&fragment).await.unwrap();

    let close = within("the close", async {
        loop {
            let more = [
                masked(PING, true, b"still here"),
                masked(frames::CONTINUATION, false, b" "),
            ];
            stream.write_all(&more.concat()).await.ok();
            // A trickle: pongs come at once, the next bytes go out a moment later.
            let pause = Instant::now() + Duration::from_millis(50);
            while let Ok(read) = timeout_at(pause, read_frame(&mut stream)).await {
                match read {
                    Ok(Some(frame)) if frame.opcode == frames::CLOSE => return frame.close(),
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => return None,
                }
            }
        }
    })
    .await;

    assert_eq!(close, Some((1008, "Authentication timeout".to_owned())));
    let second = Duration::from_secs(1);
    assert_between("the close", started.elapsed(), second, second);
}

#[tokio::test]
async fn an_auth_in_fragments_and_single_bytes_is_understood_in_time() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    assert!(stack.api().make_recipe(&ada.access_token, "soup").await);
    let text = json!({"type": "auth", "payload": {"token": ada.access_token}}).to_string();
    let (head, tail) = text.as_bytes().split_at(text.len() / 2);
    let mut stream = stack.connect("soup").await.into_raw();
    let bytes = [
        masked(TEXT, false, head),
        masked(frames::CONTINUATION, true, tail),
    ]
    .concat();

    for piece in bytes.chunks(64) {
        stream.write_all(piece).await.unwrap();
        stream.flush().await.unwrap();
        sleep(Duration::from_millis(1)).await;
    }

    let frame = within("the first update", read_frame(&mut stream))
        .await
        .unwrap()
        .unwrap();
    let update: Value = serde_json::from_slice(&frame.payload).unwrap();
    assert_eq!(update["type"], "recipe_update");
}

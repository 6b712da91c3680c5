//! What one client, and one user over all of their connections, may ask for.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::test_edge::{Client, TestEdge};

const TOO_MANY: &str = "Too many messages";

/// Ends the test unless it is a refusal that names `id` and says when to try again.
#[track_caller]
fn assert_refused(answer: &Value, id: &str) {
    let payload = &answer["payload"];
    assert_eq!(payload["code"], "rate_limited", "{answer}");
    assert_eq!(payload["in_reply_to"], id, "{answer}");
    assert_eq!(payload["retryable"], true, "{answer}");
    assert!(payload["retry_after_ms"].as_u64() > Some(0), "{answer}");
}

async fn ping(client: &mut Client, id: &str) -> Value {
    let ping = json!({ "type": "ping", "id": id, "payload": {} });
    client.send(&ping).await;
    client.next().await
}

#[tokio::test(start_paused = true)]
async fn twenty_pings_at_once_are_answered_and_two_a_second_after_that() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    for _ in 0..20 {
        assert_eq!(ping(&mut ada, "p").await["type"], "pong");
    }
    assert_refused(&ping(&mut ada, "p21").await, "p21");
    sleep(Duration::from_millis(500)).await;
    assert_eq!(ping(&mut ada, "p").await["type"], "pong");
    assert_refused(&ping(&mut ada, "p22").await, "p22");
}

#[tokio::test(start_paused = true)]
async fn twenty_auths_at_once_are_answered_and_two_a_second_after_that() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    for _ in 0..20 {
        ada.auth("ada:900").await;
        assert_eq!(ada.next().await["type"], "recipe_update");
    }
    ada.auth("ada:900").await;
    assert_refused(&ada.next().await, "a");
    sleep(Duration::from_millis(500)).await;
    ada.auth("ada:900").await;
    assert_eq!(ada.next().await["type"], "recipe_update");
}

#[tokio::test(start_paused = true)]
async fn an_auth_that_names_the_current_revision_gets_no_messages_again() {
    let test_edge = TestEdge::open(&[]).await;
    for index in 0..30 {
        test_edge.chat.say(&format!("m{index}"), "hello");
    }
    let (mut ada, welcome) = test_edge.enter("ada:900").await;
    let revision = &welcome["payload"]["revision"];
    let auth = json!({ "type": "auth", "payload": { "token": "ada:900", "revision": revision } });
    ada.send(&auth).await;
    let answer = ada.next().await;
    assert_eq!(answer["payload"]["messages"], json!([]));
    assert!(answer["payload"]["session"].is_object());
}

#[tokio::test(start_paused = true)]
async fn the_hundredth_refusal_in_a_minute_ends_the_connection() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    for _ in 0..20 {
        assert_eq!(ping(&mut ada, "p").await["type"], "pong");
    }
    for _ in 0..100 {
        assert_refused(&ping(&mut ada, "p").await, "p");
    }
    assert_eq!(ada.closed().await, (1008, TOO_MANY.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn refusals_of_long_ago_are_forgotten() {
    let test_edge = TestEdge::open(&["--control-rate", "1", "--control-burst", "1"]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    for _ in 0..3 {
        assert_eq!(ping(&mut ada, "p").await["type"], "pong");
        for _ in 0..60 {
            assert_refused(&ping(&mut ada, "p").await, "p");
        }
        sleep(Duration::from_secs(61)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn control_frames_without_end_end_the_connection() {
    for frame in [Message::Ping(Bytes::new()), Message::Pong(Bytes::new())] {
        let test_edge = TestEdge::open(&[]).await;
        let (mut ada, _) = test_edge.enter("ada:900").await;
        let start = Instant::now();
        for _ in 0..130 {
            ada.send_raw(frame.clone()).await;
        }
        assert_eq!(ada.closed().await, (1008, TOO_MANY.to_owned()));
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn messages_that_are_too_long_are_paced_as_others_are() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    let long = "x".repeat(4_001);
    for _ in 0..20 {
        ada.say("m", &long).await;
        assert_eq!(ada.next().await["payload"]["code"], "message_too_long");
    }
    ada.say("m21", &long).await;
    assert_refused(&ada.next().await, "m21");
}

#[tokio::test(start_paused = true)]
async fn a_user_has_one_pace_over_all_connections() {
    let test_edge = TestEdge::open(&["--message-rate-per-user", "2"]).await;
    let (mut first, _) = test_edge.enter("ada:900").await;
    let (mut second, _) = test_edge.enter("ada:900").await;
    let (mut grace, _) = test_edge.enter("grace:900").await;
    let mut taken = 0;
    for index in 0..10 {
        for (client, other) in [(0, 1), (1, 0)] {
            let clients = [&mut first, &mut second];
            let id = format!("m{client}{index}");
            clients[client].say(&id, "hello").await;
            let answer = clients[client].next().await;
            if answer["type"] == "error" {
                assert_refused(&answer, &id);
                continue;
            }
            taken += 1;
            clients[other].next().await;
            grace.next().await;
        }
    }
    assert_eq!(taken, 8, "four seconds' worth");
    grace.say("g", "another user may").await;
    assert_eq!(grace.next().await["payload"]["in_reply_to"], "g");
}

#[tokio::test(start_paused = true)]
async fn a_user_who_comes_too_often_is_told_to_come_later() {
    let test_edge = TestEdge::open(&["--auth-rate-per-user", "1"]).await;
    for _ in 0..10 {
        test_edge.enter("ada:900").await;
    }
    let mut client = test_edge.connect().await;
    client.auth("ada:900").await;
    let (last, closed) = client.last_words().await;
    assert_eq!(closed, (1013, "Too many connections".to_owned()));
    assert_eq!(last.unwrap()["payload"]["action"], "reconnect");
    test_edge.enter("grace:900").await;
}

//! Every close by the server after `auth` is announced by a frame that says what to do about it.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use proto::websocket::codes::{Close, ClosingAction};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::test_edge::{Client, TestEdge};

/// Ends the test unless the connection ends with this close, announced as the table says.
async fn assert_announced(mut client: Client, close: Close, connection: &Value) {
    let (last, closed) = client.last_words().await;
    assert_eq!(closed, (close.code(), close.reason().to_owned()));
    let last = last.unwrap_or_else(|| panic!("{close:?} was not announced"));
    assert_eq!(last["type"], "closing", "{last}");
    let told = &last["payload"];
    assert_eq!(told["code"], close.code(), "{last}");
    assert_eq!(told["reason"], close.reason(), "{last}");
    assert_eq!(told["action"], json!(close.action()), "{last}");
    match close.retry_after() {
        Some(spread) => {
            let wait = u128::from(told["retry_after_ms"].as_u64().unwrap());
            assert!((spread.start().as_millis()..=spread.end().as_millis()).contains(&wait));
        }
        None => assert_eq!(told["retry_after_ms"], Value::Null, "{last}"),
    }
    if !connection.is_null() {
        assert_eq!(&told["connection"], connection, "{last}");
    }
    assert!(told["connection"].is_string(), "{last}");
}

async fn assert_not_announced(mut client: Client, close: Close) {
    let (last, closed) = client.last_words().await;
    assert_eq!(closed, (close.code(), close.reason().to_owned()));
    assert_eq!(last, None);
}

#[tokio::test(start_paused = true)]
async fn closes_of_a_session_name_the_connection_that_its_first_answer_named() {
    let test_edge = TestEdge::open(&[]).await;
    let now = tokio::time::Instant::now();
    let mut connections = BTreeSet::new();
    for close in [
        Close::SessionRevoked,
        Close::NotAllowed,
        Close::ServiceRestart,
        Close::InvalidToken,
        Close::AnotherUser,
        Close::MissingAuthToken,
        Close::TextFramesOnly,
        Close::MessageTooBig,
        Close::ReauthenticationTimeout,
        Close::TooManyInvalidMessages,
    ] {
        // Each as somebody else: a revoked login stays so.
        let user = format!("u{}", connections.len());
        let (mut client, welcome) = test_edge.enter(&format!("{user}:900")).await;
        let connection = welcome["payload"]["session"]["connection"].clone();
        connections.insert(connection.to_string());
        match close {
            Close::SessionRevoked => {
                let login = format!("login-of-{user}").parse().unwrap();
                test_edge.edge.registry.revoke(&login, now);
            }
            Close::NotAllowed => {
                let recipe = "pancakes".parse().unwrap();
                test_edge
                    .edge
                    .registry
                    .expel(&recipe, &user.parse().unwrap());
            }
            Close::ServiceRestart => {
                for control in test_edge.edge.registry.controls() {
                    control.close(close);
                }
            }
            Close::InvalidToken => client.auth("nonsense").await,
            Close::AnotherUser => client.auth("eve:900").await,
            Close::MissingAuthToken => client.auth("").await,
            Close::TextFramesOnly => client.send_raw(Message::binary(vec![1])).await,
            Close::MessageTooBig => {
                client.send_raw(Message::text("x".repeat(65 << 10))).await;
            }
            Close::TooManyInvalidMessages => {
                for _ in 0..20 {
                    client.send_raw(Message::text("nonsense")).await;
                }
            }
            _ => {}
        }
        assert_announced(client, close, &connection).await;
    }
    assert_eq!(
        connections.len(),
        10,
        "each connection has an id of its own"
    );
}

#[tokio::test(start_paused = true)]
async fn an_auth_that_is_not_taken_is_told_what_to_do() {
    let test_edge = TestEdge::open(&["--max-connections-per-user", "1"]).await;
    let refused = async |token: &str| {
        let mut client = test_edge.connect().await;
        client.auth(token).await;
        client
    };
    let nobody = Value::Null;
    assert_announced(refused("nonsense").await, Close::InvalidToken, &nobody).await;
    assert_announced(refused("stranger:900").await, Close::NotAllowed, &nobody).await;
    let (_ada, _) = test_edge.enter("ada:900").await;
    assert_announced(refused("ada:900").await, Close::TooManyConnections, &nobody).await;
    test_edge.auth.away.store(true, Ordering::SeqCst);
    assert_announced(refused("eve:900").await, Close::TryAgainLater, &nobody).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_has_not_said_who_they_are_gets_the_close_alone() {
    let test_edge = TestEdge::open(&[]).await;
    let silent = test_edge.connect().await;
    assert_not_announced(silent, Close::AuthenticationTimeout).await;
    let mut early = test_edge.connect().await;
    early.say("m", "hello").await;
    assert_not_announced(early, Close::FirstMessageMustBeAuth).await;
    let mut nameless = test_edge.connect().await;
    nameless.auth("").await;
    assert_not_announced(nameless, Close::MissingAuthToken).await;
}

#[tokio::test(start_paused = true)]
async fn clients_of_a_stopping_edge_come_back_at_different_times() {
    let test_edge = TestEdge::open(&["--max-connections-per-user", "0"]).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(test_edge.enter("ada:900").await.0);
    }
    for control in test_edge.edge.registry.controls() {
        control.close(Close::ServiceRestart);
    }
    let mut waits = Vec::new();
    for mut client in clients {
        let told = client.last_words().await.0.unwrap()["payload"].clone();
        assert_eq!(told["action"], json!(ClosingAction::Reconnect));
        waits.push(told["retry_after_ms"].as_u64().unwrap());
    }
    let early = waits.iter().filter(|&&wait| wait < 500).count();
    assert!((5..=45).contains(&early), "{waits:?}");
}

//! When things happen, to the second, with the clock paused.

use std::{collections::BTreeSet, sync::atomic::Ordering, time::Duration};

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::test_edge::TestEdge;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// What computers need for the steps between.
const TOLERANCE: Duration = Duration::from_millis(300);

#[track_caller]
fn assert_at(expected: Instant) {
    let now = Instant::now();
    let off = now.max(expected) - now.min(expected);
    assert!(off < TOLERANCE, "off by {off:?}");
}

fn reason(words: &str) -> (u16, String) {
    (1008, words.to_owned())
}

#[tokio::test(start_paused = true)]
async fn silence_is_closed_after_exactly_five_seconds() {
    let test_edge = TestEdge::open(&[]).await;
    let start = Instant::now();
    let mut client = test_edge.connect().await;
    assert_eq!(client.closed().await, reason("Authentication timeout"));
    assert_at(start + 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn pings_buy_no_time() {
    let test_edge = TestEdge::open(&[]).await;
    let start = Instant::now();
    let mut client = test_edge.connect().await;
    for _ in 0..4 {
        sleep(SECOND).await;
        client.send_raw(Message::Ping(Bytes::new())).await;
    }
    assert_eq!(client.closed().await, reason("Authentication timeout"));
    assert_at(start + 5 * SECOND);
}

/// As when the process was stopped: a ping is due too, and must not be written.
#[tokio::test(start_paused = true)]
async fn an_edge_that_stood_still_over_the_end_of_a_token_writes_nothing_but_the_close() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut client, _) = test_edge.enter("ada:900").await;
    tokio::time::advance(16 * MINUTE).await;
    let next = client.next_raw().await;
    let closing = next.as_ref().and_then(|next| next.to_text().ok());
    assert!(
        closing.is_some_and(|text| text.contains(r#""type":"closing""#)),
        "{next:?}"
    );
    assert_eq!(client.closed().await, reason("Re-authentication timeout"));
}

#[tokio::test(start_paused = true)]
async fn a_15_minute_token_is_asked_for_at_exactly_14_minutes_and_closed_30_seconds_later() {
    let test_edge = TestEdge::open(&[]).await;
    let start = Instant::now();
    let (mut client, welcome) = test_edge.enter("ada:900").await;
    assert_eq!(welcome["payload"]["in_reply_to"], "a");

    let asked = client.next().await;
    assert_eq!(asked["type"], "auth_required");
    assert_eq!(asked["payload"]["reason"], "Token expiring soon");
    assert_at(start + 14 * MINUTE);

    assert_eq!(client.closed().await, reason("Re-authentication timeout"));
    assert_at(start + 14 * MINUTE + 30 * SECOND);
}

/// As when auth was away, and all get their tokens in the moment in which it is back.
#[tokio::test(start_paused = true)]
async fn where_the_tokens_of_many_end_together_they_are_asked_over_some_seconds_and_none_later() {
    let test_edge = TestEdge::open(&[
        "--prompt-rate=10",
        "--max-connections-per-user=0",
        "--presence=false",
    ])
    .await;
    let start = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..100 {
        let (client, welcome) = test_edge.enter("ada:900").await;
        clients.push((client, welcome["payload"]["session"]["reauth_at"].clone()));
    }
    let mut asked = Vec::new();
    let waiting = clients.iter_mut().map(|(client, reauth_at)| async move {
        let prompt = client.next().await;
        assert_eq!(prompt["type"], "auth_required");
        assert_eq!(prompt["payload"]["reason"], "Token expiring soon");
        (Instant::now(), reauth_at.clone())
    });
    asked.extend(join_all(waiting).await);
    asked.sort_by_key(|(at, _)| *at);

    let fixed = start + 14 * MINUTE;
    let (first, last) = (asked[0].0, asked[99].0);
    assert!(first > fixed - 11 * SECOND, "{:?}", fixed - first);
    assert!(last < fixed + TOLERANCE, "{:?}", last - fixed);
    for many in asked.windows(16) {
        assert!(many[15].0 - many[0].0 > SECOND, "15 a second");
    }
    // Each is told when.
    let told: BTreeSet<_> = asked.iter().map(|(_, told)| told.to_string()).collect();
    assert!(told.len() > 90, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_moves_the_deadline_and_everything_goes_on() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut client, _) = test_edge.enter("ada:900").await;
    assert_eq!(client.next().await["type"], "auth_required");

    client.say("m1", "still here").await;
    assert_eq!(client.next().await["payload"]["in_reply_to"], "m1");
    sleep(20 * SECOND).await;
    let renewed = Instant::now();
    client.auth("ada:900").await;
    let welcome = client.next().await;
    assert_eq!(welcome["payload"]["in_reply_to"], "a");
    assert!(welcome["payload"]["session"]["expires_at"].is_string());

    assert_eq!(client.next().await["type"], "auth_required");
    assert_at(renewed + 14 * MINUTE);
}

#[tokio::test(start_paused = true)]
async fn a_client_with_little_time_left_is_asked_right_after_its_welcome() {
    let test_edge = TestEdge::open(&[]).await;
    let start = Instant::now();
    let (mut client, _) = test_edge.enter("ada:20").await;
    assert_eq!(client.next().await["type"], "auth_required");
    assert_at(start);
    assert_eq!(client.closed().await, reason("Re-authentication timeout"));
    assert_at(start + 20 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_verdict_that_does_not_come_keeps_the_connection_until_the_token_ends() {
    let test_edge = TestEdge::open(&[]).await;
    let start = Instant::now();
    let (mut client, _) = test_edge.enter("ada:900").await;
    assert_eq!(client.next().await["type"], "auth_required");
    test_edge.auth.away.store(true, Ordering::SeqCst);
    client.auth("ada:900").await;
    assert_eq!(client.closed().await, reason("Re-authentication timeout"));
    assert_at(start + 15 * MINUTE);
}

#[tokio::test(start_paused = true)]
async fn a_reauth_is_checked_as_soon_as_the_auth_service_is_back() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut client, _) = test_edge.enter("ada:900").await;
    assert_eq!(client.next().await["type"], "auth_required");
    test_edge.auth.away.store(true, Ordering::SeqCst);
    client.auth("ada:900").await;
    sleep(40 * SECOND).await;
    let back = Instant::now();
    test_edge.auth.away.store(false, Ordering::SeqCst);
    assert_eq!(client.next().await["payload"]["in_reply_to"], "a");
    assert!(back.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_be_asked_is_never_a_bad_token() {
    let test_edge = TestEdge::open(&[]).await;
    test_edge.auth.away.store(true, Ordering::SeqCst);
    let mut client = test_edge.connect().await;
    client.auth("ada:900").await;
    assert_eq!(client.closed().await, (1013, "Try again later".to_owned()));

    test_edge.auth.away.store(false, Ordering::SeqCst);
    test_edge.auth.silent.store(true, Ordering::SeqCst);
    let mut client = test_edge.connect().await;
    client.auth("ada:900").await;
    assert_eq!(client.closed().await, (1013, "Try again later".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_for_ten_seconds_is_too_slow_and_disturbs_nobody() {
    let test_edge = TestEdge::open(&[]).await;
    let mut slow = test_edge.connect_over(2 << 10).await;
    slow.auth("ada:900").await;
    let (mut quick, _) = test_edge.enter("grace:900").await;
    let start = Instant::now();
    for index in 0..20 {
        test_edge.chat.say(&format!("m{index}"), &"x".repeat(500));
        assert_eq!(quick.next().await["payload"]["revision"], index + 1);
    }
    assert!(start.elapsed() < SECOND);
    sleep(11 * SECOND).await;
    assert_eq!(test_edge.edge.registry.session_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_a_byte_now_and_then_is_too_slow_as_well() {
    let test_edge = TestEdge::open(&["--ping-interval", "1h"]).await;
    let mut slow = test_edge.connect_over(2 << 10).await;
    slow.auth("ada:900").await;
    let (mut quick, _) = test_edge.enter("grace:900").await;
    for index in 0..20 {
        test_edge.chat.say(&format!("m{index}"), &"x".repeat(500));
        assert_eq!(quick.next().await["payload"]["revision"], index + 1);
    }
    assert_eq!(test_edge.edge.registry.session_count(), 2);
    let start = Instant::now();
    while test_edge.edge.registry.session_count() == 2 {
        slow.take(1).await;
        sleep(4 * SECOND).await;
        assert!(start.elapsed() < 60 * SECOND, "it still holds its buffer");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_on_a_slow_line_is_not_too_slow() {
    let test_edge = TestEdge::open(&["--ping-interval", "1h"]).await;
    let mut slow = test_edge.connect_over(2 << 10).await;
    slow.auth("ada:900").await;
    let (mut quick, _) = test_edge.enter("grace:900").await;
    for index in 0..60 {
        test_edge.chat.say(&format!("m{index}"), &"x".repeat(1_500));
        assert_eq!(quick.next().await["payload"]["revision"], index + 1);
        slow.take(2 << 10).await;
        sleep(2 * SECOND).await;
    }
    assert_eq!(test_edge.edge.registry.session_count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_first_message_that_is_announced_as_too_long_is_not_waited_for() {
    let test_edge = TestEdge::open(&[]).await;
    let mut client = test_edge.connect().await;
    let start = Instant::now();
    // A text frame of 60,000 bytes: its head, with the mask, and nothing of its payload.
    client
        .send_bytes(&[0x81, 0xfe, 0xea, 0x60, 1, 2, 3, 4])
        .await;
    assert_eq!(client.closed().await, (1009, "Message too big".to_owned()));
    assert!(start.elapsed() < SECOND);

    let (mut client, _) = test_edge.enter("ada:900").await;
    client.say("m1", &"x".repeat(3_999)).await;
    client.next().await;
    let long = json!({ "type": "ping", "id": "p", "payload": { "more": "x".repeat(60_000) } });
    client.send(&long).await;
    assert_eq!(client.next().await["type"], "pong");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_no_ping_is_dropped() {
    let test_edge = TestEdge::open(&[]).await;
    let (client, _) = test_edge.enter("ada:900").await;
    // It is kept, but never read from: no pong goes out.
    sleep(74 * SECOND).await;
    assert_eq!(test_edge.edge.registry.count(), 1);
    sleep(2 * SECOND).await;
    assert_eq!(test_edge.edge.registry.count(), 0);
    drop(client);
}

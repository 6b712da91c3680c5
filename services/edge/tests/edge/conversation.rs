//! Who is told what, and that each message of a client has exactly one answer.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::json;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::test_edge::TestEdge;

#[tokio::test(start_paused = true)]
async fn everybody_sees_a_message_and_only_the_author_is_answered() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    let (mut tab, _) = test_edge.enter("ada:900").await;
    let (mut grace, _) = test_edge.enter("grace:900").await;
    ada.say("m1", "add milk").await;
    for (client, answer) in [
        (&mut ada, json!("m1")),
        (&mut tab, json!(null)),
        (&mut grace, json!(null)),
    ] {
        let update = client.next().await;
        assert_eq!(update["payload"]["message"]["content"], "add milk");
        assert_eq!(update["payload"]["revision"], 1);
        assert_eq!(update["payload"]["in_reply_to"], answer);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_message_is_answered_with_the_original_and_told_to_nobody_else() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    ada.say("m1", "add milk").await;
    ada.next().await;
    ada.say("m2", "add eggs").await;
    ada.next().await;

    ada.say("m1", "add milk").await;
    let answer = ada.next().await;
    assert_eq!(answer["payload"]["in_reply_to"], "m1");
    assert_eq!(answer["payload"]["revision"], 1);
    assert_eq!(answer["payload"]["message"]["revision"], 1);

    ada.say("m1", "add salt").await;
    let error = ada.next().await;
    assert_eq!(error["payload"]["code"], "conflict");
    assert_eq!(error["payload"]["in_reply_to"], "m1");
    assert_eq!(test_edge.chat.accepted(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_same_message_sent_twice_at_once_is_answered_twice_and_accepted_once() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    ada.say("m1", "add milk").await;
    ada.say("m1", "add milk").await;
    for _ in 0..2 {
        assert_eq!(ada.next().await["payload"]["in_reply_to"], "m1");
    }
    assert_eq!(test_edge.chat.accepted(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_survives_a_link_that_breaks_before_its_answer() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    let (mut grace, _) = test_edge.enter("grace:900").await;
    test_edge.chat.break_after_posts.store(2, Ordering::SeqCst);
    ada.say("m1", "add milk").await;
    assert_eq!(ada.next().await["payload"]["in_reply_to"], "m1");
    ada.say("m2", "add eggs").await;
    assert_eq!(ada.next().await["payload"]["in_reply_to"], "m2");
    assert_eq!(test_edge.chat.accepted(), 2);
    for revision in 1..=2 {
        assert_eq!(
            grace.next().await["payload"]["message"]["revision"],
            revision
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_behind_a_gap_gets_one_update_with_all_that_it_missed() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    test_edge.chat.mute.store(true, Ordering::SeqCst);
    for index in 0..3 {
        test_edge.chat.say(&format!("m{index}"), "hello");
    }
    test_edge.chat.mute.store(false, Ordering::SeqCst);
    test_edge.chat.say("m3", "hello");

    let update = ada.next().await;
    assert_eq!(update["payload"]["revision"], 4);
    assert_eq!(update["payload"]["messages"].as_array().unwrap().len(), 4);
    test_edge.chat.say("m4", "hello");
    assert_eq!(ada.next().await["payload"]["message"]["revision"], 5);
}

#[tokio::test(start_paused = true)]
async fn a_returning_client_gets_what_it_missed() {
    let test_edge = TestEdge::open(&[]).await;
    for index in 0..5 {
        test_edge.chat.say(&format!("m{index}"), "hello");
    }
    let mut ada = test_edge.connect().await;
    ada.send(&json!({ "type": "auth", "payload": { "token": "ada:900", "revision": 3 } }))
        .await;
    let welcome = ada.next().await;
    let messages = welcome["payload"]["messages"].as_array().unwrap();
    let revisions: Vec<_> = messages.iter().map(|m| m["revision"].clone()).collect();
    assert_eq!(revisions, [4, 5]);
    assert_eq!(welcome["payload"]["in_reply_to"], json!(null));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_taken_over_keeps_its_id_and_closes_its_old_connection() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut old, welcome) = test_edge.enter("ada:40").await;
    assert_eq!(old.next().await["type"], "auth_required");
    let session = &welcome["payload"]["session"]["id"];

    let mut new = test_edge.connect().await;
    new.send(&json!({ "type": "auth", "payload": { "token": "ada:40", "session": session } }))
        .await;

    let welcome = new.next().await;
    assert_eq!(&welcome["payload"]["session"]["id"], session);
    assert_eq!(
        new.next().await["type"],
        "auth_required",
        "it is asked again"
    );
    assert_eq!(old.closed().await, (1008, "Session moved".to_owned()));
    assert_eq!(test_edge.edge.registry.session_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_taken_over_for_its_own_recipe_only() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, welcome) = test_edge.enter("ada:900").await;
    let session = &welcome["payload"]["session"]["id"];

    let mut elsewhere = test_edge.connect_to("bread", 64 << 10).await;
    let auth = json!({ "type": "auth", "payload": { "token": "ada:900", "session": session } });
    elsewhere.send(&auth).await;

    assert_ne!(&elsewhere.next().await["payload"]["session"]["id"], session);
    ada.say("m1", "still here").await;
    assert_eq!(ada.next().await["payload"]["in_reply_to"], "m1");
    assert_eq!(test_edge.edge.registry.session_count(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_else_can_take_a_session_over() {
    let test_edge = TestEdge::open(&[]).await;
    let (_ada, welcome) = test_edge.enter("ada:900").await;
    let session = &welcome["payload"]["session"]["id"];
    let mut eve = test_edge.connect().await;
    eve.send(&json!({ "type": "auth", "payload": { "token": "eve:900", "session": session } }))
        .await;
    assert_ne!(&eve.next().await["payload"]["session"]["id"], session);
    assert_eq!(test_edge.edge.registry.session_count(), 2);
}

#[tokio::test(start_paused = true)]
async fn logout_closes_the_connections_of_that_login_only() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    let (mut grace, _) = test_edge.enter("grace:900").await;
    let login = "login-of-ada".parse().unwrap();
    test_edge.edge.registry.revoke(&login, Instant::now());
    assert_eq!(ada.closed().await, (1008, "Session revoked".to_owned()));
    grace.say("m", "still here").await;
    assert_eq!(grace.next().await["payload"]["in_reply_to"], "m");
}

#[tokio::test(start_paused = true)]
async fn a_reauth_must_be_good_and_of_the_same_user() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    ada.auth("nonsense").await;
    assert_eq!(ada.closed().await, (1008, "Invalid token".to_owned()));
    let (mut grace, _) = test_edge.enter("grace:900").await;
    grace.auth("eve:900").await;
    let closed = grace.closed().await;
    assert_eq!(closed, (1008, "Token belongs to another user".to_owned()));
}

/// It is no answer: else a client without a fresh token would be asked again at once, for ever.
#[tokio::test(start_paused = true)]
async fn the_token_in_use_shown_again_is_answered_and_changes_nothing() {
    let test_edge = TestEdge::open(&[]).await;
    let start = Instant::now();
    let (mut ada, welcome) = test_edge.enter("ada:900:first").await;
    assert_eq!(ada.next().await["type"], "auth_required");
    for token in ["ada:900:first", "ada:890:older"] {
        ada.auth(token).await;
        let answer = ada.next().await;
        assert_eq!(answer["payload"]["in_reply_to"], "a");
        assert_eq!(
            answer["payload"]["session"]["id"],
            welcome["payload"]["session"]["id"]
        );
    }
    let (last, closed) = ada.last_words().await;
    assert_eq!(closed, (1008, "Re-authentication timeout".to_owned()));
    assert_eq!(last.unwrap()["type"], "closing", "nobody is asked again");
    let open_for = start.elapsed();
    assert!(open_for < Duration::from_secs(14 * 60 + 31), "{open_for:?}");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_see_the_recipe_is_not_let_in() {
    let test_edge = TestEdge::open(&[]).await;
    let mut stranger = test_edge.connect().await;
    stranger.auth("stranger:900").await;
    assert_eq!(stranger.closed().await, (1008, "Not allowed".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_twentieth_invalid_message_ends_the_connection_and_no_error_before_does() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    for _ in 0..20 {
        ada.send_raw(Message::text("nonsense")).await;
        assert_eq!(ada.next().await["payload"]["code"], "invalid_message");
    }
    let closed = ada.closed().await;
    assert_eq!(closed, (1008, "Too many invalid messages".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_limited_and_the_limit_says_when_to_try_again() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    for index in 0..20 {
        ada.say(&format!("m{index}"), "hello").await;
        assert_eq!(ada.next().await["type"], "recipe_update");
    }
    ada.say("m20", "hello").await;
    let error = ada.next().await;
    assert_eq!(error["payload"]["code"], "rate_limited");
    assert_eq!(error["payload"]["retryable"], true);
    let wait = error["payload"]["retry_after_ms"].as_u64().unwrap();
    assert!((1..=200).contains(&wait), "{wait}");
    tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
    ada.say("m20", "hello").await;
    assert_eq!(ada.next().await["payload"]["in_reply_to"], "m20");
}

#[tokio::test(start_paused = true)]
async fn frames_that_are_too_big_or_binary_end_the_connection() {
    let test_edge = TestEdge::open(&[]).await;
    let mut early = test_edge.connect().await;
    early.send_raw(Message::text("x".repeat(9 << 10))).await;
    assert_eq!(early.closed().await.0, 1009);
    let (mut late, _) = test_edge.enter("ada:900").await;
    late.send_raw(Message::text("x".repeat(65 << 10))).await;
    assert_eq!(late.closed().await.0, 1009);
    let (mut binary, _) = test_edge.enter("ada:900").await;
    binary.send_raw(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(binary.closed().await, (1003, "Text frames only".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_shown_to_the_chat_service_once_a_line_and_when_there_is_a_newer_one() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:800:one").await;
    for id in ["m1", "m2"] {
        ada.say(id, "add milk").await;
        ada.next().await;
    }
    let (mut grace, _) = test_edge.enter("grace:800:two").await;
    grace.say("m3", "add eggs").await;
    grace.next().await;
    assert_eq!(test_edge.chat.tokens(), ["ada:800:one", "grace:800:two"]);
    ada.next().await;

    ada.auth("ada:900:three").await;
    ada.next().await;
    ada.say("m4", "add salt").await;
    ada.next().await;
    let shown = test_edge.chat.tokens();
    assert_eq!(shown[2..], ["ada:900:three"], "the newer one, once");

    test_edge.chat.break_links();
    ada.say("m5", "add more").await;
    assert_eq!(ada.next().await["payload"]["in_reply_to"], "m5");
    let shown = test_edge.chat.tokens();
    assert_eq!(shown[3..], ["ada:900:three"], "a new line knows nobody");
}

//! The chat service's store goes back under a live edge: a backup was restored, or a failover lost the last commits.
//! Nobody is sent what is gone, nobody misses what takes its place, and each client is told when it comes back.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::test_edge::{Client, TestEdge};

const BACK: (u16, &str) = (1012, "Service restart");

/// A recipe with five messages, "old 1" to "old 5", and somebody who has seen them all.
async fn with_five() -> (TestEdge, Client) {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    for revision in 1..=5 {
        test_edge.chat.say(&format!("old {revision}"), "hello");
        ada.next().await;
    }
    (test_edge, ada)
}

async fn resume(test_edge: &TestEdge, revision: u64, message: Option<&str>) -> (Client, Value) {
    let mut client = test_edge.connect().await;
    let payload = json!({ "token": "ada:900", "revision": revision, "message_id": message });
    client
        .send(&json!({ "type": "auth", "payload": payload }))
        .await;
    let welcome = client.next().await["payload"].clone();
    (client, welcome)
}

fn ids(update: &Value) -> Vec<&str> {
    let messages = update["messages"].as_array().unwrap();
    messages.iter().map(|m| m["id"].as_str().unwrap()).collect()
}

async fn is_closed(mut client: Client) {
    let (code, reason) = client.closed().await;
    assert_eq!((code, reason.as_str()), BACK);
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_is_told_whether_anything_is_missing() {
    let (test_edge, _ada) = with_five().await;
    let (_client, welcome) = resume(&test_edge, 3, Some("old 3")).await;
    assert_eq!(welcome["recovered"], true);
    assert_eq!(ids(&welcome), ["old 4", "old 5"]);

    let (_client, welcome) = resume(&test_edge, 3, None).await;
    assert_eq!(welcome["recovered"], true, "nothing is compared");

    for (revision, message) in [(3, Some("other")), (9, None), (9, Some("old 9"))] {
        let (_client, welcome) = resume(&test_edge, revision, message).await;
        assert_eq!(welcome["recovered"], false, "{revision} {message:?}");
        assert_eq!(ids(&welcome).len(), 5, "a fresh start");
    }
    let (_client, welcome) = test_edge.enter("ada:900").await;
    assert_eq!(welcome["payload"]["recovered"], json!(null));
}

#[tokio::test(start_paused = true)]
async fn who_joins_after_the_store_went_back_is_sent_nothing_of_what_is_gone() {
    let (test_edge, ada) = with_five().await;
    test_edge.chat.go_back_to(2);

    let (mut grace, welcome) = test_edge.enter("grace:900").await;

    assert_eq!(welcome["payload"]["revision"], 2);
    is_closed(ada).await;
    for revision in 3..=6 {
        test_edge.chat.say(&format!("new {revision}"), "hello");
        let update = grace.next().await["payload"].clone();
        assert_eq!(update["message"]["id"], format!("new {revision}"));
    }
    let (_ada, welcome) = resume(&test_edge, 5, Some("old 5")).await;
    assert_eq!(welcome["recovered"], false);
    assert_eq!(welcome["revision"], 6);
    assert_eq!(ids(&welcome)[1..3], ["old 2", "new 3"]);
}

#[tokio::test(start_paused = true)]
async fn the_first_update_of_another_history_closes_whoever_has_the_old_one() {
    let (test_edge, ada) = with_five().await;
    test_edge.chat.go_back_to(2);
    test_edge.chat.say("new 3", "hello");
    is_closed(ada).await;

    let (_ada, welcome) = resume(&test_edge, 5, Some("old 5")).await;
    assert_eq!(welcome["recovered"], false);
    assert_eq!(ids(&welcome), ["old 1", "old 2", "new 3"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_at_the_same_revision_shows_that_the_store_went_back() {
    let (test_edge, ada) = with_five().await;
    test_edge.chat.mute.store(true, Ordering::SeqCst);
    test_edge.chat.go_back_to(4);
    test_edge.chat.say("new 5", "hello");
    test_edge.chat.mute.store(false, Ordering::SeqCst);
    test_edge.chat.say("new 6", "hello");
    is_closed(ada).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_message_that_stands_before_what_its_author_had_is_answered_after_the_return() {
    let (test_edge, mut ada) = with_five().await;
    test_edge.chat.mute.store(true, Ordering::SeqCst);
    test_edge.chat.go_back_to(2);
    ada.say("mine", "add milk").await;
    is_closed(ada).await;

    let (mut ada, welcome) = resume(&test_edge, 5, Some("old 5")).await;
    assert_eq!(welcome["recovered"], false);
    assert_eq!(ids(&welcome), ["old 1", "old 2", "mine"]);
    ada.say("mine", "add milk").await;
    assert_eq!(ada.next().await["payload"]["in_reply_to"], "mine");
    assert_eq!(test_edge.chat.accepted(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_opens_again_names_where_its_rooms_stand() {
    let (test_edge, ada) = with_five().await;
    test_edge.chat.mute.store(true, Ordering::SeqCst);
    test_edge.chat.go_back_to(2);
    for revision in 3..=7 {
        test_edge.chat.say(&format!("new {revision}"), "hello");
    }
    test_edge.chat.mute.store(false, Ordering::SeqCst);

    test_edge.chat.break_links();

    is_closed(ada).await;
    let (_ada, welcome) = resume(&test_edge, 5, Some("old 5")).await;
    assert_eq!(welcome["recovered"], false);
    assert_eq!(welcome["revision"], 7);
}

#[tokio::test(start_paused = true)]
async fn a_re_auth_finds_out_as_well() {
    let (test_edge, mut ada) = with_five().await;
    test_edge.chat.mute.store(true, Ordering::SeqCst);
    test_edge.chat.go_back_to(2);
    ada.auth("ada:1800").await;
    is_closed(ada).await;
}

#[tokio::test(start_paused = true)]
async fn a_re_auth_that_names_what_never_was_is_answered_with_a_fresh_start() {
    let (test_edge, mut ada) = with_five().await;
    let payload = json!({ "token": "ada:1800", "revision": 5, "message_id": "never" });
    ada.send(&json!({ "type": "auth", "id": "b", "payload": payload }))
        .await;
    let answer = ada.next().await["payload"].clone();
    assert_eq!(
        (&answer["in_reply_to"], &answer["recovered"]),
        (&json!("b"), &json!(false))
    );
    test_edge.chat.say("old 6", "hello");
    assert_eq!(ada.next().await["payload"]["revision"], 6);
}

#[tokio::test(start_paused = true)]
async fn one_that_was_left_behind_learns_of_it_when_it_catches_up() {
    let (test_edge, ada) = with_five().await;
    test_edge.chat.mute.store(true, Ordering::SeqCst);
    test_edge.chat.go_back_to(2);
    for revision in 3..=8 {
        test_edge.chat.say(&format!("new {revision}"), "hello");
    }
    test_edge.chat.mute.store(false, Ordering::SeqCst);
    // Between this and what ada has is a gap.
    test_edge.chat.say("new 9", "hello");
    is_closed(ada).await;
}

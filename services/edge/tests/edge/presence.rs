//! Who is there, over the wire: the first word after `auth`, what the chat service is told and tells, and `typing`.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, advance};

use crate::test_edge::{Client, TestEdge};

async fn open() -> TestEdge {
    let edge = TestEdge::open(&[]).await;
    edge.chat.tells_presence.store(true, Ordering::SeqCst);
    edge
}

/// Comes in, and gives what is shown first of who is there.
async fn enter(edge: &TestEdge, token: &str) -> (Client, Value) {
    let (mut client, _) = edge.enter(token).await;
    let first = presence(&mut client).await;
    (client, first)
}

async fn presence(client: &mut Client) -> Value {
    let frame = client.next().await;
    assert_eq!(frame["type"], "presence", "{frame}");
    frame
}

fn names(frame: &Value) -> Vec<&str> {
    let people = frame["payload"]["people"].as_array().unwrap();
    assert!(frame["payload"]["count"].as_u64().unwrap() >= people.len() as u64);
    people.iter().map(|p| p["name"].as_str().unwrap()).collect()
}

async fn types(client: &mut Client) {
    client
        .send(&json!({ "type": "typing", "payload": {} }))
        .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_is_told_who_is_there_and_hears_of_changes() {
    let edge = open().await;
    let (mut ada, first) = enter(&edge, "ada:900").await;
    let expected = json!({ "id": "ada", "name": "ada", "role": "editor", "typing": false });
    assert_eq!(
        first["payload"],
        json!({ "people": [expected], "count": 1 })
    );
    let (people, attachment) = edge.chat.people_attached(1).await;
    assert_eq!(people, ["ada"], "they come with the attachment");

    let (mut bob, first) = enter(&edge, "bob:900").await;
    assert_eq!(names(&first), ["ada", "bob"]);
    let change = edge.chat.people_changed(1).await;
    assert_eq!(
        (change.here.len(), change.here[0].name.as_str()),
        (1, "bob")
    );
    assert!(change.shown_others);
    edge.chat.tell_presence(attachment, &["ada", "bob", "eve"]);
    let (to_ada, to_bob) = (presence(&mut ada).await, presence(&mut bob).await);
    assert_eq!(names(&to_ada), ["ada", "bob", "eve"]);
    assert_eq!(to_ada, to_bob, "serialised once");

    let (_zoe, first) = enter(&edge, "zoe:900").await;
    assert_eq!(names(&first), ["ada", "bob", "eve", "zoe"]);
    drop(bob);
    for count in 2.. {
        let change = edge.chat.people_changed(count).await;
        if change.gone == ["bob"] {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_word_for_an_earlier_attachment_is_not_told() {
    let edge = open().await;
    let (mut ada, _) = enter(&edge, "ada:900").await;
    let (_, earlier) = edge.chat.people_attached(1).await;
    edge.chat.break_links();
    let (people, attachment) = edge.chat.people_attached(2).await;
    assert_eq!(people, ["ada"], "told again");
    edge.chat.tell_presence(earlier, &["ada", "ghost"]);
    edge.chat.tell_presence(attachment, &["ada", "bob"]);
    assert_eq!(names(&presence(&mut ada).await), ["ada", "bob"]);
}

#[tokio::test(start_paused = true)]
async fn a_chat_service_of_the_build_before_tells_none() {
    let edge = TestEdge::open(&[]).await;
    let (mut ada, _) = edge.enter("ada:900").await;
    ada.say("m", "hello").await;
    assert_eq!(ada.next().await["type"], "recipe_update");
    // Once it is updated, they hear of it without doing anything.
    let (_, attachment) = edge.chat.people_attached(1).await;
    edge.chat.tell_presence(attachment, &["ada", "bob"]);
    assert_eq!(names(&presence(&mut ada).await), ["ada", "bob"]);
}

/// Whether the first of whom the chat service hears next types, and when it heard.
async fn heard(edge: &TestEdge, count: usize) -> (bool, Instant) {
    let change = edge.chat.people_changed(count).await;
    (change.here[0].typing, Instant::now())
}

#[tokio::test(start_paused = true)]
async fn typing_is_told_ends_by_itself_and_has_no_answer() {
    let edge = open().await;
    let (mut ada, _) = enter(&edge, "ada:900").await;
    edge.chat.people_attached(1).await;
    types(&mut ada).await;
    let (typing, began) = heard(&edge, 1).await;
    assert!(typing);
    types(&mut ada).await;
    let (typing, ended) = heard(&edge, 2).await;
    assert!(!typing);
    let lasted = ended - began;
    assert!(
        lasted >= Duration::from_secs(4) && lasted <= Duration::from_secs(6),
        "{lasted:?}"
    );
    ada.send(&json!({ "type": "ping", "id": "p", "payload": {} }))
        .await;
    assert_eq!(ada.next().await["type"], "pong", "no typing was answered");
}

#[tokio::test(start_paused = true)]
async fn who_has_posted_types_no_more() {
    let edge = open().await;
    let (mut ada, _) = enter(&edge, "ada:900").await;
    edge.chat.people_attached(1).await;
    types(&mut ada).await;
    assert!(heard(&edge, 1).await.0);
    ada.say("m", "add milk").await;
    let (typing, at) = heard(&edge, 2).await;
    assert!(!typing);
    advance(Duration::from_secs(4)).await;
    types(&mut ada).await;
    let (typing, again) = heard(&edge, 3).await;
    assert!(typing && again - at >= Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn too_much_typing_is_never_answered_and_ends_the_connection() {
    let edge = open().await;
    let (mut ada, _) = enter(&edge, "ada:900").await;
    for _ in 0..200 {
        types(&mut ada).await;
    }
    let (last, close) = ada.last_words().await;
    assert_eq!(close, (1008, "Too many messages".to_owned()));
    assert_eq!(last.unwrap()["type"], "closing");
}

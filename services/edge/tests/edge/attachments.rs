//! A room is attached at the chat service for one of its members; when that one no longer counts, for another.

use crate::test_edge::TestEdge;

#[tokio::test(start_paused = true)]
async fn a_room_whose_attachment_ends_is_attached_for_somebody_else_and_nobody_notices() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:1800").await;
    let (mut bob, _) = test_edge.enter("bob:900").await;
    let (who, first) = test_edge.chat.attached(1).await;
    assert_eq!(who, "ada");

    test_edge.chat.end_attachment(first, false);

    let (who, second) = test_edge.chat.attached(2).await;
    assert_eq!(who, "bob");
    assert!(second > first);
    test_edge.chat.say("m1", "hello");
    for client in [&mut ada, &mut bob] {
        assert_eq!(client.next().await["payload"]["message"]["id"], "m1");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attachment_that_could_not_be_judged_is_tried_again_for_the_same_member() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    let (_, first) = test_edge.chat.attached(1).await;
    test_edge.chat.end_attachment(first, true);
    let (who, second) = test_edge.chat.attached(2).await;
    assert_eq!(who, "ada");
    // What is said of an attachment before counts no more.
    test_edge.chat.end_attachment(first, false);
    assert!(second > first);
    test_edge.chat.say("m1", "hello");
    assert_eq!(ada.next().await["payload"]["message"]["id"], "m1");
}

#[tokio::test(start_paused = true)]
async fn a_room_that_nobody_vouches_for_sends_its_clients_to_prove_themselves() {
    let test_edge = TestEdge::open(&[]).await;
    let (ada, _) = test_edge.enter("ada:900").await;
    let (_, first) = test_edge.chat.attached(1).await;
    test_edge.chat.end_attachment(first, false);
    let (code, reason) = { ada }.closed().await;
    assert_eq!((code, reason.as_str()), (1012, "Service restart"));

    let (_ada, _) = test_edge.enter("ada:900").await;
    assert_eq!(test_edge.chat.attached(2).await.0, "ada");
}

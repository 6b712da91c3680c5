//! The machine is suspended: its timers stand still, tokens end nevertheless.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::time::{Instant, sleep};

use crate::test_edge::TestEdge;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// How soon after waking everybody has looked at the clock.
const WAKE_TOLERANCE: Duration = Duration::from_secs(1);

fn timeout() -> (u16, String) {
    (1008, "Re-authentication timeout".to_owned())
}

#[tokio::test(start_paused = true)]
async fn on_waking_after_the_tokens_end_nothing_is_accepted_or_sent() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut talks, _) = test_edge.enter("ada:900").await;
    let (mut listens, _) = test_edge.enter("grace:900").await;
    let (mut idles, _) = test_edge.enter("bob:900").await;
    test_edge.clock.sleep(16 * MINUTE);
    let woken = Instant::now();

    talks.say("m", "still here").await;
    assert_eq!(talks.next().await["type"], "closing");
    assert_eq!(talks.closed().await, timeout());
    assert_eq!(test_edge.chat.accepted(), 0);

    test_edge.chat.say("n", "what nobody may see any more");
    assert_eq!(listens.next().await["type"], "closing");
    assert_eq!(listens.closed().await, timeout());

    assert_eq!(idles.closed().await, timeout());
    assert!(woken.elapsed() < WAKE_TOLERANCE, "{:?}", woken.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_sleep_that_leaves_little_time_is_followed_by_a_prompt_for_what_is_left() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    test_edge.clock.sleep(14 * MINUTE + 40 * SECOND);
    let woken = Instant::now();
    assert_eq!(ada.next().await["type"], "auth_required");
    assert!(woken.elapsed() < WAKE_TOLERANCE, "{:?}", woken.elapsed());
    assert_eq!(ada.closed().await, timeout());
    assert!(woken.elapsed() < 21 * SECOND, "{:?}", woken.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_after_a_sleep_counts_from_then_on() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    test_edge.clock.sleep(14 * MINUTE);
    let renewed = Instant::now();
    assert_eq!(ada.next().await["type"], "auth_required");
    ada.auth("ada:1800").await;
    assert_eq!(ada.next().await["payload"]["in_reply_to"], "a");
    assert_eq!(ada.next().await["type"], "auth_required");
    let asked = renewed.elapsed();
    assert!((28 * MINUTE..31 * MINUTE).contains(&asked), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_sleep_while_a_fresh_token_is_verified_counts() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    test_edge.auth.away.store(true, Ordering::SeqCst);
    ada.auth("ada:1800").await;
    sleep(SECOND).await;
    test_edge.clock.sleep(5 * MINUTE);
    test_edge.auth.away.store(false, Ordering::SeqCst);
    assert_eq!(ada.next().await["payload"]["in_reply_to"], "a");
    let renewed = Instant::now();
    assert_eq!(ada.next().await["type"], "auth_required");
    let asked = renewed.elapsed();
    assert!((23 * MINUTE..25 * MINUTE).contains(&asked), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_sleep_while_a_write_waits_for_its_reader_counts() {
    let test_edge = TestEdge::open(&[]).await;
    let mut ada = test_edge.connect_over(1_024).await;
    ada.auth("ada:900").await;
    assert_eq!(ada.next().await["payload"]["in_reply_to"], "a");
    for number in 0..8 {
        test_edge.chat.say(&format!("m{number}"), &"x".repeat(400));
    }
    sleep(SECOND).await;
    test_edge.clock.sleep(16 * MINUTE);
    // One that reads nothing is given up after ten seconds, and after three once its token has ended.
    sleep(4 * SECOND).await;
    assert_eq!(test_edge.edge.registry.count(), 0);
}

/// The administrator, or a clock that was set: no token is older for that.
#[tokio::test(start_paused = true)]
async fn a_jump_of_the_wall_clock_alone_is_no_sleep() {
    let test_edge = TestEdge::open(&[]).await;
    let (mut ada, _) = test_edge.enter("ada:900").await;
    test_edge.clock.advance(60 * MINUTE);
    ada.say("m", "still here").await;
    assert_eq!(ada.next().await["payload"]["in_reply_to"], "m");
    let start = Instant::now();
    assert_eq!(ada.next().await["type"], "auth_required");
    assert!(start.elapsed() > 13 * MINUTE);
}

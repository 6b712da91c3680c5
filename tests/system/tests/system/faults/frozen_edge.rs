//! An edge that sleeps over deadlines and wakes again: what ran out meanwhile gets nothing more, what is still
//! good is asked once, however often the others reported it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use system_tests::{
    crowd::{Cook, Crowd, SpeakingPlan, token_caches},
    history::History,
};
use tokio::time::{Instant, sleep_until};

use super::{edges_from, for_crowds, in_full, quiet_cooks, scaled, tell};

/// Freezes an edge for `sleep`. Half of its sessions end in that time, the others are to be asked in it.
async fn sleep_over_deadlines(sleep: Duration) {
    let count = scaled(200);
    let millis = |factor: f64| format!("{}ms", sleep.mul_f64(factor).as_millis());
    let stack = for_crowds(2)
        .with_redis()
        .auth(&[
            "--access-ttl",
            &format!("{}s", sleep.mul_f64(1.6).as_secs()),
        ])
        .edge(&[
            "--reauth-lead",
            &millis(1.0),
            "--reauth-grace",
            &millis(1.0),
        ])
        .start()
        .await;
    // A refresh at an edge that sleeps would only tell how long it sleeps.
    let logins = token_caches(4, &edges_from(&stack, 1), &stack.api()).await;
    let silent = |cook| Cook {
        shares_first_token: false,
        renews: false,
        ..cook
    };
    let at_the_sleeper = edges_from(&stack, 0);
    let arriving = sleep.mul_f64(0.1);
    let start = Instant::now();
    let mut ending = Crowd::new();
    ending.invite(
        quiet_cooks(count, &at_the_sleeper, &logins).map(silent),
        arriving,
    );
    // Somebody elsewhere goes on talking to them, so that there is something that must not be sent.
    let mut talking = Crowd::new();
    let history = History::default();
    let chat_client = Cook {
        edges: edges_from(&stack, 1),
        recipe: "dish-0".to_owned(),
        token_cache: logins[0].clone(),
        shares_first_token: false,
        renews: true,
        talk: Some(SpeakingPlan {
            history: history.clone(),
            pace: Duration::from_millis(100),
        }),
    };
    talking.invite(std::iter::once(chat_client), Duration::ZERO);
    sleep_until(start + sleep.mul_f64(0.9)).await;
    let mut going_on = Crowd::new();
    going_on.invite(quiet_cooks(count, &at_the_sleeper, &logins), arriving);
    sleep_until(start + sleep).await;
    going_on.until_present(count, sleep).await;
    assert_eq!(going_on.report().figures().prompts.len(), 0);

    stack.edges[0].process().freeze();
    sleep_until(start + sleep * 2).await;
    stack.edges[0].process().thaw();
    let woken = Instant::now();
    ending.until_gone(0, Duration::from_secs(10)).await;
    let all_closed = woken.elapsed();
    going_on
        .until_prompted(count, Duration::from_secs(10))
        .await;
    going_on.until_renewed(count, Duration::from_secs(10)).await;

    let (ended, went_on) = (ending.leave().await, going_on.leave().await);
    talking.leave().await.assert_sound();
    let figures = json!({
        "sessions": count * 2,
        "frozen_s": sleep.as_secs_f64(),
        "expired_closed_after_waking_s": all_closed.as_secs_f64(),
        "expired": ended.to_json(),
        "went_on": went_on.to_json(),
    });
    tell("edge frozen", &figures);
    ended.assert_sound();
    went_on.assert_sound();
    let timeout = "1008 Re-authentication timeout".to_owned();
    assert_eq!(ended.figures().ends, BTreeMap::from([(timeout, count)]));
    let went_on = went_on.figures();
    assert_eq!(went_on.prompts.len(), count, "each is asked exactly once");
    assert!(went_on.ends.is_empty(), "{:?}", went_on.ends);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_slept_sends_nothing_for_what_ended_and_asks_the_others_once() {
    let sleep = if in_full() { 10 } else { 7 };
    sleep_over_deadlines(Duration::from_secs(sleep)).await;
}

/// In the lane only: it takes two and a half minutes.
#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_slept_for_a_minute_does_so_too() {
    if in_full() {
        sleep_over_deadlines(Duration::from_secs(60)).await;
    }
}

//! Sudden deaths in the middle of talk: what was answered is kept, nothing is doubled.

use std::time::Duration;

use system_tests::{
    account::Account,
    chat_log,
    history::History,
    stack::{Plan, Stack},
    talker::{Talker, Tally},
};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

/// Eight who talk, over all edges, until the end.
fn start_talking(
    stack: &Stack,
    account: &Account,
    history: &History,
    stop: &CancellationToken,
) -> JoinSet<Tally> {
    let mut talking = JoinSet::new();
    for number in 0..8 {
        let talker = Talker {
            address: stack.edges[number % stack.edges.len()].address(),
            account: account.clone(),
            recipe: "stew".to_owned(),
            pace: Duration::from_millis(5),
            history: history.clone(),
            canary: stack.canary().clone(),
        };
        talking.spawn(talker.talk(stop.clone()));
    }
    talking
}

/// Waits until the talk has gone on, so that each death meets it in the middle.
async fn more_talk(history: &History) {
    let before = history.count_accepted();
    system_tests::patience::eventually("more talk", async || {
        history.count_accepted() > before + 20
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_deaths_of_chat_lose_and_double_nothing() {
    let mut stack = Plan::apart(2)
        .with_redis()
        .log("info")
        .edge(&["--message-rate", "0"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let history = History::default();
    let stop = CancellationToken::new();
    let talking = start_talking(&stack, &ada, &history, &stop);

    for death in 0..10 {
        more_talk(&history).await;
        stack.chat().kill().await;
        sleep(Duration::from_millis(20 * death)).await;
        stack.chat().restart().await;
    }
    more_talk(&history).await;
    stop.cancel();
    talking.join_all().await;

    let log = chat_log::read(stack.chat(), &ada, "stew").await;
    assert!(log.len() >= history.count_accepted());
    history.assert_sound(&log);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_deaths_of_an_edge_lose_and_double_nothing() {
    let mut stack = Plan::apart(2)
        .with_redis()
        .log("info")
        .edge(&["--message-rate", "0"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let history = History::default();
    let stop = CancellationToken::new();
    let talking = start_talking(&stack, &ada, &history, &stop);

    for death in 0..5 {
        more_talk(&history).await;
        stack.edges[death % 2].restart().await;
    }
    more_talk(&history).await;
    stop.cancel();
    let tallies = talking.join_all().await;

    assert!(tallies.iter().any(|tally| tally.broken > 0));
    let log = chat_log::read(stack.chat(), &ada, "stew").await;
    history.assert_sound(&log);
}

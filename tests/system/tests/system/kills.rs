//! Sudden deaths in the middle of talk: what was answered is kept, nothing is doubled, nothing is left out.
//!
//! By default a few deaths; with `FAULTS_SCALE=1` fifty on each database, with 100,000 messages around them.

use std::time::Duration;

use rand::RngExt as _;
use system_tests::{
    cluster::Cluster,
    scale::in_full,
    stack::{Plan, Stack},
};
use tokio::time::sleep;

/// How many deaths, and how many messages are accepted between two.
fn deaths() -> (u64, usize) {
    match in_full() {
        true => (50, 2_000),
        false => (5, 50),
    }
}

/// Two edges that let everybody talk as fast as they can.
fn talkative() -> Plan {
    Plan::apart(2)
        .with_redis()
        .log("warn")
        .edge(&["--message-rate", "0"])
}

/// Some milliseconds, by chance.
fn up_to(limit: u64) -> Duration {
    Duration::from_millis(rand::rng().random_range(0..limit))
}

/// Kills the chat service again and again, at moments that nobody chose, and lets it stay away for a while.
async fn chat_dies(mut stack: Stack) {
    let (deaths, between) = deaths();
    let cluster = Cluster::gather(&stack, 4, Duration::ZERO).await;
    for _ in 0..deaths {
        cluster.more(between).await;
        sleep(up_to(20)).await;
        stack.chat().kill().await;
        sleep(up_to(200)).await;
        stack.chat().restart().await;
    }
    cluster.more(between).await;

    let accepted = cluster.accepted();
    let tallies = cluster.leave(&mut stack).await;
    assert!(accepted as u64 > deaths * between as u64);
    let put_off: usize = tallies.iter().map(|tally| tally.put_off).sum();
    let broken: usize = tallies.iter().map(|tally| tally.broken).sum();
    tell(&format!(
        "{accepted} messages, {deaths} deaths, {put_off} put off, {broken} connections lost"
    ));
}

#[expect(clippy::print_stdout, reason = "the figures of a long run")]
fn tell(figures: &str) {
    println!("FIGURES {figures}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_of_chat_on_sqlite_lose_double_and_leave_out_nothing() {
    chat_dies(talkative().start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_of_chat_on_postgresql_lose_double_and_leave_out_nothing() {
    chat_dies(talkative().with_postgres().start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_deaths_of_an_edge_lose_and_double_nothing() {
    let mut stack = talkative().start().await;
    let cluster = Cluster::gather(&stack, 1, Duration::from_millis(5)).await;
    for death in 0..5 {
        cluster.more(20).await;
        stack.edges[death % 2].restart().await;
    }
    cluster.more(20).await;

    let tallies = cluster.leave(&mut stack).await;
    assert!(tallies.iter().any(|tally| tally.broken > 0));
}

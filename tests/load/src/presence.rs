//! What it costs that people are told who is there: a crowd joins one recipe at an edge that tells it and then at one that
//! does not, turn by turn, and the processor time of that edge and of the chat service is compared.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use system_tests::{
    account::Account,
    client::Client,
    process::processor_time,
    stack::{Plan, Stack},
};
use tokio::{sync::watch, task::JoinSet, time::sleep};

/// How often each edge has its turn that counts.
const TURNS: usize = 3;
/// How many come at once.
const AT_ONCE: usize = 50;
/// How long a crowd that is complete stays: at least until everybody has been told of everybody.
const STAY: Duration = Duration::from_secs(9);

/// Compares, with so many people, and gives the figures.
///
/// # Errors
/// When the processor time of the services cannot be read.
pub(crate) async fn run(people: usize) -> anyhow::Result<Value> {
    let stack = Plan::apart(2)
        .with_redis()
        .log("warn")
        .without_limits()
        .one_edge(1, &["--presence", "false"])
        .start()
        .await;
    let api = stack.api();
    let guests: Vec<Account> = stream::iter(0..people)
        .map(|_| Account::guest(&api))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let told = visit(&stack, 0, &guests, turn).await?;
        let untold = visit(&stack, 1, &guests, turn).await?;
        // The first crowd makes everything grow to its size.
        if turn > 0 {
            with.push(told);
            without.push(untold);
        }
    }
    let seconds =
        |times: &[Duration]| -> Vec<f64> { times.iter().map(Duration::as_secs_f64).collect() };
    let sum = |times: &[Duration]| times.iter().sum::<Duration>().as_secs_f64();
    Ok(json!({
        "people": people,
        "processor_seconds_with_presence": seconds(&with),
        "processor_seconds_without": seconds(&without),
        "ratio": sum(&with) / sum(&without),
    }))
}

/// Everybody comes to one recipe, stays and leaves; gives the processor time that this took.
async fn visit(
    stack: &Stack,
    edge: usize,
    guests: &[Account],
    turn: usize,
) -> anyhow::Result<Duration> {
    let recipe = format!("crowd-{edge}-{turn}");
    stack
        .api()
        .make_recipe(&guests[0].access_token, &recipe)
        .await;
    let services = [
        stack.edges[edge].process().id(),
        stack.chats[0].process().id(),
    ];
    let time = || -> anyhow::Result<Duration> {
        let times = services.iter().map(|id| processor_time(*id));
        times.sum::<Option<Duration>>().context("no such process")
    };
    let before = time()?;
    let (leave, leaving) = watch::channel(());
    let mut crowd = JoinSet::new();
    let mut joined = stream::iter(guests)
        .map(|guest| async {
            let mut client = stack.connect_at(edge, &recipe).await;
            let auth = client.send_auth(json!({"token": guest.access_token})).await;
            client.answer_to(&auth).await;
            client
        })
        .buffer_unordered(AT_ONCE);
    while let Some(client) = joined.next().await {
        crowd.spawn(stay(client, leaving.clone()));
    }
    sleep(STAY).await;
    let after = time()?;
    drop(leave);
    crowd.join_all().await;
    sleep(STAY).await;
    Ok(after.saturating_sub(before))
}

async fn stay(mut client: Client, mut leaving: watch::Receiver<()>) {
    tokio::select! {
        _ = leaving.changed() => {}
        _ = client.read_for(Duration::from_secs(3_600)) => {}
    }
    client.leave().await;
}

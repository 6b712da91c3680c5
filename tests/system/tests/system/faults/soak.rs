//! A long time under a fifth of full load, with what fuzzing is seeded with mixed in: memory, descriptors, tasks and the keys
//! in Redis stay where they are, and nobody among the crowd notices. `SOAK_MINUTES` says for how long, `SOAK_CORPUS` names
//! another folder of hostile inputs.

mod attackers;
mod gauges;

use std::{iter::repeat_with, sync::Arc, time::Duration};

use serde_json::json;
use system_tests::{
    chat_log,
    crowd::{Cook, Crowd, SpeakingPlan, TokenCache},
    history::History,
    redis_server::free_port,
    stack::Stack,
    timeouts::eventually,
};
use tokio::time::sleep;

use self::{attackers::Attackers, gauges::Gauges};
use super::{edges_from, for_short_tokens, from_environment, in_full, logins, tell};

/// How long a short run takes.
const MINUTES: f64 = 0.25;
/// How many talk, in how many recipes.
const COOKS: u32 = 40;
const RECIPES: usize = 4;
/// Which part of what this machine can do the crowd asks for.
const PART: f64 = 0.2;
/// How long it is measured what the machine can do: shortly in a short run, which has other tests beside it.
fn full_load_time() -> Duration {
    Duration::from_secs(if in_full() { 5 } else { 1 })
}

/// How many hostile inputs all attackers together send in a second.
const ATTACKS: f64 = 40.0;
/// How often everything is looked at in one run.
const SAMPLES: u32 = 60;

/// How many messages a second are answered when everybody talks without a pause.
async fn full_load(stack: &Stack, logins: &[Arc<TokenCache>]) -> f64 {
    let mut crowd = Crowd::new();
    let histories = histories();
    crowd.invite(
        cooks(stack, logins, &histories, "full", Duration::ZERO),
        Duration::from_secs(1),
    );
    crowd
        .until_present(COOKS as usize, Duration::from_secs(60))
        .await;
    let before = crowd.report().figures().answers.len();
    sleep(full_load_time()).await;
    let answered = crowd.report().figures().answers.len() - before;
    crowd.leave().await.assert_sound();
    f64::from(u32::try_from(answered).unwrap()) / full_load_time().as_secs_f64()
}

fn histories() -> Vec<History> {
    repeat_with(History::default).take(RECIPES).collect()
}

fn cooks(
    stack: &Stack,
    logins: &[Arc<TokenCache>],
    histories: &[History],
    recipe: &str,
    pace: Duration,
) -> impl ExactSizeIterator<Item = Cook> {
    (0..COOKS as usize).map(move |number| Cook {
        edges: edges_from(stack, number % stack.edges.len()),
        recipe: format!("{recipe}-{}", number % RECIPES),
        token_cache: logins[number % logins.len()].clone(),
        shares_first_token: false,
        renews: true,
        talk: Some(SpeakingPlan {
            history: histories[number % RECIPES].clone(),
            pace,
        }),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_grows_under_a_fifth_of_full_load_with_hostile_input() {
    let length = Duration::from_secs_f64(60.0 * from_environment("SOAK_MINUTES", MINUTES));
    let metrics = [free_port(), free_port()];
    let [of_auth, of_chat] = metrics.map(|port| format!("127.0.0.1:{port}"));
    let mut stack = for_short_tokens(2)
        .auth(&["--metrics-listen", &of_auth])
        .chat(&["--metrics-listen", &of_chat])
        .start()
        .await;
    let logins = logins(&stack).await;
    let full = full_load(&stack, &logins).await;
    let mut gauges = Gauges::new(&stack, metrics).await;

    let pace = Duration::from_secs_f64(f64::from(COOKS) / (full * PART));
    let histories = histories();
    let mut crowd = Crowd::new();
    crowd.invite(
        cooks(&stack, &logins, &histories, "soak", pace),
        Duration::from_secs(1),
    );
    let attackers = Attackers::start(&stack, ATTACKS).await;
    crowd
        .until_present(COOKS as usize, Duration::from_secs(60))
        .await;
    for _ in 0..SAMPLES {
        sleep(length / SAMPLES).await;
        gauges.look(&stack).await;
    }

    let attacks = attackers.leave().await;
    let report = crowd.leave().await;
    // Tokens are short here: whoever reads at the end signs up at the end.
    let reader = stack.register("reader").await;
    let mut messages = 0;
    for (number, history) in histories.iter().enumerate() {
        let log = chat_log::read(stack.chat(), &reader, &format!("soak-{number}")).await;
        history.assert_sound(&log);
        messages += log.len();
    }
    let figures = json!({
        "minutes": length.as_secs_f64() / 60.0,
        "messages_a_second_at_full_load": full,
        "messages": messages,
        "attacks": attacks,
        "gauges": gauges.to_json(),
        "report": report.to_json(),
    });
    tell("soak", &figures);
    report.assert_sound();
    let ends = report.figures().ends.clone();
    assert!(ends.is_empty(), "somebody was closed: {ends:?}");
    gauges.assert_flat(in_full());
    eventually("every process to let go of what it held", async || {
        gauges.are_back(&stack).await
    })
    .await;
}

//! Every service is restarted in turn under a chatting crowd, as a deploy does it: nothing is lost or doubled,
//! and everybody is back soon. With `RECIPE_CHAT_OLD_BIN` the crowd begins on an older build, each restart
//! brings the new one, so that old and new speak to one another in between, and then it is all rolled back.

use std::{iter::repeat_with, path::Path, time::Duration};

use serde_json::json;
use system_tests::{
    binary, chat_log,
    crowd::{Cook, Crowd, SpeakingPlan, Spread},
    history::History,
    stack::Stack,
};

use super::{edges_from, for_crowds, in_full, limit, logins, scaled, tell};

/// How many talk in one recipe.
const COOKS_PER_RECIPE: usize = 10;

fn recipe(number: usize) -> String {
    format!("pot-{number}")
}

async fn start(older: &Path) -> Stack {
    let plan = for_crowds(2)
        .with_redis()
        .with_postgres()
        .chat_replicas(2)
        .binary(older)
        .edge(&["--drain-timeout", "3s"]);
    // The edges of an older build may show no tokens: the chat service is told to ask for them after a deploy.
    let plan = match older == binary::path() {
        true => plan,
        false => plan.believing_edges(),
    };
    plan.start().await
}

/// Waits for everybody, and for each to have been heard again.
async fn all_talk_on(crowd: &Crowd, count: usize) {
    let time_limit = Duration::from_secs(30);
    crowd.until_present(count, time_limit).await;
    let answered = crowd.report().figures().answers.len();
    crowd.until_answered(answered + count, time_limit).await;
}

/// A deploy of this build: each replica in turn, from the back to the front, once everybody talks again.
async fn deploy(stack: &mut Stack, build: &Path, crowd: &Crowd, count: usize) {
    let Stack {
        auth, chats, edges, ..
    } = stack;
    for service in auth.iter_mut().chain(chats).chain(edges) {
        service.roll(build).await;
        all_talk_on(crowd, count).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_of_every_service_loses_and_doubles_nothing() {
    let count = scaled(500);
    let new = binary::path();
    let older = binary::older().unwrap_or_else(|| new.clone());
    let mut stack = start(&older).await;
    let logins = logins(&stack).await;
    let histories: Vec<History> = repeat_with(History::default)
        .take(count.div_ceil(COOKS_PER_RECIPE))
        .collect();
    let mut crowd = Crowd::new();
    let cooks = (0..count).map(|number| Cook {
        edges: edges_from(&stack, number % 2),
        recipe: recipe(number / COOKS_PER_RECIPE),
        token_cache: logins[number % logins.len()].clone(),
        shares_first_token: false,
        renews: true,
        talk: Some(SpeakingPlan {
            history: histories[number / COOKS_PER_RECIPE].clone(),
            pace: Duration::from_millis(if in_full() { 2_000 } else { 500 }),
        }),
    });
    crowd.invite(cooks, Duration::from_secs(2));
    all_talk_on(&crowd, count).await;

    deploy(&mut stack, &new, &crowd, count).await;
    if older != new {
        deploy(&mut stack, &older, &crowd, count).await;
    }

    let report = crowd.leave().await;
    let reader = stack.register("reader").await;
    let mut messages = 0;
    for (number, history) in histories.iter().enumerate() {
        let log = chat_log::read(stack.chat(), &reader, &recipe(number)).await;
        history.assert_sound(&log);
        messages += log.len();
    }
    let builds = if older == new {
        "one build only: RECIPE_CHAT_OLD_BIN names no older one"
    } else {
        "an older build, then the new one, then the older one again"
    };
    let figures = json!({
        "clients": count,
        "builds": builds,
        "messages": messages,
        "report": report.to_json(),
    });
    tell("rolling restart", &figures);
    report.assert_sound();
    let gaps = Spread::of_times(&report.figures().gaps);
    assert!(gaps.count >= count, "each was on an edge that restarted");
    assert!(gaps.max <= limit(Duration::from_secs(10)), "{gaps:?}");
}

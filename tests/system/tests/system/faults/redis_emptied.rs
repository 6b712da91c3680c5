//! Redis dies and comes back empty under a crowd: nobody is closed, nobody is asked early or much too late, and
//! the schedule is whole again soon.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use serde_json::json;
use system_tests::{
    crowd::{Crowd, Spread},
    patience::within_at_most,
    stack::Stack,
};
use tokio::time::{Instant, sleep};

use super::{edges_from, for_crowds, in_full, limit, logins, quiet_cooks, scaled, tell};

/// How many sessions the schedule in Redis knows.
async fn scheduled(stack: &mut Stack) -> usize {
    let redis = stack.redis();
    let mut connection: MultiplexedConnection = redis.connection().await;
    let mut cards = redis::pipe();
    let shards = redis.keys("rc:{*}:due").await;
    for key in &shards {
        cards.zcard(key);
    }
    if shards.is_empty() {
        return 0;
    }
    let counts: Vec<usize> = cards.query_async(&mut connection).await.unwrap();
    counts.iter().sum()
}

async fn until_scheduled(stack: &mut Stack, count: usize) {
    let whole = async {
        while scheduled(stack).await < count {
            sleep(Duration::from_millis(50)).await;
        }
    };
    within_at_most(
        Duration::from_secs(30),
        "the whole schedule in Redis",
        whole,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_comes_back_empty_and_nobody_is_closed_or_asked_wrongly() {
    let count = scaled(2_000);
    let (life, lead, grace, arriving) = if in_full() {
        ("60s", "30s", "25s", Duration::from_secs(20))
    } else {
        ("14s", "9s", "8s", Duration::from_secs(4))
    };
    let mut stack = for_crowds(2)
        .with_redis()
        .auth(&["--access-ttl", life])
        .edge(&["--reauth-lead", lead, "--reauth-grace", grace])
        .start()
        .await;
    let logins = logins(&stack).await;
    let mut crowd = Crowd::new();
    for edge in 0..2 {
        let edges = edges_from(&stack, edge);
        crowd.invite(quiet_cooks(count / 2, &edges, &logins), arriving);
    }
    let patience = Duration::from_secs(60);
    crowd.until_present(count / 2 * 2, patience).await;
    until_scheduled(&mut stack, count / 2 * 2).await;

    stack.redis().restart().await;
    let restarted = Instant::now();
    until_scheduled(&mut stack, count / 2 * 2).await;
    let whole = restarted.elapsed();
    let asked_before = crowd.report().figures().prompts.len();
    crowd.until_prompted(asked_before + count, patience).await;

    let report = crowd.leave().await;
    let figures = json!({
        "sessions": count / 2 * 2,
        "schedule_whole_after_s": whole.as_secs_f64(),
        "report": report.to_json(),
    });
    tell("redis emptied", &figures);
    report.assert_sound();
    let figures = report.figures();
    assert!(figures.ends.is_empty(), "{:?}", figures.ends);
    let lateness = Spread::of(figures.prompts.clone());
    assert!(
        lateness.max <= limit(Duration::from_millis(1_250)),
        "{lateness:?}"
    );
}

//! What faults cost people: each scenario breaks one thing under a crowd, prints its figures, and fails when
//! anybody noticed what the contract says that nobody notices. `docs/faults.md` is the list of them.
//!
//! By default the crowds are small and the limits leave room for a machine that does other things too. The
//! lane `tests/run faults` runs them alone, whole and strict: `FAULTS_SCALE=1`.

mod auth_away;
mod edge_killed;
mod frozen_edge;
mod half_open;
mod matrix;
mod memory;
mod prompts;
mod random_faults;
mod redis_away;
mod redis_emptied;
mod redis_slow;
mod revocations;
mod rolling_restart;
mod soak;
mod storm;
mod upgrade_pace;

use std::{net::SocketAddr, str::FromStr, sync::Arc, time::Duration};

use redis::aio::MultiplexedConnection;
use serde_json::Value;
use system_tests::{
    crowd::{Cook, Report, Spread, TokenCache, token_caches},
    scale::{in_full, scale},
    stack::{Plan, Stack},
    timeouts::{SLACK, within_at_most},
};
use tokio::time::sleep;

/// The cooks of a crowd share so many login sessions: the auth service lets nobody sign up without end.
const LOGINS: usize = 10;

/// So many at full scale; in a smaller run fewer, but some.
fn scaled(count: usize) -> usize {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of clients are small and positive"
    )]
    let scaled = (count as f64 * scale()) as usize;
    scaled.max(20)
}

/// A setting of a run, which is a number.
fn from_environment<T: FromStr>(name: &str, default: T) -> T {
    match std::env::var_os(name) {
        Some(value) => value
            .to_str()
            .and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("{name} is a number")),
        None => default,
    }
}

/// A limit of the documents, with room for a machine that is not this test's alone.
fn limit(strict: Duration) -> f64 {
    let limit = if in_full() { strict } else { strict + SLACK };
    limit.as_secs_f64() * 1e3
}

/// Edges that take crowds, and say little.
fn for_crowds(edges: usize) -> Plan {
    Plan::apart(edges).log("warn").edge(&[
        "--message-rate",
        "0",
        "--max-connections-per-address",
        "0",
        "--max-connections-per-user",
        "0",
    ])
}

/// The same with Redis and with tokens that end soon.
fn for_short_tokens(edges: usize) -> Plan {
    let (life, lead, grace) = if in_full() {
        ("60s", "30s", "25s")
    } else {
        ("14s", "9s", "8s")
    };
    for_crowds(edges)
        .with_redis()
        .auth(&["--access-ttl", life])
        .edge(&["--reauth-lead", lead, "--reauth-grace", grace])
}

/// The addresses of all edges, this one first.
fn edges_from(stack: &Stack, first: usize) -> Vec<SocketAddr> {
    let mut edges: Vec<SocketAddr> = stack.edges.iter().map(|edge| edge.address()).collect();
    edges.rotate_left(first);
    edges
}

/// Login sessions for a crowd.
async fn logins(stack: &Stack) -> Vec<Arc<TokenCache>> {
    token_caches(LOGINS, &edges_from(stack, 0), &stack.api()).await
}

/// Cooks that say nothing, ten to a recipe, and answer when they are asked.
fn quiet_cooks(
    count: usize,
    edges: &[SocketAddr],
    logins: &[Arc<TokenCache>],
) -> impl ExactSizeIterator<Item = Cook> {
    (0..count).map(move |number| Cook {
        edges: edges.to_vec(),
        recipe: format!("dish-{}", number / 10),
        token_cache: logins[number % logins.len()].clone(),
        shares_first_token: false,
        renews: true,
        talk: None,
    })
}

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

/// Waits until the schedule in Redis knows so many.
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

/// Ends the test when anybody was closed, or asked early, twice or late, by whatever happened to Redis.
#[track_caller]
fn assert_nobody_noticed(report: &Report) {
    report.assert_sound();
    let figures = report.figures();
    assert!(figures.ends.is_empty(), "{:?}", figures.ends);
    let lateness = Spread::of(figures.prompts.clone());
    let latest = limit(Duration::from_millis(1_250));
    assert!(lateness.max <= latest, "{lateness:?}");
}

/// Prints the figures of a scenario, for the documents.
#[expect(clippy::print_stdout, reason = "shown by the lane")]
pub(crate) fn tell(scenario: &str, figures: &Value) {
    println!("FIGURES {scenario} at scale {}: {figures}", scale());
}

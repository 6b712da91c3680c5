//! Redis goes away, hangs, or comes back empty: nobody notices.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    client::Client,
    clock::time_of,
    proxy::{NetworkCondition, Proxy},
    redis_sentinel::WatchedRedis,
    redis_server::RedisServer,
    stack::{Plan, Stack},
    timeouts::{SLACK, eventually},
};
use time::OffsetDateTime;

/// The contract's fallback: without Redis the owner's own timer asks this much later.
const FALLBACK: Duration = Duration::from_millis(1_250);

fn short_lives(edges: usize) -> Plan {
    Plan::apart(edges).auth(&["--access-ttl", "8s"]).edge(&[
        "--reauth-lead",
        "4s",
        "--reauth-grace",
        "3s",
    ])
}

async fn joined(stack: &Stack, edge: usize) -> (Account, Client, Value) {
    let ada = stack.register("ada").await;
    let mut client = stack.connect_at(edge, "soup").await;
    let session = client.auth(&ada.access_token).await["session"].clone();
    (ada, client, session)
}

/// Is asked, at most as late as the fallback allows, and goes on with a fresh token.
async fn asked_in_time(stack: &Stack, (ada, client, session): &mut (Account, Client, Value)) {
    let asked = client.until("auth_required").await;
    assert_eq!(asked["reason"], "Token expiring soon");
    let late = OffsetDateTime::now_utc() - time_of(&session["reauth_at"]);
    assert!(
        late >= time::Duration::milliseconds(-50),
        "too early by {late}"
    );
    assert!(late <= FALLBACK + SLACK, "too late: {late}");
    *ada = ada.refresh(&stack.api()).await;
    *session = client.auth(&ada.access_token).await["session"].clone();
    client.say("cooking on").await;
}

#[tokio::test]
async fn without_redis_everybody_is_still_asked_and_nobody_is_closed() {
    let mut stack = short_lives(2).with_redis().start().await;
    let mut here = joined(&stack, 0).await;
    let mut there = joined(&stack, 1).await;
    stack.redis().kill().await;

    let (left, right) = (
        asked_in_time(&stack, &mut here),
        asked_in_time(&stack, &mut there),
    );
    tokio::join!(left, right);

    let mut newcomer = joined(&stack, 0).await;
    newcomer.1.say("newcomers come in too").await;
    asked_in_time(&stack, &mut newcomer).await;
}

#[tokio::test]
async fn a_redis_that_comes_back_empty_is_filled_again() {
    let mut stack = short_lives(2).with_redis().start().await;
    let mut here = joined(&stack, 0).await;
    let redis = stack.redis();
    eventually("a deadline in Redis", async || {
        !redis.keys("rc:{*}:due").await.is_empty()
    })
    .await;

    redis.restart().await;

    eventually("the deadline again", async || {
        !redis.keys("rc:{*}:due").await.is_empty()
    })
    .await;
    asked_in_time(&stack, &mut here).await;
    asked_in_time(&stack, &mut here).await;
}

#[tokio::test]
async fn a_flushed_redis_is_filled_again() {
    let mut stack = Plan::apart(2).with_redis().start().await;
    let _here = joined(&stack, 0).await;
    let redis = stack.redis();
    eventually("a deadline in Redis", async || {
        !redis.keys("rc:{*}:due").await.is_empty()
    })
    .await;

    let mut connection = redis.connection().await;
    redis::cmd("FLUSHALL")
        .exec_async(&mut connection)
        .await
        .unwrap();

    eventually("the deadline again", async || {
        !redis.keys("rc:{*}:due").await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_hangs_holds_nobody_up() {
    let mut stack = short_lives(1).with_redis().start().await;
    let mut here = joined(&stack, 0).await;
    stack.redis().process().freeze();

    let started = tokio::time::Instant::now();
    let mut newcomer = joined(&stack, 0).await;
    newcomer.1.say("newcomers come in too").await;
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );

    let (left, right) = (
        asked_in_time(&stack, &mut here),
        asked_in_time(&stack, &mut newcomer),
    );
    tokio::join!(left, right);
    stack.redis().process().thaw();
    asked_in_time(&stack, &mut here).await;
}

#[tokio::test]
async fn a_network_that_swallows_everything_to_redis_is_survived_and_heals() {
    let redis = RedisServer::start().await;
    let proxy = Proxy::start(([127, 0, 0, 1], redis.port()).into()).await;
    let url = format!("redis://{}", proxy.address());
    let stack = short_lives(2).with_redis_at(url).start().await;
    let mut here = joined(&stack, 0).await;

    proxy.set(NetworkCondition::BlackHole);
    asked_in_time(&stack, &mut here).await;
    proxy.set(NetworkCondition::Cut);
    asked_in_time(&stack, &mut here).await;

    proxy.set(NetworkCondition::Normal);
    eventually("the deadline in Redis", async || {
        !redis.keys("rc:{*}:due").await.is_empty()
    })
    .await;
    asked_in_time(&stack, &mut here).await;
}

#[tokio::test]
async fn a_failover_by_a_sentinel_is_survived_and_the_new_master_is_used() {
    let mut redis = WatchedRedis::start().await;
    let stack = short_lives(2).with_redis_at(redis.url()).start().await;
    let mut here = joined(&stack, 0).await;
    let mut there = joined(&stack, 1).await;

    redis.master.kill().await;
    let (left, right) = (
        asked_in_time(&stack, &mut here),
        asked_in_time(&stack, &mut there),
    );
    tokio::join!(left, right, redis.failed_over());

    // Sessions from then on are in the new master: another edge finds them there.
    let (ada, mut before, session) = joined(&stack, 0).await;
    let key = format!("rc:*:session:{}", session["id"].as_str().unwrap());
    eventually("the session at the new master", async || {
        !redis.replica.keys(&key).await.is_empty()
    })
    .await;
    let mut after = stack.connect_at(1, "soup").await;
    let resume = json!({"token": ada.access_token, "session": session["id"]});
    let resumed = after.auth_with(resume).await["session"].clone();
    assert_eq!(resumed["id"], session["id"]);
    before.until_close(1008, "Session moved").await;
    asked_in_time(&stack, &mut (ada, after, resumed)).await;
    asked_in_time(&stack, &mut here).await;
}

#[tokio::test]
async fn a_logout_without_redis_still_closes_here() {
    let mut stack = Plan::apart(1).with_redis().start().await;
    let (ada, mut client, _) = joined(&stack, 0).await;
    stack.redis().kill().await;

    ada.logout(&stack.api()).await;

    client.expect_close(1008, "Session revoked").await;
}

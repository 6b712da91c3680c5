//! The limiter against a real Redis, which may be away, slow or without rights.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::*;
use crate::redis::{
    Redis, cmd,
    tests::servers::{Server, TEST_TIMEOUT, until},
};

/// Nothing comes back while a test runs.
fn limit(burst: u32) -> Limit {
    Limit::new(1, Duration::from_secs(3_600), burst).unwrap()
}

#[tokio::test]
async fn two_replicas_share_one_bucket() {
    let server = Server::start();
    let (one, two) = (patient(&server).await, patient(&server).await);
    for limiter in [&one, &two, &one] {
        assert_eq!(limiter.take("k", limit(3)).await, Decision::Allowed);
    }
    let Decision::RetryAfter(wait) = two.take("k", limit(3)).await else {
        panic!("a fourth token of three");
    };
    assert!(wait <= Duration::from_secs(3_600), "{wait:?}");
    assert!(wait > Duration::from_secs(3_000), "{wait:?}");
    assert_eq!(two.take("other", limit(3)).await, Decision::Allowed);
}

#[tokio::test]
async fn a_bucket_is_one_key_that_expires_when_it_is_full_again() {
    let server = Server::start();
    let redis = server.open().await;
    let limiter = RateLimiter::with_timeout(Some(&redis), TEST_TIMEOUT);
    limiter.take("k", limit(3)).await;
    let expires_in: u64 = redis.run(cmd("TTL").arg("rc:rate:{k}")).await.unwrap();
    assert!((3_500..=3_600).contains(&expires_in), "{expires_in}");
    assert_eq!(redis.run::<u64>(&cmd("DBSIZE")).await.unwrap(), 1);
}

#[tokio::test]
async fn a_whole_burst_of_an_uneven_rate_goes_through() {
    let server = Server::start();
    let limiter = patient(&server).await;
    let uneven = Limit::new(7, Duration::from_secs(36_000), 7).unwrap();
    for _ in 0..7 {
        assert_eq!(limiter.take("k", uneven).await, Decision::Allowed);
    }
    assert_ne!(limiter.take("k", uneven).await, Decision::Allowed);
}

#[tokio::test]
async fn without_redis_the_local_bucket_decides() {
    let limiter = RateLimiter::new(None);
    assert_eq!(limiter.take_many("k", limit(3), 3).await, Decision::Allowed);
    assert_ne!(limiter.take("k", limit(3)).await, Decision::Allowed);
}

#[tokio::test]
async fn a_redis_that_goes_away_leaves_what_was_known_of_it() {
    let mut server = Server::start();
    let redis = server.open().await;
    let limiter = RateLimiter::with_timeout(Some(&redis), TEST_TIMEOUT);
    limiter.take("k", limit(2)).await;
    server.kill();
    let mut up = redis.watch();
    timeout(TEST_TIMEOUT, up.wait_for(|up| !up))
        .await
        .unwrap()
        .unwrap();

    assert_eq!(limiter.take("k", limit(2)).await, Decision::Allowed);
    assert_ne!(limiter.take("k", limit(2)).await, Decision::Allowed);

    // What was taken alone is told to Redis when it comes back, empty.
    server.start_again();
    let other = patient(&server).await;
    until(async || level(&redis, "k").await.is_some()).await;
    assert_eq!(other.take("k", limit(2)).await, Decision::Allowed);
    assert_ne!(other.take("k", limit(2)).await, Decision::Allowed);
}

#[tokio::test]
async fn a_redis_that_hangs_costs_no_more_than_the_timeout() {
    let server = Server::start();
    let limiter = RateLimiter::new(Some(&server.open().await));
    server.signal("STOP");
    let started = Instant::now();
    assert_eq!(limiter.take("k", limit(1)).await, Decision::Allowed);
    assert!(started.elapsed() >= SHARED_TIMEOUT);
    assert_ne!(limiter.take("k", limit(1)).await, Decision::Allowed);
    server.signal("CONT");
}

#[tokio::test]
async fn a_redis_that_refuses_leaves_the_decision_to_the_local_bucket() {
    let server = Server::start();
    let redis = server.open().await;
    let limiter = RateLimiter::with_timeout(Some(&redis), TEST_TIMEOUT);
    let mut no_scripts = cmd("ACL");
    no_scripts.arg(&["SETUSER", "default", "-@scripting"]);
    redis.run::<()>(&no_scripts).await.unwrap();
    assert_eq!(limiter.take("k", limit(1)).await, Decision::Allowed);
    assert_ne!(limiter.take("k", limit(1)).await, Decision::Allowed);
}

#[tokio::test]
async fn local_takes_reach_the_shared_bucket_and_come_back_to_other_replicas() {
    let server = Server::start();
    let redis = server.open().await;
    let (one, two) = (
        RateLimiter::with_timeout(Some(&redis), TEST_TIMEOUT),
        patient(&server).await,
    );
    let now = Instant::now();
    assert_eq!(one.take_local("k", limit(4), 3, now), Decision::Allowed);
    until(async || level(&redis, "k").await.is_some()).await;
    // The other replica is still free to decide alone, and is corrected by the answer to its report.
    assert_eq!(two.take_local("k", limit(4), 1, now), Decision::Allowed);
    until(async || two.local.buckets.peek("k", limit(4), 1, now) != Decision::Allowed).await;
    assert_ne!(one.take("k", limit(4)).await, Decision::Allowed);
}

#[tokio::test]
async fn what_many_replicas_took_at_once_is_owed_for_two_bursts_at_most() {
    let server = Server::start();
    let redis = server.open().await;
    let shared = SharedBuckets::new(redis.clone());
    let addition = shared::Addition {
        key: "k".into(),
        cost: shared::signed_micros(limit(4).cost(4)),
        capacity: limit(4).capacity(),
    };
    let levels = shared.add(&vec![addition; 9]).await.unwrap();
    let owed = levels.last().unwrap().clone().unwrap();
    assert!(owed <= 2 * limit(4).capacity(), "{owed:?}");
}

#[tokio::test]
async fn what_is_given_back_can_be_taken_by_other_replicas() {
    let server = Server::start();
    let redis = server.open().await;
    let (one, two) = (patient(&server).await, patient(&server).await);
    assert_eq!(one.take_many("k", limit(4), 4).await, Decision::Allowed);
    one.give_back("k", limit(4), 4, Instant::now());
    until(async || level(&redis, "k").await.is_none()).await;
    assert_eq!(two.take_many("k", limit(4), 4).await, Decision::Allowed);
}

/// Decides by Redis also on a machine that is too busy to answer within the usual timeout.
async fn patient(server: &Server) -> RateLimiter {
    RateLimiter::with_timeout(Some(&server.open().await), TEST_TIMEOUT)
}

async fn level(redis: &Redis, key: &str) -> Option<String> {
    redis
        .run(cmd("GET").arg(format!("rc:rate:{{{key}}}")))
        .await
        .ok()
        .flatten()
}

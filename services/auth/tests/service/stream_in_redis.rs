//! Revocations in Redis, through outages.

use proto::auth::revoke_session_request::By;
use redis::{AsyncConnectionConfig, aio::MultiplexedConnection};
use test_servers::{Redis, free_port};
use tokio::time::{Instant, timeout};

use crate::harness::{Database, PASSWORD, Service, TEST_TIMEOUT};

const STREAM: &str = "rc:revocations";

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

async fn connect(port: u16) -> MultiplexedConnection {
    let patient = AsyncConnectionConfig::new().set_response_timeout(Some(TEST_TIMEOUT));
    let client = redis::Client::open(url(port)).unwrap();
    client
        .get_multiplexed_async_connection_with_config(&patient)
        .await
        .unwrap()
}

async fn ask<T: redis::FromRedisValue>(port: u16, words: &[&str]) -> T {
    let mut connection = connect(port).await;
    let mut command = redis::cmd(words[0]);
    command
        .arg(&words[1..])
        .query_async(&mut connection)
        .await
        .unwrap()
}

/// The sessions in the stream, once there are as many.
async fn sessions(port: u16, count: usize) -> Vec<String> {
    type Entries = Vec<(String, Vec<(String, Vec<String>)>)>;
    let mut connection = connect(port).await;
    let (mut after, mut found) = ("0".to_owned(), Vec::new());
    while found.len() < count {
        let read: Entries = redis::cmd("XREAD")
            .arg(&["BLOCK", "0", "STREAMS", STREAM, &after])
            .query_async(&mut connection)
            .await
            .unwrap();
        for (id, fields) in read.into_iter().flat_map(|(_, entries)| entries) {
            assert!(["session", "review"].contains(&fields[0].as_str()));
            assert_eq!(fields[2], "at");
            assert!(fields[3].parse::<i64>().unwrap() > 0);
            found.push(fields[1].clone());
            after = id;
        }
    }
    found
}

async fn revoked(service: &Service) -> String {
    let tokens = service.log_in("ada", PASSWORD).await.unwrap();
    service
        .revoke(Some(By::SessionId(tokens.session_id)))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_revocation_is_written_to_the_stream() {
    let port = free_port();
    let _redis = Redis::start(port);
    let service = Service::start_with(Database::sqlite(), &[], Some(&url(port))).await;
    service.ada().await;
    let session = revoked(&service).await;
    assert_eq!(
        timeout(TEST_TIMEOUT, sessions(port, 1)).await.unwrap(),
        [session]
    );
}

#[tokio::test]
async fn a_review_is_written_to_the_stream_under_a_name_of_its_own() {
    let port = free_port();
    let _redis = Redis::start(port);
    let service = Service::start_with(Database::sqlite(), &[], Some(&url(port))).await;
    let session = service.ada().await.session_id;
    service.review(&session).await.unwrap();

    assert_eq!(
        timeout(TEST_TIMEOUT, sessions(port, 1)).await.unwrap(),
        std::slice::from_ref(&session)
    );
    type Entries = Vec<(String, Vec<String>)>;
    let entries: Entries = ask(port, &["XRANGE", STREAM, "-", "+"]).await;
    assert_eq!(entries[0].1[..2], ["review".to_owned(), session]);
}

#[tokio::test]
async fn a_redis_that_lost_everything_gets_the_live_revocations_again() {
    let port = free_port();
    let redis = Redis::start(port);
    let service = Service::start_with(Database::sqlite(), &[], Some(&url(port))).await;
    service.ada().await;
    let first = revoked(&service).await;
    timeout(TEST_TIMEOUT, sessions(port, 1)).await.unwrap();

    drop(redis);
    let begun = Instant::now();
    let second = revoked(&service).await;
    assert!(
        begun.elapsed().as_secs() < 2,
        "a Redis that is away delays nobody"
    );

    let _empty = Redis::start(port);
    let found = timeout(TEST_TIMEOUT, sessions(port, 2)).await.unwrap();
    assert!(
        found.contains(&first) && found.contains(&second),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_redis_that_comes_late_gets_what_it_missed() {
    let port = free_port();
    let service = Service::start_with(Database::sqlite(), &[], Some(&url(port))).await;
    service.ada().await;
    let session = revoked(&service).await;
    let _redis = Redis::start(port);
    assert_eq!(
        timeout(TEST_TIMEOUT, sessions(port, 1)).await.unwrap(),
        [session]
    );
}

#[tokio::test]
async fn a_redis_that_was_emptied_without_an_outage_gets_the_live_revocations_again() {
    let port = free_port();
    let _redis = Redis::start(port);
    let service = Service::start_with(Database::sqlite(), &[], Some(&url(port))).await;
    service.ada().await;
    let session = revoked(&service).await;
    timeout(TEST_TIMEOUT, sessions(port, 1)).await.unwrap();

    let emptied: String = ask(port, &["FLUSHALL"]).await;

    assert_eq!(emptied, "OK");
    let found = timeout(TEST_TIMEOUT, sessions(port, 1)).await.unwrap();
    assert_eq!(found, [session]);
}

#[tokio::test]
async fn a_write_that_redis_refuses_is_made_up_for() {
    let port = free_port();
    let _redis = Redis::start(port);
    let service = Service::start_with(Database::sqlite(), &[], Some(&url(port))).await;
    service.ada().await;
    revoked(&service).await;
    timeout(TEST_TIMEOUT, sessions(port, 1)).await.unwrap();

    let _: () = ask(port, &["SET", STREAM, "no stream"]).await;
    let session = revoked(&service).await;
    let _: i64 = ask(port, &["DEL", STREAM]).await;

    let found = timeout(TEST_TIMEOUT, sessions(port, 2)).await.unwrap();
    assert!(found.contains(&session), "{found:?}");
}

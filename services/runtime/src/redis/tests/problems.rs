//! A Redis that answers pings and refuses the rest is down, and says why.

use tokio::time::timeout;

use super::{
    super::*,
    servers::{Server, TEST_TIMEOUT, until},
};

/// Writes a key by a script, and publishes.
fn self_test() -> SelfTest {
    let script = Script::new("redis.call('SET', KEYS[1], 1, 'PX', 1) return redis.call('TIME')");
    SelfTest::default()
        .script("writing", &script.call().key("rc:self-test"))
        .publication("telling", "rc:news")
        .channel("rc:news")
        .stream("rc:stream")
}

fn url(server: &Server, sign_in: &str) -> SecretUrl {
    let url = format!("redis://{sign_in}127.0.0.1:{}", server.port);
    url.parse().unwrap()
}

fn open(server: &Server, sign_in: &str) -> Redis {
    Redis::open_tested(&url(server, sign_in), self_test()).unwrap()
}

async fn wait_until_up(redis: &Redis, up: bool) {
    let mut states = redis.watch();
    let changed = timeout(TEST_TIMEOUT, states.wait_for(|now| *now == up)).await;
    changed.expect("a change in time").unwrap();
}

/// Down, for this reason; then mended.
async fn is_down_until(redis: &Redis, cause: Cause, words: &str, mend: impl AsyncFnOnce()) {
    until(async || {
        redis
            .problem()
            .is_some_and(|problem| problem.cause == cause)
    })
    .await;
    let told = redis.problem().unwrap().to_string();
    assert!(told.contains(words), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    assert!(!redis.is_up());
    mend().await;
    wait_until_up(redis, true).await;
    assert_eq!(redis.problem(), None);
}

#[tokio::test]
async fn what_a_user_may_not_do_is_told_also_when_it_was_taken_away_later() {
    let server = Server::start();
    let acl = async |rules: &[&str]| {
        let mut words = vec!["ACL", "SETUSER", "cook", "on", ">hunter2"];
        words.extend(rules);
        server.told_until_ok(&words).await;
    };
    for (without, with) in [
        (&["resetkeys", "~other:*", "+@all"][..], &["~rc:*"][..]),
        (&["-eval", "-evalsha"], &["+@all"]),
        (&["resetchannels"], &["&rc:*"]),
        (&["-set"], &["+@all"]),
    ] {
        acl(&["resetkeys", "~rc:*", "resetchannels", "&rc:*", "+@all"]).await;
        acl(without).await;
        let redis = open(&server, "cook:hunter2@");
        is_down_until(&redis, Cause::NoPermission, "NOPERM", async || {
            acl(with).await
        })
        .await;
        // The next self-test, or the first thing that is refused.
        acl(without).await;
        is_down_until(&redis, Cause::NoPermission, "while trying", async || {
            acl(with).await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_missing_or_wrong_password_is_told() {
    let server = Server::start();
    server
        .told_until_ok(&["CONFIG", "SET", "requirepass", "secret"])
        .await;
    let without = open(&server, "");
    let wrong = open(&server, ":hunter2@");
    for (redis, cause) in [(without, Cause::NoAuth), (wrong, Cause::WrongPassword)] {
        becomes_known(&redis, cause).await;
    }
    wait_until_up(&open(&server, ":secret@"), true).await;
}

async fn becomes_known(redis: &Redis, cause: Cause) {
    until(async || {
        redis
            .problem()
            .is_some_and(|problem| problem.cause == cause)
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_with_its_address() {
    let nowhere = Redis::open(&"redis://:hunter2@127.0.0.1:1".parse().unwrap()).unwrap();
    nowhere.ping(TEST_TIMEOUT).await.unwrap_err();
    let told = nowhere.problem().unwrap().to_string();
    assert!(told.starts_with("unreachable 127.0.0.1:1: "), "{told}");
}

#[tokio::test]
async fn a_full_memory_a_replica_and_a_disk_that_fails_are_down_until_they_are_mended() {
    let (server, other) = (Server::start(), Server::start());
    let redis = open(&server, "");
    wait_until_up(&redis, true).await;
    let tell = async |words: &[&str]| server.told_until_ok(words).await;

    tell(&["CONFIG", "SET", "maxmemory", "1"]).await;
    is_down_until(&redis, Cause::OutOfMemory, "OOM", async || {
        tell(&["CONFIG", "SET", "maxmemory", "0"]).await;
    })
    .await;

    let port = other.port.to_string();
    tell(&["REPLICAOF", "127.0.0.1", &port]).await;
    is_down_until(&redis, Cause::ReadOnly, "READONLY", async || {
        tell(&["REPLICAOF", "NO", "ONE"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_channel_and_a_stream_that_are_refused_are_told_while_the_rest_goes_on() {
    let server = Server::start();
    let acl = async |rules: &[&str]| {
        let mut words = vec!["ACL", "SETUSER", "default"];
        words.extend(rules);
        server.told_until_ok(&words).await;
    };
    acl(&["resetchannels", "-xread"]).await;
    let redis = Redis::open(&url(&server, "")).unwrap();
    wait_until_up(&redis, true).await;
    let subscription = redis.subscribe(vec!["rc:news".into()], 4);
    becomes_known(&redis, Cause::NoPermission).await;
    assert!(redis.is_up());
    let told = redis.problem().unwrap().to_string();
    assert!(told.contains("rc:news"), "{told}");
    drop(subscription);
    until(async || redis.problem().is_none()).await;

    let mut stream = redis.follow_stream("rc:stream", "0", 4);
    becomes_known(&redis, Cause::NoPermission).await;
    acl(&["+xread"]).await;
    assert_eq!(
        timeout(TEST_TIMEOUT, stream.next()).await.unwrap(),
        Followed::Gap
    );
    until(async || redis.problem().is_none()).await;
}

#[tokio::test]
async fn a_rehearsal_tells_each_thing_that_is_lacking() {
    let server = Server::start();
    let names = async |rules: &[&str]| {
        let mut words = vec!["ACL", "SETUSER", "default"];
        words.extend(rules);
        server.told_until_ok(&words).await;
        let rehearsed = Redis::rehearse(&url(&server, ""), &self_test()).await;
        let lacking = rehearsed.unwrap().unwrap();
        lacking
            .into_iter()
            .filter(|one| one.problem.is_some())
            .map(|one| one.name)
            .collect::<Vec<_>>()
    };
    assert!(names(&["+@all"]).await.is_empty());
    assert_eq!(names(&["-evalsha"]).await, ["writing"]);
    assert_eq!(names(&["+@all", "-xread"]).await, ["stream rc:stream"]);
    assert_eq!(
        names(&["+@all", "resetchannels"]).await,
        ["telling", "channel rc:news"]
    );
}

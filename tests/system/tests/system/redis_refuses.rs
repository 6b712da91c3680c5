//! A Redis that answers pings and refuses the rest is told as down, with the cause, and costs nobody anything.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    binary::recipe_chat, http::Api, process::Process, redis_server::RedisServer, stack::Plan,
    timeouts::eventually,
};
use tokio::time::Instant;

use crate::faults::tell;

async fn readiness(api: &Api) -> Value {
    api.get("/readyz").send().await.expect(200).json()
}

/// What is done to Redis, what undoes it, and the cause that is told.
type Trouble = (
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

const TROUBLES: [Trouble; 6] = [
    (
        &["ACL", "SETUSER", "default", "-eval", "-evalsha"],
        &["ACL", "SETUSER", "default", "+@all"],
        "NOPERM",
    ),
    (
        &["ACL", "SETUSER", "default", "resetkeys", "~other:*"],
        &["ACL", "SETUSER", "default", "~*"],
        "NOPERM",
    ),
    (
        &["ACL", "SETUSER", "default", "resetchannels"],
        &["ACL", "SETUSER", "default", "&*"],
        "NOPERM",
    ),
    (
        &["ACL", "SETUSER", "default", "-zadd"],
        &["ACL", "SETUSER", "default", "+@all"],
        "NOPERM",
    ),
    (
        &["REPLICAOF", "127.0.0.1", "1"],
        &["REPLICAOF", "NO", "ONE"],
        "READONLY",
    ),
    (
        &["CONFIG", "SET", "maxmemory", "1"],
        &["CONFIG", "SET", "maxmemory", "0"],
        "OOM",
    ),
];

#[tokio::test]
async fn what_redis_refuses_is_told_by_readiness_metrics_and_log() {
    let mut stack = Plan::apart(1).with_redis().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let api = stack.api();
    let (mut told, mut mended) = (Duration::ZERO, Duration::ZERO);
    for (harm, mend, cause) in TROUBLES {
        let up = async || readiness(&api).await["redis"] == true;
        eventually("Redis in order", up).await;
        stack.redis().tell(harm).await;
        let since = Instant::now();
        eventually(&format!("{harm:?} told"), async || {
            let told = readiness(&api).await;
            let problem = told["redis_problem"].as_str().unwrap_or_default();
            told["redis"] == false
                && told["degraded"] == true
                && problem.starts_with(&format!("{cause}: "))
        })
        .await;
        told = told.max(since.elapsed());
        let metrics = api.get("/metrics").send().await.expect(200).text();
        let level = |name: &str, label: &str, value: &str| {
            metrics
                .lines()
                .any(|line| line.starts_with(name) && line.contains(label) && line.ends_with(value))
        };
        assert!(level("deadline_redis_up", "", " 0"), "{harm:?}");
        let label = format!("cause=\"{cause}\"");
        assert!(level("deadline_redis_problem", &label, " 1"), "{harm:?}");
        let edge = stack.edges[0].process();
        assert!(edge.stderr().contains(&format!("{cause}: ")), "{harm:?}");
        client.say("cooking on").await;

        stack.redis().tell(mend).await;
        let since = Instant::now();
        eventually(&format!("{mend:?} noticed"), up).await;
        mended = mended.max(since.elapsed());
    }
    let figures =
        json!({"told_after_s": told.as_secs_f64(), "mended_after_s": mended.as_secs_f64()});
    tell("redis refuses", &figures);
}

/// The rights that the operators' page names are enough, and no others.
#[tokio::test]
async fn the_rights_that_the_runbook_names_are_enough() {
    let runbook = include_str!("../../../../docs/operations.md");
    let rule = runbook.lines().find(|line| line.starts_with("ACL SETUSER"));
    let rule = rule
        .expect("the rule")
        .replace("PASSWORD", "a-password-of-a-test");
    let redis = RedisServer::start().await;
    redis.tell(&rule.split(' ').collect::<Vec<_>>()).await;
    let url = format!(
        "redis://recipe-chat:a-password-of-a-test@{}",
        redis.address()
    );
    let stack = Plan::apart(2).with_redis_at(url.clone()).start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    client.say("add 2 eggs").await;
    for edge in 0..2 {
        let api = stack.api_at(edge);
        eventually("Redis in order", async || {
            readiness(&api).await["redis"] == true
        })
        .await;
    }
    let command = recipe_chat(&["check", "--redis-url", &url]);
    let ended = Process::start("check", command).ended().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stdout);
    for service in ["edge", "auth", "chat"] {
        let line = format!("ok    redis: {service} can do all");
        assert!(ended.stdout.contains(&line), "{}", ended.stdout);
    }
}

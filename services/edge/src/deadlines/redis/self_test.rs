//! What the schedule does with Redis, to be tried before it is relied on: scripts on sessions, heartbeats, the set of edges,
//! and messages between edges.

use std::time::Duration;

use runtime::redis::{Script, SelfTest};

use super::{
    super::record::EdgeId,
    redis_store::{self, EDGES},
    shards::Shards,
};

/// A session and an edge of this name exist only while a self-test runs.
const NAME: &str = "self-test";
const LIFETIME: Duration = Duration::from_secs(1);

pub(crate) fn self_test(shards: u16) -> SelfTest {
    let shards = Shards::new(shards);
    let script = Script::new(include_str!("self_test.lua"));
    let on_session = script
        .call()
        .key(shards.due(0))
        .key(format!("{}{NAME}", shards.session_prefix(0)))
        .key(shards.epoch(0))
        .arg(NAME);
    let edges = Script::new(
        "redis.call('SADD', KEYS[1], ARGV[1]) return redis.call('SREM', KEYS[1], ARGV[1])",
    );
    let on_edges = edges.call().key(EDGES).arg(NAME);
    let edge = EdgeId::stored(NAME);
    SelfTest::default()
        .script("session schedule (scripts on rc:{…})", &on_session)
        .command(
            "heartbeat of an edge (rc:edge:…)",
            redis_store::sign_of_life(&edge, LIFETIME),
        )
        .script("set of edges (rc:edges)", &on_edges)
        .command(
            "set of edges (rc:edges)",
            redis_store::command(&["SMEMBERS", EDGES]),
        )
        .publication(
            "messages to edges (publish to rc:inbox:…)",
            redis_store::channel(&edge),
        )
        .channel(redis_store::channel(&edge))
}

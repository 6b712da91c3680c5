//! Two edges on a cluster of three primaries.

use std::{collections::HashSet, time::Duration};

use runtime::redis::cmd;

use super::servers::{Cluster, Edge, asked, id, quick, record, until};
use crate::deadlines::{DeadlineConfig, Issuer, PromptReason};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_cluster_serves_as_well_as_a_single_server() {
    let cluster = Cluster::start().await;
    let redis = cluster.redis().await;
    let mut owner = Edge::start(config(false), &redis).await;
    let mut other = Edge::start(config(true), &redis).await;

    let mut sessions: HashSet<String> = (0..60).map(|number| format!("s{number}")).collect();
    for session in &sessions {
        owner
            .deadlines
            .schedule(record(session, 1, Duration::from_millis(500)));
    }
    while !sessions.is_empty() {
        let prompt = owner.prompt().await;
        assert_eq!(prompt.issuer, Issuer::OtherNode);
        owner.deadlines.schedule(asked(prompt.session.as_str(), 1));
        sessions.remove(prompt.session.as_str());
    }
    for server in cluster.servers() {
        let keys: Vec<String> = server
            .redis()
            .await
            .run(cmd("KEYS").arg("rc:*:session:*"))
            .await
            .unwrap();
        assert!(keys.len() > 5, "port {} holds {keys:?}", server.port);
    }

    let taken = other.take_over("s1", "ada").await.unwrap();
    assert_eq!(taken.generation, 2);
    assert_eq!(owner.moved().await, (id("s1"), 2));

    owner.deadlines.schedule(record("late", 1, 10 * MINUTE));
    until(async || other.deadlines.review(&id("late")).await == Ok(true)).await;
    loop {
        let prompt = owner.prompt().await;
        if prompt.session == id("late") {
            assert_eq!(prompt.reason, PromptReason::Review);
            break;
        }
    }
    other.deadlines.schedule(record("own", 1, Duration::ZERO));
    assert_eq!(other.prompt().await.issuer, Issuer::OwnNode);
}

fn config(claims: bool) -> DeadlineConfig {
    DeadlineConfig {
        claims,
        shards: 24,
        ..quick()
    }
}

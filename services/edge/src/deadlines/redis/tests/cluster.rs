//! Two edges on a cluster of three primaries.

use std::{collections::HashSet, time::Duration};

use super::servers::{Cluster, Edge, asked, id, quick, record, until};
use crate::deadlines::DeadlineConfig;

#[tokio::test]
async fn a_cluster_serves_as_well_as_a_single_server() {
    let cluster = Cluster::start().await;
    let redis = cluster.redis().await;
    let mut owner = Edge::start(config(), &redis).await;
    let mut other = Edge::start(config(), &redis).await;

    let mut sessions: HashSet<String> = (0..60).map(|number| format!("s{number}")).collect();
    for session in &sessions {
        owner
            .deadlines
            .schedule(record(session, 1, Duration::from_millis(500)));
    }
    while !sessions.is_empty() {
        let prompt = owner.prompt().await;
        owner.deadlines.schedule(asked(prompt.session.as_str(), 1));
        sessions.remove(prompt.session.as_str());
    }
    for server in &cluster.servers {
        let kept = server.sessions().await;
        assert!(kept.len() > 5, "port {} keeps {kept:?}", server.port);
    }

    let taken = other.take_over("s1", "ada").await.unwrap();
    assert_eq!(taken.generation, 2);
    assert_eq!(owner.moved().await, (id("s1"), 2));

    other.deadlines.schedule(record("own", 1, Duration::ZERO));
    assert_eq!(other.prompt().await.session, id("own"));
}

#[tokio::test]
async fn the_loss_of_a_primary_is_felt_by_its_own_sessions_only_and_mended_when_it_is_back() {
    let mut cluster = Cluster::start().await;
    let redis = cluster.redis().await;
    let mut edge = Edge::start(config(), &redis).await;
    for number in 0..60 {
        edge.connect(record(&format!("s{number}"), 1, Duration::from_secs(3)));
    }
    until(async || {
        let mut count = 0;
        for server in &cluster.servers {
            count += server.sessions().await.len();
        }
        count == 60
    })
    .await;
    let lost = cluster.servers[1].sessions().await;
    assert!(lost.len() > 5, "{lost:?}");
    cluster.servers[1].kill();

    let mut unaffected: HashSet<String> = (0..60).map(|number| format!("s{number}")).collect();
    unaffected.retain(|session| !lost.contains(session));
    while !unaffected.is_empty() {
        unaffected.remove(edge.prompt().await.session.as_str());
    }
    assert_eq!(edge.deadlines.problem(), None);

    cluster.servers[1].start_again();
    until(async || cluster.servers[1].sessions().await == lost).await;
}

fn config() -> DeadlineConfig {
    DeadlineConfig {
        shards: 24,
        ..quick()
    }
}

//! One or two edges on one Redis.

use std::time::Duration;

use runtime::redis::cmd;
use tokio::time::{Instant, timeout};

use super::servers::{
    Edge, Server, TEST_TIMEOUT, asked, exists, id, is_up, quick, record, scope, until,
};
use crate::deadlines::{DeadlineConfig, Issuer, Phase, Unavailable};

const MINUTE: Duration = Duration::from_secs(60);
const PROMPT_LATENESS: Duration = Duration::from_millis(300);

#[tokio::test]
async fn an_edge_is_told_of_its_own_session_when_it_is_due_and_not_before() {
    let server = Server::start().await;
    let mut edge = Edge::start(quick(), &server.redis().await).await;
    let began = Instant::now();
    edge.deadlines.schedule(record("s1", 1, PROMPT_LATENESS));

    let prompt = edge.prompt().await;

    // Scripts count whole milliseconds, down.
    let waited = began.elapsed() + Duration::from_millis(1);
    assert!(waited >= PROMPT_LATENESS, "{waited:?}");
    assert_eq!(prompt.session, id("s1"));
    assert_eq!(prompt.issuer, Issuer::OwnNode);
}

#[tokio::test]
async fn another_edge_prompts_for_what_lies_in_its_charge() {
    let server = Server::start().await;
    let redis = server.redis().await;
    // So many that each of the two edges is in charge of some.
    let config = || DeadlineConfig {
        shards: 64,
        ..quick()
    };
    let mut owner = Edge::start(config(), &redis).await;
    let _other = Edge::start(config(), &redis).await;
    // The owner claims all of them until it knows of the other edge.
    let by_the_other = async {
        for number in 0.. {
            let session = format!("s{number}");
            owner
                .deadlines
                .schedule(record(&session, 7, PROMPT_LATENESS));
            let prompt = owner.prompt().await;
            owner.deadlines.schedule(asked(prompt.session.as_str(), 7));
            if prompt.issuer == Issuer::OtherNode {
                return prompt;
            }
        }
        unreachable!("sessions go on for ever")
    };
    let prompt = timeout(TEST_TIMEOUT, by_the_other).await.expect("a prompt");

    assert_eq!(prompt.generation, 7);
}

#[tokio::test]
async fn an_edge_that_left_is_stood_in_for() {
    let server = Server::start().await;
    let redis = server.redis().await;
    let mut owner = Edge::start(quick(), &redis).await;
    let leaving = Edge::start(quick(), &redis).await;
    let _staying = Edge::start(quick(), &redis).await;
    assert!(leaving.deadlines.close(TEST_TIMEOUT).await);
    assert!(!exists(&redis, &format!("rc:edge:{}", leaving.id)).await);

    // Enough to be in every shard.
    let mut sessions: Vec<String> = (0..40).map(|number| format!("s{number}")).collect();
    for session in &sessions {
        owner
            .deadlines
            .schedule(record(session, 1, PROMPT_LATENESS));
    }
    while !sessions.is_empty() {
        let prompt = owner.prompt().await;
        owner.deadlines.schedule(asked(prompt.session.as_str(), 1));
        sessions.retain(|session| *session != prompt.session.as_str());
    }
}

#[tokio::test]
async fn a_claim_is_repeated_until_the_session_is_asked() {
    let server = Server::start().await;
    let mut edge = Edge::start(quick(), &server.redis().await).await;
    edge.deadlines.schedule(record("s1", 1, Duration::ZERO));
    edge.prompt().await;
    edge.prompt().await;

    edge.deadlines.schedule(asked("s1", 1));
    edge.deadlines
        .schedule(record("s2", 1, 3 * PROMPT_LATENESS));
    while edge.prompt().await.session != id("s2") {}
    edge.deadlines.cancel(&id("s2"), 1);
    edge.deadlines
        .schedule(record("s3", 1, 3 * PROMPT_LATENESS));
    while edge.prompt().await.session != id("s3") {}

    let asked = edge.take_over("s1", "ada").await.unwrap();
    assert_eq!(asked.phase, Phase::Asked);
    assert_eq!(edge.take_over("s2", "ada").await, None);
}

#[tokio::test]
async fn a_session_moves_to_another_edge_with_its_deadline() {
    let server = Server::start().await;
    let redis = server.redis().await;
    let mut before = Edge::start(quick(), &redis).await;
    let after = Edge::start(quick(), &redis).await;
    before.deadlines.schedule(record("s1", 3, 10 * MINUTE));
    until(async || after.take_over("s1", "eve").await.is_none() && is_known(&redis).await).await;

    let taken = after.take_over("s1", "ada").await.unwrap();

    assert_eq!(taken.generation, 4);
    assert_eq!(taken.phase, Phase::Active);
    assert_eq!(taken.scope.recipe.as_str(), "pancakes");
    let due_in = taken.due - Instant::now();
    assert!(due_in <= 10 * MINUTE && due_in > 9 * MINUTE, "{taken:?}");
    assert_eq!(before.moved().await, (id("s1"), 4));

    // Had the note been lost, the next write would tell.
    before.deadlines.schedule(record("s1", 4, MINUTE));
    assert_eq!(before.moved().await, (id("s1"), 4));
    let again = after.take_over("s1", "ada").await.unwrap();
    assert!(
        again.due - Instant::now() > 9 * MINUTE,
        "the late write counted: {again:?}"
    );
}

#[tokio::test]
async fn an_edge_takes_over_what_it_has_not_written_yet() {
    let server = Server::start().await;
    let mut edge = Edge::start(quick(), &server.redis().await).await;
    edge.deadlines.schedule(record("s1", 1, 10 * MINUTE));

    let taken = edge.take_over("s1", "ada").await.unwrap();

    assert_eq!(taken.generation, 2);
    assert_eq!(edge.moved().await, (id("s1"), 2));
}

#[tokio::test]
async fn an_emptied_redis_is_written_anew() {
    let server = Server::start().await;
    let redis = server.redis().await;
    let mut edge = Edge::start(quick(), &redis).await;
    edge.connect(record("s1", 1, 5 * PROMPT_LATENESS));
    until(async || is_known(&redis).await).await;
    redis.run::<()>(&cmd("FLUSHALL")).await.unwrap();

    assert_eq!(edge.prompt().await.session, id("s1"));
}

#[tokio::test]
async fn a_redis_that_restarts_empty_is_written_anew() {
    let mut server = Server::start().await;
    let redis = server.redis().await;
    let mut edge = Edge::start(quick(), &redis).await;
    edge.connect(record("s1", 1, 10 * PROMPT_LATENESS));
    until(async || is_known(&redis).await).await;
    server.kill();
    is_up(&redis, false).await;
    assert!(edge.deadlines.problem().is_some());
    server.start_again();

    assert_eq!(edge.prompt().await.session, id("s1"));
    assert_eq!(edge.deadlines.problem(), None);
}

#[tokio::test]
async fn what_is_written_while_redis_is_away_is_kept() {
    let mut server = Server::start().await;
    let redis = server.redis().await;
    let mut edge = Edge::start(quick(), &redis).await;
    server.kill();
    is_up(&redis, false).await;

    edge.deadlines.schedule(record("s1", 1, PROMPT_LATENESS));
    let taken = edge
        .deadlines
        .take_over(&id("s1"), &scope("ada", "pancakes"))
        .await;
    assert_eq!(taken, Err(Unavailable));
    server.start_again();

    assert_eq!(edge.prompt().await.session, id("s1"));
}

#[tokio::test]
async fn what_found_no_room_in_the_queue_is_repaired() {
    let mut server = Server::start().await;
    let redis = server.redis().await;
    let config = DeadlineConfig {
        pending: 1,
        ..quick()
    };
    let mut edge = Edge::start(config, &redis).await;
    server.kill();
    is_up(&redis, false).await;
    let mut sessions = vec!["s1", "s2", "s3"];
    for session in &sessions {
        edge.connect(record(session, 1, PROMPT_LATENESS));
    }
    server.start_again();

    while !sessions.is_empty() {
        let prompt = edge.prompt().await;
        edge.deadlines.schedule(asked(prompt.session.as_str(), 1));
        sessions.retain(|session| *session != prompt.session.as_str());
    }
}

#[tokio::test]
async fn scripts_that_redis_forgot_are_sent_again() {
    let server = Server::start().await;
    let redis = server.redis().await;
    let mut edge = Edge::start(quick(), &redis).await;
    for session in ["s1", "s2"] {
        redis.run::<()>(cmd("SCRIPT").arg("FLUSH")).await.unwrap();
        edge.deadlines.schedule(record(session, 1, PROMPT_LATENESS));
        assert_eq!(edge.prompt().await.session, id(session));
        edge.deadlines.cancel(&id(session), 1);
    }
}

#[tokio::test]
async fn closing_writes_what_still_waits() {
    let server = Server::start().await;
    let redis = server.redis().await;
    let edge = Edge::start(quick(), &redis).await;
    edge.deadlines.schedule(record("s1", 1, 10 * MINUTE));

    assert!(edge.deadlines.close(TEST_TIMEOUT).await);

    assert!(is_known(&redis).await);
}

/// Whether there is a session in Redis at all.
async fn is_known(redis: &runtime::redis::Redis) -> bool {
    let keys: Vec<String> = redis.run(cmd("KEYS").arg("rc:*:session:*")).await.unwrap();
    !keys.is_empty()
}

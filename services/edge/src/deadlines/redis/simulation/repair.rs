//! What a run with a few clients cannot show: how a repair of many sessions goes on.

use std::{sync::Arc, time::Duration};

use proto::ids::SessionId;
use tokio::time::{Instant, sleep};

use super::{
    super::{super::DeadlineConfig, shards::Shards},
    TIMINGS,
    clock::Calendar,
    edge::{Edge, SHARDS},
    on_paused_clock,
    servers::{Data, Servers},
    services::Services,
};
use crate::{registry::Connection, session::Session, upstream::Principal};

const SESSIONS: usize = 10_000;
const LOOKS_A_SECOND: usize = 20;
/// How many writes are under way at once at most.
const UNDER_WAY: usize = 512;

#[test]
fn a_repair_writes_the_nearest_deadlines_first_and_no_more_than_its_rate() {
    on_paused_clock(async {
        let servers = Arc::new(Servers::new(1));
        let services = Arc::new(Services::new(Calendar::begin(), None));
        let edge = Edge::start("edge0", 0, &servers, &services, None);
        sleep(Duration::from_secs(5)).await;
        let (sessions, _connections) = hold(&edge);

        servers.state().primaries[0].restore(Data::default());
        let mut counts = vec![0];
        while counts.last() < Some(&SESSIONS) {
            sleep(Duration::from_secs(1) / LOOKS_A_SECOND as u32).await;
            let known = known(&servers, &sessions);
            assert!(
                known
                    .last()
                    .is_none_or(|last| *last < known.len() + UNDER_WAY),
                "the nearest first: {} are known, {:?} among them",
                known.len(),
                known.last()
            );
            counts.push(known.len());
            assert!(counts.len() < 30 * LOOKS_A_SECOND, "whole within 30 s");
        }

        let rate = DeadlineConfig::default().repair_rate as usize;
        let fastest = counts
            .windows(LOOKS_A_SECOND + 1)
            .map(|second| second[LOOKS_A_SECOND] - second[0])
            .max();
        assert!(
            fastest.is_some_and(|written| written <= rate + UNDER_WAY),
            "{fastest:?} in a second, {rate} are allowed"
        );
    });
}

/// Sessions on an edge that the schedule does not know, the nearest deadline first.
fn hold(edge: &Edge) -> (Vec<SessionId>, Vec<Connection>) {
    let now = Instant::now();
    let recipe = "pancakes".parse().unwrap();
    let hold = |number: usize| {
        let session: SessionId = format!("session-{number}").parse().unwrap();
        let expires = now + Duration::from_secs(600) + Duration::from_millis(number as u64);
        let principal = Arc::new(Principal::for_tests("ada"));
        let record = Session::new(Arc::new(TIMINGS), Arc::clone(&principal), expires)
            .record(&session, &recipe);
        let connection = edge.registry.connect();
        connection.insert_session(record, &principal);
        (session, connection)
    };
    (0..SESSIONS).map(hold).unzip()
}

/// The places of those that the schedule knows.
fn known(servers: &Servers, sessions: &[SessionId]) -> Vec<usize> {
    let shards = Shards::new(SHARDS);
    let is_known = |session: &SessionId| {
        let entry = servers.run(shards.of(session), |book, now, _| {
            book.known(now, session).is_some()
        });
        entry == Some(true)
    };
    let known = sessions
        .iter()
        .enumerate()
        .filter(|(_, session)| is_known(session));
    known.map(|(place, _)| place).collect()
}

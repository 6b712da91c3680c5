//! What the oracle is told by one connection.

use std::{sync::Arc, time::Duration};

use runtime::clock::Timestamp;
use tokio::time::Instant;

use super::{
    EARLY, LATE, LATE_IN_CALM, OPERATOR, Oracle, RECOVERY, TRANSIT_TOLERANCE, WRITE_TIMEOUT,
    WRITTEN,
};
use crate::deadlines::{Phase, SessionRecord, redis::simulation::connection::TIMINGS};

/// A connection's own way to the oracle.
pub(in super::super) struct ConnectionReporter {
    oracle: Arc<Oracle>,
    number: usize,
}

impl ConnectionReporter {
    pub(super) fn new(oracle: Arc<Oracle>, number: usize) -> Self {
        Self { oracle, number }
    }

    /// The session's state was written where others look for it.
    pub(in super::super) fn recorded(&mut self, record: &SessionRecord, validated_at: Timestamp) {
        let now = Instant::now();
        let mut fault = None;
        {
            let mut state = self.oracle.state();
            let connection = &mut state.connections[self.number];
            let before = connection
                .record
                .as_ref()
                .map(|record| (record.generation, record.phase));
            if before.is_none_or(|(generation, _)| generation != record.generation) {
                if before.is_some() {
                    fault = self.oracle.must_have_been_asked(connection, now);
                }
                connection.begun = now;
                connection.asked = false;
            }
            if before != Some((record.generation, record.phase)) {
                connection.changed = now;
            }
            connection.record = Some(record.clone());
            connection.validated_at = validated_at;
        }
        self.note(&format!(
            "is {:?} in generation {}",
            record.phase, record.generation
        ));
        if let Some(fault) = fault {
            self.oracle.fault(&fault);
        }
    }

    /// Something is about to be written to the client.
    pub(in super::super) fn writes(&self) {
        self.oracle.state().connections[self.number].writing = Some(Instant::now());
    }

    /// It was written, or was not.
    pub(in super::super) fn wrote(&self, written: bool) {
        let now = Instant::now();
        let (late, waited) = {
            let mut state = self.oracle.state();
            let connection = &mut state.connections[self.number];
            let began = connection.writing.take().unwrap_or(now);
            if now > began {
                connection.waited = now;
            }
            let end = connection.record.as_ref();
            let end = end.map(|record| record.expires - self.oracle.excess);
            (end.is_some_and(|end| began >= end), now - began)
        };
        if late && written {
            self.fault("was written to after its token had ended");
        }
        if waited > WRITE_TIMEOUT + WRITTEN {
            self.fault("was waited for though it read nothing");
        }
    }

    /// A token was accepted; its answer is to be written.
    pub(in super::super) fn accepted(&self) {
        self.oracle.state().connections[self.number].unanswered += 1;
    }

    /// The answer to an accepted token was written.
    pub(in super::super) fn answered(&self) {
        let mut state = self.oracle.state();
        let connection = &mut state.connections[self.number];
        connection.unanswered = connection.unanswered.saturating_sub(1);
        connection.answered = Instant::now();
    }

    pub(in super::super) fn asked(&mut self, by: &str) {
        let now = Instant::now();
        let (due, early, count, calm, overtakes) = {
            let mut state = self.oracle.state();
            let connection = &mut state.connections[self.number];
            connection.asked = true;
            let unanswered = connection.unanswered > 0;
            let (Some(record), Some(due)) =
                (connection.record.clone(), self.oracle.due(connection))
            else {
                return;
            };
            let ask_at = record.expires - TIMINGS.lead;
            let free = self.oracle.free_to_be_asked(connection, &record);
            let overtakes = unanswered && now < free;
            let fault_plan = &self.oracle.fault_plan;
            let calm = fault_plan.is_calm(due - RECOVERY, now)
                && !fault_plan.lost_unnoticed(connection.changed, now);
            // By connection: when Redis forgot a take-over, the next one counts the same generation.
            let count = state
                .asked
                .entry((self.number, record.generation))
                .or_default();
            *count += 1;
            let count = *count;
            // A review is never too early, and is repeated after a take-over.
            let was_reviewed = fault_plan.review.is_some_and(|at| at <= now);
            let early = match by == OPERATOR || (was_reviewed && record.phase == Phase::Asked) {
                true => Duration::ZERO,
                false => ask_at.saturating_duration_since(now),
            };
            (due, early, count, calm, overtakes)
        };
        let late = now.saturating_duration_since(due);
        if by != OPERATOR {
            self.oracle.state().lateness.push(late);
        }
        self.note(&format!("is asked by {by}, {late:?} late, {early:?} early"));
        if count > 1 {
            self.fault("was asked twice");
        }
        if overtakes {
            self.fault("was asked before its token was answered");
        }
        if early > EARLY {
            self.fault("was asked too early");
        }
        if late > LATE || (calm && late > LATE_IN_CALM) {
            self.fault("was asked late");
        }
    }

    pub(in super::super) fn ended(&mut self, why: &str, over: bool, reachable: bool) {
        let now = Instant::now();
        let (fault, outlived) = {
            let mut state = self.oracle.state();
            let connection = &mut state.connections[self.number];
            connection.ended = Some(now);
            connection.over = over;
            let end = connection
                .record
                .as_ref()
                .map(|record| record.expires - self.oracle.excess);
            let end = end.map(|end| end.max(connection.awake.turned()));
            let outlived = reachable && end.is_some_and(|end| now > end + TRANSIT_TOLERANCE);
            let connection = &state.connections[self.number];
            let fault = self.oracle.must_have_been_asked(connection, now);
            (fault.filter(|_| reachable), outlived)
        };
        self.note(&format!("ends: {why}"));
        if let Some(fault) = fault {
            self.oracle.fault(&fault);
        }
        if outlived {
            self.fault("outlived its token");
        }
    }

    fn note(&self, what: &str) {
        let session = self.oracle.state().connections[self.number].session.clone();
        self.oracle.note(&format!("{session} {what}"));
    }

    fn fault(&self, what: &str) {
        let session = self.oracle.state().connections[self.number].session.clone();
        self.oracle.fault(&format!("{session} {what}"));
    }
}

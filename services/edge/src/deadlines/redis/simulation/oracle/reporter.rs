//! What the judge is told by one connection.

use std::{sync::Arc, time::Duration};

use runtime::clock::Timestamp;
use tokio::time::Instant;

use super::{EARLY, LATE, LATE_IN_CALM, OPERATOR, Oracle, RECOVERY, TRANSIT_TOLERANCE};
use crate::deadlines::{Phase, SessionRecord, redis::simulation::connection::TIMINGS};

/// A connection's own way to the judge.
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
            let reporter = &mut state.lives[self.number];
            let before = reporter
                .record
                .as_ref()
                .map(|record| (record.generation, record.phase));
            if before.is_none_or(|(generation, _)| generation != record.generation) {
                if before.is_some() {
                    fault = self.oracle.must_have_been_asked(reporter, now);
                }
                reporter.begun = now;
                reporter.asked = false;
            }
            if before != Some((record.generation, record.phase)) {
                reporter.changed = now;
            }
            reporter.record = Some(record.clone());
            reporter.validated_at = validated_at;
        }
        self.note(&format!(
            "is {:?} in generation {}",
            record.phase, record.generation
        ));
        if let Some(fault) = fault {
            self.oracle.fault(&fault);
        }
    }

    /// Something was written to the client.
    pub(in super::super) fn wrote(&self) {
        let late = {
            let state = self.oracle.state();
            let record = state.lives[self.number].record.as_ref();
            record.is_some_and(|record| Instant::now() >= record.expires - self.oracle.excess)
        };
        if late {
            self.fault("was written to after its token had ended");
        }
    }

    /// A token was accepted; its answer is to be written.
    pub(in super::super) fn accepted(&self) {
        self.oracle.state().lives[self.number].unanswered += 1;
    }

    /// The answer to an accepted token was written.
    pub(in super::super) fn answered(&self) {
        self.wrote();
        let mut state = self.oracle.state();
        let reporter = &mut state.lives[self.number];
        reporter.unanswered = reporter.unanswered.saturating_sub(1);
        reporter.answered = Instant::now();
    }

    pub(in super::super) fn asked(&mut self, by: &str) {
        let now = Instant::now();
        let (due, early, count, calm, overtakes) = {
            let mut state = self.oracle.state();
            let reporter = &mut state.lives[self.number];
            reporter.asked = true;
            let unanswered = reporter.unanswered > 0;
            let (Some(record), Some(due)) = (reporter.record.clone(), self.oracle.due(reporter))
            else {
                return;
            };
            let ask_at = record.expires - TIMINGS.lead;
            let free = self.oracle.free_to_be_asked(reporter, &record);
            let overtakes = unanswered && now < free;
            let fault_plan = &self.oracle.fault_plan;
            let calm = fault_plan.is_calm(due - RECOVERY, now)
                && !fault_plan.lost_unnoticed(reporter.changed, now);
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
            let reporter = &mut state.lives[self.number];
            reporter.ended = Some(now);
            reporter.over = over;
            let end = reporter
                .record
                .as_ref()
                .map(|record| record.expires - self.oracle.excess);
            let end = end.map(|end| end.max(reporter.awake.turned()));
            let outlived = reachable && end.is_some_and(|end| now > end + TRANSIT_TOLERANCE);
            let reporter = &state.lives[self.number];
            let fault = self.oracle.must_have_been_asked(reporter, now);
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
        let session = self.oracle.state().lives[self.number].session.clone();
        self.oracle.note(&format!("{session} {what}"));
    }

    fn fault(&self, what: &str) {
        let session = self.oracle.state().lives[self.number].session.clone();
        self.oracle.fault(&format!("{session} {what}"));
    }
}

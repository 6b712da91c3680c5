//! What the judge is told by one connection.

use std::{sync::Arc, time::Duration};

use runtime::clock::Timestamp;
use tokio::time::Instant;

use super::{BLINK, EARLY, Judge, LATE, LATE_IN_CALM, OPERATOR, RECOVERY};
use crate::deadlines::{Phase, SessionRecord, redis::simulation::connection::TIMINGS};

/// A connection's own way to the judge.
pub(in super::super) struct Life {
    judge: Arc<Judge>,
    number: usize,
}

impl Life {
    pub(super) fn new(judge: Arc<Judge>, number: usize) -> Self {
        Self { judge, number }
    }

    /// The session's state was written where others look for it.
    pub(in super::super) fn recorded(&mut self, record: &SessionRecord, validated_at: Timestamp) {
        let now = Instant::now();
        let mut fault = None;
        {
            let mut state = self.judge.state();
            let life = &mut state.lives[self.number];
            let before = life
                .record
                .as_ref()
                .map(|record| (record.generation, record.phase));
            if before.is_none_or(|(generation, _)| generation != record.generation) {
                if before.is_some() {
                    fault = self.judge.must_have_been_asked(life, now);
                }
                life.begun = now;
                life.asked = false;
            }
            if before != Some((record.generation, record.phase)) {
                life.changed = now;
            }
            life.record = Some(record.clone());
            life.validated_at = validated_at;
        }
        self.note(&format!(
            "is {:?} in generation {}",
            record.phase, record.generation
        ));
        if let Some(fault) = fault {
            self.judge.fault(&fault);
        }
    }

    /// Something was written to the client.
    pub(in super::super) fn wrote(&self) {
        let late = {
            let state = self.judge.state();
            let record = state.lives[self.number].record.as_ref();
            record.is_some_and(|record| Instant::now() >= record.expires - self.judge.excess)
        };
        if late {
            self.fault("was written to after its token had ended");
        }
    }

    /// A token was accepted; its answer is to be written.
    pub(in super::super) fn accepted(&self) {
        self.judge.state().lives[self.number].unanswered += 1;
    }

    /// The answer to an accepted token was written.
    pub(in super::super) fn answered(&self) {
        self.wrote();
        let mut state = self.judge.state();
        let life = &mut state.lives[self.number];
        life.unanswered = life.unanswered.saturating_sub(1);
        life.answered = Instant::now();
    }

    pub(in super::super) fn asked(&mut self, by: &str) {
        let now = Instant::now();
        let (due, early, count, calm, overtakes) = {
            let mut state = self.judge.state();
            let life = &mut state.lives[self.number];
            life.asked = true;
            let unanswered = life.unanswered > 0;
            let (Some(record), Some(due)) = (life.record.clone(), self.judge.due(life)) else {
                return;
            };
            let ask_at = record.expires - TIMINGS.lead;
            let free = self.judge.free_to_be_asked(life, &record);
            let overtakes = unanswered && now < free;
            let fault_plan = &self.judge.fault_plan;
            let calm = fault_plan.is_calm(due - RECOVERY, now)
                && !fault_plan.lost_unnoticed(life.changed, now);
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
            self.judge.state().lateness.push(late);
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
            let mut state = self.judge.state();
            let life = &mut state.lives[self.number];
            life.ended = Some(now);
            life.over = over;
            let end = life
                .record
                .as_ref()
                .map(|record| record.expires - self.judge.excess);
            let end = end.map(|end| end.max(life.awake.turned()));
            let outlived = reachable && end.is_some_and(|end| now > end + BLINK);
            let life = &state.lives[self.number];
            let fault = self.judge.must_have_been_asked(life, now);
            (fault.filter(|_| reachable), outlived)
        };
        self.note(&format!("ends: {why}"));
        if let Some(fault) = fault {
            self.judge.fault(&fault);
        }
        if outlived {
            self.fault("outlived its token");
        }
    }

    fn note(&self, what: &str) {
        let session = self.judge.state().lives[self.number].session.clone();
        self.judge.note(&format!("{session} {what}"));
    }

    fn fault(&self, what: &str) {
        let session = self.judge.state().lives[self.number].session.clone();
        self.judge.fault(&format!("{session} {what}"));
    }
}

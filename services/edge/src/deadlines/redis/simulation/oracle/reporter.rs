//! What the oracle is told by one connection.

use std::{fmt, sync::Arc, time::Duration};

use proto::ids::SessionId;
use tokio::time::Instant;

use super::{
    super::{
        TIMINGS,
        bugs::{self, Bug},
        edge::Edge,
    },
    EARLY, LATE, LATE_IN_CALM, ObservedConnection, Oracle, RECOVERY, State, TRANSIT_TOLERANCE,
    WRITE_TIMEOUT, WRITTEN, ask_at,
};
use crate::{
    connection::{End, Observer},
    deadlines::{Phase, SessionRecord, Unavailable},
    prompt_plan::MAX_EARLIER,
    session::{Event, PromptReason, PromptSource, Session},
    upstream::Principal,
};

/// Who asks when it is not the schedule.
const OPERATOR: &str = "an operator";

/// A connection's own way to the oracle.
pub(in super::super) struct ConnectionReporter {
    oracle: Arc<Oracle>,
    edge: Arc<Edge>,
    bug: Option<Bug>,
    /// The connection's number, from when it carries a session until it ends.
    number: Option<usize>,
}

impl ConnectionReporter {
    pub(in super::super) fn new(oracle: &Arc<Oracle>, edge: &Arc<Edge>, bug: Option<Bug>) -> Self {
        Self {
            oracle: Arc::clone(oracle),
            edge: Arc::clone(edge),
            bug,
            number: None,
        }
    }

    fn number(&self) -> usize {
        self.number.expect("a session is recorded first")
    }

    fn connection<'a>(&self, state: &'a mut State) -> &'a mut ObservedConnection {
        &mut state.connections[self.number()]
    }

    fn note(&self, what: &str) {
        let session = self.connection(&mut self.oracle.state()).session.clone();
        self.oracle.note(&format!("{session} {what}"));
    }

    fn fault(&self, what: &str) {
        let session = self.connection(&mut self.oracle.state()).session.clone();
        self.oracle.fault(&format!("{session} {what}"));
    }

    fn begins(&mut self, session: &SessionId) {
        if self.number.is_none() {
            let number = self.oracle.opened(session, &self.edge.id, &self.edge.awake);
            self.number = Some(number);
        }
    }

    fn judge_prompt(&self, by: &str) {
        let now = Instant::now();
        let (due, early, count, calm, overtakes) = {
            let mut state = self.oracle.state();
            let connection = self.connection(&mut state);
            connection.asked = true;
            let unanswered = connection.unanswered > 0;
            let (Some(record), Some(due)) =
                (connection.record.clone(), self.oracle.due(connection))
            else {
                return;
            };
            // A prompt that is repeated may have been planned earlier, by another edge.
            let ask_at = match record.phase {
                Phase::Active => ask_at(&record),
                Phase::Asked => ask_at(&record) - MAX_EARLIER,
            };
            let free = self.oracle.free_to_be_asked(connection, &record);
            let overtakes = unanswered && now < free;
            let fault_plan = &self.oracle.fault_plan;
            let calm = fault_plan.is_calm(due - RECOVERY, now)
                && !fault_plan.lost_unnoticed(connection.changed, now);
            // By connection: when Redis forgot a take-over, the next one counts the same generation.
            let count = state
                .asked
                .entry((self.number(), record.generation))
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

    fn end(&mut self, why: &str, over: bool) {
        if self.number.is_none() {
            return;
        }
        let now = Instant::now();
        let is_reachable = self.edge.is_reachable();
        let (fault, outlived) = {
            let mut state = self.oracle.state();
            let connection = self.connection(&mut state);
            connection.ended = Some(now);
            connection.over = over;
            let end = connection
                .record
                .as_ref()
                .map(|record| record.expires - self.oracle.excess);
            let end = end.map(|end| end.max(connection.awake.turned()));
            let outlived = is_reachable && end.is_some_and(|end| now > end + TRANSIT_TOLERANCE);
            let fault = self.oracle.must_have_been_asked(connection, now);
            (fault.filter(|_| is_reachable), outlived)
        };
        self.note(&format!("ends: {why}"));
        if let Some(fault) = fault {
            self.oracle.fault(&fault);
        }
        if outlived {
            self.fault("outlived its token");
        }
        self.number = None;
    }
}

impl Observer for ConnectionReporter {
    fn twist(&mut self, event: Event, session: &mut Session) -> Option<Event> {
        bugs::twist(self.bug, event, session)
    }

    fn took_over(
        &mut self,
        session: &SessionId,
        found: &Result<Option<SessionRecord>, Unavailable>,
    ) {
        self.oracle.took_over(session, found.as_ref().ok());
    }

    fn recorded(&mut self, record: &SessionRecord, principal: &Principal) {
        self.begins(&record.session);
        let now = Instant::now();
        let mut fault = None;
        {
            let mut state = self.oracle.state();
            let connection = self.connection(&mut state);
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
            let fixed = record.expires - TIMINGS.lead;
            let is_planned = record.due <= fixed && record.due + MAX_EARLIER >= fixed;
            if record.phase == Phase::Active && !is_planned {
                fault = Some("is to be asked at another time".to_owned());
            }
            connection.record = Some(record.clone());
            connection.validated_at = principal.validated_at;
        }
        self.note(&format!(
            "is {:?} in generation {}",
            record.phase, record.generation
        ));
        if let Some(fault) = fault {
            self.oracle.fault(&fault);
        }
    }

    fn writes(&mut self) {
        self.connection(&mut self.oracle.state()).writing = Some(Instant::now());
    }

    fn wrote(&mut self, written: bool) {
        let now = Instant::now();
        let (late, too_long) = {
            let mut state = self.oracle.state();
            let connection = self.connection(&mut state);
            let began = connection.writing.take().unwrap_or(now);
            if now > began {
                connection.waited = now;
            }
            let end = connection.record.as_ref();
            let end = end.map(|record| record.expires - self.oracle.excess);
            // One that stood still finds late how long it has waited.
            let until = (began + WRITE_TIMEOUT).max(connection.awake.turned());
            (end.is_some_and(|end| began >= end), now > until + WRITTEN)
        };
        if late && written {
            self.fault("was written to after its token had ended");
        }
        if too_long {
            self.fault("was waited for though it read nothing");
        }
    }

    fn asks(&mut self, reason: PromptReason, source: PromptSource) {
        let is_review = reason == PromptReason::Review && self.bug != Some(Bug::NoTooEarlyRule);
        self.judge_prompt(match source {
            _ if is_review => OPERATOR,
            PromptSource::OwnNode => "own",
            PromptSource::OtherNode => "other",
            PromptSource::Fallback => "fallback",
        });
    }

    fn accepted(&mut self) {
        self.connection(&mut self.oracle.state()).unanswered += 1;
    }

    fn answered(&mut self) {
        let mut state = self.oracle.state();
        let connection = self.connection(&mut state);
        connection.unanswered = connection.unanswered.saturating_sub(1);
        connection.answered = Instant::now();
    }

    fn ended(&mut self, end: End) {
        let why = match end {
            End::Closed(close) => format!("{close:?}"),
            End::Left(_) => "left".into(),
            End::Lost => "lost".into(),
        };
        self.end(&why, end.ends_session());
    }
}

/// Its edge has ended.
impl Drop for ConnectionReporter {
    fn drop(&mut self) {
        self.end("lost", false);
    }
}

impl fmt::Debug for ConnectionReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionReporter").finish_non_exhaustive()
    }
}

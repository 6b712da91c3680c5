//! Sees everything, knows the fault plan, and says what must never have happened.

mod reporter;

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use proto::ids::SessionId;
use runtime::clock::Timestamp;
use tokio::time::Instant;

pub(super) use self::reporter::ConnectionReporter;
use super::{
    super::{
        super::record::{EdgeId, Phase, SessionRecord},
        shards::Shards,
    },
    TIMINGS,
    clock::Calendar,
    edge::SHARDS,
    fault_plan::FaultPlan,
    servers::Servers,
    switch::Switch,
};
use crate::rendezvous;
use proto::websocket::codes::Close;

/// How late a prompt may be when all is well, and whatever is wrong.
const LATE_IN_CALM: Duration = Duration::from_millis(300);
const LATE: Duration = Duration::from_millis(1_250);
const EARLY: Duration = Duration::from_secs(2);
/// How soon all must be well again after something was wrong.
const RECOVERY: Duration = Duration::from_secs(30);
/// How long a write may take when all is well.
const WRITTEN: Duration = Duration::from_secs(1);
/// How long the answer to a message may take when the client reads and its edge does not stand still.
const ANSWERED: Duration = Duration::from_secs(1);
/// How long a prompt waits at least for the answer to an `auth`.
const WELCOME: Duration = Duration::from_secs(1);
const TRANSIT_TOLERANCE: Duration = Duration::from_millis(50);
/// How far behind a reader may be before it is too slow, as in production.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct Oracle {
    calendar: Calendar,
    fault_plan: FaultPlan,
    /// By how much edges overrate tokens.
    excess: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connections: Vec<ObservedConnection>,
    /// How often each connection asked in each generation.
    asked: BTreeMap<(usize, u64), u32>,
    trace: Vec<String>,
    faults: Vec<String>,
    lateness: Vec<Duration>,
}

/// What a run came to.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) faults: Vec<String>,
    pub(super) trace: Vec<String>,
    /// How late each prompt was.
    pub(super) lateness: Vec<Duration>,
}

impl Verdict {
    pub(super) fn hash(&self) -> u64 {
        rendezvous::key(&self.trace.join("\n"))
    }
}

/// What is known of one connection.
struct ObservedConnection {
    session: SessionId,
    edge: EdgeId,
    awake: Arc<Switch>,
    record: Option<SessionRecord>,
    /// When its token was found good.
    validated_at: Timestamp,
    /// When this generation began here.
    begun: Instant,
    /// How many accepted tokens are not answered, and when the last one was.
    unanswered: u32,
    answered: Instant,
    /// Since when something is being written, and when a write had last to wait for the client.
    writing: Option<Instant>,
    waited: Instant,
    /// When what the schedule must know of it changed.
    changed: Instant,
    asked: bool,
    ended: Option<Instant>,
    /// Whether its session ended with it.
    over: bool,
}

/// A token that a client showed, and until when that counted as an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered {
    pub(super) at: Instant,
    pub(super) by: Instant,
    /// When the token before it ends.
    pub(super) token_ends: Instant,
}

impl Oracle {
    pub(super) fn new(calendar: Calendar, fault_plan: FaultPlan, excess: Duration) -> Arc<Self> {
        Arc::new(Self {
            calendar,
            fault_plan,
            excess,
            state: Mutex::default(),
        })
    }

    /// Adds a line to the trace.
    pub(super) fn note(&self, what: &str) {
        let line = format!("{:>9.3} {what}", self.calendar.elapsed().as_secs_f64());
        self.state().trace.push(line);
    }

    fn fault(&self, what: &str) {
        self.note(&format!("FAULT {what}"));
        let line = self.state().trace.last().cloned();
        self.state().faults.extend(line);
    }

    pub(super) fn verdict(&self) -> Verdict {
        // Connections may still tell of their ends.
        let mut state = self.state();
        Verdict {
            faults: mem::take(&mut state.faults),
            trace: mem::take(&mut state.trace),
            lateness: mem::take(&mut state.lateness),
        }
    }

    /// A connection carries a session from now on; tells by which number it is known.
    fn opened(&self, session: &SessionId, edge: &EdgeId, awake: &Arc<Switch>) -> usize {
        self.note(&format!("{session} opens at {edge}"));
        let now = Instant::now();
        let mut state = self.state();
        state.connections.push(ObservedConnection {
            session: session.clone(),
            edge: edge.clone(),
            awake: awake.clone(),
            record: None,
            validated_at: Timestamp::from_unix_millis(0),
            begun: now,
            unanswered: 0,
            answered: now,
            writing: None,
            waited: now,
            changed: now,
            asked: false,
            ended: None,
            over: false,
        });
        state.connections.len() - 1
    }

    /// A session was asked for at another edge; `found`: what the schedule said, if it could be reached.
    fn took_over(&self, session: &SessionId, found: Option<&Option<SessionRecord>>) {
        let now = Instant::now();
        self.note(&format!("{session} is taken over: {}", describe(found)));
        let expected = {
            let state = self.state();
            let last =
                state.connections.iter().rev().find(|connection| {
                    connection.session == *session && connection.record.is_some()
                });
            last.and_then(|connection| {
                let settled = connection.ended.unwrap_or(now) > connection.changed + WRITTEN
                    && self
                        .fault_plan
                        .is_redis_calm(connection.changed - RECOVERY, now);
                // Found due without a connection, it is cancelled; once its token has ended, it is forgotten.
                let struck = |record: &SessionRecord| {
                    let ends = connection.ended.map_or(record.expires, |_| record.due);
                    now >= ends - TRANSIT_TOLERANCE
                };
                let record = connection.record.clone();
                record.filter(|record| settled && !connection.over && !struck(record))
            })
        };
        let Some(expected) = expected else { return };
        if found.is_none() && self.fault_plan.froze(now - WRITTEN, now) {
            // The edge has just woken, and has yet to find Redis again.
            return;
        }
        let Some(Some(record)) = found else {
            return self.fault(&format!("{session} was not found, though it was written"));
        };
        if record.generation != expected.generation + 1 || record.phase != expected.phase {
            self.fault(&format!(
                "{session} changed at the take-over from {expected:?}"
            ));
        }
        if apart(record.due, expected.due.max(now)) > WRITTEN {
            self.fault(&format!("the deadline of {session} moved at the take-over"));
        }
    }

    /// A client that has not answered yet was asked again, as after a take-over.
    pub(super) fn asked_again(&self, client: &str, first: Instant, before: Instant, by: Instant) {
        let now = Instant::now();
        if self.fault_plan.is_redis_calm(first - RECOVERY, now) && by > before.max(now) + WRITTEN {
            self.fault(&format!("{client} was given its time to answer again"));
        }
    }

    /// A client was closed: rightly?
    pub(super) fn closed(
        &self,
        client: &str,
        close: Close,
        prompt: Option<Instant>,
        answered: Option<Answered>,
        expires: Instant,
    ) {
        let now = Instant::now();
        self.note(&format!("{client} is closed: {close:?}"));
        match close {
            Close::ReauthenticationTimeout => {
                if prompt.unwrap_or(expires).min(expires) > now + TRANSIT_TOLERANCE
                    && answered.is_none()
                {
                    self.fault(&format!("{client} was closed before its time was up"));
                }
                let in_time =
                    answered.filter(|answered| answered.at + TRANSIT_TOLERANCE < answered.by);
                // An edge that slept over the token's end finds the answer too late.
                let missed = |answered: &Answered| {
                    !self.fault_plan.has_auth(answered.at, now)
                        || now >= answered.token_ends && self.fault_plan.froze(answered.at, now)
                };
                if in_time.is_some_and(|answered| !missed(&answered)) {
                    self.fault(&format!("{client} was closed though it had answered"));
                }
            }
            Close::TryAgainLater => {
                if self.fault_plan.has_services(now - WRITTEN, now) {
                    self.fault(&format!("{client} was told to try later"));
                }
            }
            // See `moved_on`, `too_slow` and `never_introduced`.
            Close::ServiceRestart | Close::TooSlow | Close::AuthenticationTimeout => {}
            // What it knows may be older than the session's last move.
            Close::SessionMoved if self.fault_plan.was_set_back_before(now) => {}
            other => self.fault(&format!("{client} was closed wrongly: {other:?}")),
        }
    }

    /// A client was told to go elsewhere, and stopped to read then: rightly?
    pub(super) fn moved_on(&self, client: &str, pause: Option<(Instant, Instant)>) {
        let now = Instant::now();
        // It may have lain unread all that time.
        let told = pause.filter(|(_, until)| now <= *until + WRITTEN);
        let told = told.map_or(now, |(from, _)| from);
        if !self.fault_plan.drained(told, now) {
            self.fault(&format!("{client} was told to go elsewhere"));
        }
    }

    /// A client was closed for not saying who it is, which it did at once: rightly? An edge that stands still may find that
    /// late.
    pub(super) fn never_introduced(&self, client: &str, connected: Instant) {
        if !self.fault_plan.froze(connected, Instant::now()) {
            self.fault(&format!("{client} was not read"));
        }
    }

    /// A client was closed that stopped to read then, and began again: rightly? An edge that stood still meanwhile finds
    /// out late.
    pub(super) fn too_slow(&self, client: &str, pause: Option<(Instant, Instant)>) {
        let now = Instant::now();
        let was_slow = |(from, until): (Instant, Instant)| {
            let in_time = now <= until + WRITTEN || self.fault_plan.froze(from, now);
            until - from >= WRITE_TIMEOUT && in_time
        };
        if !pause.is_some_and(was_slow) {
            self.fault(&format!("{client} was called too slow"));
        }
    }

    /// A client has found something wrong with what it was told.
    pub(super) fn judge(&self, client: &str, wrong: Option<String>) {
        if let Some(wrong) = wrong {
            self.fault(&format!("{client} {wrong}"));
        }
    }

    /// A client hears something, and has waited since then for the answer to its oldest message: not too long?
    pub(super) fn must_answer(
        &self,
        client: &str,
        since: Option<Instant>,
        pause: Option<(Instant, Instant)>,
    ) {
        let now = Instant::now();
        let Some(since) = since else { return };
        let read_on = pause.map_or(since, |(_, until)| since.max(until));
        if now > read_on + ANSWERED && !self.fault_plan.froze(since, now) {
            self.fault(&format!("{client} was not answered"));
        }
    }

    /// Compares the schedule with the connections, when there was time enough to write it.
    pub(super) fn audit(&self, servers: &Servers) {
        let now = Instant::now();
        self.each_open(|oracle, connection| oracle.must_have_been_asked(connection, now));
        self.each_open(|oracle, connection| oracle.must_have_been_reviewed(connection, now));
        if !self.fault_plan.is_calm(now - RECOVERY, now) {
            return;
        }
        let shards = Shards::new(SHARDS);
        self.each_open(|oracle, connection| {
            oracle.must_be_written(connection, servers, &shards, now)
        });
        let mut seen = BTreeSet::new();
        self.each_open(|_, connection| {
            let first = seen.insert(connection.session.clone());
            let settled = now > connection.changed + WRITTEN
                && !self.fault_plan.lost_unnoticed(connection.begun, now);
            (!first && settled).then(|| format!("{} has two connections", connection.session))
        });
    }

    fn each_open(&self, mut check: impl FnMut(&Self, &ObservedConnection) -> Option<String>) {
        let state = self.state();
        let open = state
            .connections
            .iter()
            .filter(|connection| connection.ended.is_none());
        let faults: Vec<String> = open
            .filter_map(|connection| check(self, connection))
            .collect();
        drop(state);
        for fault in faults {
            self.fault(&fault);
        }
    }

    fn must_have_been_asked(
        &self,
        connection: &ObservedConnection,
        now: Instant,
    ) -> Option<String> {
        let since = self.due(connection)?;
        let forgotten = !connection.asked && connection.awake.is_on() && now > since + LATE;
        forgotten.then(|| format!("{} was not asked", connection.session))
    }

    fn must_have_been_reviewed(
        &self,
        connection: &ObservedConnection,
        now: Instant,
    ) -> Option<String> {
        let record = connection.record.as_ref()?;
        let at = self.fault_plan.review.filter(|at| *at <= now)?;
        let is_older = connection.validated_at < self.calendar.time_of(at);
        let since = at.max(self.free_to_be_asked(connection, record));
        let forgotten =
            is_older && !connection.asked && connection.awake.is_on() && now > since + LATE;
        (forgotten && record.phase == Phase::Active)
            .then(|| format!("{} was not reviewed", connection.session))
    }

    fn must_be_written(
        &self,
        connection: &ObservedConnection,
        servers: &Servers,
        shards: &Shards,
        now: Instant,
    ) -> Option<String> {
        let record = connection.record.as_ref()?;
        if now < connection.changed + 2 * WRITTEN
            || record.expires <= now + WRITTEN
            || self.fault_plan.lost_unnoticed(connection.changed, now)
        {
            return None;
        }
        let shard = shards.of(&connection.session);
        let known = servers.run(shard, |book, moment, _| {
            let (record, owner) = book.known(moment, &connection.session)?;
            Some((record.by_clock(moment, now), owner.clone()))
        })?;
        let newer = |(known, _): &(SessionRecord, EdgeId)| known.generation > record.generation;
        if known.as_ref().is_some_and(newer)
            && self.fault_plan.lost_unnoticed(connection.begun, now)
        {
            return None;
        }
        let is_right = known.as_ref().is_some_and(|(known, owner)| {
            (owner, known.generation, known.phase)
                == (&connection.edge, record.generation, record.phase)
                && apart(known.due, record.due.max(now)) < WRITTEN
        });
        (!is_right).then(|| format!("the schedule has {known:?} instead of {record:?}"))
    }

    /// From when on a connection's client should have been asked.
    fn due(&self, connection: &ObservedConnection) -> Option<Instant> {
        let record = connection.record.as_ref()?;
        let ask_at = ask_at(record) - self.excess;
        Some(ask_at.max(self.free_to_be_asked(connection, record)))
    }

    /// Before that nothing could be asked over a connection.
    fn free_to_be_asked(&self, connection: &ObservedConnection, record: &SessionRecord) -> Instant {
        // The answer to an `auth` goes first, while that costs nobody any of their time.
        let answered = match connection.unanswered {
            0 => connection.answered,
            _ => (record.expires - TIMINGS.grace).max(connection.begun + WELCOME),
        };
        // While a slow reader is waited for, nothing else is done for it.
        let free = connection
            .writing
            .map_or(connection.waited, |_| Instant::now());
        let free = free.max(connection.begun).max(answered);
        free.max(connection.awake.turned())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// When the client of a connection is to be asked, as its edge has planned it.
fn ask_at(record: &SessionRecord) -> Instant {
    match record.phase {
        Phase::Active => record.due,
        Phase::Asked => record.expires - TIMINGS.lead,
    }
}

fn apart(one: Instant, other: Instant) -> Duration {
    one.saturating_duration_since(other) + other.saturating_duration_since(one)
}

fn describe(found: Option<&Option<SessionRecord>>) -> String {
    match found {
        None => "Redis is away".into(),
        Some(None) => "nothing is known of it".into(),
        Some(Some(record)) => {
            let phase = match record.phase {
                Phase::Active => "active",
                Phase::Asked => "asked",
            };
            format!(
                "generation {}, {phase}, due in {:?}",
                record.generation,
                record.due.saturating_duration_since(Instant::now())
            )
        }
    }
}

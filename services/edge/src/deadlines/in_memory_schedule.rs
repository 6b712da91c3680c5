//! The rules of the schedule as plain data: what the Lua scripts do in Redis, in Rust. It is the schedule of a
//! single edge, and the model that the scripts are tested against.
//!
//! All moments are of the caller's clock; nothing here reads a clock.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use proto::ids::SessionId;
use tokio::time::Instant;

use super::record::{EdgeId, Phase, Scope, SessionRecord};

/// All sessions, and in which order they are due.
#[derive(Debug, Clone, Default)]
pub(crate) struct InMemorySchedule {
    /// Boxed, since half of a map's places are empty.
    entries: HashMap<SessionId, Box<Entry>>,
    due: BTreeSet<(Instant, SessionId)>,
}

#[derive(Debug, Clone)]
struct Entry {
    record: SessionRecord,
    owner: EdgeId,
    /// When it is looked at next: its place in the order. Claims push it on, the record's `due` stays.
    score: Instant,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It holds now, or held already.
    Stored,
    /// There is nothing that it could apply to.
    Missing,
    /// A newer generation, or the same one of another edge, is known: whose.
    Stale { generation: u64, owner: EdgeId },
}

/// What was found due.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) sessions: Vec<Claimed>,
    /// Until something is due next.
    pub(crate) next_in: Option<Duration>,
}

/// A session that must be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) session: SessionId,
    pub(crate) generation: u64,
    pub(crate) owner: EdgeId,
    pub(crate) late: Duration,
}

/// A session that changed hands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TakenOver {
    pub(crate) record: SessionRecord,
    pub(crate) previous: EdgeId,
}

impl InMemorySchedule {
    pub(crate) fn schedule(
        &mut self,
        now: Instant,
        record: SessionRecord,
        owner: &EdgeId,
    ) -> Outcome {
        if let Some(known) = self.live(&record.session, now) {
            if let Some(stale) = known.outdates(record.generation, owner) {
                return stale;
            }
            let known = &known.record;
            if known.generation == record.generation && known.phase > record.phase {
                return Outcome::Stored;
            }
        }
        self.remove(&record.session);
        let score = record.due;
        self.due.insert((score, record.session.clone()));
        let entry = Box::new(Entry {
            owner: owner.clone(),
            score,
            record,
        });
        self.entries.insert(entry.record.session.clone(), entry);
        Outcome::Stored
    }

    pub(crate) fn cancel(
        &mut self,
        now: Instant,
        session: &SessionId,
        generation: u64,
        owner: &EdgeId,
    ) -> Outcome {
        let Some(known) = self.live(session, now) else {
            return Outcome::Missing;
        };
        if let Some(stale) = known.outdates(generation, owner) {
            return stale;
        }
        self.remove(session);
        Outcome::Stored
    }

    /// Takes up to `max` sessions that are due for at least `overdue`, and puts each a lease ahead. A lease grows
    /// with how late a session is, so that one without an owner is looked at ever more rarely.
    pub(crate) fn claim(
        &mut self,
        now: Instant,
        overdue: Duration,
        max: usize,
        lease: Duration,
    ) -> Claim {
        let due: Vec<SessionId> = self
            .due
            .iter()
            .take_while(|(score, _)| *score + overdue <= now)
            .take(max)
            .map(|(_, session)| session.clone())
            .collect();
        let sessions = due
            .iter()
            .filter_map(|session| self.claim_one(now, session, lease))
            .collect();
        Claim {
            sessions,
            next_in: self.next_in(now),
        }
    }

    fn claim_one(&mut self, now: Instant, session: &SessionId, lease: Duration) -> Option<Claimed> {
        let Some(known) = self.live(session, now) else {
            self.remove(session);
            return None;
        };
        if known.record.phase == Phase::Asked {
            // The answer is late and the owner deals with that; all that is left is to be forgotten in the end.
            self.change(session, |entry| entry.score = entry.record.expires);
            return None;
        }
        let late = now.saturating_duration_since(known.record.due);
        let claimed = Claimed {
            session: session.clone(),
            generation: known.record.generation,
            owner: known.owner.clone(),
            late,
        };
        self.change(session, |entry| {
            entry.score = (now + lease.max(late)).min(entry.record.expires);
        });
        Some(claimed)
    }

    pub(crate) fn take_over(
        &mut self,
        now: Instant,
        session: &SessionId,
        scope: &Scope,
        owner: &EdgeId,
    ) -> Option<TakenOver> {
        let known = self.live(session, now)?;
        if known.record.scope != *scope {
            return None;
        }
        let previous = known.owner.clone();
        let record = SessionRecord {
            generation: known.record.generation + 1,
            ..known.record.clone()
        };
        self.change(session, |entry| {
            entry.record.generation += 1;
            entry.owner = owner.clone();
            // What was claimed for the owner before is due again for this one.
            entry.score = entry.record.due;
        });
        Some(TakenOver { record, previous })
    }

    /// Until something is due next.
    pub(crate) fn next_in(&self, now: Instant) -> Option<Duration> {
        let (score, _) = self.due.first()?;
        Some(score.saturating_duration_since(now))
    }

    fn live(&self, session: &SessionId, now: Instant) -> Option<&Entry> {
        self.entries
            .get(session)
            .map(|entry| &**entry)
            .filter(|entry| entry.record.expires > now)
    }

    fn change(&mut self, session: &SessionId, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entries.get_mut(session) {
            self.due.remove(&(entry.score, session.clone()));
            change(entry);
            self.due.insert((entry.score, session.clone()));
        }
    }

    fn remove(&mut self, session: &SessionId) {
        if let Some(entry) = self.entries.remove(session) {
            self.due.remove(&(entry.score, session.clone()));
        }
    }
}

/// What tests look at.
#[cfg(test)]
impl InMemorySchedule {
    /// What is first, and when it is looked at.
    pub(crate) fn first(&self) -> Option<&(Instant, SessionId)> {
        self.due.first()
    }

    /// What is known of a session, and who owns it.
    pub(crate) fn known(
        &self,
        now: Instant,
        session: &SessionId,
    ) -> Option<(&SessionRecord, &EdgeId)> {
        let entry = self.live(session, now)?;
        Some((&entry.record, &entry.owner))
    }

    pub(crate) fn forget(&mut self, session: &SessionId) {
        self.remove(session);
    }
}

impl Entry {
    fn outdates(&self, generation: u64, owner: &EdgeId) -> Option<Outcome> {
        let known = self.record.generation;
        let others = known == generation && self.owner != *owner;
        (known > generation || others).then(|| Outcome::Stale {
            generation: known,
            owner: self.owner.clone(),
        })
    }
}

//! The rules of the schedule as plain data: what the Lua scripts do in Redis, in Rust. It is the schedule of a
//! single edge, and the model that the scripts are tested against.
//!
//! Moments are durations since some origin of the caller's clock; nothing here reads a clock.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use proto::ids::{LoginSessionId, RecipeId, SessionId, UserId};

use super::record::{EdgeId, Phase, Record, Scope};

type Moment = Duration;

/// All sessions, and in which order they are due.
#[derive(Debug, Clone, Default)]
pub(crate) struct InMemorySchedule {
    entries: HashMap<SessionId, Entry>,
    due: BTreeSet<(Moment, SessionId)>,
}

#[derive(Debug, Clone)]
struct Entry {
    login_session: LoginSessionId,
    user: UserId,
    recipe: RecipeId,
    owner: EdgeId,
    generation: u64,
    phase: Phase,
    /// When it must be asked, or must have answered: what a take-over hands on.
    due: Moment,
    expires: Moment,
    /// When it is looked at next: its place in the order. Claims push it on, `due` stays.
    score: Moment,
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
    pub(crate) record: Record,
    pub(crate) previous: EdgeId,
}

impl InMemorySchedule {
    pub(crate) fn schedule(&mut self, now: Moment, record: &Record, owner: &EdgeId) -> Outcome {
        if let Some(known) = self.live(&record.session, now) {
            if let Some(stale) = known.outdates(record.generation, owner) {
                return stale;
            }
            if known.generation == record.generation && known.phase > record.phase {
                return Outcome::Stored;
            }
        }
        let due = now + record.due_in;
        self.put(
            &record.session,
            Entry {
                login_session: record.login_session.clone(),
                user: record.user.clone(),
                recipe: record.recipe.clone(),
                owner: owner.clone(),
                generation: record.generation,
                phase: record.phase,
                due,
                expires: now + record.expires_in,
                score: due,
            },
        );
        Outcome::Stored
    }

    pub(crate) fn cancel(
        &mut self,
        now: Moment,
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
        now: Moment,
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

    fn claim_one(&mut self, now: Moment, session: &SessionId, lease: Duration) -> Option<Claimed> {
        let Some(known) = self.live(session, now) else {
            self.remove(session);
            return None;
        };
        if known.phase == Phase::Asked {
            // The answer is late and the owner deals with that; all that is left is to be forgotten in the end.
            self.change(session, |entry| entry.score = entry.expires);
            return None;
        }
        let late = now.saturating_sub(known.due);
        let claimed = Claimed {
            session: session.clone(),
            generation: known.generation,
            owner: known.owner.clone(),
            late,
        };
        self.change(session, |entry| {
            entry.score = (now + lease.max(late)).min(entry.expires);
        });
        Some(claimed)
    }

    pub(crate) fn take_over(
        &mut self,
        now: Moment,
        session: &SessionId,
        scope: &Scope,
        owner: &EdgeId,
    ) -> Option<TakenOver> {
        let known = self.live(session, now)?;
        let belongs = (&known.user, &known.login_session, &known.recipe)
            == (&scope.user, &scope.login_session, &scope.recipe);
        if !belongs {
            return None;
        }
        let previous = known.owner.clone();
        let record = Record {
            session: session.clone(),
            login_session: scope.login_session.clone(),
            user: scope.user.clone(),
            recipe: scope.recipe.clone(),
            generation: known.generation + 1,
            phase: known.phase,
            due_in: known.due.saturating_sub(now),
            expires_in: known.expires.saturating_sub(now),
        };
        self.change(session, |entry| {
            entry.generation += 1;
            entry.owner = owner.clone();
            // What was claimed for the owner before is due again for this one.
            entry.score = entry.due;
        });
        Some(TakenOver { record, previous })
    }

    /// Until something is due next.
    pub(crate) fn next_in(&self, now: Moment) -> Option<Duration> {
        let (score, _) = self.due.first()?;
        Some(score.saturating_sub(now))
    }

    fn live(&self, session: &SessionId, now: Moment) -> Option<&Entry> {
        self.entries
            .get(session)
            .filter(|entry| entry.expires > now)
    }

    fn put(&mut self, session: &SessionId, entry: Entry) {
        self.remove(session);
        self.due.insert((entry.score, session.clone()));
        self.entries.insert(session.clone(), entry);
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
    /// What is first, with its place in the order, as Redis tells it.
    pub(crate) fn first(&self) -> Vec<String> {
        let first = self.due.first();
        first.map_or_else(Vec::new, |(score, session)| {
            vec![session.to_string(), score.as_millis().to_string()]
        })
    }

    /// What is known of a session: owner, generation, phase, and how long until it is due.
    pub(crate) fn known(
        &self,
        now: Moment,
        session: &SessionId,
    ) -> Option<(EdgeId, u64, Phase, Duration)> {
        let entry = self.live(session, now)?;
        let due_in = entry.due.saturating_sub(now);
        Some((entry.owner.clone(), entry.generation, entry.phase, due_in))
    }

    pub(crate) fn forget(&mut self, session: &SessionId) {
        self.remove(session);
    }
}

impl Entry {
    fn outdates(&self, generation: u64, owner: &EdgeId) -> Option<Outcome> {
        let newer = self.generation > generation;
        let others = self.generation == generation && self.owner != *owner;
        (newer || others).then(|| Outcome::Stale {
            generation: self.generation,
            owner: self.owner.clone(),
        })
    }
}

//! Which shards this edge polls, and when: its own ones when something is due there, the others now and then in
//! case that nobody does. In between it only peeks at what is first in its own shards, which costs Redis next to
//! nothing: other edges may have put something earlier there. Decides only; clock and jitter come from the caller.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{DeadlineConfig, record::EdgeId},
    shards::in_charge,
};

/// How many sessions one poll takes at most: half a millisecond of Redis' time.
pub(super) const MAX_CLAIM: usize = 128;
/// The shortest time between two polls of a shard, unless the last one took all it could.
const MIN_INTERVAL: Duration = Duration::from_millis(5);
/// After a shard could not be looked at: long enough not to hold up the others, when one server of a cluster is away.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// By how much each further edge stretches the interval at which other edges' shards are polled.
const FOREIGN_POLL_PER_EDGE: Duration = Duration::from_millis(100);

/// What is first in a shard, and when it is due by the clock of that Redis: the same while nothing earlier comes.
pub(super) type First = Vec<String>;

/// A poll of one shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShardPoll {
    pub(super) shard: u16,
    /// By how much a session must be overdue to be taken.
    pub(super) overdue: Duration,
    /// How many sessions may be taken.
    pub(super) max: usize,
}

/// What a poll found, as far as it matters for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PollResult {
    /// As many sessions as it could take: there may be more.
    Full,
    /// All there was; the next one is due in this time.
    Next(Option<Duration>),
    /// Nothing was learned.
    Nothing,
}

#[derive(Debug)]
pub(super) struct PollPlan {
    edge: EdgeId,
    poll: Duration,
    overdue: Duration,
    /// How long an edge leaves shards alone that others are in charge of.
    foreign_poll: Duration,
    shards: Vec<ShardState>,
}

#[derive(Debug, Clone)]
struct ShardState {
    mine: bool,
    /// When to poll.
    next: Instant,
    /// When to peek, if it is an own shard.
    peek: Instant,
    first: First,
}

impl PollPlan {
    pub(super) fn new(edge: EdgeId, config: &DeadlineConfig, shards: u16, now: Instant) -> Self {
        let state = ShardState {
            mine: false,
            next: now,
            peek: now,
            first: First::new(),
        };
        Self {
            edge,
            poll: config.poll,
            overdue: config.overdue,
            foreign_poll: config.overdue,
            shards: vec![state; shards.into()],
        }
    }

    /// Divides the shards among the edges that are there. What became this edge's own is looked at next.
    pub(super) fn assign(&mut self, members: &[EdgeId], now: Instant) {
        let edges = u32::try_from(members.len()).unwrap_or(u32::MAX);
        self.foreign_poll = self
            .overdue
            .max(FOREIGN_POLL_PER_EDGE.saturating_mul(edges));
        for (shard, state) in (0_u16..).zip(&mut self.shards) {
            let mine = in_charge(members, shard) == Some(&self.edge);
            if mine && !state.mine {
                state.next = now;
            }
            state.mine = mine;
        }
    }

    /// Starts afresh, after a time in which nothing could be looked at.
    pub(super) fn restart(&mut self, now: Instant) {
        for state in &mut self.shards {
            state.next = now;
        }
    }

    /// When there is something to poll or peek at next.
    pub(super) fn next(&self) -> Option<Instant> {
        let state = |state: &ShardState| {
            if state.mine {
                state.next.min(state.peek)
            } else {
                state.next
            }
        };
        self.shards.iter().map(state).min()
    }

    /// Which shards to poll now.
    pub(super) fn due(&self, now: Instant) -> Vec<ShardPoll> {
        (0_u16..)
            .zip(&self.shards)
            .filter(|(_, state)| state.next <= now)
            .map(|(shard, state)| ShardPoll {
                shard,
                overdue: if state.mine {
                    Duration::ZERO
                } else {
                    self.overdue
                },
                max: MAX_CLAIM,
            })
            .collect()
    }

    /// Which shards to peek at now.
    pub(super) fn peeks(&self, now: Instant) -> Vec<u16> {
        (0_u16..)
            .zip(&self.shards)
            .filter(|(_, state)| state.mine && state.peek <= now && state.next > now)
            .map(|(shard, _)| shard)
            .collect()
    }

    /// Notes what a peek showed; `None`: nothing was learned. What has changed is looked at next.
    pub(super) fn peeked(&mut self, shard: u16, first: Option<&First>, now: Instant) {
        let Some(state) = self.shards.get_mut(usize::from(shard)) else {
            return;
        };
        let Some(first) = first else {
            state.peek = now + RETRY_DELAY;
            return;
        };
        state.peek = now + self.poll;
        if *first != state.first {
            state.next = now;
        }
    }

    /// Notes what a poll found. `rng`, from 0 to 1, is the jitter that keeps edges from polling in step.
    pub(super) fn looked(
        &mut self,
        shard: u16,
        found: PollResult,
        first: First,
        now: Instant,
        rng: f64,
    ) {
        let Some(state) = self.shards.get_mut(usize::from(shard)) else {
            return;
        };
        state.first = first;
        state.peek = now
            + match found {
                PollResult::Full | PollResult::Next(_) => self.poll,
                PollResult::Nothing => RETRY_DELAY,
            };
        state.next = now
            + match found {
                PollResult::Full => Duration::ZERO,
                // Not much longer than the others would wait, in case that Redis' clock jumps.
                PollResult::Next(Some(next_in)) if state.mine => {
                    next_in.clamp(MIN_INTERVAL, self.overdue)
                }
                PollResult::Next(None) if state.mine => self.overdue,
                PollResult::Nothing if state.mine => RETRY_DELAY,
                PollResult::Next(_) | PollResult::Nothing => {
                    self.foreign_poll.mul_f64(0.75 + rng / 2.0)
                }
            };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn alone() -> (PollPlan, Instant) {
        let now = Instant::now();
        let edge = EdgeId::stored("a");
        let config = DeadlineConfig::default();
        let mut poll_plan = PollPlan::new(edge.clone(), &config, 1, now);
        poll_plan.assign(&[edge], now);
        (poll_plan, now)
    }

    #[track_caller]
    fn check(found: PollResult, next_in: Duration) {
        let (mut poll_plan, now) = alone();
        poll_plan.looked(0, found, first("s1"), now, 0.5);
        assert!(poll_plan.due(now + next_in / 2).is_empty() || next_in.is_zero());
        assert_eq!(poll_plan.due(now + next_in).len(), 1);
    }

    #[test]
    fn looks_again_when_something_is_due_but_at_least_every_two_seconds() {
        check(PollResult::Next(Some(SECOND / 10)), SECOND / 10);
        check(PollResult::Next(Some(10 * SECOND)), 2 * SECOND);
        check(PollResult::Next(Some(Duration::ZERO)), MIN_INTERVAL);
        check(PollResult::Next(None), 2 * SECOND);
        check(PollResult::Nothing, SECOND);
        check(PollResult::Full, Duration::ZERO);
    }

    #[test]
    fn a_peek_every_poll_shows_whether_to_look_earlier() {
        let (mut poll_plan, now) = alone();
        poll_plan.looked(
            0,
            PollResult::Next(Some(10 * SECOND)),
            first("s1"),
            now,
            0.5,
        );
        let poll = SECOND / 4;
        assert_eq!(poll_plan.next(), Some(now + poll));
        assert!(poll_plan.peeks(now).is_empty());
        assert_eq!(poll_plan.peeks(now + poll), [0]);

        poll_plan.peeked(0, Some(&first("s1")), now + poll);
        assert_eq!(poll_plan.next(), Some(now + 2 * poll));
        poll_plan.peeked(0, None, now + 2 * poll);
        assert_eq!(poll_plan.next(), Some(now + 2 * poll + RETRY_DELAY));
        poll_plan.peeked(0, Some(&first("s2")), now + 2 * poll + RETRY_DELAY);
        assert_eq!(poll_plan.due(now + 2 * poll + RETRY_DELAY).len(), 1);
    }

    fn first(session: &str) -> First {
        vec![session.into(), "1795379762123".into()]
    }

    #[test]
    fn takes_from_the_shards_of_others_only_what_is_overdue() {
        let (mut poll_plan, now) = alone();
        poll_plan.assign(&[EdgeId::stored("other")], now);
        let overdue = 2 * SECOND;
        let poll = ShardPoll {
            shard: 0,
            overdue,
            max: MAX_CLAIM,
        };
        assert_eq!(poll_plan.due(now), [poll]);

        poll_plan.looked(
            0,
            PollResult::Next(Some(Duration::ZERO)),
            first("s1"),
            now,
            0.5,
        );
        assert_eq!(poll_plan.next(), Some(now + overdue));
    }

    #[test]
    fn what_becomes_its_own_is_looked_at_at_once() {
        let (mut poll_plan, now) = alone();
        poll_plan.assign(&[EdgeId::stored("other")], now);
        poll_plan.looked(0, PollResult::Next(None), First::new(), now, 0.5);

        poll_plan.assign(&[EdgeId::stored("a")], now + SECOND);

        let polls = poll_plan.due(now + SECOND);
        assert_eq!(polls.len(), 1);
        assert_eq!(polls[0].overdue, Duration::ZERO);
    }

    #[test]
    fn many_edges_share_the_watch() {
        let (mut poll_plan, now) = alone();
        let others: Vec<EdgeId> = (0..100).map(|_| EdgeId::random()).collect();
        poll_plan.assign(&others, now);
        poll_plan.looked(0, PollResult::Next(None), First::new(), now, 0.5);
        assert_eq!(poll_plan.next(), Some(now + 10 * SECOND));
    }
}

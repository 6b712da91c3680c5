//! Which shards this edge looks at, and when: its own ones when something is due there, the others now and then in
//! case that nobody does. In between it only peeks at what is first in its own shards, which costs Redis next to
//! nothing: other edges may have put something earlier there. Decides only; the clock and the dice come from the caller.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{DeadlineConfig, record::EdgeId},
    shards::in_charge,
};

/// How many sessions one look takes at most: half a millisecond of Redis' time.
pub(super) const BATCH: usize = 128;
/// The shortest time between two looks at a shard, unless the last one took all it could.
const BREATH: Duration = Duration::from_millis(5);
/// After a shard could not be looked at: long enough not to hold up the others, when one server of a cluster is away.
const RETRY: Duration = Duration::from_secs(1);
/// How much of the watch over other edges' shards each edge is spared by each further one.
const SHARED_WATCH: Duration = Duration::from_millis(100);

/// What is first in a shard, and when it is due by the clock of that Redis: the same while nothing earlier comes.
pub(super) type First = Vec<String>;

/// A look at one shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) shard: u16,
    /// By how much a session must be overdue to be taken.
    pub(super) overdue: Duration,
    /// How many sessions may be taken; with none, the look only tells the epoch.
    pub(super) max: usize,
}

/// What a look found, as far as it matters for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// As many sessions as it could take: there may be more.
    Full,
    /// All there was; the next one is due in this time.
    Next(Option<Duration>),
    /// Nothing was learned.
    Nothing,
}

#[derive(Debug)]
pub(super) struct Rota {
    edge: EdgeId,
    claims: bool,
    poll: Duration,
    overdue: Duration,
    /// How long an edge leaves shards alone that others are in charge of.
    watch: Duration,
    shards: Vec<Turn>,
}

#[derive(Debug, Clone)]
struct Turn {
    mine: bool,
    /// When to look.
    next: Instant,
    /// When to peek, if it is an own shard.
    peek: Instant,
    first: First,
}

impl Rota {
    pub(super) fn new(edge: EdgeId, config: &DeadlineConfig, shards: u16, now: Instant) -> Self {
        let turn = Turn {
            mine: false,
            next: now,
            peek: now,
            first: First::new(),
        };
        Self {
            edge,
            claims: config.claims,
            poll: config.poll,
            overdue: config.overdue,
            watch: config.overdue,
            shards: vec![turn; shards.into()],
        }
    }

    /// Divides the shards among the edges that claim. What became this edge's own is looked at next.
    pub(super) fn divide(&mut self, claimers: &[EdgeId], now: Instant) {
        let edges = u32::try_from(claimers.len()).unwrap_or(u32::MAX);
        self.watch = self.overdue.max(SHARED_WATCH.saturating_mul(edges));
        for (shard, turn) in (0_u16..).zip(&mut self.shards) {
            let mine = self.claims && in_charge(claimers, shard) == Some(&self.edge);
            if mine && !turn.mine {
                turn.next = now;
            }
            turn.mine = mine;
        }
    }

    /// Starts afresh, after a time in which nothing could be looked at.
    pub(super) fn restart(&mut self, now: Instant) {
        for turn in &mut self.shards {
            turn.next = now;
        }
    }

    /// When there is something to look or peek at next.
    pub(super) fn next(&self) -> Option<Instant> {
        let turn = |turn: &Turn| {
            if turn.mine {
                turn.next.min(turn.peek)
            } else {
                turn.next
            }
        };
        self.shards.iter().map(turn).min()
    }

    /// What to look at now.
    pub(super) fn due(&self, now: Instant) -> Vec<Look> {
        (0_u16..)
            .zip(&self.shards)
            .filter(|(_, turn)| turn.next <= now)
            .map(|(shard, turn)| Look {
                shard,
                overdue: if turn.mine {
                    Duration::ZERO
                } else {
                    self.overdue
                },
                max: if self.claims { BATCH } else { 0 },
            })
            .collect()
    }

    /// Which shards to peek at now.
    pub(super) fn peeks(&self, now: Instant) -> Vec<u16> {
        (0_u16..)
            .zip(&self.shards)
            .filter(|(_, turn)| turn.mine && turn.peek <= now && turn.next > now)
            .map(|(shard, _)| shard)
            .collect()
    }

    /// Notes what a peek showed; `None`: nothing was learned. What has changed is looked at next.
    pub(super) fn peeked(&mut self, shard: u16, first: Option<&First>, now: Instant) {
        let Some(turn) = self.shards.get_mut(usize::from(shard)) else {
            return;
        };
        let Some(first) = first else {
            turn.peek = now + RETRY;
            return;
        };
        turn.peek = now + self.poll;
        if *first != turn.first {
            turn.next = now;
        }
    }

    /// Notes what a look found. `dice`, from 0 to 1, keeps edges from watching in step.
    pub(super) fn looked(
        &mut self,
        shard: u16,
        found: Found,
        first: First,
        now: Instant,
        dice: f64,
    ) {
        let Some(turn) = self.shards.get_mut(usize::from(shard)) else {
            return;
        };
        turn.first = first;
        turn.peek = now
            + match found {
                Found::Full | Found::Next(_) => self.poll,
                Found::Nothing => RETRY,
            };
        turn.next = now
            + match found {
                Found::Full => Duration::ZERO,
                // Not much longer than the others would wait, in case that Redis' clock jumps.
                Found::Next(Some(next_in)) if turn.mine => next_in.clamp(BREATH, self.overdue),
                Found::Next(None) if turn.mine => self.overdue,
                Found::Nothing if turn.mine => RETRY,
                Found::Next(_) | Found::Nothing => self.watch.mul_f64(0.75 + dice / 2.0),
            };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn alone(claims: bool) -> (Rota, Instant) {
        let now = Instant::now();
        let edge = EdgeId::stored("a");
        let config = DeadlineConfig {
            claims,
            ..DeadlineConfig::default()
        };
        let mut rota = Rota::new(edge.clone(), &config, 1, now);
        rota.divide(&[edge], now);
        (rota, now)
    }

    #[track_caller]
    fn check(found: Found, next_in: Duration) {
        let (mut rota, now) = alone(true);
        rota.looked(0, found, first("s1"), now, 0.5);
        assert!(rota.due(now + next_in / 2).is_empty() || next_in.is_zero());
        assert_eq!(rota.due(now + next_in).len(), 1);
    }

    #[test]
    fn looks_again_when_something_is_due_but_at_least_every_two_seconds() {
        check(Found::Next(Some(SECOND / 10)), SECOND / 10);
        check(Found::Next(Some(10 * SECOND)), 2 * SECOND);
        check(Found::Next(Some(Duration::ZERO)), BREATH);
        check(Found::Next(None), 2 * SECOND);
        check(Found::Nothing, SECOND);
        check(Found::Full, Duration::ZERO);
    }

    #[test]
    fn a_peek_every_poll_shows_whether_to_look_earlier() {
        let (mut rota, now) = alone(true);
        rota.looked(0, Found::Next(Some(10 * SECOND)), first("s1"), now, 0.5);
        let poll = SECOND / 4;
        assert_eq!(rota.next(), Some(now + poll));
        assert!(rota.peeks(now).is_empty());
        assert_eq!(rota.peeks(now + poll), [0]);

        rota.peeked(0, Some(&first("s1")), now + poll);
        assert_eq!(rota.next(), Some(now + 2 * poll));
        rota.peeked(0, None, now + 2 * poll);
        assert_eq!(rota.next(), Some(now + 2 * poll + RETRY));
        rota.peeked(0, Some(&first("s2")), now + 2 * poll + RETRY);
        assert_eq!(rota.due(now + 2 * poll + RETRY).len(), 1);
    }

    fn first(session: &str) -> First {
        vec![session.into(), "1795379762123".into()]
    }

    #[test]
    fn takes_from_the_shards_of_others_only_what_is_overdue() {
        let (mut rota, now) = alone(true);
        rota.divide(&[EdgeId::stored("other")], now);
        let overdue = 2 * SECOND;
        let look = Look {
            shard: 0,
            overdue,
            max: BATCH,
        };
        assert_eq!(rota.due(now), [look]);

        rota.looked(0, Found::Next(Some(Duration::ZERO)), first("s1"), now, 0.5);
        assert_eq!(rota.next(), Some(now + overdue));
    }

    #[test]
    fn what_becomes_its_own_is_looked_at_at_once() {
        let (mut rota, now) = alone(true);
        rota.divide(&[EdgeId::stored("other")], now);
        rota.looked(0, Found::Next(None), First::new(), now, 0.5);

        rota.divide(&[EdgeId::stored("a")], now + SECOND);

        let looks = rota.due(now + SECOND);
        assert_eq!(looks.len(), 1);
        assert_eq!(looks[0].overdue, Duration::ZERO);
    }

    #[test]
    fn an_edge_that_does_not_claim_still_learns_the_epoch() {
        let (rota, now) = alone(false);
        let looks = rota.due(now);
        assert_eq!(looks.len(), 1);
        assert_eq!(looks[0].max, 0);
    }

    #[test]
    fn many_edges_share_the_watch() {
        let (mut rota, now) = alone(true);
        let others: Vec<EdgeId> = (0..100).map(|_| EdgeId::random()).collect();
        rota.divide(&others, now);
        rota.looked(0, Found::Next(None), First::new(), now, 0.5);
        assert_eq!(rota.next(), Some(now + 10 * SECOND));
    }
}

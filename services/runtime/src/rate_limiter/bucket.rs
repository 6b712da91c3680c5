//! One token bucket, as GCRA: all that is kept is the moment when it will be full again. Pure; time comes in by
//! argument.

use std::time::Duration;

use tokio::time::Instant;

/// A rate and a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How long one token takes to come back.
    interval: Duration,
    /// How long an empty bucket takes to be full.
    capacity: Duration,
}

/// Whether tokens were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// They were.
    Allowed,
    /// None was taken; there are enough after this time if nobody else takes any. Never zero.
    RetryAfter(Duration),
}

/// A bucket of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    full_at: Instant,
}

impl Limit {
    /// `burst` tokens at once (at least 1), then `rate` in each `period`; `None` when `rate` is 0: no limit.
    pub fn new(rate: u32, period: Duration, burst: u32) -> Option<Self> {
        let interval = period.checked_div(rate)?;
        Some(Self {
            interval,
            capacity: interval.saturating_mul(burst.max(1)),
        })
    }

    /// What `count` tokens are in time, at most the whole bucket.
    pub(super) fn cost(self, count: u32) -> Duration {
        self.interval.saturating_mul(count).min(self.capacity)
    }

    pub(super) fn capacity(self) -> Duration {
        self.capacity
    }

    /// What to say of a bucket that lacks `level`, including the tokens that are asked for.
    pub(super) fn decide(self, level: Duration) -> Decision {
        match level.checked_sub(self.capacity) {
            None | Some(Duration::ZERO) => Decision::Allowed,
            Some(wait) => Decision::RetryAfter(wait),
        }
    }
}

impl Bucket {
    /// A full one.
    pub fn new(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes `count` tokens, or none. More than the burst count as the burst.
    pub fn take(&mut self, limit: Limit, count: u32, now: Instant) -> Decision {
        let decision = self.peek(limit, count, now);
        if decision == Decision::Allowed {
            self.full_at = self.full_at.max(now) + limit.cost(count);
        }
        decision
    }

    /// What [`Bucket::take`] would answer.
    pub fn peek(&self, limit: Limit, count: u32, now: Instant) -> Decision {
        limit.decide(self.level(now) + limit.cost(count))
    }

    /// Gives tokens back, at most until it is full.
    pub fn give_back(&mut self, limit: Limit, count: u32, now: Instant) {
        let full_at = self.full_at.checked_sub(limit.cost(count));
        self.full_at = full_at.unwrap_or(now).max(now);
    }

    /// Whether nothing would be lost by forgetting it.
    pub fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }

    /// How long until it is full.
    fn level(&self, now: Instant) -> Duration {
        self.full_at.saturating_duration_since(now)
    }

    /// Makes it lack at least `level`, which is what the shared bucket lacks.
    pub(super) fn raise(&mut self, level: Duration, now: Instant) {
        self.full_at = self.full_at.max(now + level);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_goes_through_and_then_the_rate_holds() {
        let start = Instant::now();
        let limit = Limit::new(5, SECOND, 20).unwrap();
        let mut bucket = Bucket::new(start);
        for _ in 0..20 {
            assert_eq!(bucket.take(limit, 1, start), Decision::Allowed);
        }
        let wait = SECOND / 5;
        assert_eq!(bucket.take(limit, 1, start), Decision::RetryAfter(wait));
        assert_eq!(bucket.take(limit, 1, start + wait), Decision::Allowed);
        assert_eq!(
            bucket.take(limit, 2, start + wait),
            Decision::RetryAfter(2 * wait)
        );
        assert!(bucket.is_full(start + 5 * SECOND));
    }

    #[test]
    fn more_than_the_burst_counts_as_the_burst() {
        let now = Instant::now();
        let limit = Limit::new(1, SECOND, 3).unwrap();
        let mut bucket = Bucket::new(now);
        assert_eq!(bucket.take(limit, u32::MAX, now), Decision::Allowed);
        assert_eq!(bucket.take(limit, 9, now), Decision::RetryAfter(3 * SECOND));
    }

    #[test]
    fn what_is_given_back_can_be_taken_again_and_no_more() {
        let now = Instant::now();
        let limit = Limit::new(1, SECOND, 3).unwrap();
        let mut bucket = Bucket::new(now);
        for _ in 0..9 {
            assert_eq!(bucket.take(limit, 3, now), Decision::Allowed);
            bucket.give_back(limit, 3, now);
        }
        bucket.give_back(limit, 3, now);
        assert_eq!(bucket.take(limit, 3, now), Decision::Allowed);
        assert_eq!(bucket.take(limit, 1, now), Decision::RetryAfter(SECOND));
    }

    #[test]
    fn a_rate_of_zero_is_no_limit_and_a_burst_of_zero_is_one() {
        assert_eq!(Limit::new(0, SECOND, 20), None);
        let now = Instant::now();
        let limit = Limit::new(1, SECOND, 0).unwrap();
        assert_eq!(Bucket::new(now).take(limit, 1, now), Decision::Allowed);
    }
}

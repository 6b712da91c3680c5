//! How many sign-ins may fail before the next one must wait: per account, and more generously per client
//! address. Pure and of bounded size; the time comes in by argument.

use std::{collections::HashMap, mem, time::Duration};

use tokio::time::Instant;

/// How long without an attempt until failures are forgotten.
const MEMORY: Duration = Duration::from_secs(600);
/// How many accounts and how many addresses one generation remembers. Each attempt costs a password hash,
/// so filling it takes longer than [`MEMORY`].
const CAPACITY: usize = 50_000;
/// What somebody is told who has too many attempts under way.
const SOON: Duration = Duration::from_secs(1);

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryAfter(pub(crate) Duration);

/// How failures lead to waiting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Failures that cost nothing.
    pub(crate) free: u32,
    /// Attempts that may be under way side by side; each failure leaves room for one less.
    pub(crate) at_once: u32,
    /// The longest wait.
    pub(crate) max_delay: Duration,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The password was right.
    Succeeded,
    /// The password was wrong, or there is no such user.
    Failed,
    /// There was no verdict: too busy, or the store was away.
    Undecided,
}

/// The failures of late, by one kind of key.
#[derive(Debug)]
pub(crate) struct Attempts {
    limits: Limits,
    /// What was touched since the last turn, and before it: a bound without a queue of evictions.
    recent: HashMap<String, Record>,
    older: HashMap<String, Record>,
    turned: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    failures: u32,
    under_way: u32,
    not_before: Instant,
}

impl Attempts {
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        Self {
            limits,
            recent: HashMap::new(),
            older: HashMap::new(),
            turned: now,
        }
    }

    /// Begins an attempt, or tells when to try again. What is under way counts as failed until it has ended,
    /// so that guesses side by side gain nothing.
    pub(crate) fn begin(&mut self, key: &str, now: Instant) -> Result<(), RetryAfter> {
        self.turn(now);
        let limits = self.limits;
        let record = self.record(key, now);
        if now < record.not_before {
            return Err(RetryAfter(record.not_before - now));
        }
        let room = limits.at_once.saturating_sub(record.failures).max(1);
        if record.under_way >= room {
            return Err(RetryAfter(SOON));
        }
        record.under_way += 1;
        Ok(())
    }

    /// Ends an attempt that was begun.
    pub(crate) fn end(&mut self, key: &str, outcome: Outcome, now: Instant) {
        let limits = self.limits;
        let record = self.record(key, now);
        record.under_way = record.under_way.saturating_sub(1);
        match outcome {
            Outcome::Succeeded => record.failures = 0,
            Outcome::Failed => {
                record.failures = record.failures.saturating_add(1);
                record.not_before = now + delay(limits, record.failures);
            }
            Outcome::Undecided => {}
        }
        if record.failures == 0 && record.under_way == 0 {
            self.recent.remove(key);
        }
    }

    fn record(&mut self, key: &str, now: Instant) -> &mut Record {
        let carried = self.older.remove(key);
        self.recent.entry(key.to_owned()).or_insert_with(|| {
            carried.unwrap_or(Record {
                failures: 0,
                under_way: 0,
                not_before: now,
            })
        })
    }

    fn turn(&mut self, now: Instant) {
        if now.duration_since(self.turned) >= MEMORY || self.recent.len() >= CAPACITY {
            self.older = mem::take(&mut self.recent);
            self.turned = now;
        }
    }
}

/// 1, 2, 4… seconds after the free failures, up to the longest wait.
fn delay(limits: Limits, failures: u32) -> Duration {
    match failures.checked_sub(limits.free) {
        None => Duration::ZERO,
        Some(beyond) => {
            Duration::from_secs(1_u64.checked_shl(beyond).unwrap_or(u64::MAX)).min(limits.max_delay)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        free: 3,
        at_once: 3,
        max_delay: Duration::from_secs(60),
    };

    fn fail(attempts: &mut Attempts, now: Instant) {
        attempts.begin("ada", now).unwrap();
        attempts.end("ada", Outcome::Failed, now);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_after_the_free_failures_up_to_a_minute() {
        let mut now = Instant::now();
        let mut attempts = Attempts::new(LIMITS, now);
        for _ in 0..3 {
            fail(&mut attempts, now);
        }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(attempts.begin("ada", now), Err(RetryAfter(wait)));
            now += wait;
            fail(&mut attempts, now);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_clears_the_account() {
        let now = Instant::now();
        let mut attempts = Attempts::new(LIMITS, now);
        for _ in 0..3 {
            fail(&mut attempts, now);
        }
        let later = now + Duration::from_secs(1);
        attempts.begin("ada", later).unwrap();
        attempts.end("ada", Outcome::Succeeded, later);

        for _ in 0..3 {
            fail(&mut attempts, later);
        }
        assert!(attempts.begin("ada", later).is_err());
        assert_eq!(attempts.begin("grace", later), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_side_by_side_gain_nothing() {
        let now = Instant::now();
        let mut attempts = Attempts::new(LIMITS, now);
        let begun = (0..100).filter(|_| attempts.begin("ada", now).is_ok());
        assert_eq!(begun.count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_nobody_waits() {
        let now = Instant::now();
        let limits = Limits {
            free: u32::MAX,
            at_once: u32::MAX,
            ..LIMITS
        };
        let mut attempts = Attempts::new(limits, now);
        for _ in 0..1000 {
            attempts.begin("ada", now).unwrap();
        }
        for _ in 0..1000 {
            attempts.end("ada", Outcome::Failed, now);
            fail(&mut attempts, now);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_without_a_verdict_leaves_no_trace() {
        let now = Instant::now();
        let mut attempts = Attempts::new(LIMITS, now);
        for _ in 0..10 {
            attempts.begin("ada", now).unwrap();
            attempts.end("ada", Outcome::Undecided, now);
        }
        assert!(attempts.recent.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_fades() {
        let now = Instant::now();
        let mut attempts = Attempts::new(LIMITS, now);
        for n in 0..3 * CAPACITY {
            let key = n.to_string();
            attempts.begin(&key, now).unwrap();
            attempts.end(&key, Outcome::Failed, now);
        }
        assert!(attempts.recent.len() + attempts.older.len() <= 2 * CAPACITY);

        attempts.turn(now + MEMORY);
        attempts.turn(now + 2 * MEMORY);
        assert!(attempts.recent.is_empty() && attempts.older.is_empty());
    }
}

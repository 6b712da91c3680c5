//! How many sign-ins may fail before the next one must wait. Nobody can keep an account shut: failures count for the
//! account *and* the place that they come from, which is a device that has signed in to it before, or an address block.
//! An address block has a bound of its own over all accounts, and an account one over all places that it does not know.
//! Counts are shared by all replicas through Redis, and each counts alone while that is away.
//!
//! Every attempt takes a token of each bucket when it begins, so that guesses side by side gain nothing, and gives
//! them back unless it fails.

use std::{mem, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use runtime::rate_limiter::{Decision, Limit, RateLimiter};
use tokio::time::Instant;

use crate::config::Reloadable;

/// In how long as many failures are forgiven as are free.
const ATTEMPTS_WINDOW: Duration = Duration::from_secs(600);

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryAfter(pub(crate) Duration);

/// What a bucket is kept for. The texts are keyed hashes and name nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// One account, tried from one place.
    Place(String),
    /// One address block, whatever account it tries.
    Address(String),
    /// One account, tried from places that it does not know.
    Account(String),
}

/// The limits of failed sign-ins; `None`: no limit.
#[derive(Debug, Clone, Copy)]
struct Limits {
    place: Option<Limit>,
    address: Option<Limit>,
    account: Option<Limit>,
}

/// The failures of late.
#[derive(Debug)]
pub(crate) struct Attempts {
    limits: ArcSwap<Limits>,
    limiter: RateLimiter,
}

/// An attempt under way. Dropped without a verdict, as when the caller hangs up, it leaves no trace.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    attempts: &'a Attempts,
    taken: Vec<(String, Limit)>,
}

impl Limits {
    fn new(settings: &Reloadable) -> Self {
        let limit = |failures| limit(failures, settings.sign_in_max_delay);
        Self {
            place: limit(settings.sign_in_failures),
            address: limit(settings.sign_in_failures_per_address),
            account: limit(settings.sign_in_failures_per_account),
        }
    }
}

impl Attempts {
    pub(crate) fn new(settings: &Reloadable, limiter: RateLimiter) -> Self {
        Self {
            limits: ArcSwap::from_pointee(Limits::new(settings)),
            limiter,
        }
    }

    /// Goes on with other limits.
    pub(crate) fn set(&self, settings: &Reloadable) {
        self.limits.store(Arc::new(Limits::new(settings)));
    }

    /// Begins an attempt that has not taken anything yet.
    pub(crate) fn begin(&self) -> Attempt<'_> {
        Attempt {
            attempts: self,
            taken: Vec::new(),
        }
    }
}

impl Attempt<'_> {
    /// Takes one of the bucket of `key`, or tells when to try again.
    pub(crate) async fn take(&mut self, key: Key) -> Result<(), RetryAfter> {
        let limits = **self.attempts.limits.load();
        let (key, limit) = match key {
            Key::Place(hash) => (format!("sign-in:place:{hash}"), limits.place),
            Key::Address(hash) => (format!("sign-in:address:{hash}"), limits.address),
            Key::Account(hash) => (format!("sign-in:account:{hash}"), limits.account),
        };
        let Some(limit) = limit else {
            return Ok(());
        };
        match self.attempts.limiter.take(&key, limit).await {
            Decision::Allowed => {
                self.taken.push((key, limit));
                Ok(())
            }
            Decision::RetryAfter(wait) => Err(RetryAfter(wait)),
        }
    }

    /// The password was wrong, or the name taken: what was taken stays so.
    pub(crate) fn fail(mut self) {
        mem::take(&mut self.taken);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        for (key, limit) in self.taken.drain(..) {
            self.attempts.limiter.give_back(&key, limit, 1, now);
        }
    }
}

/// So many at once and in each window; no single wait is longer than `max_delay`.
fn limit(failures: u32, max_delay: Duration) -> Option<Limit> {
    let interval = ATTEMPTS_WINDOW.checked_div(failures)?;
    Limit::new(1, interval.min(max_delay), failures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    fn attempts(arguments: &[&str]) -> Attempts {
        Attempts::new(&config(arguments).reloadable, RateLimiter::new(None))
    }

    async fn try_as(attempts: &Attempts, key: &Key) -> Result<(), RetryAfter> {
        attempts.begin().take(key.clone()).await
    }

    async fn fail(attempts: &Attempts, key: &Key) {
        let mut attempt = attempts.begin();
        attempt.take(key.clone()).await.unwrap();
        attempt.fail();
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_free_failures_each_further_one_waits_a_minute() {
        let attempts = attempts(&[]);
        let (ada, grace) = (Key::Place("ada".into()), Key::Place("grace".into()));
        for _ in 0..10 {
            fail(&attempts, &ada).await;
        }
        let minute = Duration::from_secs(60);
        for _ in 0..3 {
            let wait = try_as(&attempts, &ada).await.unwrap_err();
            assert_eq!(wait, RetryAfter(minute));
            assert_eq!(try_as(&attempts, &grace).await, Ok(()));
            tokio::time::advance(minute).await;
            fail(&attempts, &ada).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_wait_is_longer_than_the_longest() {
        let attempts = attempts(&["--sign-in-failures=1", "--sign-in-max-delay=5s"]);
        let ada = Key::Place("ada".into());
        fail(&attempts, &ada).await;
        let wait = try_as(&attempts, &ada).await.unwrap_err();
        assert_eq!(wait, RetryAfter(Duration::from_secs(5)));
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_side_by_side_gain_nothing() {
        let attempts = attempts(&["--sign-in-failures=3"]);
        let mut under_way = Vec::new();
        for _ in 0..100 {
            let mut attempt = attempts.begin();
            if attempt.take(Key::Place("ada".into())).await.is_ok() {
                under_way.push(attempt);
            }
        }
        assert_eq!(under_way.len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_fail_leaves_no_trace_in_any_bucket() {
        let one = ["--sign-in-failures=1", "--sign-in-failures-per-address=1"];
        let attempts = attempts(&one);
        for _ in 0..10 {
            let mut attempt = attempts.begin();
            attempt.take(Key::Place("ada".into())).await.unwrap();
            attempt.take(Key::Address("here".into())).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_nobody_waits() {
        let attempts = attempts(&["--sign-in-failures=0"]);
        for _ in 0..1_000 {
            fail(&attempts, &Key::Place("ada".into())).await;
        }
    }
}

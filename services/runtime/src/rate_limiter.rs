//! A rate limiter for every service: token buckets by key, shared by all replicas through Redis, and kept in local
//! memory alone while Redis is away or not configured.
//!
//! - [`Limit`]: the rate and burst of a bucket. `Limit::new(30, minute, 10)` is `None` for a rate of 0: no limit.
//! - [`RateLimiter::take`]: asks Redis, waits at most [`SHARED_TIMEOUT`] for it, and decides by the local bucket
//!   when no answer comes. For callers that may wait: sign-ins, HTTP calls.
//! - [`RateLimiter::take_local`]: decides at once by the local bucket, and adds what was taken to the shared bucket
//!   within [`REPORT_INTERVAL`]; the answer corrects the local bucket. For the WebSocket loop, which never waits
//!   for Redis. Until the correction, each replica lets through at most its own burst.
//! - [`RateLimiter::give_back`]: gives back what was taken for something that turned out to be free.
//! - [`LocalRateLimiter`]: local buckets alone, keyed by any type, without Redis.
//! - [`Bucket`]: one bucket, pure, for owners that keep it themselves.
//!
//! ```text
//! let limiter = RateLimiter::new(redis.as_ref());
//! if let Decision::RetryAfter(wait) = limiter.take("sign-in:4f2a…", limit).await { … }
//! ```
//!
//! Keys are chosen by callers, name their purpose first (`sign-in:…`, `messages:…`), and are short. They stand in
//! Redis, so callers hash what identifies a person. One key has one limit. In Redis a bucket is `rc:rate:{KEY}`,
//! which expires when it is full again; time is counted by the clock of Redis. Locally at most [`MAX_KEYS`] buckets
//! are kept.

mod bucket;
mod local;
mod report;
mod shared;

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::Instant};
use tokio_util::task::AbortOnDropHandle;

pub use self::{
    bucket::{Bucket, Decision, Limit},
    local::LocalRateLimiter,
};
use self::{
    report::{PendingReport, report},
    shared::SharedBuckets,
};
use crate::redis::{Redis, SelfTest};

/// How long [`RateLimiter::take`] waits for Redis before the local bucket decides alone.
pub const SHARED_TIMEOUT: Duration = Duration::from_millis(100);
/// How long local takes are collected before they are added to the shared buckets.
pub const REPORT_INTERVAL: Duration = Duration::from_millis(200);
/// How many local buckets are kept; beyond that full ones are dropped first, then those that were not used of late.
pub const MAX_KEYS: usize = 100_000;

/// What a limiter does with Redis, to be tried before it is relied on. It leaves nothing behind.
#[must_use]
pub fn self_test(rest: SelfTest) -> SelfTest {
    rest.script(
        "rate limits (script on rc:rate:…)",
        &shared::trial(&shared::script()),
    )
}

/// Token buckets by key, shared through Redis; clones share everything.
#[derive(Debug, Clone)]
pub struct RateLimiter {
    local: Arc<Local>,
    shared: Option<Arc<Shared>>,
}

#[derive(Debug)]
struct Local {
    buckets: LocalRateLimiter<String>,
    unreported: PendingReport,
    /// Something is to be reported.
    taken: Notify,
}

#[derive(Debug)]
struct Shared {
    buckets: SharedBuckets,
    _reporter: AbortOnDropHandle<()>,
}

impl RateLimiter {
    /// Shares its buckets through Redis where there is one. To be called inside a Tokio runtime.
    pub fn new(redis: Option<&Redis>) -> Self {
        Self::with_timeout(redis, SHARED_TIMEOUT)
    }

    fn with_timeout(redis: Option<&Redis>, timeout: Duration) -> Self {
        let local = Arc::new(Local {
            buckets: LocalRateLimiter::new(MAX_KEYS),
            unreported: PendingReport::default(),
            taken: Notify::new(),
        });
        let shared = redis.map(|redis| {
            let reporter = tokio::spawn(report(redis.clone(), local.clone()));
            Arc::new(Shared {
                buckets: SharedBuckets::new(redis.with_timeout(timeout)),
                _reporter: AbortOnDropHandle::new(reporter),
            })
        });
        Self { local, shared }
    }

    /// Takes one token of `key`, of the shared bucket if Redis answers within [`SHARED_TIMEOUT`].
    pub async fn take(&self, key: &str, limit: Limit) -> Decision {
        self.take_many(key, limit, 1).await
    }

    /// Takes `count` tokens at once, or none. More than the burst count as the burst.
    pub async fn take_many(&self, key: &str, limit: Limit, count: u32) -> Decision {
        let Some(shared) = &self.shared else {
            return self.take_alone(key, limit, count);
        };
        // What this replica knows to be refused costs Redis nothing.
        let refused = self.local.buckets.peek(key, limit, count, Instant::now());
        if refused != Decision::Allowed {
            return refused;
        }
        match shared.buckets.take(key, limit, count).await {
            Ok(taken) => {
                let now = Instant::now();
                self.local.buckets.raise(key, taken.level, now);
                taken.decision
            }
            // It may have been taken already.
            Err(failure) if failure.is_uncertain() => self.take_alone(key, limit, count),
            Err(_) => self.take_local(key, limit, count, Instant::now()),
        }
    }

    /// Takes `count` tokens of the local bucket, or none, without waiting. What was taken is added to the shared
    /// bucket later.
    pub fn take_local(&self, key: &str, limit: Limit, count: u32, now: Instant) -> Decision {
        let decision = self.local.buckets.take(key, limit, count, now);
        if decision == Decision::Allowed && self.shared.is_some() {
            self.local.unreported.add(key, limit, count);
            self.local.taken.notify_one();
        }
        decision
    }

    /// Gives back `count` tokens of the local bucket at once, and of the shared one within [`REPORT_INTERVAL`].
    pub fn give_back(&self, key: &str, limit: Limit, count: u32, now: Instant) {
        self.local.buckets.give_back(key, limit, count, now);
        if self.shared.is_some() {
            self.local.unreported.give_back(key, limit, count);
            self.local.taken.notify_one();
        }
    }

    fn take_alone(&self, key: &str, limit: Limit, count: u32) -> Decision {
        self.local.buckets.take(key, limit, count, Instant::now())
    }
}

#[cfg(test)]
mod tests;

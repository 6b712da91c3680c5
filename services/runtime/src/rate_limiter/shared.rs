//! The shared buckets in Redis: one script on one key, by the clock of Redis.

use std::time::Duration;

use super::bucket::{Decision, Limit};
use crate::redis::{Call, Failure, FromRedisValue, Redis, Script, Value};

#[derive(Debug)]
pub(super) struct SharedBuckets {
    redis: Redis,
    take: Script,
}

/// What became of a take, and how long the shared bucket needs to be full after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) decision: Decision,
    pub(super) level: Duration,
}

/// What was taken locally, to be added to the shared bucket whatever that has left.
#[derive(Debug, Clone)]
pub(super) struct Addition {
    pub(super) key: String,
    /// In microseconds; less than nothing is given back.
    pub(super) cost: i64,
    pub(super) capacity: Duration,
}

pub(super) fn script() -> Script {
    Script::new(include_str!("take.lua"))
}

/// A call that takes a millisecond's worth from a bucket of nobody.
pub(super) fn trial(script: &Script) -> Call<'_> {
    let millisecond = signed_micros(Duration::from_millis(1));
    script
        .call()
        .key("rc:rate:{self-test}")
        .arg(millisecond)
        .arg(millisecond)
        .arg(1)
}

impl SharedBuckets {
    pub(super) fn new(redis: Redis) -> Self {
        Self {
            redis,
            take: script(),
        }
    }

    /// Takes `count` tokens, or none.
    pub(super) async fn take(&self, key: &str, limit: Limit, count: u32) -> Result<Taken, Failure> {
        let cost = limit.cost(count);
        let call = self.call(key, signed_micros(cost), limit.capacity(), false);
        let (allowed, level) = self.redis.script::<(bool, u64)>(&call).await?;
        let level = Duration::from_micros(level);
        let decision = if allowed {
            Decision::Allowed
        } else {
            // Refused means more than nothing is missing; rounding may hide it.
            let missing = (level + cost).saturating_sub(limit.capacity());
            Decision::RetryAfter(missing.max(Duration::from_micros(1)))
        };
        Ok(Taken { decision, level })
    }

    /// Adds what was taken locally, and tells how long each bucket needs to be full after it.
    pub(super) async fn add(
        &self,
        additions: &[Addition],
    ) -> Result<Vec<Result<Duration, Failure>>, Failure> {
        let calls: Vec<_> = additions
            .iter()
            .map(|addition| self.call(&addition.key, addition.cost, addition.capacity, true))
            .collect();
        let answers = self.redis.scripts(&calls).await?;
        Ok(answers
            .into_iter()
            .map(|answer| level_of(answer?))
            .collect())
    }

    fn call(&self, key: &str, cost: i64, capacity: Duration, always: bool) -> Call<'_> {
        self.take
            .call()
            .key(format!("rc:rate:{{{key}}}"))
            .arg(cost)
            .arg(signed_micros(capacity))
            .arg(u8::from(always))
    }
}

fn level_of(answer: Value) -> Result<Duration, Failure> {
    let (_, level) = <(bool, u64)>::from_redis_value(answer).map_err(Failure::Unexpected)?;
    Ok(Duration::from_micros(level))
}

/// Rounded down, so that a whole burst never costs more than the capacity.
pub(super) fn signed_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

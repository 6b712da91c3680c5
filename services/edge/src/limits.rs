//! How much of the edge one client may take: paces of a connection and of a user, shares of the connections, and
//! the limit on upgrades that they come in by.

mod client;
mod upgrade_limiter;
mod user;

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

pub(crate) use self::{
    client::{ClientLimits, ClientUse, Sent},
    upgrade_limiter::UpgradeLimiter,
    user::UserLimits,
};

/// A rate: so many at once, then so many a second (GCRA: one moment is all it keeps).
#[derive(Debug, Clone, Copy)]
pub(crate) struct RateLimit {
    interval: Duration,
    /// How far ahead of time one may be.
    allowance: Duration,
}

/// Where one client stands against a [`RateLimit`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct RateState {
    /// When everything taken so far would have been due at an even rate.
    even: Instant,
}

impl RateLimit {
    /// `burst` at once, then `rate` in each `period`; `None` when `rate` is 0: no limit.
    pub(crate) fn new(rate: u32, period: Duration, burst: u32) -> Option<Self> {
        let interval = period.checked_div(rate)?;
        Some(Self {
            interval,
            allowance: interval * burst.max(1).saturating_sub(1),
        })
    }
}

impl RateState {
    /// Somebody who has taken nothing yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self { even: now }
    }

    /// Takes one. What was taken at another rate counts as the burst of this one at most.
    ///
    /// # Errors
    /// How long to wait before the next one: an interval at most.
    pub(crate) fn take(&mut self, rate: RateLimit, now: Instant) -> Result<(), Duration> {
        let ahead = self.even.saturating_duration_since(now);
        let ahead = ahead.min(rate.allowance + rate.interval);
        self.even = now + ahead;
        if ahead > rate.allowance {
            return Err(ahead - rate.allowance);
        }
        self.even += rate.interval;
        Ok(())
    }

    /// Whether it has no memory of anything taken.
    fn is_fresh(&self, now: Instant) -> bool {
        self.even <= now
    }
}

/// One rate for each of many keys, with bounded memory.
#[derive(Debug)]
pub(crate) struct KeyedRateLimiter<K>(Mutex<Keyed<K>>);

#[derive(Debug)]
struct Keyed<K> {
    rate: Option<RateLimit>,
    keys: HashMap<K, RateState>,
}

impl<K: Eq + Hash> KeyedRateLimiter<K> {
    /// How many keys are remembered; past that, those that took something long ago are forgotten.
    const MAX_TRACKED: usize = 100_000;

    /// `None`: no limit.
    pub(crate) fn new(rate: Option<RateLimit>) -> Self {
        Self(Mutex::new(Keyed {
            rate,
            keys: HashMap::new(),
        }))
    }

    /// Goes on at another rate; what was taken counts as its burst at most.
    pub(crate) fn set(&self, rate: Option<RateLimit>) {
        self.lock().rate = rate;
    }

    /// Takes one for `key`.
    ///
    /// # Errors
    /// How long to wait before the next one.
    pub(crate) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut keyed = self.lock();
        let Keyed { rate, keys } = &mut *keyed;
        let Some(rate) = *rate else {
            return Ok(());
        };
        if keys.len() >= Self::MAX_TRACKED {
            keys.retain(|_, paced| !paced.is_fresh(now));
            if keys.len() >= Self::MAX_TRACKED {
                return Err(rate.interval);
            }
        }
        keys.entry(key)
            .or_insert_with(|| RateState::new(now))
            .take(rate, now)
    }
}

impl<K> KeyedRateLimiter<K> {
    fn lock(&self) -> MutexGuard<'_, Keyed<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number of places, and how many of them each key may have.
#[derive(Debug)]
pub struct ConnectionLimit<K: Eq + Hash + Clone> {
    inner: Arc<ConnectionLimitInner<K>>,
}

#[derive(Debug)]
struct ConnectionLimitInner<K> {
    taken: Mutex<Taken<K>>,
}

#[derive(Debug)]
struct Taken<K> {
    max_in_all: usize,
    max_per_key: usize,
    in_all: usize,
    by_key: HashMap<K, usize>,
}

/// A place that is given back when this is dropped.
#[derive(Debug)]
pub struct ConnectionPermit<K: Eq + Hash + Clone> {
    key: K,
    inner: Arc<ConnectionLimitInner<K>>,
}

impl<K: Eq + Hash + Clone> ConnectionLimit<K> {
    /// 0 means no limit.
    pub fn new(in_all: usize, per_key: usize) -> Self {
        Self {
            inner: Arc::new(ConnectionLimitInner {
                taken: Mutex::new(Taken {
                    max_in_all: unlimited(in_all),
                    max_per_key: unlimited(per_key),
                    in_all: 0,
                    by_key: HashMap::new(),
                }),
            }),
        }
    }

    /// Goes on with other numbers; 0 means no limit. Places that are taken stay so, also beyond them.
    pub fn set(&self, in_all: usize, per_key: usize) {
        let mut taken = self.inner.lock();
        taken.max_in_all = unlimited(in_all);
        taken.max_per_key = unlimited(per_key);
    }

    /// Takes a place for `key`; `None` when there is none left.
    pub fn take(&self, key: K) -> Option<ConnectionPermit<K>> {
        let mut taken = self.inner.lock();
        let mine = taken.by_key.get(&key).copied().unwrap_or(0);
        if taken.in_all >= taken.max_in_all || mine >= taken.max_per_key {
            return None;
        }
        taken.in_all += 1;
        taken.by_key.insert(key.clone(), mine + 1);
        drop(taken);
        Some(ConnectionPermit {
            key,
            inner: Arc::clone(&self.inner),
        })
    }

    /// How many places are taken.
    pub fn taken(&self) -> usize {
        self.inner.lock().in_all
    }
}

/// 0 means no limit.
fn unlimited(limit: usize) -> usize {
    if limit == 0 { usize::MAX } else { limit }
}

impl<K> ConnectionLimitInner<K> {
    fn lock(&self) -> MutexGuard<'_, Taken<K>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Clone> Drop for ConnectionPermit<K> {
    fn drop(&mut self) {
        let mut taken = self.inner.lock();
        taken.in_all -= 1;
        if let Some(count) = taken.by_key.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.by_key.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_through_and_then_the_pace_holds() {
        let start = Instant::now();
        let rate = RateLimit::new(5, Duration::from_secs(1), 20).unwrap();
        let mut paced = RateState::new(start);
        for _ in 0..20 {
            assert_eq!(paced.take(rate, start), Ok(()));
        }
        let wait = paced.take(rate, start).unwrap_err();
        assert_eq!(wait, Duration::from_millis(200));
        assert_eq!(paced.take(rate, start + wait), Ok(()));
        assert!(paced.take(rate, start + wait).is_err());
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        assert!(RateLimit::new(0, Duration::from_secs(1), 20).is_none());
        let keyed = KeyedRateLimiter::new(None);
        assert_eq!(keyed.take("a", Instant::now()), Ok(()));
    }

    #[test]
    fn one_key_does_not_spend_anothers_pace() {
        let now = Instant::now();
        let keyed = KeyedRateLimiter::new(RateLimit::new(1, Duration::from_secs(1), 1));
        assert_eq!(keyed.take("a", now), Ok(()));
        assert!(keyed.take("a", now).is_err());
        assert_eq!(keyed.take("b", now), Ok(()));
    }

    #[test]
    fn other_limits_count_from_then_on_and_take_nothing_back() {
        let now = Instant::now();
        let keyed = KeyedRateLimiter::new(RateLimit::new(1, Duration::from_secs(60), 1));
        assert_eq!(keyed.take("a", now), Ok(()));
        keyed.set(RateLimit::new(10, Duration::from_secs(1), 10));
        let interval = Duration::from_millis(100);
        assert_eq!(keyed.take("a", now), Err(interval));
        assert_eq!(keyed.take("a", now + interval), Ok(()));
        keyed.set(None);
        assert_eq!(keyed.take("a", now), Ok(()));

        let places = ConnectionLimit::new(3, 2);
        let taken = [places.take("a"), places.take("a")].map(Option::unwrap);
        places.set(1, 1);
        assert!(places.take("b").is_none());
        assert_eq!(places.taken(), 2);
        drop(taken);
        let _one = places.take("b").unwrap();
        assert!(places.take("a").is_none());
        places.set(0, 0);
        assert!(places.take("b").is_some());
    }

    #[test]
    fn places_are_limited_in_all_and_by_key_and_come_back() {
        let places = ConnectionLimit::new(3, 2);
        let first = places.take("a").unwrap();
        let _second = places.take("a").unwrap();
        assert!(places.take("a").is_none());
        let _other = places.take("b").unwrap();
        assert!(places.take("c").is_none());
        drop(first);
        assert!(places.take("a").is_some());
        assert_eq!(ConnectionLimit::new(0, 0).take("a").map(|_| ()), Some(()));
    }
}

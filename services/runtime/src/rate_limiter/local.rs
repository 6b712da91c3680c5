//! Token buckets by key in the memory of this process: a bounded number of them, behind one lock that is never held
//! while anything waits.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::bucket::{Bucket, Decision, Limit};

/// Token buckets by key, of this process alone.
#[derive(Debug)]
pub struct LocalRateLimiter<K> {
    buckets: Mutex<Generations<K>>,
}

/// Two generations instead of a queue of evictions: a bucket that is used moves to the recent one; when that has
/// half of all keys, full buckets are dropped, and if that does not help, the older generation.
#[derive(Debug)]
struct Generations<K> {
    recent: HashMap<K, Bucket>,
    older: HashMap<K, Bucket>,
    max_recent: usize,
}

impl<K: Eq + Hash> LocalRateLimiter<K> {
    /// Keeps at most `max_keys` buckets.
    pub fn new(max_keys: usize) -> Self {
        Self {
            buckets: Mutex::new(Generations {
                recent: HashMap::new(),
                older: HashMap::new(),
                max_recent: (max_keys / 2).max(1),
            }),
        }
    }

    /// Takes `count` tokens of `key`, or none. More than the burst count as the burst.
    pub fn take<Q>(&self, key: &Q, limit: Limit, count: u32, now: Instant) -> Decision
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        self.lock().bucket(key, now).take(limit, count, now)
    }

    /// Gives back `count` tokens of `key`.
    pub fn give_back<Q>(&self, key: &Q, limit: Limit, count: u32, now: Instant)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        self.lock().bucket(key, now).give_back(limit, count, now);
    }

    /// What [`LocalRateLimiter::take`] would answer.
    pub(super) fn peek<Q>(&self, key: &Q, limit: Limit, count: u32, now: Instant) -> Decision
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let buckets = self.lock();
        let known = buckets.recent.get(key).or_else(|| buckets.older.get(key));
        known.map_or(Decision::Allowed, |bucket| bucket.peek(limit, count, now))
    }

    /// Makes the bucket of `key` lack at least `level`.
    pub(super) fn raise<Q>(&self, key: &Q, level: Duration, now: Instant)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        self.lock().bucket(key, now).raise(level, now);
    }

    /// Whether nothing is known of `key` that would limit it.
    pub(super) fn is_full<Q>(&self, key: &Q, now: Instant) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let buckets = self.lock();
        let known = buckets.recent.get(key).or_else(|| buckets.older.get(key));
        known.is_none_or(|bucket| bucket.is_full(now))
    }

    fn lock(&self) -> MutexGuard<'_, Generations<K>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Generations<K> {
    fn bucket<Q>(&mut self, key: &Q, now: Instant) -> &mut Bucket
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if !self.recent.contains_key(key) && self.recent.len() >= self.max_recent {
            self.make_room(now);
        }
        let carried = self.older.remove(key);
        self.recent
            .entry(key.to_owned())
            .or_insert_with(|| carried.unwrap_or_else(|| Bucket::new(now)))
    }

    fn make_room(&mut self, now: Instant) {
        self.recent.retain(|_, bucket| !bucket.is_full(now));
        // Fewer would be looked through again too soon.
        if self.recent.len() > self.max_recent / 2 {
            self.older = mem::take(&mut self.recent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn one_key_does_not_spend_the_tokens_of_another() {
        let now = Instant::now();
        let limiter = LocalRateLimiter::<String>::new(10);
        let limit = Limit::new(1, MINUTE, 1).unwrap();
        assert_eq!(limiter.take("a", limit, 1, now), Decision::Allowed);
        assert_eq!(
            limiter.take("a", limit, 1, now),
            Decision::RetryAfter(MINUTE)
        );
        assert_eq!(limiter.take("b", limit, 1, now), Decision::Allowed);
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_those_in_use_stay() {
        let now = Instant::now();
        let limiter = LocalRateLimiter::<String>::new(100);
        let limit = Limit::new(1, MINUTE, 1).unwrap();
        assert_eq!(limiter.take("in use", limit, 1, now), Decision::Allowed);
        for n in 0..1_000 {
            assert_eq!(
                limiter.take(&n.to_string(), limit, 1, now),
                Decision::Allowed
            );
            assert_ne!(limiter.take("in use", limit, 1, now), Decision::Allowed);
        }
        let buckets = limiter.lock();
        assert!(buckets.recent.len() + buckets.older.len() <= 100);
    }

    #[test]
    fn full_buckets_give_way_first() {
        let now = Instant::now();
        let limiter = LocalRateLimiter::<u32>::new(100);
        let (short, long) = (
            Limit::new(1, Duration::from_millis(1), 1).unwrap(),
            Limit::new(1, MINUTE, 1).unwrap(),
        );
        assert_eq!(limiter.take(&0, long, 1, now), Decision::Allowed);
        for n in 1..1_000 {
            let later = now + Duration::from_millis(u64::from(n));
            assert_eq!(limiter.take(&n, short, 1, later), Decision::Allowed);
        }
        assert_ne!(limiter.take(&0, long, 1, now), Decision::Allowed);
    }
}

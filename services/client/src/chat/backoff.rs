//! How long to wait before the next try: full jitter, so that clients that were dropped together do not come
//! back together.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

const FIRST_DELAY: Duration = Duration::from_millis(500);
const MAX_DELAY: Duration = Duration::from_secs(20);

/// The waits of one kind of try. Given its seed, it is the same every time.
#[derive(Debug)]
pub(super) struct Backoff {
    tries: u32,
    rng: StdRng,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            tries: 0,
            rng: StdRng::seed_from_u64(seed),
        }
    }

    /// The wait before the next try: anything up to a ceiling that doubles.
    pub(super) fn next(&mut self) -> Duration {
        let ceiling = FIRST_DELAY
            .saturating_mul(1 << self.tries.min(16))
            .min(MAX_DELAY);
        self.tries += 1;
        ceiling.mul_f64(self.rng.random::<f64>())
    }

    /// The wait when the server has named one: never less, and spread by half of it.
    pub(super) fn after(&mut self, retry_after: Duration) -> Duration {
        self.tries += 1;
        retry_after.saturating_add(retry_after.mul_f64(0.5 * self.rng.random::<f64>()))
    }

    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_below_a_ceiling_that_doubles_up_to_20_seconds() {
        for seed in 0..200 {
            let mut backoff = Backoff::new(seed);
            for tries in 0..12 {
                let ceiling = Duration::from_millis(500 << tries).min(MAX_DELAY);
                let wait = backoff.next();
                assert!(wait <= ceiling, "{wait:?} after {tries} tries");
            }
        }
    }

    #[test]
    fn clients_that_were_dropped_together_spread_evenly() {
        let waits = (0..1_000).map(|seed| Backoff::new(seed).next());
        let mut tenths = [0; 10];
        for wait in waits {
            tenths[usize::try_from(wait.as_millis() / 50).unwrap().min(9)] += 1;
        }
        assert!(
            tenths.iter().all(|&count| (60..=145).contains(&count)),
            "{tenths:?}"
        );
    }

    #[test]
    fn the_servers_number_is_the_least() {
        for seed in 0..200 {
            let wait = Backoff::new(seed).after(Duration::from_secs(4));
            assert!((4.0..=6.0).contains(&wait.as_secs_f64()), "{wait:?}");
        }
    }

    #[test]
    fn after_a_reset_the_waits_are_short_again() {
        let mut backoff = Backoff::new(1);
        for _ in 0..10 {
            backoff.next();
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST_DELAY);
    }
}

//! Warnings that come again and again: the first is told at once, further ones at most once in a while, with how many
//! there were meanwhile.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a warning that was told is not told again.
const INTERVAL: Duration = Duration::from_secs(60);

/// Limits one warning of the process. It is a `static` beside what warns.
#[derive(Debug)]
pub struct WarningLimiter(Mutex<State>);

#[derive(Debug)]
struct State {
    told: Option<Instant>,
    untold: u64,
}

impl WarningLimiter {
    /// One that has told nothing yet.
    pub const fn new() -> Self {
        Self(Mutex::new(State {
            told: None,
            untold: 0,
        }))
    }

    /// Whether the warning is to be told now: if so, how many were not told since the last one.
    pub fn admit(&self, now: Instant) -> Option<u64> {
        // Nothing that holds the lock can leave it half changed.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = |told| now.saturating_duration_since(told) < INTERVAL;
        if state.told.is_some_and(is_early) {
            state.untold += 1;
            return None;
        }
        state.told = Some(now);
        Some(std::mem::take(&mut state.untold))
    }
}

impl Default for WarningLimiter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_told_once_and_then_counted() {
        let limiter = WarningLimiter::new();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(limiter.admit(at(0)), Some(0));
        for second in 1..60 {
            assert_eq!(limiter.admit(at(second)), None, "{second}");
        }
        assert_eq!(limiter.admit(at(60)), Some(59));
        assert_eq!(limiter.admit(at(61)), None);
        assert_eq!(limiter.admit(at(200)), Some(1));
        assert_eq!(limiter.admit(at(300)), Some(0));
    }
}

//! A least rate for a peer that is waited for: one that gives or takes nothing is as slow as one that gives or
//! takes a byte now and then, and both must end. Pure: time comes in by argument.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use tokio::time::{Instant, sleep_until};

/// How slow a peer is. Waiting for it adds up; each byte that moves makes up for its share of a second, and so
/// does time in which nothing is asked of the peer. It is too slow when the sum reaches the tolerance.
///
/// A peer that moves nothing is too slow after exactly the tolerance; one that keeps to the rate never is.
#[derive(Debug, Clone, Copy)]
pub struct LeastRate {
    bytes_per_second: u32,
    tolerance: Duration,
    lag: Duration,
    waiting: bool,
    at: Instant,
}

impl LeastRate {
    /// At least one byte a second; `tolerance` is how far a peer may lag behind.
    pub fn new(bytes_per_second: u32, tolerance: Duration, now: Instant) -> Self {
        Self {
            bytes_per_second: bytes_per_second.max(1),
            tolerance,
            lag: Duration::ZERO,
            waiting: false,
            at: now,
        }
    }

    /// From now on the peer is waited for; more of the same changes nothing.
    pub fn wait(&mut self, now: Instant) {
        self.advance(now);
        self.waiting = true;
    }

    /// So many bytes moved, and the peer is not waited for any more.
    pub fn moved(&mut self, bytes: usize, now: Instant) {
        self.advance(now);
        self.waiting = false;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let earned = Duration::from_secs(1) * bytes / self.bytes_per_second;
        self.lag = self.lag.saturating_sub(earned);
    }

    /// The peer is not waited for any more, though nothing moved.
    pub fn rest(&mut self, now: Instant) {
        self.moved(0, now);
    }

    /// When the peer will be too slow if nothing moves until then; `None` while it is not waited for.
    pub fn deadline(&self) -> Option<Instant> {
        // One that has passed stays where it was, however often the peer is looked at afterwards.
        self.waiting.then(|| {
            let at = self.at + self.tolerance;
            at.checked_sub(self.lag).unwrap_or(self.at)
        })
    }

    /// Whether the peer is not waited for and does not lag behind.
    pub fn is_settled(&self) -> bool {
        !self.waiting && self.lag.is_zero()
    }

    fn advance(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.at);
        self.lag = if self.waiting {
            self.lag + elapsed
        } else {
            self.lag.saturating_sub(elapsed)
        };
        self.at = self.at.max(now);
    }
}

/// Resolves when the deadline has come that `deadline` tells, which is asked each time this is polled: it moves
/// with what the same task has polled before.
pub async fn reached(deadline: impl Fn() -> Option<Instant>) {
    let mut sleep = pin!(sleep_until(Instant::now()));
    poll_fn(|cx| {
        let Some(deadline) = deadline() else {
            return Poll::Pending;
        };
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx)
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT_GRACE: Duration = Duration::from_secs(10);

    #[test]
    fn a_deadline_that_has_passed_does_not_move_when_the_peer_is_looked_at_again() {
        let start = Instant::now();
        let mut peer = LeastRate::new(1, DEFAULT_GRACE, start);
        peer.wait(start);
        for late in [0, 1, 50] {
            peer.wait(start + DEFAULT_GRACE + Duration::from_millis(late));
            assert_eq!(
                peer.deadline(),
                Some(start + DEFAULT_GRACE),
                "{late} ms late"
            );
        }
    }
    const SECOND: Duration = Duration::from_secs(1);

    fn fresh() -> (LeastRate, Instant) {
        let now = Instant::now();
        (LeastRate::new(1_024, DEFAULT_GRACE, now), now)
    }

    /// When a peer that moves `bytes` every `pause` is too slow, within an hour.
    fn too_slow_after(bytes: usize, pause: Duration) -> Option<Duration> {
        let (mut rate, start) = fresh();
        let mut now = start;
        while now - start < Duration::from_secs(3_600) {
            rate.wait(now);
            let deadline = rate.deadline().unwrap();
            now += pause;
            if deadline <= now {
                return Some(deadline - start);
            }
            rate.moved(bytes, now);
        }
        None
    }

    #[test]
    fn a_peer_that_moves_nothing_is_too_slow_after_the_tolerance() {
        assert_eq!(too_slow_after(0, 60 * SECOND), Some(DEFAULT_GRACE));
    }

    #[test]
    fn a_byte_now_and_then_does_not_help() {
        let ended = too_slow_after(1, 4 * SECOND).unwrap();
        assert!(ended < DEFAULT_GRACE + SECOND, "{ended:?}");
        assert!(too_slow_after(1_000, SECOND).is_some());
    }

    #[test]
    fn a_peer_at_the_least_rate_goes_on_also_when_it_moves_in_lumps() {
        assert_eq!(too_slow_after(1_024, SECOND), None);
        assert_eq!(too_slow_after(9 * 1_024, 9 * SECOND), None);
    }

    #[test]
    fn time_in_which_nothing_is_asked_makes_up_for_a_lag() {
        let (mut rate, start) = fresh();
        rate.wait(start);
        rate.moved(1, start + 9 * SECOND);
        assert_eq!(rate.deadline(), None);

        rate.wait(start + 30 * SECOND);

        assert_eq!(rate.deadline(), Some(start + 40 * SECOND));
    }
}

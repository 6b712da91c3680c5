//! When somebody types who says so: for a while, or until they have said it. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// How long after one `typing` the next one counts at the soonest.
const INTERVAL: Duration = Duration::from_secs(3);
/// For how long somebody types who says so once: longer than clients wait until they say it again.
const LIFE: Duration = Duration::from_secs(5);

/// Whether a connection's client types.
#[derive(Debug, Default)]
pub(super) struct Typing(Option<Said>);

#[derive(Debug)]
struct Said {
    at: Instant,
    /// Whether it still counts.
    counts: bool,
}

impl Typing {
    /// They say so; tells whether it counts.
    pub(super) fn said(&mut self, now: Instant) -> bool {
        let too_soon = |said: &Said| now < said.at + INTERVAL;
        if self.0.as_ref().is_some_and(too_soon) {
            return false;
        }
        let said = Said {
            at: now,
            counts: true,
        };
        self.0 = Some(said);
        true
    }

    /// They have sent what they typed. The pace stays.
    pub(super) fn end(&mut self) {
        if let Some(said) = &mut self.0 {
            said.counts = false;
        }
    }

    /// Whether they type.
    pub(super) fn is_on(&self, now: Instant) -> bool {
        self.ends_at().is_some_and(|end| now < end)
    }

    /// When they stop, if they say nothing more; `None`: they do not type.
    pub(super) fn ends_at(&self) -> Option<Instant> {
        let said = self.0.as_ref().filter(|said| said.counts)?;
        Some(said.at + LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn who_types_stops_with_time_and_by_sending_it() {
        let (mut typing, t) = (Typing::default(), Instant::now());
        assert!(!typing.is_on(t));
        assert!(typing.said(t));
        assert!(typing.is_on(t + LIFE - SECOND));
        assert_eq!(typing.ends_at(), Some(t + LIFE));
        assert!(!typing.is_on(t + LIFE));
        assert!(typing.said(t + LIFE));
        typing.end();
        assert!(!typing.is_on(t + LIFE));
        assert_eq!(typing.ends_at(), None);
    }

    #[test]
    fn one_in_three_seconds_counts_and_goes_on() {
        let (mut typing, t) = (Typing::default(), Instant::now());
        assert!(typing.said(t));
        assert!(!typing.said(t + INTERVAL - Duration::from_millis(1)));
        assert!(typing.said(t + INTERVAL));
        assert!(typing.is_on(t + LIFE), "still");
        typing.end();
        assert!(!typing.said(t + INTERVAL + SECOND), "the pace stays");
    }
}

//! What one connection may ask for: a rate for each kind of thing that it sends, and how often it may be told that
//! it sends too much.

use std::time::Duration;

use tokio::time::Instant;

use super::{RateLimit, RateState};
use crate::{config::Reloadable, lazy_queue::LazyQueue};

/// Over what time refusals are counted.
const REFUSAL_WINDOW: Duration = Duration::from_secs(60);

/// What a client sends, each kind with a rate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// A `chat_message`, or what is too long to be one.
    Message,
    /// An `auth` on an open session.
    Auth,
    /// A `ping`.
    Ping,
    /// A `typing`.
    Typing,
    /// A WebSocket ping, or a pong that nobody asked for.
    ControlFrame,
}

/// The limits of every connection.
#[derive(Debug, Clone, Copy)]
pub struct ClientLimits {
    messages: Option<RateLimit>,
    control: Option<RateLimit>,
    /// How many refusals within [`REFUSAL_WINDOW`] end a connection; 0: none does.
    max_refusals: usize,
}

/// What one connection has used of them.
#[derive(Debug)]
pub(crate) struct ClientUse {
    messages: RateState,
    auths: RateState,
    pings: RateState,
    typing: RateState,
    control_frames: RateState,
    /// When it was refused of late, oldest first; no memory for those who never were.
    refusals: LazyQueue<Instant>,
}

impl ClientLimits {
    /// As they are set.
    pub fn new(settings: &Reloadable) -> Self {
        let second = Duration::from_secs(1);
        Self {
            messages: RateLimit::new(settings.message_rate, second, settings.message_burst),
            control: RateLimit::new(settings.control_rate, second, settings.control_burst),
            max_refusals: settings.max_refusals,
        }
    }
}

impl ClientUse {
    /// Of a connection that has sent nothing yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            messages: RateState::new(now),
            auths: RateState::new(now),
            pings: RateState::new(now),
            typing: RateState::new(now),
            control_frames: RateState::new(now),
            refusals: LazyQueue::default(),
        }
    }

    /// Takes one of a kind.
    ///
    /// # Errors
    /// How long to wait before the next one.
    pub(crate) fn take(
        &mut self,
        limits: &ClientLimits,
        sent: Sent,
        now: Instant,
    ) -> Result<(), Duration> {
        let (paced, rate) = match sent {
            Sent::Message => (&mut self.messages, limits.messages),
            Sent::Auth => (&mut self.auths, limits.control),
            Sent::Ping => (&mut self.pings, limits.control),
            Sent::Typing => (&mut self.typing, limits.control),
            Sent::ControlFrame => (&mut self.control_frames, limits.control),
        };
        rate.map_or(Ok(()), |rate| paced.take(rate, now))
    }

    /// Notes that something was refused; whether that was the last time.
    pub(crate) fn refused(&mut self, limits: &ClientLimits, now: Instant) -> bool {
        if limits.max_refusals == 0 {
            return false;
        }
        let recent = |at: &Instant| now.saturating_duration_since(*at) < REFUSAL_WINDOW;
        while self.refusals.front().is_some_and(|at| !recent(at)) {
            self.refusals.pop_front();
        }
        self.refusals.push_back(now);
        self.refusals.len() >= limits.max_refusals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn limits() -> ClientLimits {
        ClientLimits {
            messages: RateLimit::new(5, SECOND, 20),
            control: RateLimit::new(2, SECOND, 20),
            max_refusals: 100,
        }
    }

    #[test]
    fn each_kind_has_a_pace_of_its_own() {
        let (limits, now) = (limits(), Instant::now());
        let mut client = ClientUse::new(now);
        for sent in [
            Sent::Message,
            Sent::Auth,
            Sent::Ping,
            Sent::Typing,
            Sent::ControlFrame,
        ] {
            for _ in 0..20 {
                assert_eq!(client.take(&limits, sent, now), Ok(()), "{sent:?}");
            }
        }
        let wait = |client: &mut ClientUse, sent| client.take(&limits, sent, now).unwrap_err();
        assert_eq!(wait(&mut client, Sent::Message), SECOND / 5);
        assert_eq!(wait(&mut client, Sent::Auth), SECOND / 2);
        assert_eq!(wait(&mut client, Sent::Ping), SECOND / 2);
        assert_eq!(wait(&mut client, Sent::Typing), SECOND / 2);
        assert_eq!(wait(&mut client, Sent::ControlFrame), SECOND / 2);
    }

    #[test]
    fn the_hundredth_refusal_in_a_minute_is_the_last() {
        let (limits, start) = (limits(), Instant::now());
        let mut client = ClientUse::new(start);
        // One in 600 ms and a little more: never a hundred in a minute.
        let patient = |index: u32| start + index * Duration::from_millis(607);
        for index in 0..500 {
            assert!(!client.refused(&limits, patient(index)), "{index}");
        }
        let now = patient(499) + 61 * SECOND;
        for _ in 1..100 {
            assert!(!client.refused(&limits, now));
        }
        assert!(client.refused(&limits, now));
    }

    #[test]
    fn zero_is_no_limit() {
        let none = ClientLimits {
            messages: None,
            control: None,
            max_refusals: 0,
        };
        let now = Instant::now();
        let mut client = ClientUse::new(now);
        for _ in 0..1_000 {
            assert_eq!(client.take(&none, Sent::Ping, now), Ok(()));
            assert!(!client.refused(&none, now));
        }
        assert!(client.refusals.is_empty());
    }
}

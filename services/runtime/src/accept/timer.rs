//! When an HTTP/1 connection has taken too long. Pure: time comes in by argument.
//!
//! hyper has one timer for the head of a request and for the quiet before it. Here they are two: a head has its
//! time from its first byte, and a kept connection may be quiet for longer.

use std::time::Duration;

use tokio::time::Instant;

use crate::least_rate::LeastRate;

/// How long the head of a request may take from its first byte, and a new connection until that.
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a kept connection may be quiet between two requests: longer than the minute for which proxies keep
/// theirs, so that it is they who close.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// The least rate of a request's body and of whoever reads an answer, in bytes a second.
const MIN_RATE: u32 = 1_024;
/// How far behind that rate a body may be, and a reader.
const BODY_GRACE: Duration = Duration::from_secs(5);
const READER_GRACE: Duration = Duration::from_secs(10);

/// What a connection waits for, and until when.
#[derive(Debug)]
pub(super) struct ConnectionTimer {
    phase: Phase,
    /// How the request's body comes in.
    body: LeastRate,
    /// How the peer takes what is written.
    reader: LeastRate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has come yet.
    New { since: Instant },
    /// The head of a request has begun to come.
    Head { since: Instant },
    /// A request is being answered.
    Answering,
    /// The last request was answered.
    Idle { since: Instant },
    /// It speaks another protocol now, with limits of its own.
    Upgraded,
}

impl ConnectionTimer {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            phase: Phase::New { since: now },
            body: LeastRate::new(MIN_RATE, BODY_GRACE, now),
            reader: LeastRate::new(MIN_RATE, READER_GRACE, now),
        }
    }

    /// Bytes came in.
    pub(super) fn received(&mut self, now: Instant) {
        match self.phase {
            Phase::New { .. } | Phase::Idle { .. } => self.phase = Phase::Head { since: now },
            Phase::Head { .. } | Phase::Answering | Phase::Upgraded => {}
        }
    }

    /// A request's head is complete.
    pub(super) fn request_begins(&mut self) {
        self.phase = Phase::Answering;
    }

    /// The answer is complete, or nobody writes it any more; its last bytes may still wait to be taken.
    pub(super) fn answered(&mut self, now: Instant) {
        if self.phase == Phase::Answering {
            self.phase = Phase::Idle { since: now };
        }
    }

    /// From here on the connection has other limits.
    pub(super) fn upgraded(&mut self) {
        self.phase = Phase::Upgraded;
    }

    pub(super) fn is_upgraded(&self) -> bool {
        self.phase == Phase::Upgraded
    }

    /// Whether no request is under way.
    pub(super) fn awaits_request(&self) -> bool {
        match self.phase {
            Phase::New { .. } | Phase::Head { .. } | Phase::Idle { .. } => true,
            Phase::Answering | Phase::Upgraded => false,
        }
    }

    /// How the request's body comes in.
    pub(super) fn body(&mut self) -> &mut LeastRate {
        &mut self.body
    }

    /// How the peer takes what is written.
    pub(super) fn reader(&mut self) -> &mut LeastRate {
        &mut self.reader
    }

    /// When the connection is to be ended, as things are.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let phase = match self.phase {
            Phase::New { since } | Phase::Head { since } => Some(since + HEAD_TIMEOUT),
            Phase::Idle { since } => Some(since + IDLE_TIMEOUT),
            Phase::Answering => self.body.deadline(),
            Phase::Upgraded => return None,
        };
        let reader = self.reader.deadline();
        [phase, reader].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_head_has_its_time_from_its_first_byte_whatever_came_before() {
        let start = Instant::now();
        let mut timer = ConnectionTimer::new(start);
        assert_eq!(timer.deadline(), Some(start + HEAD_TIMEOUT));
        timer.received(start + 4 * SECOND);
        timer.received(start + 8 * SECOND);
        assert_eq!(timer.deadline(), Some(start + 4 * SECOND + HEAD_TIMEOUT));

        timer.request_begins();
        assert_eq!(timer.deadline(), None);
        assert!(!timer.awaits_request());
        timer.answered(start + 10 * SECOND);
        assert_eq!(timer.deadline(), Some(start + 10 * SECOND + IDLE_TIMEOUT));

        timer.received(start + 80 * SECOND);
        assert_eq!(timer.deadline(), Some(start + 80 * SECOND + HEAD_TIMEOUT));
    }

    #[test]
    fn a_reader_that_takes_nothing_ends_it_in_every_phase() {
        let start = Instant::now();
        let mut timer = ConnectionTimer::new(start);
        timer.request_begins();
        timer.reader().wait(start);
        assert_eq!(timer.deadline(), Some(start + READER_GRACE));
        timer.answered(start + SECOND);
        assert_eq!(timer.deadline(), Some(start + READER_GRACE));
    }

    #[test]
    fn an_upgraded_connection_has_no_end_here() {
        let start = Instant::now();
        let mut timer = ConnectionTimer::new(start);
        timer.upgraded();
        timer.reader().wait(start);
        timer.answered(start);
        assert_eq!(timer.deadline(), None);
    }
}

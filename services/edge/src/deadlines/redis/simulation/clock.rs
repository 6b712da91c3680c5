//! The clocks of a run. All timers of all edges are tokio's, which is paused and jumps from event to event; the clocks on
//! the wall begin at 1970-01-01T00:00:00Z with the run and show the same time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use runtime::clock::{Clock, Timestamp};
use tokio::time::Instant;

/// Turns the moments of a run into times, and back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    began: Instant,
}

impl Calendar {
    /// Of a run that begins now.
    pub(super) fn begin() -> Self {
        Self {
            began: Instant::now(),
        }
    }

    pub(super) fn elapsed(self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn time_of(self, moment: Instant) -> Timestamp {
        let millis = (moment - self.began).as_millis();
        Timestamp::from_unix_millis(millis.try_into().unwrap())
    }

    pub(super) fn moment(self, time: Timestamp) -> Instant {
        let millis = time.unix_millis().try_into().unwrap();
        self.began + Duration::from_millis(millis)
    }
}

/// The clock of a simulated machine. It tells how long the machine has been suspended, though the timers of its edge
/// have gone on meanwhile; see `bugs::twist`.
#[derive(Debug, Clone)]
pub(super) struct MachineClock {
    calendar: Calendar,
    suspended_millis: Arc<AtomicU64>,
}

impl MachineClock {
    pub(super) fn new(calendar: Calendar) -> Self {
        Self {
            calendar,
            suspended_millis: Arc::default(),
        }
    }

    /// It was suspended until now.
    pub(super) fn slept(&self, by: Duration) {
        let millis = by.as_millis().try_into().unwrap();
        self.suspended_millis.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        self.calendar.time_of(Instant::now())
    }

    fn suspended(&self) -> Duration {
        Duration::from_millis(self.suspended_millis.load(Ordering::Relaxed))
    }
}

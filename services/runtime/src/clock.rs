//! Wall-clock time, handed in as a [`Clock`] so that tests can set it. Timers do not belong here: they use
//! `tokio::time::Instant`, which stands still while the machine is suspended. For how long it was is told here too.

use std::{
    fmt,
    ops::Add,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A moment of wall-clock time, UTC, to the millisecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down: what a JWT carries.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// How long it is from `earlier` to this; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This moment, less `duration`.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }
}

/// RFC 3339 in UTC with milliseconds: `2026-11-22T20:36:02.123Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (date, time) = (moment.date(), moment.time());
        let (hour, minute, second, milli) = time.as_hms_milli();
        write!(
            f,
            "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
        )
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads RFC 3339 in any offset.
impl std::str::FromStr for Timestamp {
    type Err = time::error::Parse;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let nanos = OffsetDateTime::parse(text, &Rfc3339)?.unix_timestamp_nanos();
        Ok(Self(
            i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(0),
        ))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Where wall-clock time comes from.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// For how long in all the machine has been suspended since it was started: what timers have not counted.
    fn suspended(&self) -> Duration;
}

/// A shorter sleep than this is told together with those that follow.
const MIN_SLEEP: Duration = Duration::from_millis(100);

/// Tells each sleep of the machine once.
#[derive(Debug, Clone, Copy)]
pub struct SleepWatch {
    /// How much of [`Clock::suspended`] is known.
    known: Duration,
}

impl SleepWatch {
    /// Tells what is slept from now on.
    pub fn new(clock: &dyn Clock) -> Self {
        let known = clock.suspended();
        Self { known }
    }

    /// For how long the machine has slept since the last sleep that was told, if it has.
    pub fn slept(&mut self, clock: &dyn Clock) -> Option<Duration> {
        let slept = self.untold(clock);
        if slept < MIN_SLEEP {
            return None;
        }
        self.known += slept;
        Some(slept)
    }

    /// For how long the machine has slept since then; it will be told.
    pub fn untold(&self, clock: &dyn Clock) -> Duration {
        clock.suspended().saturating_sub(self.known)
    }
}

/// A clock that services share.
pub type SharedClock = Arc<dyn Clock>;

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The machine's clock, ready to be shared.
    pub fn shared() -> SharedClock {
        Arc::new(Self)
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(millis(since_epoch))
    }

    #[cfg(target_os = "linux")]
    fn suspended(&self) -> Duration {
        boot::suspended()
    }

    /// Not known here: deadlines then count the time awake alone.
    #[cfg(not(target_os = "linux"))]
    fn suspended(&self) -> Duration {
        Duration::ZERO
    }
}

/// The clock that runs on while the machine is suspended, against the one of the timers, which does not.
#[cfg(target_os = "linux")]
mod boot {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    /// How far apart two readings may be for the difference to be exact enough.
    const MAX_READING_SPREAD: Duration = Duration::from_millis(5);
    /// How often the clocks are read again when the process was held up between two readings.
    const MAX_READINGS: u32 = 10;

    pub(super) fn suspended() -> Duration {
        let mut suspended = Duration::ZERO;
        for _ in 0..MAX_READINGS {
            let (before, timers, after) = (
                read(ClockId::Boottime),
                read(ClockId::Monotonic),
                read(ClockId::Boottime),
            );
            suspended = before.saturating_sub(timers);
            if after.saturating_sub(before) < MAX_READING_SPREAD {
                break;
            }
        }
        suspended
    }

    fn read(clock: ClockId) -> Duration {
        // Both count from the start of the machine: they are never below zero.
        Duration::try_from(clock_gettime(clock)).unwrap_or_default()
    }
}

/// A clock that stands still until it is told to move.
#[derive(Debug, Clone, Default)]
pub struct ManualClock {
    now: Arc<AtomicI64>,
    suspended: Arc<AtomicI64>,
}

impl ManualClock {
    /// Starts at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now: Arc::new(AtomicI64::new(now.0)),
            suspended: Arc::default(),
        }
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        self.now.fetch_add(millis(by), Ordering::Relaxed);
    }

    /// Moves forward while timers stand still.
    pub fn sleep(&self, by: Duration) {
        self.advance(by);
        self.suspended.fetch_add(millis(by), Ordering::Relaxed);
    }

    /// Jumps to `now`, also backward.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.0, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::Relaxed))
    }

    fn suspended(&self) -> Duration {
        let millis = self.suspended.load(Ordering::Relaxed);
        Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_rfc_3339() {
        let moment = Timestamp::from_unix_millis(1_795_379_762_123);
        assert_eq!(moment.to_string(), "2026-11-22T20:36:02.123Z");
        assert_eq!("2026-11-22T21:36:02.123+01:00".parse(), Ok(moment));
    }

    #[test]
    fn a_difference_is_never_negative() {
        let (early, late) = (Timestamp(1_000), Timestamp(3_500));
        assert_eq!(late.since(early), Duration::from_millis(2_500));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn a_sleep_is_told_once_and_a_jump_of_the_wall_clock_is_none() {
        let clock = ManualClock::at(Timestamp(1_000));
        let mut watch = SleepWatch::new(&clock);
        clock.advance(Duration::from_secs(600));
        assert_eq!(watch.slept(&clock), None);
        clock.sleep(Duration::from_secs(600));
        assert_eq!(watch.slept(&clock), Some(Duration::from_secs(600)));
        assert_eq!(watch.slept(&clock), None);
    }

    #[test]
    fn many_short_sleeps_are_told_together() {
        let clock = ManualClock::default();
        let mut watch = SleepWatch::new(&clock);
        let told = (0..40).filter_map(|_| {
            clock.sleep(Duration::from_millis(30));
            watch.slept(&clock)
        });
        assert_eq!(told.sum::<Duration>(), Duration::from_millis(1_200));
    }

    #[test]
    fn this_machine_is_not_asleep_while_it_reads_its_clocks() {
        let mut watch = SleepWatch::new(&SystemClock);
        assert_eq!(watch.slept(&SystemClock), None);
    }
}

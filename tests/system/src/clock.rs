//! Times of the contract against the wall clock. The services run on this machine, so there is one clock.

use std::time::Duration;

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::timeouts::SLACK;

/// Times in messages are cut to milliseconds or so, and two clocks of one machine are read at two moments.
const GRAIN: time::Duration = time::Duration::milliseconds(50);

/// A service is told how long is left, and adds it to its own clock.
const TRANSIT: time::Duration = time::Duration::milliseconds(500);

/// Reads a time of the contract.
///
/// # Panics
/// When it is none.
#[track_caller]
pub fn time_of(value: &Value) -> OffsetDateTime {
    let parsed = OffsetDateTime::parse(value.as_str().unwrap_or_default(), &Rfc3339);
    parsed.unwrap_or_else(|_| panic!("{value} is no time"))
}

/// A time in seconds since 1970, as in a token.
#[track_caller]
pub fn numeric_date(value: &Value) -> OffsetDateTime {
    let seconds = value
        .as_i64()
        .unwrap_or_else(|| panic!("{value} is no number of seconds"));
    OffsetDateTime::from_unix_timestamp(seconds)
        .unwrap_or_else(|_| panic!("{value} is too far away"))
}

/// The time now, in minutes, seconds and milliseconds: for what is told of a run of some minutes.
pub fn minutes_now() -> String {
    let (_, minute, second, millisecond) = OffsetDateTime::now_utc().to_hms_milli();
    format!("{minute:02}:{second:02}.{millisecond:03}")
}

/// Ends the test unless `time` is now, or was just now.
#[track_caller]
pub fn assert_now(what: &str, time: OffsetDateTime) {
    let late = OffsetDateTime::now_utc() - time;
    assert!(late >= -GRAIN, "{what} came too early, by {}", -late);
    assert!(late <= SLACK, "{what} came too late, by {late}");
}

/// Ends the test unless two times are the same, but for the time that a call between two services takes.
#[track_caller]
pub fn assert_same(what: &str, left: OffsetDateTime, right: OffsetDateTime) {
    assert!(
        (left - right).abs() <= TRANSIT,
        "{what}: {left} is not {right}"
    );
}

/// How long until `time`; nothing when it has passed.
pub fn until(time: OffsetDateTime) -> Duration {
    (time - OffsetDateTime::now_utc())
        .try_into()
        .unwrap_or_default()
}

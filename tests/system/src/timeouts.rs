//! How long tests wait. Lower bounds in tests are strict; upper bounds leave room for a loaded machine.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep, timeout};

/// What should happen at once happens within this, also on a busy machine with two cores.
pub const STEP_TIMEOUT: Duration = Duration::from_secs(15);

/// By how much a timed event may be late before a test calls it a fault.
pub const SLACK: Duration = Duration::from_millis(1_500);

/// Awaits `work`, and ends the test with words when it takes longer than [`STEP_TIMEOUT`].
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    within_at_most(STEP_TIMEOUT, what, work).await
}

/// As [`within`], with another bound.
pub async fn within_at_most<T>(
    time_limit: Duration,
    what: &str,
    work: impl Future<Output = T>,
) -> T {
    match timeout(time_limit, work).await {
        Ok(value) => value,
        Err(_) => panic!("waited {time_limit:?} in vain for {what}"),
    }
}

/// Asks again and again until `probe` says yes. Only for things that send no event of their own.
pub async fn eventually<F>(what: &str, mut probe: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let give_up = Instant::now() + STEP_TIMEOUT;
    while !probe().await {
        assert!(
            Instant::now() < give_up,
            "waited {STEP_TIMEOUT:?} in vain for {what}"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

/// Ends the test unless `elapsed` is at least `earliest` and at most `latest` plus [`SLACK`].
#[track_caller]
pub fn assert_between(what: &str, elapsed: Duration, earliest: Duration, latest: Duration) {
    assert!(
        elapsed >= earliest,
        "{what} came too early: after {elapsed:?}, not {earliest:?}"
    );
    assert!(
        elapsed <= latest + SLACK,
        "{what} came too late: after {elapsed:?}, not {latest:?}"
    );
}

//! The first connection to a PostgreSQL that may still be starting, or come after the service that needs it: so that
//! services and databases can be started in any order.

use std::{fmt, time::Duration};

use sqlx::{ConnectOptions as _, PgConnection, postgres::PgConnectOptions};
use tokio::time::{Instant, sleep, timeout};
use tracing::warn;

use super::postgres::told;

/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// The first and the longest pause between two attempts.
const RETRY_DELAY: Duration = Duration::from_millis(200);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(2);

/// Connects; a database that cannot be reached is tried again for `wait`. `name` is for the log and holds no password.
///
/// # Errors
/// What the last attempt met: at once when the database can be reached and refuses, after `wait` when it cannot be reached.
pub(super) async fn connect(
    options: &PgConnectOptions,
    wait: Duration,
    name: &impl fmt::Display,
) -> Result<PgConnection, sqlx::Error> {
    let deadline = Instant::now() + wait;
    let mut delay = RETRY_DELAY;
    loop {
        let attempt = timeout(ATTEMPT_TIMEOUT, options.connect()).await;
        let error = match attempt.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !is_away(&error) {
            return Err(error);
        }
        if delay == RETRY_DELAY {
            warn!(database = %name, error = told(&error), ?wait, "the database cannot be reached yet, trying on");
        }
        sleep(delay.mul_f64(rand::random_range(0.5..1.0)).min(left)).await;
        delay = (delay * 2).min(MAX_RETRY_DELAY);
    }
}

/// Whether it may be there in a moment.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        // Starting up, shutting down, or without a free connection.
        sqlx::Error::Database(cause) => {
            matches!(cause.code().as_deref(), Some("57P03" | "57P01" | "53300"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_is_away_is_tried_until_the_wait_is_over() {
        let nowhere: PgConnectOptions = "postgres://ada:hunter2@127.0.0.1:1/x".parse().unwrap();
        let wait = Duration::from_millis(300);
        let started = Instant::now();
        let error = connect(&nowhere, wait, &"x").await.unwrap_err();
        assert!(is_away(&error), "{error}");
        assert!(started.elapsed() >= wait);
    }
}

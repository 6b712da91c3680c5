//! What the auth service must not forget: users, login sessions, signing keys and its secrets. Each call is a few
//! statements in one transaction, the same for SQLite and PostgreSQL, with a time-out and a measurement.

mod accounts;
mod api_tokens;
mod audit;
mod database;
mod deletions;
mod federation;
mod issuer_sign_ins;
mod keys;
mod login_sessions;
#[cfg(test)]
mod tests;
mod users;

use std::{sync::Arc, time::Duration};

use proto::ids::{LoginSessionId, UserId};
use runtime::{
    clock::Timestamp,
    config::SecretUrl,
    database::{OpenError, plan::Step, postgres, sqlite},
};
use tokio::time::{Instant, timeout};
use tracing::{Instrument as _, debug_span};

use self::database::{Database, Row, Statement};
pub(crate) use self::{
    accounts::{Ended, NewPassword, ResetCode},
    audit::AuditFilter,
    federation::{Added, FederatedLogin, FederatedSession, FederatedUser},
    issuer_sign_ins::{NewSignIn, SIGN_IN_LIFE},
    login_sessions::{Proof, Rotation},
    users::{Account, StoredUser},
};
use crate::{metrics::Metrics, user::User};

/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// How many login sessions are forgotten, or listed, at once.
pub(crate) const MAX_PAGE: u32 = 1000;

/// Why the store gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the store did not answer in time")]
    TimedOut,
    #[error("the store has too much to do")]
    Busy,
    #[error("a row in the store is malformed: {0}")]
    Malformed(&'static str),
    #[error("SQLite: {0}")]
    Sqlite(#[from] sqlite::Error),
    #[error("PostgreSQL: {}", postgres::told(.0))]
    Postgres(#[from] sqlx::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Sqlite(sqlite::Error::Refused(Arc::new(cause)))
    }
}

/// An open store.
#[derive(Debug)]
pub(crate) struct Store {
    database: Database,
    metrics: Metrics,
}

/// The migrations that opening the store at `url` would apply.
pub(crate) async fn missing_migrations(url: &SecretUrl) -> Result<Vec<Step>, OpenError> {
    database::missing(url).await
}

/// Brings the schema of the store at `url` up to date, and closes it.
pub(crate) async fn migrate(url: &SecretUrl) -> Result<(), OpenError> {
    Database::open(url, Duration::ZERO).await.map(drop)
}

impl Store {
    /// Opens the store and brings its schema up to date; a server that cannot be reached is tried for `wait`.
    pub(crate) async fn open(
        url: &SecretUrl,
        wait: Duration,
        metrics: Metrics,
    ) -> Result<Self, OpenError> {
        let database = Database::open(url, wait).await?;
        Ok(Self { database, metrics })
    }

    /// Whether other processes write to the same store.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// Whether the database answers at all.
    pub(crate) async fn ping(&self) -> Result<(), Error> {
        let one = Statement::new("SELECT CAST(1 AS BIGINT)", []);
        self.rows("ping", one).await.map(drop)
    }

    /// Runs statements in one transaction; gives the rows of each. `operation` names the call in metrics and spans.
    async fn transact<const N: usize>(
        &self,
        operation: &'static str,
        statements: [Statement; N],
    ) -> Result<[Vec<Row>; N], Error> {
        let answers = self.transact_all(operation, statements.into()).await?;
        answers
            .try_into()
            .map_err(|_| Error::Malformed("the number of answers"))
    }

    /// As [`Store::transact`], of however many statements.
    async fn transact_all(
        &self,
        operation: &'static str,
        statements: Vec<Statement>,
    ) -> Result<Vec<Vec<Row>>, Error> {
        let begun = Instant::now();
        let span = debug_span!("store", db.operation.name = operation);
        let answer = timeout(CALL_TIMEOUT, self.database.transact(statements))
            .instrument(span)
            .await
            .unwrap_or(Err(Error::TimedOut));
        let outcome = if answer.is_ok() { "ok" } else { "failed" };
        self.metrics.store(operation, outcome, begun.elapsed());
        answer
    }

    /// Runs one statement; gives its rows.
    async fn rows(&self, operation: &'static str, statement: Statement) -> Result<Vec<Row>, Error> {
        let [rows] = self.transact(operation, [statement]).await?;
        Ok(rows)
    }
}

/// From `id`, `name`, `coalesce(display_name, '')` and `guest`, the first of which is that column.
fn read_user(row: &Row, column: usize) -> Result<User, Error> {
    let id = row.text(column)?.parse::<UserId>();
    let name = row.text(column + 1)?.parse();
    // A display name that a later rule refuses is not shown, and keeps nobody out.
    let display_name = row.text(column + 2)?.parse().ok();
    Ok(User {
        id: id.map_err(|_| Error::Malformed("users.id"))?,
        name: name.map_err(|_| Error::Malformed("users.name"))?,
        display_name,
        guest: row.integer(column + 3)? != 0,
    })
}

fn read_session_id(id: &str) -> Result<LoginSessionId, Error> {
    id.parse().map_err(|_| Error::Malformed("sessions.id"))
}

fn read_generation(number: i64) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| Error::Malformed("generation"))
}

fn read_time(row: &Row, column: usize) -> Result<Option<Timestamp>, Error> {
    Ok(row
        .optional_integer(column)?
        .map(Timestamp::from_unix_millis))
}

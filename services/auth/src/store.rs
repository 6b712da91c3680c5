//! What the auth service must not forget: users, login sessions, signing keys and its secret. One interface
//! over SQLite and PostgreSQL; only the modules below know SQL. Every call has a time-out.

mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

use std::{future::Future, time::Duration};

use proto::ids::{LoginSessionId, UserId};
use runtime::{clock::Timestamp, config::SecretUrl, schema::TooNew};
use secrecy::SecretSlice;
use tokio::time::{Instant, timeout};
use tracing::{Instrument as _, debug_span};

use self::{postgres::PostgresStore, sqlite::SqliteStore};
use crate::{
    keys::{RevokedKey, StoredKey},
    metrics::Metrics,
    passwords::StoredPassword,
    pseudonyms::Source,
    refresh::{LoginSession, SecretHash},
    revocations::{Event, Mark},
    user::{User, Username},
};

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many login sessions are forgotten, or listed, at once.
pub(crate) const PIECE: u32 = 1000;

/// Why the store gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the store did not answer in time")]
    TimedOut,
    #[error("the store is closed")]
    Closed,
    #[error("the store has too much to do")]
    Busy,
    #[error("a row in the store is malformed: {0}")]
    Malformed(&'static str),
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] sqlx::Error),
}

/// Why a store cannot be opened. The words stand alone in one line.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address has another scheme.
    #[error("the database URL must be sqlite:PATH or postgres://HOST/NAME")]
    UnknownKind,
    /// The folder of the file cannot be made, or the file not be opened.
    #[error("the database file {path} cannot be used: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// SQLite refused.
    #[error("the database file {path} cannot be used: {cause}")]
    Sqlite {
        /// The file.
        path: String,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// The database was made by a later version of this program.
    #[error("the database {name} cannot be used: {cause}")]
    TooNew {
        /// The database, without password.
        name: String,
        /// By how much.
        cause: TooNew,
    },
    /// PostgreSQL cannot be reached, or refused.
    #[error("the database {name} cannot be used: {cause}")]
    Postgres {
        /// The database, without password.
        name: String,
        /// What went wrong.
        cause: sqlx::Error,
    },
    /// A migration failed.
    #[error("the database {name} cannot be brought up to date: {cause}")]
    Migration {
        /// The database, without password.
        name: String,
        /// What went wrong.
        cause: sqlx::migrate::MigrateError,
    },
}

/// A user and what proves them.
#[derive(Debug, Clone)]
pub(crate) struct StoredUser {
    pub(crate) user: User,
    pub(crate) password: StoredPassword,
}

/// A change of a login session to its next refresh token.
#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    pub(crate) session: LoginSessionId,
    /// The generation that is spent; another one in the store means that somebody was first.
    pub(crate) spent: u32,
    pub(crate) newest: SecretHash,
    pub(crate) at: Timestamp,
    /// From where, if that is known.
    pub(crate) source: Option<Source>,
}

/// A store, whichever it is.
#[derive(Debug)]
pub(crate) struct Store {
    backend: Backend,
    metrics: Metrics,
}

#[derive(Debug)]
enum Backend {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

/// Calls the same method of whichever store it is, with a time-out and a measurement.
macro_rules! call {
    ($self:ident . $method:ident ( $($argument:expr),* )) => {
        $self.timed(stringify!($method), async {
            match &$self.backend {
                Backend::Sqlite(store) => store.$method($($argument),*).await,
                Backend::Postgres(store) => store.$method($($argument),*).await,
            }
        })
        .await
    };
}

impl Store {
    /// Opens the store and brings its schema up to date.
    pub(crate) async fn open(
        url: &SecretUrl,
        wait: Duration,
        metrics: Metrics,
    ) -> Result<Self, OpenError> {
        let text = url.expose();
        let backend = if let Some(path) = text.strip_prefix("sqlite:") {
            Backend::Sqlite(SqliteStore::open(path).await?)
        } else if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Backend::Postgres(PostgresStore::open(url, wait).await?)
        } else {
            return Err(OpenError::UnknownKind);
        };
        Ok(Self { backend, metrics })
    }

    /// Whether other processes write to the same store.
    pub(crate) fn is_shared(&self) -> bool {
        match self.backend {
            Backend::Sqlite(_) => false,
            Backend::Postgres(_) => true,
        }
    }

    /// Adds a user; `false` when the name is taken.
    pub(crate) async fn add_user(&self, user: StoredUser, now: Timestamp) -> Result<bool, Error> {
        call!(self.add_user(user, now))
    }

    /// The user of that name, in any case.
    pub(crate) async fn user(&self, name: &Username) -> Result<Option<StoredUser>, Error> {
        call!(self.user(name))
    }

    /// Opens a login session.
    pub(crate) async fn add_session(
        &self,
        session: LoginSession,
        source: Option<Source>,
    ) -> Result<(), Error> {
        call!(self.add_session(session, source))
    }

    /// Whether the account was signed in to, or refreshed, from there in a session that is remembered.
    pub(crate) async fn knows_source(
        &self,
        name: &Username,
        source: Source,
    ) -> Result<bool, Error> {
        call!(self.knows_source(name, source))
    }

    /// The login session of that id.
    pub(crate) async fn session(&self, id: &LoginSessionId) -> Result<Option<LoginSession>, Error> {
        call!(self.session(id))
    }

    /// Moves a login session to its next refresh token; `false` when somebody was first or it is revoked.
    pub(crate) async fn rotate(&self, rotation: Rotation) -> Result<bool, Error> {
        call!(self.rotate(rotation))
    }

    /// Revokes a login session. Says when it was first revoked; `None` when there is no such session.
    pub(crate) async fn revoke(
        &self,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        call!(self.revoke(id, now))
    }

    /// Puts a login session under review. Says since when; `None` when there is no such session or it has ended.
    pub(crate) async fn review(
        &self,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        call!(self.review(id, now))
    }

    /// The login sessions that were revoked or put under review since then.
    pub(crate) async fn marks_since(&self, since: Timestamp) -> Result<Vec<Mark>, Error> {
        call!(self.marks_since(since))
    }

    /// The login sessions of a user that have not ended, the one refreshed last first; at most [`PIECE`].
    pub(crate) async fn sessions_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<LoginSession>, Error> {
        call!(self.sessions_of(user, now))
    }

    /// Forgets login sessions that ended before then, at most [`PIECE`]; says how many.
    pub(crate) async fn forget_sessions(&self, before: Timestamp) -> Result<u64, Error> {
        call!(self.forget_sessions(before))
    }

    /// All signing keys.
    pub(crate) async fn signing_keys(&self) -> Result<Vec<StoredKey>, Error> {
        call!(self.signing_keys())
    }

    /// Adds a signing key, unless there is one of that generation.
    pub(crate) async fn add_signing_key(&self, key: StoredKey) -> Result<(), Error> {
        call!(self.add_signing_key(key))
    }

    /// Has a signing key sign from then on. Nothing happens when it is gone.
    pub(crate) async fn promote_signing_key(
        &self,
        generation: u32,
        signs_from: Timestamp,
    ) -> Result<(), Error> {
        call!(self.promote_signing_key(generation, signs_from))
    }

    /// Throws a signing key away; only that it was revoked is remembered.
    pub(crate) async fn revoke_signing_key(&self, key: RevokedKey) -> Result<(), Error> {
        call!(self.revoke_signing_key(key))
    }

    /// The signing keys that were revoked and not forgotten.
    pub(crate) async fn revoked_keys(&self) -> Result<Vec<RevokedKey>, Error> {
        call!(self.revoked_keys())
    }

    /// Forgets that a signing key was revoked.
    pub(crate) async fn forget_revoked_key(&self, generation: u32) -> Result<(), Error> {
        call!(self.forget_revoked_key(generation))
    }

    /// Forgets a signing key.
    pub(crate) async fn forget_signing_key(&self, generation: u32) -> Result<(), Error> {
        call!(self.forget_signing_key(generation))
    }

    /// The server's secret of that name; `fresh` becomes it when there is none.
    pub(crate) async fn secret(
        &self,
        name: &'static str,
        fresh: SecretSlice<u8>,
    ) -> Result<SecretSlice<u8>, Error> {
        call!(self.secret(name, fresh))
    }

    /// The server's secret of that name, if there is one.
    pub(crate) async fn find_secret(
        &self,
        name: &'static str,
    ) -> Result<Option<SecretSlice<u8>>, Error> {
        call!(self.find_secret(name))
    }

    /// Forgets the server's secret of that name.
    pub(crate) async fn forget_secret(&self, name: &'static str) -> Result<(), Error> {
        call!(self.forget_secret(name))
    }

    async fn timed<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let begun = Instant::now();
        let span = debug_span!("store", db.operation.name = operation);
        let answer = timeout(PATIENCE, call)
            .instrument(span)
            .await
            .unwrap_or(Err(Error::TimedOut));
        let outcome = if answer.is_ok() { "ok" } else { "failed" };
        self.metrics.store(operation, outcome, begun.elapsed());
        answer
    }
}

/// A login session as its columns; the parts that both databases read alike.
struct SessionRow {
    id: String,
    user_id: String,
    user_name: String,
    generation: i64,
    newest: Vec<u8>,
    rotated_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
}

impl TryFrom<SessionRow> for LoginSession {
    type Error = Error;

    fn try_from(row: SessionRow) -> Result<Self, Error> {
        Ok(Self {
            id: row
                .id
                .parse()
                .map_err(|_| Error::Malformed("sessions.id"))?,
            user: read_user(&row.user_id, &row.user_name)?,
            generation: read_generation(row.generation)?,
            newest: SecretHash(
                row.newest
                    .try_into()
                    .map_err(|_| Error::Malformed("sessions.newest"))?,
            ),
            rotated_at: Timestamp::from_unix_millis(row.rotated_at),
            expires_at: Timestamp::from_unix_millis(row.expires_at),
            revoked_at: row.revoked_at.map(Timestamp::from_unix_millis),
        })
    }
}

fn read_user(id: &str, name: &str) -> Result<User, Error> {
    Ok(User {
        id: id
            .parse::<UserId>()
            .map_err(|_| Error::Malformed("users.id"))?,
        name: name.parse().map_err(|_| Error::Malformed("users.name"))?,
    })
}

fn read_generation(number: i64) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| Error::Malformed("generation"))
}

fn read_mark(session: &str, at: i64, revoked: bool) -> Result<Mark, Error> {
    let session = session
        .parse()
        .map_err(|_| Error::Malformed("sessions.id"))?;
    Ok(Mark {
        event: if revoked {
            Event::Revoked(session)
        } else {
            Event::Reviewed(session)
        },
        at: Timestamp::from_unix_millis(at),
    })
}

//! What can go wrong with the store, and when it is opened.

use std::sync::Arc;

use runtime::database::{self, postgres, sqlite};

/// A request that the store did not carry out, or did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Error {
    /// It was closed.
    #[error("the store is closed")]
    Closed,
    /// It did not answer in time: a write may still happen.
    #[error("the store did not answer in time")]
    Late,
    /// SQLite refused.
    #[error("SQLite: {0}")]
    Sqlite(Arc<rusqlite::Error>),
    /// PostgreSQL refused, or cannot be reached.
    #[error("PostgreSQL: {}", postgres::told(.0))]
    Postgres(Arc<sqlx::Error>),
    /// Another replica was writing the same recipes: nothing was written, and trying again helps.
    #[error("another replica was first")]
    Contended,
    /// A message was accepted before under its id: nothing was written.
    #[error("a message was accepted before")]
    Repeated,
    /// Something stored cannot be read, or something cannot be stored.
    #[error("a stored value is malformed: {0}")]
    Malformed(Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(super) fn malformed(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Malformed(Arc::new(cause))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(cause: rusqlite::Error) -> Self {
        Arc::new(cause).into()
    }
}

impl From<sqlite::Error> for Error {
    fn from(error: sqlite::Error) -> Self {
        match error {
            sqlite::Error::Closed => Self::Closed,
            sqlite::Error::Refused(cause) => cause.into(),
        }
    }
}

impl From<Arc<rusqlite::Error>> for Error {
    fn from(cause: Arc<rusqlite::Error>) -> Self {
        let code = cause.sqlite_error().map(|error| error.extended_code);
        match code {
            Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE) => Self::Repeated,
            _ => Self::Sqlite(cause),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        let code = cause.as_database_error().and_then(|error| error.code());
        match code.as_deref() {
            // Deadlock, serialization failure.
            Some("40P01" | "40001") => Self::Contended,
            // Unique violation.
            Some("23505") => Self::Repeated,
            _ => Self::Postgres(Arc::new(cause)),
        }
    }
}

/// Why a chat service cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its database.
    #[error(transparent)]
    Database(#[from] database::OpenError),
    /// Settings that make no sense.
    #[error("{0}")]
    Config(&'static str),
    /// The address of Redis makes no sense.
    #[error("--redis-url")]
    Redis(#[from] runtime::redis::InvalidUrl),
}

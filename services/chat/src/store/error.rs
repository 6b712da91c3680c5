//! What can go wrong with the store, and when it is opened.

use std::sync::Arc;

use runtime::config::SecretUrl;

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
        Self::Sqlite(Arc::new(cause))
    }
}

/// A database that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither SQLite nor PostgreSQL.
    #[error("--database-url {0}: write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    UnknownScheme(SecretUrl),
    /// The folder of the file cannot be made, or the lock beside it not be had.
    #[error("--database-url {url}: {cause}")]
    Folder {
        /// The address without its password.
        url: SecretUrl,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Another process has it.
    #[error("--database-url {0}: another process uses this database; end it first")]
    InUse(SecretUrl),
    /// A newer program has written it.
    #[error("--database-url {url}: the database is at version {found}, this program knows {known}")]
    TooNew {
        /// The address without its password.
        url: SecretUrl,
        /// What the database says.
        found: usize,
        /// What this program can read.
        known: usize,
    },
    /// SQLite refused.
    #[error("--database-url {url}: {cause}")]
    Sqlite {
        /// The address without its password.
        url: SecretUrl,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
}

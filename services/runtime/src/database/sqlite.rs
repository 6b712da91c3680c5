//! One SQLite file for one process: a thread that writes, and threads that read beside it. A lock file keeps a second
//! service out; a backup may read it meanwhile.

pub mod backup;
mod files;
mod worker;

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior};

use self::worker::{Begin, Worker};
use super::{OpenError, migrations::unapplied};
use crate::config::SecretUrl;

/// How long a connection waits for another one's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(3);
/// How many prepared statements a connection keeps.
const MAX_CACHED_STATEMENTS: usize = 64;
/// A database without a file, for tests.
const IN_MEMORY: &str = ":memory:";

/// What a service wants of its file.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// The beginning of the names of its threads.
    pub service: &'static str,
    /// Statements of each migration, oldest first. `user_version` counts those that were applied.
    pub migrations: &'static [&'static str],
    /// How many threads read beside the one that writes. 0: reads go to the writer.
    pub readers: usize,
    /// Settings of each connection, beside the usual ones.
    pub pragmas: &'static str,
}

/// Why a call was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
    /// SQLite refused to begin or to commit.
    #[error(transparent)]
    Refused(Arc<rusqlite::Error>),
}

impl From<rusqlite::Error> for Error {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Refused(Arc::new(cause))
    }
}

/// An open file. Dropping it waits for the threads, so that the file is closed.
#[derive(Debug)]
pub struct Database {
    writer: Worker,
    readers: Vec<Worker>,
    next_reader: AtomicUsize,
    /// Held until the threads above have ended: fields are dropped in order.
    _lock: Option<File>,
}

impl Database {
    /// Opens the file at `path`, which is made with its folder when missing, and brings its tables up to date. `url` is
    /// for the error.
    ///
    /// # Errors
    /// When the file cannot be opened, another process has it, or it is of a newer program.
    pub fn open(url: &SecretUrl, path: &str, config: Config) -> Result<Self, OpenError> {
        let lock = match path {
            IN_MEMORY => None,
            path => Some(files::lock(url, Path::new(path))?),
        };
        let refused = |cause| OpenError::Sqlite {
            url: url.clone(),
            cause,
        };
        let mut connection = connect(path, config).map_err(refused)?;
        migrate(&mut connection, url, config.migrations)?;
        let readers: Result<Vec<_>, _> =
            (0..config.readers).map(|_| connect(path, config)).collect();
        let start = |connection, begin| {
            Worker::start(config.service, connection, begin).map_err(|cause| OpenError::File {
                url: url.clone(),
                cause,
            })
        };
        Ok(Self {
            writer: start(connection, Begin::Writing)?,
            readers: readers
                .map_err(refused)?
                .into_iter()
                .map(|connection| start(connection, Begin::Reading))
                .collect::<Result<_, _>>()?,
            next_reader: AtomicUsize::new(0),
            _lock: lock,
        })
    }

    /// Runs `work` in a write transaction and gives its result when that is on the disk. It may run twice, the second
    /// time as if the first had never been. Whoever calls limits the wait.
    ///
    /// # Errors
    /// What `work` met; its changes are taken back. Or that the transaction failed.
    pub async fn write<T, E>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.writer.call(work).await
    }

    /// Runs `work`, which only reads, and sees what was written before. Whoever calls limits the wait.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn read<T, E>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turn = self.next_reader.fetch_add(1, Ordering::Relaxed);
        let reader = match self.readers.len() {
            0 => &self.writer,
            readers => &self.readers[turn % readers],
        };
        reader.call(work).await
    }
}

fn connect(path: &str, config: Config) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(MAX_CACHED_STATEMENTS);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    )?;
    connection.execute_batch(config.pragmas)?;
    Ok(connection)
}

fn migrate(
    connection: &mut Connection,
    url: &SecretUrl,
    migrations: &'static [&'static str],
) -> Result<(), OpenError> {
    let refused = |cause| OpenError::Sqlite {
        url: url.clone(),
        cause,
    };
    let change = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(refused)?;
    let applied: i64 = change
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(refused)?;
    let missing = unapplied(applied, migrations).map_err(|cause| OpenError::TooNew {
        url: url.clone(),
        cause,
    })?;
    if missing.is_empty() {
        return Ok(());
    }
    for migration in missing {
        change.execute_batch(migration).map_err(refused)?;
    }
    change
        .pragma_update(None, "user_version", migrations.len() as i64)
        .map_err(refused)?;
    change.commit().map_err(refused)
}

#[cfg(test)]
mod tests;

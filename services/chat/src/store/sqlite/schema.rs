//! How a connection is set up, and the tables brought up to date.

use std::time::Duration;

use runtime::{config::SecretUrl, schema::unapplied};
use rusqlite::Connection;

use super::super::OpenError;

/// One after the other; the database remembers how many it has.
const MIGRATIONS: [&str; 2] = [
    include_str!("../../../migrations/sqlite/0001_init.sql"),
    include_str!("../../../migrations/sqlite/0002_messages_by_id.sql"),
];
/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 64;
/// How long a reader waits when the log is being wound up.
const BUSY: Duration = Duration::from_secs(2);

pub(super) fn connect(path: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 8192;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -32768;
         PRAGMA mmap_size = 268435456;",
    )?;
    Ok(connection)
}

pub(super) fn migrate(connection: &mut Connection, url: &SecretUrl) -> Result<(), OpenError> {
    let refused = |cause| OpenError::Sqlite {
        url: url.clone(),
        cause,
    };
    let found: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(refused)?;
    let missing = unapplied(found, &MIGRATIONS).map_err(|cause| OpenError::TooNew {
        url: url.clone(),
        cause,
    })?;
    if missing.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction().map_err(refused)?;
    for migration in missing {
        transaction.execute_batch(migration).map_err(refused)?;
    }
    transaction
        .pragma_update(None, "user_version", MIGRATIONS.len() as i64)
        .map_err(refused)?;
    transaction.commit().map_err(refused)
}

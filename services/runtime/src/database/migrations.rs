//! How the schema of a database is brought up to date, and which versions of a program may use it. A migration only
//! adds (columns, tables, indexes), so that replicas of two versions run beside each other, and an older program starts
//! where a newer one has been. One that older programs cannot work with says so, and keeps them out. What is in a
//! schema is known to the services alone.

use std::{sync::Arc, time::Duration};

use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqlSafeStr as _,
    migrate::{MigrateError, Migration, MigrationType},
    postgres::PgRow,
};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::online::{self, Online};

/// How often a migration is tried that meets tables in use, and how long the pause between two tries is at most: long
/// enough for what uses them to end, and for another replica that migrates.
const MAX_ATTEMPTS: u32 = 300;
const MAX_RETRY_DELAY: Duration = Duration::from_secs(2);
/// What PostgreSQL says when a lock cannot be had in time, or never, since two wait for each other.
const BUSY: [&str; 2] = ["55P03", "40P01"];

/// What a breaking migration adds to SQLite's `user_version`, beside the one that every migration counts for.
const BREAKING: i64 = 1000;

/// A database that a newer program has changed in a way that this one cannot work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was made by a newer version (schema {found}, this one knows {known})")]
pub struct TooNew {
    /// Its schema.
    pub found: i64,
    /// The newest schema that this program knows.
    pub known: i64,
}

/// Of a program's migrations of an SQLite file, oldest first, those that were not applied yet, by the file's
/// `user_version`. Where there are any, that becomes their number in all.
///
/// # Errors
/// When a newer program broke with this one.
pub(super) fn unapplied<'a>(
    user_version: i64,
    migrations: &'a [&'static str],
) -> Result<&'a [&'static str], TooNew> {
    if user_version >= BREAKING {
        return Err(TooNew {
            found: user_version,
            known: migrations.len() as i64,
        });
    }
    let applied = usize::try_from(user_version).unwrap_or(0);
    Ok(migrations.get(applied..).unwrap_or_default())
}

/// Why a schema in PostgreSQL cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// A newer program broke with this one.
    #[error(transparent)]
    TooNew(#[from] TooNew),
    /// The database refused to tell.
    #[error(transparent)]
    Refused(#[from] sqlx::Error),
    /// A migration failed.
    #[error(transparent)]
    Migration(#[from] MigrateError),
}

/// How a schema in PostgreSQL is brought up to date.
#[derive(Debug)]
pub(super) struct Way<'a> {
    /// The schema: it holds every table, that of the migrations included.
    pub(super) schema: &'static str,
    /// Descriptions and statements, oldest first; a description that begins with `breaking` keeps older programs out.
    pub(super) migrations: &'static [(&'static str, &'static str)],
    /// Other ways to the same for a schema that is in use; none behind a pooler.
    pub(super) online: &'a [Online],
    /// Begins a transaction with the schema first in its `search_path`.
    pub(super) begin: &'a Arc<str>,
    /// How long a table in use is waited for.
    pub(super) lock_timeout: &'static str,
}

/// Brings a schema in PostgreSQL up to date, each migration in a transaction under a lock, so that replicas may start
/// together, also behind a pooler. A table in use is waited for shortly and tried again, so that nobody queues up behind the
/// migration for long. What was made in the same go is not in use.
///
/// # Errors
/// When a newer program broke with this one, or the database refuses.
pub(super) async fn migrate(connection: &mut PgConnection, way: &Way<'_>) -> Result<(), Unusable> {
    let steps = (1..)
        .zip(way.migrations)
        .map(|(version, (description, sql))| {
            let (kind, description) = (MigrationType::Simple, (*description).into());
            Migration::new(version, description, kind, sql.into_sql_str(), false)
        });
    let steps: Vec<_> = steps.collect();
    let (mut attempt, mut is_new, mut waits) = (1, false, false);
    loop {
        match apply_next(&mut *connection, way, &steps, is_new).await {
            Ok(Progress::Applied(version)) => (attempt, is_new) = (1, is_new || version == 1),
            // However long it takes: it does not hold up those who use the tables, and its lock ends with its connection.
            Ok(Progress::AnotherMigrates) => {
                if !waits {
                    let schema = way.schema;
                    info!(%schema, "another replica migrates the tables, waiting for it");
                }
                waits = true;
                sleep(online::RETRY_DELAY).await;
            }
            Ok(Progress::Complete) => return Ok(()),
            Err(busy) if attempt < MAX_ATTEMPTS && is_busy(&busy) => {
                if attempt == 1 {
                    let schema = way.schema;
                    warn!(%schema, "tables that are to change are in use, trying on");
                }
                attempt += 1;
                sleep(MAX_RETRY_DELAY.mul_f64(rand::random_range(0.5..1.0))).await;
            }
            Err(unusable) => return Err(unusable),
        }
    }
}

/// What came of a look for a migration that is missing.
enum Progress {
    /// This one was, and is applied.
    Applied(i64),
    /// Another replica applies one while the schema is in use.
    AnotherMigrates,
    /// None is.
    Complete,
}

/// Applies the oldest migration that is missing, if any is.
async fn apply_next(
    connection: &mut PgConnection,
    way: &Way<'_>,
    steps: &[Migration],
    is_new: bool,
) -> Result<Progress, Unusable> {
    let schema = way.schema;
    let mut transaction = connection
        .begin_with(AssertSqlSafe(Arc::clone(way.begin)))
        .await?;
    let lock = format!("SELECT pg_advisory_xact_lock(hashtextextended('{schema} migrations', 0))");
    transaction.execute(AssertSqlSafe(lock)).await?;
    if online::is_under_way(&mut transaction, schema).await? {
        transaction.rollback().await?;
        return Ok(Progress::AnotherMigrates);
    }
    make_table(&mut transaction, schema).await?;
    let applied = applied(&mut transaction, schema).await?;
    let known = steps.len() as i64;
    let broken = applied.iter().rev().find(|row| row.breaks_with(known));
    if let Some(row) = broken {
        let found = row.version;
        return Err(TooNew { found, known }.into());
    }
    for step in steps {
        let Some(row) = applied.iter().find(|row| row.version == step.version) else {
            let online = way
                .online
                .iter()
                .find(|other| other.version == step.version);
            if let Some(online) = online.filter(|_| !is_new) {
                online::lock(&mut transaction, schema).await?;
                transaction.commit().await?;
                apply_online(connection, way, step, online).await?;
                return Ok(Progress::Applied(step.version));
            }
            let begun = Instant::now();
            let applied = transaction.execute(step.sql.clone()).await;
            applied.map_err(|cause| MigrateError::ExecuteMigration(cause, step.version))?;
            note(&mut transaction, schema, step, begun).await?;
            transaction.commit().await?;
            return Ok(Progress::Applied(step.version));
        };
        row.check(step)?;
    }
    transaction.commit().await?;
    Ok(Progress::Complete)
}

/// Applies a migration in its other way, under the lock of those, which is given back.
async fn apply_online(
    connection: &mut PgConnection,
    way: &Way<'_>,
    step: &Migration,
    online: &Online,
) -> Result<(), Unusable> {
    let begun = Instant::now();
    let run = online::run(connection, way.schema, way.lock_timeout, online).await;
    let failed = |cause| MigrateError::ExecuteMigration(cause, step.version);
    run.map_err(failed)?;
    let begin = AssertSqlSafe(Arc::clone(way.begin));
    let mut transaction = connection.begin_with(begin).await?;
    if !online.last.is_empty() {
        let last = transaction.execute(online.last.into_sql_str()).await;
        last.map_err(failed)?;
    }
    note(&mut transaction, way.schema, step, begun).await?;
    transaction.commit().await?;
    online::unlock(connection).await?;
    Ok(())
}

/// A row of the table of migrations. The table is as the library makes it that builds before this one use.
struct Applied {
    version: i64,
    description: String,
    is_whole: bool,
    checksum: Vec<u8>,
}

impl Applied {
    /// Whether a program that knows so many migrations cannot work with this one.
    fn breaks_with(&self, known: i64) -> bool {
        self.version > known && self.description.starts_with("breaking")
    }

    /// Whether it is what the program knows by that number.
    fn check(&self, step: &Migration) -> Result<(), MigrateError> {
        if !self.is_whole {
            return Err(MigrateError::Dirty(self.version));
        }
        if self.checksum != *step.checksum {
            return Err(MigrateError::VersionMismatch(self.version));
        }
        Ok(())
    }
}

async fn make_table(connection: &mut PgConnection, schema: &str) -> Result<(), sqlx::Error> {
    const IS_THERE: &str = "SELECT to_regclass($1 || '.migrations') IS NOT NULL";
    let is_there = sqlx::query(IS_THERE).bind(schema).persistent(false);
    if is_there.fetch_one(&mut *connection).await?.try_get(0)? {
        return Ok(());
    }
    let make = format!(
        "CREATE SCHEMA IF NOT EXISTS {schema};
        CREATE TABLE {schema}.migrations (
            version BIGINT PRIMARY KEY,
            description TEXT NOT NULL,
            installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
            success BOOLEAN NOT NULL,
            checksum BYTEA NOT NULL,
            execution_time BIGINT NOT NULL
        )"
    );
    connection.execute(AssertSqlSafe(make)).await?;
    Ok(())
}

/// What was applied, oldest first.
async fn applied(connection: &mut PgConnection, schema: &str) -> Result<Vec<Applied>, sqlx::Error> {
    let sql = format!(
        "SELECT version, description, success, checksum FROM {schema}.migrations ORDER BY version"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    let rows = rows.fetch_all(connection).await?;
    let read = |row: &PgRow| {
        Ok(Applied {
            version: row.try_get(0)?,
            description: row.try_get(1)?,
            is_whole: row.try_get(2)?,
            checksum: row.try_get(3)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Notes that a migration was applied.
async fn note(
    connection: &mut PgConnection,
    schema: &str,
    step: &Migration,
    begun: Instant,
) -> Result<(), sqlx::Error> {
    let took = i64::try_from(begun.elapsed().as_nanos()).unwrap_or(i64::MAX);
    let note = format!(
        "INSERT INTO {schema}.migrations (version, description, success, checksum, execution_time)
        VALUES ($1, $2, true, $3, $4)"
    );
    let note = sqlx::query(AssertSqlSafe(note))
        .bind(step.version)
        .bind(&*step.description)
        .bind(&*step.checksum)
        .bind(took);
    note.persistent(false).execute(connection).await?;
    Ok(())
}

/// Whether it only met something in use, and has changed nothing that another try would not.
fn is_busy(error: &Unusable) -> bool {
    let cause = match error {
        Unusable::Refused(cause) => cause,
        Unusable::Migration(
            MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _),
        ) => cause,
        Unusable::TooNew(_) | Unusable::Migration(_) => return false,
    };
    let refused = cause.as_database_error();
    let code = refused.and_then(|refused| refused.code());
    code.is_some_and(|code| BUSY.contains(&&*code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_applied_and_what_is_newer_is_left_alone_unless_it_breaks() {
        const ALL: [&str; 2] = ["one", "two"];
        for (found, missing) in [(0, &ALL[..]), (1, &["two"]), (2, &[]), (99, &[])] {
            assert_eq!(unapplied(found, &ALL).unwrap(), missing, "{found}");
        }
        let broken = TooNew {
            found: 1003,
            known: 2,
        };
        assert_eq!(unapplied(1003, &ALL), Err(broken));
    }
}

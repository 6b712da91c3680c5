//! How the schema of a database is brought up to date, and which versions of a program may use it. A migration only
//! adds (columns, tables, indexes), so that replicas of two versions run beside each other, and an older program starts
//! where a newer one has been. One that older programs cannot work with says so, and keeps them out. What is in a
//! schema is known to the services alone.

use std::time::Duration;

use sqlx::{
    PgConnection, Row as _, SqlSafeStr as _,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};
use tokio::time::sleep;
use tracing::warn;

/// How often a migration is tried that meets tables in use, and how long the pause between two tries is at most: long
/// enough for what uses them to end, and for another replica that migrates.
const MAX_ATTEMPTS: u32 = 300;
const MAX_RETRY_DELAY: Duration = Duration::from_secs(2);
/// What PostgreSQL says when a lock cannot be had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

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

/// Brings a schema in PostgreSQL up to date, under a lock, so that replicas may start together. A table in use is waited for
/// shortly and tried again, so that nobody queues up behind the migration for long. The schema holds every table,
/// that of the migrations included, and is first in the connection's `search_path`. `migrations` are descriptions
/// and statements, oldest first; a description that begins with `breaking` keeps older programs out.
///
/// # Errors
/// When a newer program broke with this one, or the database refuses.
pub(super) async fn migrate(
    connection: &mut PgConnection,
    schema: &'static str,
    migrations: &[(&'static str, &'static str)],
) -> Result<(), Unusable> {
    let known = migrations.len() as i64;
    if let Some(found) = newer_break(connection, known).await? {
        return Err(TooNew { found, known }.into());
    }
    let steps = (1..).zip(migrations).map(|(version, (description, sql))| {
        let (kind, description) = (MigrationType::Simple, (*description).into());
        Migration::new(version, description, kind, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    // Those of a newer program.
    migrator.set_ignore_missing(true);
    migrator.create_schema(schema);
    migrator.dangerous_set_table_name(format!("{schema}.migrations"));
    for attempt in 1.. {
        match migrator.run(&mut *connection).await {
            Err(busy) if attempt < MAX_ATTEMPTS && is_lock_timeout(&busy) => {
                if attempt == 1 {
                    warn!(%schema, "tables that are to change are in use, trying on");
                }
                sleep(MAX_RETRY_DELAY.mul_f64(rand::random_range(0.5..1.0))).await;
            }
            migrated => return Ok(migrated?),
        }
    }
    Ok(())
}

/// Whether it only met something in use, and has changed nothing.
fn is_lock_timeout(error: &MigrateError) -> bool {
    let (MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) = error else {
        return false;
    };
    let refused = cause.as_database_error();
    refused.is_some_and(|refused| refused.code().as_deref() == Some(LOCK_NOT_AVAILABLE))
}

/// The newest breaking migration beyond those that are known.
async fn newer_break(
    connection: &mut PgConnection,
    known: i64,
) -> Result<Option<i64>, sqlx::Error> {
    const ANY: &str = "SELECT to_regclass('migrations') IS NOT NULL";
    const NEWEST: &str =
        "SELECT max(version) FROM migrations WHERE version > $1 AND description LIKE 'breaking%'";
    let any = sqlx::query(ANY).fetch_one(&mut *connection).await?;
    if !any.try_get(0)? {
        return Ok(None);
    }
    let newest = sqlx::query(NEWEST)
        .bind(known)
        .fetch_one(connection)
        .await?;
    newest.try_get(0)
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

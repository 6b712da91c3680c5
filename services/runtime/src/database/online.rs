//! Migrations of tables that are large and in use. A migration is one transaction, and holds what it has locked until that
//! ends; the same in single statements, with indexes that are made concurrently, holds nobody up for long.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _, SqlSafeStr as _};
use tracing::info;

/// How often it is looked whether another replica is done.
pub(super) const RETRY_DELAY: Duration = Duration::from_secs(1);
const CONCURRENTLY: &str = " INDEX CONCURRENTLY ";

/// Another way to what a migration does, for a schema that is in use.
#[derive(Debug, Clone, Copy)]
pub struct Online {
    /// The migration that it stands for.
    pub version: i64,
    /// Statements, each ended by a semicolon and a transaction of its own. They begin anew when they are broken off, so they
    /// say `IF NOT EXISTS`, but for an index that is made `CONCURRENTLY`: what is left of one is taken away.
    pub sql: &'static str,
    /// What takes no time and belongs together: one transaction at the end, after which the migration is applied.
    pub last: &'static str,
}

impl Online {
    /// Both.
    pub(super) fn all(&self) -> String {
        let last = self.last.trim_end();
        [self.sql.trim_end(), last].join(if last.is_empty() { "" } else { "\n" })
    }
}

/// Whether another replica is at it; if not, none is until this transaction has ended. Nobody waits for it in the server:
/// that would be waited for by the one who makes an index, which is done when all that began before it has ended.
pub(super) async fn is_under_way(
    transaction: &mut PgConnection,
    schema: &str,
) -> Result<bool, sqlx::Error> {
    let lock = format!("SELECT NOT pg_try_advisory_xact_lock({})", key(schema));
    let row = transaction.fetch_one(AssertSqlSafe(lock)).await?;
    row.try_get(0)
}

/// After [`is_under_way`] has said no: nobody else is at it from here on until [`unlock`], also when the transaction has
/// ended. It needs a connection of its own: a pooler's would change hands.
pub(super) async fn lock(transaction: &mut PgConnection, schema: &str) -> Result<(), sqlx::Error> {
    let lock = format!("SELECT pg_advisory_lock({})", key(schema));
    transaction.execute(AssertSqlSafe(lock)).await?;
    Ok(())
}

fn key(schema: &str) -> String {
    format!("hashtextextended('{schema} online migrations', 0)")
}

pub(super) async fn unlock(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection
        .execute("SELECT pg_advisory_unlock_all()")
        .await?;
    Ok(())
}

/// Runs the statements, each with this limit for a lock; an index takes as long as it takes, nobody waits behind it.
pub(super) async fn run(
    connection: &mut PgConnection,
    schema: &str,
    lock_timeout: &str,
    online: &Online,
) -> Result<(), sqlx::Error> {
    connection.execute("SET statement_timeout = 0").await?;
    for statement in statements(online.sql) {
        let index = index_name(statement);
        let limit = if index.is_some() { "0" } else { lock_timeout };
        let limit = format!("SET lock_timeout = '{limit}'");
        connection.execute(AssertSqlSafe(limit)).await?;
        if let Some(index) = index {
            match is_valid(connection, schema, index).await? {
                Some(true) => continue,
                Some(false) => {
                    let drop = format!("DROP INDEX CONCURRENTLY {schema}.{index}");
                    connection.execute(AssertSqlSafe(drop)).await?;
                }
                None => {}
            }
            info!(%schema, %index, "making an index while its table is in use");
        }
        connection.execute(statement.into_sql_str()).await?;
    }
    Ok(())
}

/// Whether an index can be used; `None`: there is none. One whose making was broken off cannot.
async fn is_valid(
    connection: &mut PgConnection,
    schema: &str,
    index: &str,
) -> Result<Option<bool>, sqlx::Error> {
    const SQL: &str = "SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
                       WHERE relname = $1 AND relnamespace = $2::regnamespace";
    let found = sqlx::query(SQL).bind(index).bind(schema).persistent(false);
    let found = found.fetch_optional(connection).await?;
    found.map(|row| row.try_get(0)).transpose()
}

/// The statements of a text that has no semicolon elsewhere, without the comments before them.
fn statements(sql: &'static str) -> impl Iterator<Item = &'static str> {
    let ended = sql.split_terminator(';').map(|statement| {
        let mut statement = statement.trim();
        while statement.starts_with("--") {
            statement = statement
                .split_once('\n')
                .map_or("", |(_, rest)| rest.trim());
        }
        statement
    });
    ended.filter(|statement| !statement.is_empty())
}

/// The name of the index that a statement makes concurrently.
fn index_name(statement: &str) -> Option<&str> {
    let (_, rest) = statement.split_once(CONCURRENTLY)?;
    rest.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_apart_and_an_index_by_its_name() {
        const SQL: &str = "-- A column,\n-- and more.\nALTER TABLE a ADD COLUMN b TEXT;\n\n\
                           -- An index.\nCREATE UNIQUE INDEX CONCURRENTLY a_by_b\n    ON a (b);\n";
        let found: Vec<_> = statements(SQL).collect();
        assert_eq!(found[0], "ALTER TABLE a ADD COLUMN b TEXT");
        assert_eq!(found.len(), 2);
        assert_eq!(index_name(found[0]), None);
        assert_eq!(index_name(found[1]), Some("a_by_b"));
    }
}

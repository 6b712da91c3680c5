//! What a program would change in a database before it uses it. Looking changes nothing.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::{Kind, Online, OpenError, connect, migrations, postgres, sqlite};
use crate::config::SecretUrl;

/// A migration that has not been applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number, from 1.
    pub version: usize,
    /// The statements that it runs.
    pub sql: String,
}

/// The migrations that a service with these configurations would apply to the database at `url`, oldest first.
///
/// # Errors
/// When the database cannot be looked at, or a newer program broke with this one.
pub async fn missing(
    url: &SecretUrl,
    sqlite: sqlite::Config,
    postgres: postgres::Config,
) -> Result<Vec<Step>, OpenError> {
    let (applied, all): (usize, Vec<String>) = match Kind::of(url)? {
        Kind::Sqlite(path) => {
            let left = of_file(url, Path::new(path), sqlite.migrations)?;
            let all = sqlite.migrations.iter().map(|sql| (*sql).to_owned());
            (sqlite.migrations.len() - left, all.collect())
        }
        Kind::Postgres => {
            let applied = of_server(url, postgres.schema).await?;
            // What is not there yet is not in use.
            let online = if applied == 0 { &[] } else { postgres.online };
            let all = (1..).zip(postgres.migrations).map(|(version, (_, sql))| {
                let other = online.iter().find(|online| online.version == version);
                other.map_or_else(|| (*sql).to_owned(), Online::all)
            });
            (applied, all.collect())
        }
    };
    let steps = (1..).zip(all).skip(applied);
    Ok(steps.map(|(version, sql)| Step { version, sql }).collect())
}

/// How many are left for a file; all for one that is not there yet.
fn of_file(
    url: &SecretUrl,
    path: &Path,
    migrations: &'static [&'static str],
) -> Result<usize, OpenError> {
    let refused = |cause| OpenError::Sqlite {
        url: url.clone(),
        cause,
    };
    if !path.exists() {
        return Ok(migrations.len());
    }
    let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE);
    let file = file.map_err(refused)?;
    let version = file.pragma_query_value(None, "user_version", |row| row.get(0));
    let left = migrations::unapplied(version.map_err(refused)?, migrations);
    let left = left.map_err(|cause| OpenError::TooNew {
        url: url.clone(),
        cause,
    })?;
    Ok(left.len())
}

/// How many were applied on a server.
async fn of_server(url: &SecretUrl, schema: &'static str) -> Result<usize, OpenError> {
    let refused = |cause| OpenError::Postgres {
        url: url.clone(),
        cause,
    };
    let options = postgres::options(url).map_err(refused)?;
    let mut connection = connect::connect(&options, Duration::ZERO, url)
        .await
        .map_err(refused)?;
    let applied = newest(&mut connection, schema).await.map_err(refused)?;
    // What the server thinks of the goodbye does not matter.
    connection.close().await.ok();
    Ok(usize::try_from(applied).unwrap_or(0))
}

/// In one transaction and with nothing prepared by name, so that a pooler may be in between.
async fn newest(connection: &mut PgConnection, schema: &'static str) -> Result<i64, sqlx::Error> {
    const ANY: &str = "SELECT to_regclass($1 || '.migrations') IS NOT NULL";
    let mut transaction = connection.begin().await?;
    let any = sqlx::query(ANY).bind(schema).persistent(false);
    if !any.fetch_one(&mut *transaction).await?.try_get(0)? {
        return Ok(0);
    }
    let newest = format!("SELECT coalesce(max(version), 0) FROM {schema}.migrations");
    let newest = sqlx::query(AssertSqlSafe(newest)).persistent(false);
    newest.fetch_one(&mut *transaction).await?.try_get(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQLITE: sqlite::Config = sqlite::Config {
        service: "test",
        migrations: &["CREATE TABLE one (id INTEGER)"],
        readers: 0,
        pragmas: "",
    };
    const LATER: sqlite::Config = sqlite::Config {
        migrations: &[SQLITE.migrations[0], "CREATE TABLE two (id INTEGER)"],
        ..SQLITE
    };
    const NO_SERVER: postgres::Config = postgres::Config {
        schema: "nowhere",
        migrations: &[],
        online: &[],
        settings: &[],
        max_connections: 1,
        wait: Duration::ZERO,
    };

    #[tokio::test]
    async fn what_is_missing_is_told_and_nothing_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let url: SecretUrl = format!("sqlite:{}", path.display()).parse().unwrap();
        let told = async |config: sqlite::Config| {
            let steps = missing(&url, config, NO_SERVER).await.unwrap();
            steps.iter().map(|step| step.version).collect::<Vec<_>>()
        };
        assert_eq!(told(LATER).await, [1, 2]);
        assert!(!path.exists());

        drop(sqlite::Database::open(&url, path.to_str().unwrap(), SQLITE).unwrap());
        assert_eq!(told(SQLITE).await, [0_usize; 0]);
        assert_eq!(told(LATER).await, [2]);
        // Also while a service has it.
        let _running = sqlite::Database::open(&url, path.to_str().unwrap(), LATER).unwrap();
        assert_eq!(told(LATER).await, [0_usize; 0]);
    }
}

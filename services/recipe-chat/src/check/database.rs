//! Whether a database can be used: reachable, migrated, and with a clock that agrees. A SQLite file is not
//! opened: the service that runs holds it alone.

use std::path::Path;

use runtime::{clock::Timestamp, config::SecretUrl, database::postgres};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, Row as _};
use tokio::time::timeout;

use super::{CHECK_TIMEOUT, Report, now};

pub(super) async fn check(report: &mut Report, what: &str, schema: &str, url: &SecretUrl) {
    let text = url.expose();
    if let Some(path) = text.strip_prefix("sqlite:") {
        check_file(report, what, Path::new(path));
    } else if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        match timeout(CHECK_TIMEOUT, ask_postgres(report, what, schema, url)).await {
            Ok(Ok(())) => {}
            // The cause may name the user, never the password.
            Ok(Err(cause)) => {
                let cause = postgres::told(&cause);
                report.fault(what, format!("{url} cannot be used: {cause}"));
            }
            Err(_) => report.fault(what, format!("{url} does not answer")),
        }
    } else {
        report.fault(what, "its URL must be sqlite:PATH or postgres://HOST/NAME");
    }
}

/// A file that is there must be one of SQLite's; one that is not needs a folder to be made in.
fn check_file(report: &mut Report, what: &str, path: &Path) {
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => report.fault(what, format!("{shown} is no file")),
        Ok(found) if found.permissions().readonly() => {
            report.fault(what, format!("{shown} may not be written"));
        }
        Ok(_) => report.good(
            what,
            format!("{shown} is there; the service migrates it when it starts"),
        ),
        Err(_) => match path.ancestors().skip(1).find(|folder| folder.is_dir()) {
            Some(_) => report.good(what, format!("{shown} will be made by the service")),
            None if path.is_relative() => {
                report.good(what, format!("{shown} will be made by the service"));
            }
            None => report.fault(what, format!("{shown} has no folder to be made in")),
        },
    }
}

async fn ask_postgres(
    report: &mut Report,
    what: &str,
    schema: &str,
    url: &SecretUrl,
) -> Result<(), sqlx::Error> {
    let mut connection = postgres::options(url)?.connect().await?;
    report.good(what, format!("{url} answers"));
    // One transaction, and nothing prepared by name: a pooler may be in between.
    let mut transaction = connection.begin().await?;
    let before = now();
    let theirs = database_time(&mut transaction).await?;
    report.clock(what, before, theirs, now());
    let is_migrated = is_migrated(&mut transaction, schema).await?;
    transaction.commit().await?;
    if is_migrated {
        report.good(what, "its tables are there");
    } else {
        report.good(
            what,
            "it is empty; the service makes its tables when it starts",
        );
    }
    connection.close().await
}

async fn database_time(connection: &mut PgConnection) -> Result<Timestamp, sqlx::Error> {
    const SQL: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let row = sqlx::query(SQL).persistent(false);
    let row = row.fetch_one(connection).await?;
    Ok(Timestamp::from_unix_millis(row.try_get(0)?))
}

async fn is_migrated(connection: &mut PgConnection, schema: &str) -> Result<bool, sqlx::Error> {
    const SQL: &str = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";
    let row = sqlx::query(SQL).bind(schema).persistent(false);
    row.fetch_one(connection).await?.try_get(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &Path, faults: usize) {
        let mut report = Report::default();
        check_file(&mut report, "auth database", path);
        assert_eq!(report.faults, faults, "{:?}", report.lines);
    }

    #[test]
    fn a_database_file_must_be_a_file_or_makeable() {
        let folder = std::env::temp_dir();
        check(&folder, 1);
        check(&folder.join("recipe-chat-check/not/there/auth.db"), 0);
        check(Path::new("data/auth.db"), 0);
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_told_without_its_password() {
        let mut report = Report::default();
        let url = "postgres://ada:canary@127.0.0.1:1/auth".parse().unwrap();
        super::check(&mut report, "auth database", "recipe_chat_auth", &url).await;
        assert_eq!(report.faults, 1);
        assert!(!report.lines[0].contains("canary"), "{:?}", report.lines);
    }
}

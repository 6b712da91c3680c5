//! What happens when the service cannot start, and what it leaves on the disk.

use std::{os::unix::fs::PermissionsExt, sync::Arc};

use auth::Auth;
use runtime::clock::ManualClock;
use test_servers::free_port;

use crate::harness::{Database, START, Service, config, open_error};

#[track_caller]
fn one_line(error: &auth::OpenError, words: &str) {
    // As an operator reads it: with what is behind it.
    let behind = std::error::Error::source(error);
    let text = std::iter::once(error.to_string())
        .chain(behind.map(ToString::to_string))
        .collect::<Vec<_>>()
        .join(": ");
    assert!(text.contains(words), "{text}");
    assert!(!text.contains('\n') && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_database_of_another_kind_is_refused() {
    let error = open_error("mysql://ada:hunter2@db/auth").await;
    one_line(&error, "write sqlite:PATH or postgres://USER@HOST/DATABASE");
}

#[tokio::test]
async fn an_unreachable_postgres_is_one_clear_line_without_the_password() {
    let url = format!("postgres://ada:hunter2@127.0.0.1:{}/auth", free_port());
    one_line(&open_error(&url).await, "refused");
}

#[tokio::test]
async fn a_file_that_cannot_be_made_is_named() {
    one_line(
        &open_error("sqlite:/proc/nowhere/auth.db").await,
        "/proc/nowhere/auth.db",
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.db");
    std::fs::write(
        &path,
        "this is not a database, whatever its name says".repeat(100),
    )
    .unwrap();
    one_line(
        &open_error(&format!("sqlite:{}", path.display())).await,
        "not a database",
    );
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.db");
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 1099).unwrap();
    drop(newer);
    one_line(
        &open_error(&format!("sqlite:{}", path.display())).await,
        "newer version",
    );
}

#[tokio::test]
async fn one_file_serves_one_process() {
    let service = Service::start(Database::sqlite()).await;
    let error = open_error(service.database.url().expose()).await;
    one_line(&error, "another process uses this database");
}

#[tokio::test]
async fn nobody_else_may_read_the_file_with_the_keys() {
    let service = Service::start(Database::sqlite()).await;
    service.ada().await;
    let url = service.database.url();
    let path = std::path::Path::new(url.expose().strip_prefix("sqlite:").unwrap());
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
}

#[tokio::test]
async fn a_configuration_at_odds_with_itself_is_refused() {
    let database = Database::sqlite();
    let clock = Arc::new(ManualClock::at(START));
    let config = config(&["--access-ttl", "1h", "--refresh-ttl", "1m"]);
    let error = Auth::open(config, &database.url(), None, clock)
        .await
        .unwrap_err();
    one_line(&error, "--refresh-ttl");
}

#[tokio::test]
async fn a_malformed_redis_url_is_refused_without_its_password() {
    let database = Database::sqlite();
    let clock = Arc::new(ManualClock::at(START));
    let redis = "http://:hunter2@redis".parse().unwrap();
    let error = Auth::open(config(&[]), &database.url(), Some(&redis), clock)
        .await
        .unwrap_err();
    one_line(&error, "--redis-url: a Redis address starts with redis://");
}

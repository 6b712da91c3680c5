//! Which schemas are worked with, and that a migration in use comes to the same.

use super::*;

#[tokio::test]
async fn sqlite_starts_with_what_a_newer_version_added_but_not_past_a_break() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.db");
    let url = format!("sqlite:{}", path.display());
    drop(open(&url).await);
    let newer = |version: i64| {
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute_batch("CREATE TABLE IF NOT EXISTS added (id INTEGER)")
            .unwrap();
        let found: i64 = file
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        file.pragma_update(None, "user_version", version).unwrap();
        found
    };
    assert_eq!(newer(99), 9);
    let older = open(&url).await;
    keeps_its_promises(&older).await;
    drop(older);

    assert_eq!(newer(1099), 99, "the older one leaves the mark");
    refuses_the_newer(&url).await;
}

#[tokio::test]
async fn postgres_starts_with_what_a_newer_version_added_but_not_past_a_break() {
    use sqlx::Connection as _;
    let server = Postgres::start();
    let url = server.url();
    drop(open(&url).await);
    let mut newer = sqlx::PgConnection::connect(&url).await.unwrap();
    let mut migrated = async |version: i64, description: &'static str| {
        const SQL: &str = "INSERT INTO recipe_chat_auth.migrations \
                           (version, description, success, checksum, execution_time) \
                           VALUES ($1, $2, true, '', 0)";
        let query = sqlx::query(SQL).bind(version).bind(description);
        query.execute(&mut newer).await.unwrap();
    };
    migrated(98, "a column more").await;
    keeps_its_promises(&open(&url).await).await;

    migrated(99, "breaking: a column less").await;
    refuses_the_newer(&url).await;
}

/// The columns and indexes of the tables.
async fn shape(url: &str) -> Vec<String> {
    use sqlx::{Connection as _, Executor as _, Row as _};
    const SQL: &str = "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) \
                       FROM information_schema.columns WHERE table_schema = 'recipe_chat_auth' \
                       UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'recipe_chat_auth' ORDER BY 1";
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let rows = connection.fetch_all(SQL).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_schema_in_use_becomes_what_a_new_one_is() {
    let [new, used] = [Postgres::start(), Postgres::start()];
    drop(open(&new.url()).await);
    let first = postgres::Config {
        migrations: &POSTGRES.migrations[..1],
        ..POSTGRES
    };
    let url = used.url().parse().unwrap();
    postgres::open(&url, first).await.unwrap();

    drop(open(&used.url()).await);

    assert_eq!(shape(&used.url()).await, shape(&new.url()).await);
}

async fn refuses_the_newer(url: &str) {
    let refused = Store::open(&url.parse().unwrap(), Duration::ZERO, Metrics::new()).await;
    assert!(matches!(refused, Err(OpenError::TooNew { .. })));
}

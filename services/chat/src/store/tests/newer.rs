//! A program starts where a newer one has been, unless that one broke with it: so a deploy can be rolled back.

use std::time::Duration;

use runtime::database::OpenError;
use sqlx::Connection as _;

use super::{Databases, Store, recipe_state, stored, write};

const ADDED: &str = "ALTER TABLE recipes ADD COLUMN added INTEGER; ALTER TABLE messages ADD COLUMN added INTEGER; \
                     CREATE TABLE added (id INTEGER)";

/// One recipe is made and talked about.
async fn works(store: Store, recipe: &str) {
    store.create(&recipe_state(recipe, "ada")).await.unwrap();
    let said = write(recipe_state(recipe, "ada"), &[("ada", "m1", "add 2 eggs")]);
    assert_eq!(store.commit(&[said]).await.unwrap(), [true]);
    assert_eq!(stored(&store, recipe).await.revision, 1);
}

async fn refuses(databases: &Databases) {
    let refused = Store::open(&databases.url().parse().unwrap(), 2, Duration::ZERO).await;
    assert!(matches!(refused, Err(OpenError::TooNew { .. })));
}

#[tokio::test]
async fn sqlite_starts_with_what_a_newer_version_added_but_not_past_a_break() {
    let databases = Databases::sqlite();
    works(databases.open().await, "pie").await;
    let newer = |script: &str, version: i64| {
        let path = databases.url();
        let file = rusqlite::Connection::open(path.trim_start_matches("sqlite:")).unwrap();
        file.execute_batch(script).unwrap();
        let found = file.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
        file.pragma_update(None, "user_version", version).unwrap();
        found.unwrap()
    };
    newer(ADDED, 99);
    works(databases.open().await, "soup").await;

    assert_eq!(newer("", 1099), 99, "the older one leaves the mark");
    refuses(&databases).await;
}

#[tokio::test]
async fn postgres_starts_with_what_a_newer_version_added_but_not_past_a_break() {
    let databases = Databases::postgres();
    works(databases.open().await, "pie").await;
    let mut newer = sqlx::PgConnection::connect(&databases.url()).await.unwrap();
    let schema = sqlx::raw_sql("SET search_path = recipe_chat_chat");
    schema.execute(&mut newer).await.unwrap();
    sqlx::raw_sql(ADDED).execute(&mut newer).await.unwrap();
    let mut migrated = async |version: i64, description: &'static str| {
        const SQL: &str = "INSERT INTO migrations (version, description, success, checksum, execution_time) \
                           VALUES ($1, $2, true, '', 0)";
        let query = sqlx::query(SQL).bind(version).bind(description);
        query.execute(&mut newer).await.unwrap();
    };
    migrated(98, "a column more").await;
    works(databases.open().await, "soup").await;

    migrated(99, "breaking: a column less").await;
    refuses(&databases).await;
}

//! A migration takes the time that it takes, and lets others pass that use its tables.

use std::time::Duration;

use runtime::{
    config::SecretUrl,
    database::postgres::{Config, open},
};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use tokio::time::sleep;

use super::Databases;

const CONFIG: Config = Config {
    schema: "migrating",
    migrations: &[
        ("entries", "CREATE TABLE entries (id INTEGER)"),
        ("its limits", LIMITS),
    ],
    settings: &[],
    max_connections: 1,
    wait: Duration::ZERO,
};
const LIMITS: &str = "DO $$ BEGIN
    IF current_setting('statement_timeout') <> '0' OR current_setting('lock_timeout') = '0' THEN
        RAISE EXCEPTION 'a migration has the wrong limits';
    END IF;
END $$";
const LONGER: Config = Config {
    migrations: &[
        CONFIG.migrations[0],
        CONFIG.migrations[1],
        ("names", "ALTER TABLE entries ADD COLUMN name TEXT"),
    ],
    ..CONFIG
};

/// Whether somebody waits for a table.
async fn somebody_waits(connection: &mut PgConnection) -> bool {
    const SQL: &str = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'";
    let row = connection.fetch_one(SQL).await.unwrap();
    row.get::<i64, _>(0) > 0
}

#[tokio::test]
async fn a_migration_may_take_long_and_waits_for_a_table_only_shortly_but_again() {
    let databases = Databases::postgres();
    let url: SecretUrl = databases.url().parse().unwrap();
    let pool = open(&url, CONFIG).await.unwrap();
    let limit = pool.fetch_all(sqlx::query("SHOW statement_timeout")).await;
    assert_eq!(limit.unwrap()[0].get::<String, _>(0), "5s");

    let mut user = PgConnection::connect(url.expose()).await.unwrap();
    user.execute("BEGIN; LOCK TABLE migrating.entries IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let mut watcher = PgConnection::connect(url.expose()).await.unwrap();
    let using = async {
        for waits in [true, false, true] {
            while somebody_waits(&mut watcher).await != waits {
                sleep(Duration::from_millis(20)).await;
            }
        }
        user.execute("COMMIT").await.unwrap();
    };
    let (pool, ()) = tokio::join!(open(&url, LONGER), using);
    let pool = pool.unwrap();
    let added = sqlx::query("INSERT INTO entries (id, name) VALUES (1, 'a')");
    pool.fetch_all(added).await.unwrap();
}

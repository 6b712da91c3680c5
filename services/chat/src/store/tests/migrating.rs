//! A migration takes the time that it takes, and lets others pass that use its tables.

use std::time::Duration;

use runtime::{
    config::SecretUrl,
    database::{
        Online,
        postgres::{Config, open},
    },
};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use tokio::time::sleep;

use super::{super::postgres::CONFIG as CHAT, Databases};

const CONFIG: Config = Config {
    schema: "migrating",
    migrations: &[
        ("entries", "CREATE TABLE entries (id INTEGER)"),
        ("its limits", LIMITS),
    ],
    online: &[],
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

const INDEXED: Config = Config {
    migrations: &[
        CONFIG.migrations[0],
        CONFIG.migrations[1],
        (
            "an index",
            "CREATE INDEX entries_by_id ON entries (id); CREATE TABLE together (id INTEGER)",
        ),
    ],
    online: &[Online {
        version: 3,
        sql: "-- The same.\nCREATE INDEX CONCURRENTLY entries_by_id ON migrating.entries (id);",
        last: "CREATE TABLE together (id INTEGER)",
    }],
    ..CONFIG
};
/// Whether the index can be used; nothing while there is none.
const INDEX: &str = "SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname = 'entries_by_id'";

async fn index(connection: &mut PgConnection) -> Option<bool> {
    let row = connection.fetch_optional(INDEX).await.unwrap();
    row.map(|row| row.get(0))
}

#[tokio::test]
async fn an_index_is_made_by_one_of_two_while_others_write_to_its_table() {
    let databases = Databases::postgres();
    let url: SecretUrl = databases.url().parse().unwrap();
    open(&url, CONFIG).await.unwrap();
    let mut user = PgConnection::connect(url.expose()).await.unwrap();
    user.execute("BEGIN; INSERT INTO migrating.entries VALUES (1)")
        .await
        .unwrap();
    let mut watcher = PgConnection::connect(url.expose()).await.unwrap();
    let using = async {
        while index(&mut watcher).await.is_none() {
            sleep(Duration::from_millis(20)).await;
        }
        // Whoever waits behind it would not come to an end.
        let insert = "SET statement_timeout = '1s'; INSERT INTO migrating.entries VALUES (2)";
        watcher.execute(insert).await.unwrap();
        assert_eq!(index(&mut watcher).await, Some(false), "it is made yet");
        user.execute("COMMIT").await.unwrap();
    };
    let (one, other, ()) = tokio::join!(open(&url, INDEXED), open(&url, INDEXED), using);
    one.unwrap();
    other.unwrap();

    assert_eq!(index(&mut watcher).await, Some(true));
    watcher
        .execute("SELECT id FROM migrating.together")
        .await
        .unwrap();
    // To a build that knows only the other way it is applied.
    let before = Config {
        online: &[],
        ..INDEXED
    };
    open(&url, before).await.unwrap();
}

/// The first migration waits at gate 7, and the way online of the second at gate 8.
const GATED: Config = Config {
    migrations: &[
        (
            "entries",
            "SELECT pg_advisory_xact_lock(7); CREATE TABLE entries (id INTEGER)",
        ),
        ("names", "ALTER TABLE entries ADD COLUMN name TEXT"),
    ],
    online: &[Online {
        version: 2,
        sql: "ALTER TABLE migrating.entries ADD COLUMN IF NOT EXISTS name TEXT; SELECT pg_advisory_xact_lock(8);",
        last: "",
    }],
    ..CONFIG
};

/// Waits until so many wait at advisory locks, of which one is at this gate.
async fn until_waiting(connection: &mut PgConnection, count: i64, gate: i64) {
    const SQL: &str = "SELECT count(*), count(*) FILTER (WHERE classid = 0 AND CAST(objid AS BIGINT) = $1) \
                       FROM pg_locks WHERE NOT granted AND locktype = 'advisory'";
    loop {
        let row = sqlx::query(SQL).bind(gate).fetch_one(&mut *connection);
        let row = row.await.unwrap();
        if row.get::<i64, _>(0) >= count && row.get::<i64, _>(1) == 1 {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn of_two_that_start_at_a_new_database_one_migrates_at_a_time() {
    let databases = Databases::postgres();
    let url: SecretUrl = databases.url().parse().unwrap();
    let mut gates = PgConnection::connect(url.expose()).await.unwrap();
    let close = "SELECT pg_advisory_lock(7), pg_advisory_lock(8)";
    gates.execute(close).await.unwrap();
    let opening = async {
        // The other one waits for its turn, and then finds a table that it has not made.
        until_waiting(&mut gates, 2, 7).await;
        gates.execute("SELECT pg_advisory_unlock(7)").await.unwrap();
        until_waiting(&mut gates, 1, 8).await;
        gates.execute("SELECT pg_advisory_unlock(8)").await.unwrap();
    };

    let both = async { tokio::join!(open(&url, GATED), open(&url, GATED)) };
    tokio::pin!(both);

    // Where the other one gives up its turn, since that came late, nobody comes to the second gate.
    let (one, other) = tokio::select! {
        both = &mut both => both,
        () = opening => both.await,
    };

    let pool = one.and(other).unwrap();
    let added = sqlx::query("INSERT INTO entries (id, name) VALUES (1, 'a')");
    pool.fetch_all(added).await.unwrap();
}

#[tokio::test]
async fn an_index_whose_making_was_broken_off_is_made_again() {
    let databases = Databases::postgres();
    let url: SecretUrl = databases.url().parse().unwrap();
    open(&url, CONFIG).await.unwrap();
    let mut user = PgConnection::connect(url.expose()).await.unwrap();
    user.execute("INSERT INTO migrating.entries VALUES (1), (1)")
        .await
        .unwrap();
    let broken = "CREATE UNIQUE INDEX CONCURRENTLY entries_by_id ON migrating.entries (id)";
    user.execute(broken).await.unwrap_err();
    assert_eq!(index(&mut user).await, Some(false));

    open(&url, INDEXED).await.unwrap();

    assert_eq!(index(&mut user).await, Some(true));
}

/// The columns and indexes of the chat service's tables.
async fn shape(url: &SecretUrl) -> Vec<String> {
    const SQL: &str = "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) \
                       FROM information_schema.columns WHERE table_schema = 'recipe_chat_chat' \
                       UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'recipe_chat_chat' \
                       UNION ALL SELECT concat_ws(' ', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal \
                       UNION ALL SELECT prosrc FROM pg_proc WHERE pronamespace = 'recipe_chat_chat'::regnamespace \
                       ORDER BY 1";
    let mut connection = PgConnection::connect(url.expose()).await.unwrap();
    let rows = connection.fetch_all(SQL).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_schema_in_use_becomes_what_a_new_one_is() {
    let (new, used) = (Databases::postgres(), Databases::postgres());
    let [new, used] = [new, used].map(|databases| {
        let url: SecretUrl = databases.url().parse().unwrap();
        (databases, url)
    });
    open(&new.1, CHAT).await.unwrap();
    let first = Config {
        migrations: &CHAT.migrations[..1],
        ..CHAT
    };
    open(&used.1, first).await.unwrap();

    open(&used.1, CHAT).await.unwrap();

    assert_eq!(shape(&used.1).await, shape(&new.1).await);
}

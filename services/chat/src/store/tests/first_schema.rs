//! Databases of the first schema: everything in them is there afterwards, and means what it meant.

use std::{fmt::Write as _, time::Duration};

use sqlx::Connection as _;
use tokio::time::{Instant, timeout};

use proto::ids::RecipeId;

use super::{Databases, Listing, Principal, Store, draft, shown, someone, stored, visit};
use crate::{
    access::{Member, Right},
    recipe::{Recipe, Role, Visibility},
};

/// How many messages there are, beside those of the one recipe that is looked at.
const MANY: usize = 100_000;

/// A username of all characters that one may have.
const EVERY_CHARACTER: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/// How long the migrations may take on a busy machine.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(60);

/// What a build of the first schema has written: an open and a private recipe with a member, and much talk.
fn rows() -> String {
    let state = serde_json::to_string(&Recipe::new("Leek pie")).unwrap();
    let mut script = String::new();
    for (id, visibility) in [("open", "public"), ("closed", "private")] {
        writeln!(
            script,
            "INSERT INTO recipes VALUES
                 ('{id}', 'id-ada', '{visibility}', 'Leek pie', 1, '{state}', 0, '[]', 1000, 2000);
             INSERT INTO versions VALUES ('{id}', 0, '{state}');
             INSERT INTO messages VALUES
                 ('{id}', 1, 'm1', 'id-ada', 'ada', 'hi', NULL, NULL, 2000);
             INSERT INTO members VALUES ('{id}', 'bob', 'id-bob', 'viewer');
             INSERT INTO visits VALUES ('id-ada', '{id}', 'ada'), ('id-bob', '{id}', 'bob'),
                 ('id-odd', '{id}', '{EVERY_CHARACTER}');"
        )
        .unwrap();
    }
    writeln!(
        script,
        "INSERT INTO messages
             WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MANY})
             SELECT 'talk', n, 'm' || n, 'id-ada', 'ada', 'hi', NULL, NULL, 2000 FROM numbers;"
    )
    .unwrap();
    script
}

async fn brought_up_to_date(databases: &Databases) -> Store {
    let began = Instant::now();
    let store = timeout(MIGRATION_TIMEOUT, databases.open())
        .await
        .expect("all migrations in time");
    println!(
        "{MANY} messages of the first schema were up to date after {:.2?}",
        began.elapsed()
    );
    store
}

async fn means_what_it_meant(store: Store) {
    // Whoever came before keeps the look of their username, and has their name when they come again.
    let open: RecipeId = "open".parse().unwrap();
    let eve = shown("eve", EVERY_CHARACTER);
    assert_eq!(*visit(&store, &open, &eve).await.name, *"eve");
    let odd = Principal::new("id-odd".parse().unwrap(), EVERY_CHARACTER).unwrap();
    let again = visit(&store, &open, &odd).await;
    assert_eq!((again.first, &*again.name), (false, EVERY_CHARACTER));
    for (id, visibility, stranger) in [
        ("open", Visibility::Open, Some(Right::Write)),
        ("closed", Visibility::Private, None),
    ] {
        let recipe = stored(&store, id).await;
        assert_eq!(recipe.access.visibility, visibility);
        let bob = Member {
            name: "bob".to_owned(),
            user: Some(someone("bob").user),
            role: Role::Viewer,
        };
        assert_eq!(recipe.access.members, [bob]);
        assert_eq!(recipe.access.right_of(&someone("eve")), stranger);
        let key = draft(id, "ada", "m1", "hi").key();
        assert_eq!(store.find(vec![key]).await.unwrap().len(), 1);
    }
    assert_eq!(store.count_rows("messages").await, MANY as u64 + 2);
    let listing = Listing {
        who: someone("bob"),
        words: vec!["leek".to_owned()],
        after: None,
        limit: 10,
    };
    assert_eq!(
        store.list(listing).await.unwrap().len(),
        2,
        "found by what it is called"
    );
}

#[tokio::test]
async fn sqlite_keeps_what_the_first_schema_held() {
    let databases = Databases::sqlite();
    let url = databases.url();
    let path = std::path::Path::new(url.strip_prefix("sqlite:").unwrap());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = rusqlite::Connection::open(path).unwrap();
    let schema = include_str!("../../../migrations/sqlite/0001_init.sql");
    let script = format!(
        "BEGIN; {schema} {} PRAGMA user_version = 1; COMMIT;",
        rows()
    );
    file.execute_batch(&script).unwrap();
    drop(file);

    means_what_it_meant(brought_up_to_date(&databases).await).await;
}

#[tokio::test]
async fn postgres_keeps_what_the_first_schema_held() {
    let databases = Databases::postgres();
    // The first migration alone, as its build has written it down, then what that build wrote.
    drop(databases.open().await);
    let mut older = sqlx::PgConnection::connect(&databases.url()).await.unwrap();
    let schema = include_str!("../../../migrations/postgres/0001_init.sql");
    let script = format!(
        "DROP SCHEMA recipe_chat_chat CASCADE; CREATE SCHEMA recipe_chat_chat;
         SET search_path = recipe_chat_chat; {schema} {}",
        rows()
    );
    let kept: Vec<(i64, String, Vec<u8>)> = sqlx::query_as(
        "SELECT version, description, checksum FROM recipe_chat_chat.migrations ORDER BY version LIMIT 1",
    )
    .fetch_all(&mut older)
    .await
    .unwrap();
    let table: String = sqlx::query_scalar(
        "SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY ordinal_position)
         FROM information_schema.columns
         WHERE table_schema = 'recipe_chat_chat' AND table_name = 'migrations'",
    )
    .fetch_one(&mut older)
    .await
    .unwrap();
    let script = format!("{script}; CREATE TABLE migrations ({table}, PRIMARY KEY (version));");
    sqlx::raw_sql(sqlx::AssertSqlSafe(script))
        .execute(&mut older)
        .await
        .unwrap();
    let (version, description, checksum) = &kept[0];
    sqlx::query(
        "INSERT INTO migrations (version, description, installed_on, success, checksum, execution_time)
         VALUES ($1, $2, now(), true, $3, 0)",
    )
    .bind(version)
    .bind(description)
    .bind(checksum)
    .execute(&mut older)
    .await
    .unwrap();
    drop(older);

    means_what_it_meant(brought_up_to_date(&databases).await).await;
}

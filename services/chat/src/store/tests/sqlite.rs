//! What only SQLite has to promise, and what is said when a database cannot be opened.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use super::{Databases, Store, draft, ledger, stored, write};

async fn refusal(url: &str) -> String {
    let opened = Store::open(&url.parse().unwrap(), 2, Duration::ZERO).await;
    opened.expect_err("it must not open").to_string()
}

#[tokio::test]
async fn a_second_opener_is_told_that_the_database_is_in_use() {
    let databases = Databases::sqlite();
    let store = databases.open().await;

    let refusal = refusal(&databases.url()).await;
    assert!(refusal.starts_with("sqlite:"), "{refusal}");
    assert!(refusal.contains("another process"), "{refusal}");

    drop(store);
    databases.open().await;
}

#[tokio::test]
async fn nobody_else_can_read_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/data");
    let url = format!("sqlite:{}", data.join("chat.db").display());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let open = async || {
        let store = Store::open(&url.parse().unwrap(), 2, Duration::ZERO)
            .await
            .unwrap();
        store.create(&ledger("pie", "ada")).await.unwrap();
        for entry in fs::read_dir(&data).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    };

    open().await;
    assert_eq!(mode(&data), 0o700);

    // As an earlier build left it.
    let file = data.join("chat.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    open().await;
}

#[tokio::test]
async fn what_cannot_be_opened_is_told_in_one_line_without_a_password() {
    for (url, words) in [
        (
            "mysql://ada:hunter2@db/chat",
            "write sqlite:PATH or postgres://",
        ),
        ("sqlite:/proc/nowhere/chat.db", "sqlite:/proc"),
        (
            "postgres://ada:hunter2@127.0.0.1:1/chat",
            "postgres://127.0.0.1:1/chat: ",
        ),
        (
            "postgres://ada:hunter2@127.0.0.1:x/chat",
            "[unreadable address]",
        ),
    ] {
        let refusal = refusal(url).await;
        assert!(refusal.contains(words), "{refusal}");
        assert!(!refusal.contains("hunter2"), "{refusal}");
        assert!(!refusal.contains('\n'), "{refusal}");
    }
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_accepted() {
    let databases = Databases::sqlite();
    let store = databases.open().await;
    store.create(&ledger("pie", "ada")).await.unwrap();
    let Store::Sqlite(sqlite) = &store else {
        panic!("not SQLite");
    };
    sqlite.limit_pages(Some(0)).await;
    let long = "x".repeat(3_000);
    let posts: Vec<_> = (0..40).map(|n| format!("m{n}")).collect();
    let posts: Vec<_> = posts
        .iter()
        .map(|id| ("ada", id.as_str(), long.as_str()))
        .collect();
    let much = write(ledger("pie", "ada"), &posts);

    assert!(store.commit(std::slice::from_ref(&much)).await.is_err());
    assert_eq!(stored(&store, "pie").await.revision, 0);

    sqlite.limit_pages(None).await;
    assert_eq!(store.commit(&[much]).await.unwrap(), [true]);
    drop(store);
    let store = databases.open().await;
    assert_eq!(stored(&store, "pie").await.revision, 40);
}

#[tokio::test]
async fn calls_made_together_succeed_and_fail_each_for_itself() {
    let databases = Databases::sqlite();
    let store = databases.open().await;
    store.create(&ledger("pie", "ada")).await.unwrap();
    let good = write(ledger("pie", "ada"), &[("ada", "m1", "hi")]);
    // Its message is stored already under that id when it comes second: the constraint refuses it.
    let mut bad = write(ledger("pie", "ada"), &[("ada", "m1", "hi")]);
    bad.expected.revision = 1;
    let created = ledger("soup", "ada");

    let (good, bad, created) = tokio::time::timeout(Duration::from_secs(5), async {
        tokio::join!(
            store.commit(std::slice::from_ref(&good)),
            store.commit(std::slice::from_ref(&bad)),
            store.create(&created)
        )
    })
    .await
    .unwrap();

    assert_eq!(good.unwrap(), [true]);
    assert!(bad.is_err());
    assert!(created.unwrap());
    assert_eq!(stored(&store, "pie").await.revision, 1);
    let key = draft("pie", "ada", "m1", "hi").key();
    assert_eq!(store.find(vec![key]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_of_the_first_schema_keeps_its_messages() {
    let databases = Databases::sqlite();
    let url = databases.url();
    let path = std::path::Path::new(url.strip_prefix("sqlite:").unwrap());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = rusqlite::Connection::open(path).unwrap();
    file.execute_batch(include_str!("../../../migrations/sqlite/0001_init.sql"))
        .unwrap();
    file.execute_batch(
        "INSERT INTO messages VALUES ('pie', 1, 'm1', 'id-ada', 'ada', 'hi', NULL, NULL, 2000);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(file);

    let store = databases.open().await;
    let key = draft("pie", "ada", "m1", "hi").key();
    assert_eq!(store.find(vec![key]).await.unwrap().len(), 1);
}

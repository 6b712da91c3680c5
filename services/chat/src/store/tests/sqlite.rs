//! What only SQLite has to promise, and what is said when a database cannot be opened.

use std::time::Duration;

use super::{Databases, Store, recipe_state, stored, write};

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
    store.create(&recipe_state("pie", "ada")).await.unwrap();
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
    let much = write(recipe_state("pie", "ada"), &posts);

    assert!(store.commit(std::slice::from_ref(&much)).await.is_err());
    assert_eq!(stored(&store, "pie").await.revision, 0);

    sqlite.limit_pages(None).await;
    assert_eq!(store.commit(&[much]).await.unwrap(), [true]);
    drop(store);
    let store = databases.open().await;
    assert_eq!(stored(&store, "pie").await.revision, 40);
}

//! Backup and restore, as the runbook has them.

use std::{fs, path::Path};

use serde_json::json;
use system_tests::{
    account::Account,
    service::Service,
    stack::{Plan, Stack},
};

fn database(service: &Service) -> String {
    let mut words = service.arguments().iter();
    words.find(|word| *word == "--database-url");
    words.next().expect("a database").clone()
}

/// Somebody who has said two things.
async fn before_the_backup(stack: &Stack) -> Account {
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    for content in ["add 3 leeks", "double it"] {
        client.say(content).await;
    }
    ada
}

async fn after_the_backup(stack: &Stack, ada: &Account) {
    let mut client = stack.join(ada, "soup").await;
    assert_eq!(client.say("add 1 kg salt").await["revision"], 3);
}

/// Has the services begin anew on these databases, and the edge after them; then all is as it was when backed up.
async fn restore(mut stack: Stack, ada: &Account, [auth, chat]: [&str; 2]) {
    stack.edges[0].kill().await;
    stack.auth().restart_with(&["--database-url", auth]).await;
    stack.chat().restart_with(&["--database-url", chat]).await;
    stack.edges[0].restart().await;

    let ada = ada.refresh(&stack.api()).await;
    let mut client = stack.connect("soup").await;
    let payload = json!({"token": ada.access_token, "revision": 3});
    let welcome = client.auth_with(payload).await;
    assert_eq!(welcome["revision"], 2, "{welcome}");
    assert_eq!(
        welcome["messages"].as_array().map(Vec::len),
        Some(2),
        "{welcome}"
    );
    assert_eq!(
        welcome["recipe"]["ingredients"][0]["quantity"], "6",
        "{welcome}"
    );
    assert_eq!(client.say("add 1 pinch salt").await["revision"], 3);
}

#[tokio::test]
async fn a_dump_of_postgresql_is_restored() {
    let mut stack = Plan::apart(1).with_postgres().start().await;
    let ada = before_the_backup(&stack).await;
    let [auth, chat] = [database(stack.auth()), database(stack.chat())];
    let postgres = stack.postgres.as_ref().expect("PostgreSQL");
    let auth = postgres
        .restored(&auth, "recipe_chat_auth", "auth_again")
        .await;
    let chat = postgres
        .restored(&chat, "recipe_chat_chat", "chat_again")
        .await;
    after_the_backup(&stack, &ada).await;

    restore(stack, &ada, [&auth, &chat]).await;
}

#[tokio::test]
async fn a_copy_of_sqlites_files_is_restored() {
    let mut stack = Plan::apart(1).start().await;
    let ada = before_the_backup(&stack).await;
    let folder = tempfile::tempdir().unwrap();
    let mut copies = Vec::new();
    for service in [stack.auth.as_mut().expect("auth"), &mut stack.chats[0]] {
        service.process().terminate();
        assert!(service.ended().await.status.success());
        copies.push(copied(&database(service), folder.path()));
        service.restart().await;
    }
    after_the_backup(&stack, &ada).await;

    restore(stack, &ada, [&copies[0], &copies[1]]).await;
}

/// Copies the file and, when there is one, its `-wal`; gives the copy's address.
pub(crate) fn copied(url: &str, folder: &Path) -> String {
    let file = Path::new(url.trim_start_matches("sqlite:"));
    let copy = folder.join(file.file_name().expect("a file"));
    fs::copy(file, &copy).expect("a copy");
    let wal = |path: &Path| path.with_extension("db-wal");
    if wal(file).exists() {
        fs::copy(wal(file), wal(&copy)).expect("a copy of the log");
    }
    format!("sqlite:{}", copy.display())
}

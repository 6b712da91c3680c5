//! The chat service's store goes back while people are there: a backup is restored, or PostgreSQL lost its last
//! commits. Edges run on. Everybody ends with the history that the store has, and is told that theirs was another.

use std::path::Path;

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    binary::recipe_chat,
    chat_log,
    client::{Client, new_id},
    history::History,
    process::Process,
    stack::{Plan, Stack},
};
use tokio::time::Instant;

use crate::faults::tell;

const RECIPE: &str = "soup";

/// A recipe at revision 5, everybody at it, and what they were told.
struct Table {
    stack: Stack,
    ada: Account,
    bob: Account,
    history: History,
}

impl Table {
    async fn at_five(stack: Stack) -> (Self, Client, Client) {
        let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
        let mut at_adas = stack.join(&ada, RECIPE).await;
        let mut at_bobs = stack.join(&bob, RECIPE).await;
        let table = Self {
            stack,
            ada,
            bob,
            history: History::default(),
        };
        for n in 1..=5 {
            let id = table.say(&mut at_adas, &format!("add {n} leeks")).await;
            at_bobs.until_message(&id).await;
        }
        (table, at_adas, at_bobs)
    }

    /// Says something; gives its id.
    async fn say(&self, client: &mut Client, content: &str) -> String {
        let id = new_id();
        self.history.says(&id, content);
        let update = client.try_say(&id, content).await.unwrap();
        let revision = update["message"]["revision"].as_u64().unwrap();
        self.history.accepted(&id, revision);
        id
    }

    async fn log(&mut self) -> Vec<system_tests::client::Seen> {
        chat_log::read(&self.stack.chats[0], &self.ada, RECIPE).await
    }

    /// Comes back as a client does that was where `before` stands.
    async fn come_back(&self, account: &Account, before: &Client) -> (Client, Value) {
        let mut client = self.stack.connect(RECIPE).await;
        let mut payload = json!({"token": account.access_token});
        before.place().resume(&mut payload);
        let welcome = client.auth_with(payload.clone()).await;
        self.history.comes_back(&payload, &welcome);
        (client, welcome)
    }

    /// Everybody is sent away, comes back, is told, and goes on together.
    async fn goes_on_from_two(mut self, mut at_adas: Client, mut at_bobs: Client) {
        let set_back = Instant::now();
        at_bobs.until_close(1012, "Service restart").await;
        let noticed = set_back.elapsed();
        let mut at_carols = self.stack.join(&self.bob, RECIPE).await;
        assert_eq!(at_carols.revision(), 2, "nobody is sent what is gone");
        let third = self.say(&mut at_carols, "add 1 pinch salt").await;

        at_adas.until_close(1012, "Service restart").await;
        let (mut ada_again, welcome) = self.come_back(&self.ada, &at_adas).await;
        assert_eq!(welcome["recovered"], false, "{welcome}");
        assert_eq!(welcome["revision"], 3, "{welcome}");
        let (mut bob_again, welcome) = self.come_back(&self.bob, &at_bobs).await;
        assert_eq!(welcome["recovered"], false, "{welcome}");
        assert_eq!(welcome["messages"][2]["id"], third.as_str(), "{welcome}");
        let (noticed, back) = (noticed.as_secs_f64(), set_back.elapsed().as_secs_f64());
        tell(
            "store set back",
            &json!({"closed_after_s": noticed, "all_back_after_s": back}),
        );

        for n in 4..=6 {
            let id = self.say(&mut ada_again, &format!("add {n} carrots")).await;
            for listener in [&mut bob_again, &mut at_carols] {
                assert_eq!(listener.until_message(&id).await["revision"], n);
            }
        }
        let (_client, welcome) = self.come_back(&self.bob, &bob_again).await;
        assert_eq!(welcome["recovered"], true, "{welcome}");
        let log = self.log().await;
        for client in [&at_adas, &at_bobs, &at_carols, &ada_again, &bob_again] {
            self.history.saw(client.place());
        }
        self.history.assert_sound(&log);
    }
}

#[tokio::test]
async fn a_backup_of_sqlite_is_restored_while_the_edge_runs_on() {
    let mut stack = Plan::apart(1).start().await;
    let folder = tempfile::tempdir().unwrap();
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, RECIPE).await;
    client.say("add 1 leek").await;
    client.say("add 2 leeks").await;
    let chat = stack.chat();
    chat.process().terminate();
    assert!(chat.ended().await.status.success());
    let mut words = chat.arguments().iter();
    words.find(|word| *word == "--database-url");
    let url = words.next().expect("a database").clone();
    let copy = crate::backup::copied(&url, folder.path());
    chat.restart().await;
    for n in 3..=5 {
        client.say(&format!("add {n} leeks")).await;
    }
    let before = client.place().message_id().map(str::to_owned);
    assert!(before.is_some());

    stack.chat().restart_with(&["--database-url", &copy]).await;

    let restored = Instant::now();
    client.until_close(1012, "Service restart").await;
    let closed = restored.elapsed().as_secs_f64();
    tell("SQLite restored", &json!({"closed_after_s": closed}));
    let mut again = stack.connect(RECIPE).await;
    let mut payload = json!({"token": ada.access_token});
    client.place().resume(&mut payload);
    let welcome = again.auth_with(payload).await;
    assert_eq!(welcome["recovered"], false, "{welcome}");
    // The last message is posted again if its answer had not come to the edge: then it is a new one for this store.
    let revision = welcome["revision"].as_u64().unwrap();
    assert!((2..=3).contains(&revision), "{welcome}");
    assert_eq!(
        again.say("add 1 pinch salt").await["revision"],
        revision + 1
    );
    assert!(Path::new(copy.trim_start_matches("sqlite:")).exists());
}

#[tokio::test]
async fn the_terminal_client_shows_the_servers_recipe_after_a_restore() {
    let stack = Plan::apart(1).with_postgres().start().await;
    let (mut table, _at_adas, _at_bobs) = Table::at_five(stack).await;
    let url = format!("http://{}", table.stack.address());
    let (user, password) = (&table.ada.name, &table.ada.password);
    let who = ["--user", user, "--password", password];
    let arguments = [&["client", RECIPE, "--url", &url, "--json"], &who[..]].concat();
    let mut terminal = Process::start_with_input("the terminal client", recipe_chat(&arguments));
    terminal.line_with("add 5 leeks").await;

    go_back_to(&mut table.stack, 2).await;

    let set_back = Instant::now();
    terminal.line_with("\"recovered\":false").await;
    let shown = set_back.elapsed().as_secs_f64();
    tell(
        "store set back under a terminal",
        &json!({"shown_after_s": shown}),
    );
    let mut at_bobs = table.stack.join(&table.bob, RECIPE).await;
    let update = at_bobs.say("add 1 pinch salt").await;
    assert_eq!(update["revision"], 3);
    let shown = terminal.line_with("add 1 pinch salt").await;
    let frame: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(frame["payload"]["revision"], 3, "{frame}");
    assert_eq!(frame["payload"]["recipe"], update["recipe"], "{frame}");
    terminal.type_line("and bread").await;
    assert_eq!(at_bobs.until("recipe_update").await["revision"], 4);
}

#[tokio::test]
async fn a_postgresql_that_lost_its_last_commits_is_noticed_without_a_message() {
    let stack = Plan::apart(1).with_postgres().start().await;
    let (mut table, at_adas, at_bobs) = Table::at_five(stack).await;
    let log = table.log().await;

    go_back_to(&mut table.stack, 2).await;
    table.history.goes_back(&log, 2);

    Box::pin(table.goes_on_from_two(at_adas, at_bobs)).await;
}

#[tokio::test]
async fn a_postgresql_that_lost_its_last_commits_is_noticed_at_the_next_message() {
    let stack = Plan::apart(1).with_postgres().start().await;
    let (mut table, mut at_adas, mut at_bobs) = Table::at_five(stack).await;
    let log = table.log().await;

    go_back_to(&mut table.stack, 2).await;
    table.history.goes_back(&log, 2);

    let id = new_id();
    table.history.says(&id, "add 1 pinch salt");
    at_adas
        .send_json(&system_tests::client::chat_message(&id, "add 1 pinch salt"))
        .await;
    at_adas.until_close(1012, "Service restart").await;
    at_bobs.until_close(1012, "Service restart").await;
    let (mut ada_again, welcome) = table.come_back(&table.ada, &at_adas).await;
    assert_eq!(welcome["recovered"], false, "{welcome}");
    let update = ada_again.try_say(&id, "add 1 pinch salt").await.unwrap();
    assert_eq!(update["message"]["revision"], 3, "{update}");
    table.history.accepted(&id, 3);
    let log = table.log().await;
    for client in [&at_adas, &at_bobs, &ada_again] {
        table.history.saw(client.place());
    }
    table.history.assert_sound(&log);
}

/// Takes everything out of PostgreSQL that came after a revision of the recipe.
async fn go_back_to(stack: &mut Stack, revision: u64) {
    let mut words = stack.chat().arguments().iter();
    words.find(|word| *word == "--database-url");
    let url = words.next().expect("a database").clone();
    let postgres = stack.postgres.as_ref().expect("PostgreSQL");
    let statement = format!(
        "SET search_path TO recipe_chat_chat; BEGIN;
         DELETE FROM messages WHERE recipe = '{RECIPE}' AND revision > {revision};
         DELETE FROM versions WHERE recipe = '{RECIPE}' AND revision > {revision};
         UPDATE recipes r SET revision = {revision}, undo = '[]', state_revision = v.revision, state = v.state
         FROM versions v WHERE r.id = '{RECIPE}' AND v.recipe = r.id AND v.revision =
             (SELECT max(revision) FROM versions WHERE recipe = '{RECIPE}');
         COMMIT;"
    );
    postgres.run(&url, &statement).await;
}

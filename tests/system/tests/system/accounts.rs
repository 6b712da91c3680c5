//! Accounts with a life: guests who stay, passwords that change, names that others see, and operators over them.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    account::{Account, new_password},
    binary::recipe_chat,
    http::{Answer, Api},
    process::Process,
    stack::{Plan, Stack},
    timeouts::{SLACK, within_at_most},
};

const OPERATOR: &str = "operator-of-this-kitchen";
/// How soon the connections of a login session that has ended are closed.
const WITHIN: Duration = Duration::from_secs(1);

async fn ask(api: &Api, account: &Account, method: &str, path: &str, body: &Value) -> Answer {
    let request = api.request(method, path).bearer(&account.access_token);
    match body.is_null() {
        true => request.send().await,
        false => request.json(body).send().await,
    }
}

async fn users(stack: &mut Stack, arguments: &[&str]) -> String {
    stack.canary().remember(OPERATOR);
    let url = stack.auth().url();
    let words = ["users"].iter().chain(arguments).copied();
    let mut command = recipe_chat(&words.collect::<Vec<_>>());
    command
        .env("EDGE_AUTH_URL", url)
        .env("AUTH_OPERATOR_TOKEN", OPERATOR);
    let ended = Process::start("users", command).ended().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    ended.stdout
}

async fn a_guest_claims_and_loses_nothing(plan: Plan) {
    let stack = plan.start().await;
    let api = stack.api();
    let guest = Account::guest(&api).await;
    let mut kitchen = stack.join(&guest, "soup").await;
    kitchen.say("add 2 carrots").await;

    let (name, password) = (format!("{}-claimed", &guest.name[6..]), new_password(&api));
    let claim = json!({"username": name, "password": password});
    let answer = ask(&api, &guest, "POST", "/v1/account/claim", &claim).await;
    let claimed = answer.expect(200).json();
    assert_eq!(claimed["user"], json!({"id": guest.id, "name": name}));
    kitchen.say("the connection goes on").await;

    let fresh = guest.refresh(&api).await;
    assert_eq!((&fresh.id, &fresh.name), (&guest.id, &name));
    let welcome = kitchen.auth(&fresh.access_token).await;
    assert_eq!(welcome["session"]["user"]["name"], json!(name));
    kitchen.say("add 1 onion").await;
    let again = Account {
        name,
        password,
        ..fresh
    }
    .login(&api)
    .await;
    let recipes = ask(&api, &again, "GET", "/v1/recipes", &Value::Null).await;
    let recipes = recipes.expect(200).json();
    assert_eq!(recipes["recipes"][0]["id"], "soup", "{recipes}");
}

#[tokio::test]
async fn a_guest_claims_and_loses_nothing_on_sqlite() {
    a_guest_claims_and_loses_nothing(Plan::together()).await;
}

#[tokio::test]
async fn a_guest_claims_and_loses_nothing_on_postgresql() {
    a_guest_claims_and_loses_nothing(Plan::apart(1).with_postgres()).await;
}

#[tokio::test]
async fn another_password_closes_the_thief_on_every_edge_and_nobody_else_on_sqlite() {
    another_password_closes_the_thief(Plan::apart(2).with_redis()).await;
}

#[tokio::test]
async fn another_password_closes_the_thief_on_every_edge_and_nobody_else_on_postgresql() {
    another_password_closes_the_thief(Plan::apart(2).with_redis().with_postgres()).await;
}

async fn another_password_closes_the_thief(plan: Plan) {
    let stack = plan.start().await;
    let api = stack.api_at(0);
    let ada = stack.register("ada").await;
    let thief = ada.login(&api).await;
    let mut here = stack.join_at(0, &ada, "soup").await;
    let mut there = stack.join_at(1, &thief, "soup").await;

    let new = new_password(&api);
    let wrong = json!({"current_password": "not the password", "new_password": new});
    ask(&api, &ada, "POST", "/v1/account/password", &wrong)
        .await
        .problem(403);
    let right = json!({"current_password": ada.password, "new_password": new});
    ask(&api, &ada, "POST", "/v1/account/password", &right)
        .await
        .expect(204);

    let close = there.until_close(1008, "Session revoked");
    within_at_most(WITHIN + SLACK, "the thief's close", close).await;
    here.say("ada cooks on").await;
    let body = json!({"refresh_token": thief.refresh_token, "refresh": "body"});
    api.post("/v1/auth/refresh", &body)
        .send()
        .await
        .problem(401);
    let old = json!({"username": ada.name, "password": ada.password});
    api.post("/v1/auth/login", &old).send().await.problem(401);
}

#[tokio::test]
async fn a_user_sees_their_sessions_and_ends_one() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let phone = ada.login(&api).await;
    let mut lost = stack.join(&phone, "soup").await;
    let shown = ask(&api, &ada, "GET", "/v1/account", &Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(shown["user"], json!({"id": ada.id, "name": ada.name}));
    let sessions = shown["sessions"].as_array().unwrap();
    let current = |session: &&Value| session["current"] == true;
    assert_eq!(
        (sessions.len(), sessions.iter().filter(current).count()),
        (2, 1),
        "{shown}"
    );
    let other = sessions.iter().find(|session| !current(session)).unwrap();

    let path = format!("/v1/account/sessions/{}", other["id"].as_str().unwrap());
    ask(&api, &ada, "DELETE", &path, &Value::Null)
        .await
        .expect(204);
    let close = lost.until_close(1008, "Session revoked");
    within_at_most(WITHIN + SLACK, "the phone's close", close).await;
    let stranger = stack.register("eve").await;
    ask(&api, &stranger, "DELETE", &path, &Value::Null)
        .await
        .problem(404);
}

#[tokio::test]
async fn others_see_the_display_name_from_the_next_refresh_on() {
    let stack = Plan::together().start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    let mut kitchen = stack.join(&ada, "soup").await;
    let mut table = stack.join(&stack.register("bob").await, "soup").await;
    let renaming = json!({"display_name": "  Ada   Lovelace "});
    let renamed = ask(&api, &ada, "PATCH", "/v1/account", &renaming)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&renamed["user"]["name"], &renamed["username"]),
        (&json!("Ada Lovelace"), &json!(ada.name))
    );
    let hidden = json!({"display_name": "\u{202e}ada"});
    ask(&api, &ada, "PATCH", "/v1/account", &hidden)
        .await
        .problem(422);

    let fresh = ada.refresh(&api).await;
    assert_eq!(fresh.name, "Ada Lovelace");
    let welcome = kitchen.auth(&fresh.access_token).await;
    assert_eq!(welcome["session"]["user"]["name"], "Ada Lovelace");
    let said = kitchen.say("hello").await;
    let id = said["message"]["id"].as_str().unwrap().to_owned();
    let heard = table.until_message(&id).await;
    assert_eq!(
        heard["message"]["author"],
        json!({"id": ada.id, "name": "Ada Lovelace"})
    );
}

#[tokio::test]
async fn who_looks_like_somebody_else_there_is_shown_by_another_name_on_sqlite() {
    who_looks_like_somebody_else(Plan::together()).await;
}

#[tokio::test]
async fn who_looks_like_somebody_else_there_is_shown_by_another_name_on_postgresql() {
    who_looks_like_somebody_else(Plan::apart(2).with_redis().with_postgres()).await;
}

async fn who_looks_like_somebody_else(plan: Plan) {
    let stack = plan.start().await;
    let api = stack.api();
    let (ada, eve) = (stack.register("ada").await, stack.register("eve").await);
    // Cyrillic letters, which nobody tells from the others.
    let double = ada.name.replace('a', "а");
    assert_ne!(double, ada.name);
    let renaming = json!({"display_name": double});
    ask(&api, &eve, "PATCH", "/v1/account", &renaming)
        .await
        .expect(200);
    let renamed = eve.refresh(&api).await;
    assert_eq!(renamed.name, double);

    let mut owner = stack.join(&ada, "soup").await;
    let mut other = stack.connect("soup").await;
    let welcome = other.auth(&renamed.access_token).await;
    assert_eq!(welcome["session"]["user"]["name"], eve.name.as_str());
    let seen = owner
        .until_presence("eve to be there", |seen| seen["count"] == 2)
        .await;
    let names = seen["people"].as_array().unwrap().iter();
    let names: Vec<_> = names
        .map(|person| person["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, [ada.name.as_str(), eve.name.as_str()]);
    let said = other.say("add 2 leeks").await;
    assert_eq!(said["message"]["author"]["name"], eve.name.as_str());

    // Where nobody else is of that name it is theirs.
    let own = json!({"title": "Pancakes"});
    let own = ask(&api, &renamed, "POST", "/v1/recipes", &own).await;
    let own = own.expect(201).json();
    let mut alone = stack.connect(own["id"].as_str().unwrap()).await;
    let welcome = alone.auth(&renamed.access_token).await;
    assert_eq!(welcome["session"]["user"]["name"], double.as_str());
    let said = alone.say("add 2 eggs").await;
    assert_eq!(said["message"]["author"]["name"], double.as_str());
    let list = ask(
        &api,
        &renamed,
        "GET",
        "/v1/recipes?query=pancakes",
        &Value::Null,
    )
    .await;
    let list = list.expect(200).json();
    assert_eq!(
        list["recipes"][0]["owner"]["name"],
        double.as_str(),
        "{list}"
    );
}

#[tokio::test]
async fn an_operator_shuts_a_user_out_and_lets_them_in_again() {
    let plan = Plan::apart(1).auth(&["--operator-token", OPERATOR]);
    let mut stack = plan.start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;
    stack.register("bob").await;
    let mut kitchen = stack.join(&ada, "soup").await;
    let page = users(&mut stack, &["list", "--limit", "1"]).await;
    assert!(
        page.contains(&ada.id) && page.contains(&format!("--after {}", ada.name)),
        "{page}"
    );

    users(&mut stack, &["disable", &ada.name]).await;
    let close = kitchen.until_close(1008, "Session revoked");
    within_at_most(WITHIN + SLACK, "the close", close).await;
    let login = json!({"username": ada.name, "password": ada.password});
    api.post("/v1/auth/login", &login).send().await.problem(403);
    let shown = users(&mut stack, &["show", &ada.name]).await;
    assert!(shown.contains("disabled"), "{shown}");
    users(&mut stack, &["enable", &ada.name]).await;
    ada.login(&api).await;

    let printed = users(&mut stack, &["reset-password", &ada.name]).await;
    let code = printed.lines().last().unwrap().to_owned();
    stack.canary().remember(&code);
    api.post("/v1/auth/login", &login).send().await.problem(401);
    let ada = Account {
        password: code.clone(),
        ..ada
    }
    .login(&api)
    .await;
    let change = json!({"current_password": code, "new_password": new_password(&api)});
    ask(&api, &ada, "POST", "/v1/account/password", &change)
        .await
        .expect(204);
    ada.refresh(&api).await;
}

/// Every row of every table of a service's SQLite file that holds one of the texts, as `table: row`.
pub(crate) fn rows_with(file: &str, texts: &[&str]) -> Vec<String> {
    let database = rusqlite::Connection::open(file).unwrap();
    let mut tables = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut found = Vec::new();
    for table in tables {
        let table = table.unwrap();
        let mut rows = database
            .prepare(&format!("SELECT * FROM \"{table}\""))
            .unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap()));
            // Bytes are shown as numbers; texts in them count as well.
            let bytes = (0..columns).filter_map(|column| {
                let value = row.get_ref(column).unwrap();
                value
                    .as_bytes()
                    .ok()
                    .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            });
            let shown: Vec<_> = cells.chain(bytes).collect();
            if texts
                .iter()
                .any(|text| shown.iter().any(|cell| cell.contains(text)))
            {
                found.push(format!("{table}: {shown:?}"));
            }
        }
    }
    found
}

pub(crate) fn file_of(service: &mut system_tests::service::Service) -> String {
    let words = service.arguments().iter();
    let mut files = words.filter_map(|word| word.strip_prefix("sqlite:"));
    files.next().unwrap().to_owned()
}

#[tokio::test]
async fn of_a_user_who_leaves_nothing_is_left_in_any_table() {
    let mut stack = Plan::apart(1).start().await;
    let api = stack.api();
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut alone = stack.join(&ada, "alone").await;
    alone.say("add 2 eggs").await;
    let mut passed_on = stack.join(&ada, "passed-on").await;
    let invite = json!({"role": "editor"});
    let member = format!("/v1/recipes/passed-on/members/{}", bob.name);
    ask(&api, &ada, "PUT", &member, &invite).await.expect(204);
    let mut editor = stack.join(&bob, "passed-on").await;
    passed_on.say("what ada said stays").await;
    let mut guest_of = stack.join(&bob, "bobs").await;
    let member = format!("/v1/recipes/bobs/members/{}", ada.name);
    ask(&api, &bob, "PUT", &member, &invite).await.expect(204);
    stack.join(&ada, "bobs").await.say("hello bob").await;
    guest_of.say("hello ada").await;

    let export = ask(&api, &ada, "GET", "/v1/account/export", &Value::Null).await;
    let export = export.expect(200).json();
    let ids = |list: &Value| {
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&export["recipes"]), ["alone", "passed-on"], "{export}");
    assert_eq!(export["messages"][0]["content"], "hello bob", "{export}");
    assert_eq!(export["account"]["user"]["id"], json!(ada.id));

    let wrong = json!({"password": "not the password"});
    ask(&api, &ada, "DELETE", "/v1/account", &wrong)
        .await
        .problem(403);
    let right = json!({"password": ada.password});
    ask(&api, &ada, "DELETE", "/v1/account", &right)
        .await
        .expect(204);
    let close = alone.until_close(1008, "Session revoked");
    within_at_most(WITHIN + SLACK, "the close of who left", close).await;
    ask(&api, &ada, "GET", "/v1/account", &Value::Null)
        .await
        .problem(401);
    let login = json!({"username": ada.name, "password": ada.password});
    api.post("/v1/auth/login", &login).send().await.problem(401);

    editor.say("bob owns it now").await;
    let open = json!({"visibility": "private"});
    ask(&api, &bob, "PUT", "/v1/recipes/passed-on/visibility", &open)
        .await
        .expect(204);
    ask(&api, &bob, "GET", "/v1/recipes/alone", &Value::Null)
        .await
        .problem(404);
    let messages = ask(
        &api,
        &bob,
        "GET",
        "/v1/recipes/passed-on/messages",
        &Value::Null,
    )
    .await;
    let messages = messages.expect(200).json();
    let stays = |message: &&Value| message["content"] == "what ada said stays";
    let stayed = messages["messages"]
        .as_array()
        .unwrap()
        .iter()
        .find(stays)
        .unwrap();
    assert_eq!(stayed["author"]["name"], "former member");

    let files = [file_of(stack.auth()), file_of(stack.chat())];
    for file in files {
        // Her name stands in what was said and done, which stays; it is nobody's.
        let left = rows_with(&file, &[&ada.id]);
        assert!(left.is_empty(), "{left:#?}");
    }
}

#[tokio::test]
async fn an_operator_deletes_a_user() {
    let plan = Plan::apart(1).auth(&["--operator-token", OPERATOR]);
    let mut stack = plan.start().await;
    let ada = stack.register("ada").await;
    let mut kitchen = stack.join(&ada, "soup").await;
    users(&mut stack, &["delete", &ada.name]).await;
    let close = kitchen.until_close(1008, "Session revoked");
    within_at_most(WITHIN + SLACK, "the close", close).await;
    let file = file_of(stack.auth());
    let gone = async {
        while !rows_with(&file, &[&ada.id]).is_empty() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    // An edge looks every 20 to 40 seconds.
    within_at_most(
        Duration::from_secs(45) + SLACK,
        "the end of the deletion",
        gone,
    )
    .await;
}

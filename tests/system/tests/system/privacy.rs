//! Who may see and who may change a recipe.

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    client::Event,
    stack::{Plan, Stack},
};

async fn knock(stack: &Stack, account: &Account) -> Event {
    let mut client = stack.connect("soup").await;
    client
        .send_auth(json!({"token": account.access_token}))
        .await;
    client.next().await
}

fn not_allowed() -> Event {
    Event::Closed(1008, "Not allowed".to_owned())
}

#[tokio::test]
async fn a_private_recipe_lets_in_its_members_only() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.join(&ada, "soup").await;
    assert!(at_adas.say("/private").await["message"]["effect"].is_string());

    assert_eq!(knock(&stack, &bob).await, not_allowed());
    let read = stack
        .api()
        .get("/v1/recipes/soup")
        .bearer(&bob.access_token)
        .send()
        .await;
    read.problem(404);

    at_adas.say(&format!("/invite {}", bob.name)).await;
    let mut at_bobs = stack.join(&bob, "soup").await;
    assert!(at_bobs.say("add 2 leeks").await["message"]["effect"].is_string());
}

#[tokio::test]
async fn who_is_removed_is_sent_away_and_stays_out() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.join(&ada, "soup").await;
    at_adas.say("/private").await;
    at_adas.say(&format!("/invite {}", bob.name)).await;
    let mut at_bobs = stack.join(&bob, "soup").await;

    at_adas.say(&format!("/remove {}", bob.name)).await;

    at_bobs.until_close(1008, "Not allowed").await;
    assert_eq!(knock(&stack, &bob).await, not_allowed());
    at_adas.say("ada cooks alone").await;
}

#[tokio::test]
async fn only_users_are_invited() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.join(&ada, "soup").await;

    let said = at_adas.say("/invite nobody-of-that-name").await;
    assert_eq!(said["message"]["effect"], Value::Null, "{said}");
    let hint = said["message"]["hint"].to_string();
    assert!(
        hint.contains("no user called nobody-of-that-name"),
        "{hint}"
    );
    let put = |name: &str| {
        let path = format!("/v1/recipes/soup/members/{name}");
        let put = stack.api().request("PUT", &path);
        put.json(&json!({"role": "editor"}))
            .bearer(&ada.access_token)
    };
    put("nobody-of-that-name").send().await.problem(404);
    put("%F0%9F%98%80").send().await.problem(404);
    put(&bob.name).send().await.expect(204);
}

#[tokio::test]
async fn an_invitation_keeps_its_place_among_the_messages() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.join(&ada, "soup").await;
    let texts = [
        "one".to_owned(),
        format!("/invite {}", bob.name),
        "three".to_owned(),
        "/invite nobody-of-that-name".to_owned(),
        "five".to_owned(),
    ];
    let mut ids = Vec::new();
    for text in &texts {
        ids.push(at_adas.send("chat_message", json!({"content": text})).await);
    }
    for (id, revision) in ids.iter().zip(1..) {
        let answer = at_adas.answer_to(id).await;
        assert_eq!(answer["payload"]["revision"], revision, "{answer}");
    }
}

#[tokio::test]
async fn a_viewer_reads_but_does_not_write() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.join(&ada, "soup").await;
    at_adas.say("/private").await;
    at_adas
        .say(&format!("/invite {} as viewer", bob.name))
        .await;
    let mut at_bobs = stack.join(&bob, "soup").await;

    let id = system_tests::client::new_id();
    let error = at_bobs.try_say(&id, "add 2 leeks").await.unwrap_err();

    assert_eq!(error["code"], "forbidden", "{error}");
    assert_eq!(error["retryable"], false);
    assert_eq!(error["in_reply_to"], id.as_str());
    at_adas.say("add salt").await;
    let seen: Value = at_bobs.until("recipe_update").await;
    assert_eq!(seen["message"]["content"], "add salt");
}

#[tokio::test]
async fn only_the_owner_decides_who_comes_in() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let eve = stack.register("eve").await;
    stack.join(&ada, "soup").await;
    let mut at_bobs = stack.join(&bob, "soup").await;

    for command in ["/private".to_owned(), format!("/remove {}", ada.name)] {
        let id = system_tests::client::new_id();
        match at_bobs.try_say(&id, &command).await {
            Ok(update) => assert_eq!(update["message"]["effect"], Value::Null, "{update}"),
            Err(error) => assert_eq!(error["code"], "forbidden", "{error}"),
        }
    }

    for account in [&ada, &eve] {
        assert!(matches!(knock(&stack, account).await, Event::Message(_)));
    }
}

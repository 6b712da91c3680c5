//! What a room promises: one order, nothing lost, nothing twice, accepted means durable.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    client::{Client, new_id},
    stack::{Plan, Stack},
};

/// No limit on how fast one may talk.
const TALKATIVE: [&str; 2] = ["--message-rate", "0"];

fn revisions(update: &Value) -> Vec<u64> {
    let messages = update["messages"].as_array().into_iter().flatten();
    messages
        .filter_map(|message| message["revision"].as_u64())
        .collect()
}

#[tokio::test]
async fn the_first_update_answers_auth_with_the_recipe_and_the_session() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.connect("pea-soup").await;

    let update = client.auth(&ada.access_token).await;

    assert_eq!(update["recipe_id"], "pea-soup");
    assert_eq!(update["revision"], 0);
    assert_eq!(
        update["session"]["user"],
        json!({"id": ada.id, "name": ada.name})
    );
    assert_eq!(update["messages"], json!([]));
    assert_ne!(update["messages_truncated"], true);
    assert!(update.get("message").is_none_or(Value::is_null), "{update}");
    assert!(!update["recipe"]["title"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn a_message_reaches_everyone_and_names_its_question_only_to_the_author() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.join(&ada, "soup").await;
    let mut at_adas_phone = stack.join(&ada, "soup").await;
    let mut at_bobs = stack.join(&bob, "soup").await;

    let own = at_adas.say("add 1 1/2 cups flour").await;

    assert_eq!(own["revision"], 1);
    assert_eq!(own["message"]["revision"], 1);
    assert!(own.get("session").is_none_or(Value::is_null), "{own}");
    for other in [&mut at_adas_phone, &mut at_bobs] {
        let update = other.expect("recipe_update").await;
        assert_eq!(update["message"], own["message"]);
        assert_eq!(update["recipe"], own["recipe"]);
        for private in ["in_reply_to", "session"] {
            assert!(
                update.get(private).is_none_or(Value::is_null),
                "{private}: {update}"
            );
        }
    }
}

#[tokio::test]
async fn a_command_changes_the_recipe_and_says_so() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "pancakes").await;

    let update = client.say("add 1 1/2 cups flour").await;

    assert_eq!(update["message"]["effect"], "Added 1 1/2 cup flour");
    let flour = &update["recipe"]["ingredients"][0];
    assert_eq!(
        (&flour["name"], &flour["quantity"], &flour["unit"]),
        (&json!("flour"), &json!("1 1/2"), &json!("cup"))
    );
    let update = client.say("I had these at my grandmother's").await;
    assert_eq!(update["message"]["effect"], Value::Null);
    assert_eq!(update["recipe"]["ingredients"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_command_that_cannot_be_followed_gets_a_hint() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "pancakes").await;

    let update = client.say("remove the saffron").await;

    assert_eq!(update["message"]["effect"], Value::Null);
    assert!(update["message"]["hint"].is_string(), "{update}");
}

#[tokio::test]
async fn a_newcomer_gets_the_latest_fifty() {
    let stack = Plan::together().edge(&TALKATIVE).start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut client = stack.join(&ada, "soup").await;
    for number in 1..=60 {
        client.say(&format!("message {number}")).await;
    }

    let update = stack.connect("soup").await.auth(&bob.access_token).await;

    assert_eq!(update["revision"], 60);
    assert_eq!(revisions(&update), (11..=60).collect::<Vec<_>>());
    assert_eq!(update["messages_truncated"], true);
}

#[tokio::test]
async fn who_comes_back_gets_what_was_missed() {
    let stack = Plan::together().edge(&TALKATIVE).start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.join(&ada, "soup").await;
    at_adas.say("before").await;
    let at_bobs = stack.join(&bob, "soup").await;
    let had = at_bobs.revision();
    at_bobs.leave().await;
    for number in 0..60 {
        at_adas.say(&format!("missed {number}")).await;
    }

    let back = json!({"token": bob.access_token, "revision": had});
    let update = stack.connect("soup").await.auth_with(back).await;

    assert_eq!(update["revision"], 61);
    assert_eq!(revisions(&update), (2..=61).collect::<Vec<_>>());
}

#[tokio::test]
async fn who_missed_nothing_gets_nothing_again() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    stack.join(&ada, "soup").await.say("once").await;

    let back = json!({"token": ada.access_token, "revision": 1});
    let update = stack.connect("soup").await.auth_with(back).await;

    assert_eq!(update["revision"], 1);
    assert_eq!(update["messages"], json!([]));
}

#[tokio::test]
async fn a_revision_from_nowhere_is_no_reason_to_fail() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    stack.join(&ada, "soup").await.say("once").await;

    for revision in [json!(99), json!(9_007_199_254_740_991_u64)] {
        let back = json!({"token": ada.access_token, "revision": revision});
        let update = stack.connect("soup").await.auth_with(back).await;
        assert_eq!(update["revision"], 1, "{update}");
    }
}

#[tokio::test]
async fn a_message_sent_again_is_answered_again_and_told_to_nobody() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.join(&ada, "soup").await;
    let mut at_bobs = stack.join(&bob, "soup").await;
    let id = new_id();
    let first = at_adas.try_say(&id, "add 1 cup milk").await.unwrap();
    at_adas.say("something between").await;

    let again = at_adas.try_say(&id, "add 1 cup milk").await.unwrap();
    let mut reconnected = stack.join(&ada, "soup").await;
    let elsewhere = reconnected.try_say(&id, "add 1 cup milk").await.unwrap();

    for answer in [again, elsewhere] {
        assert_eq!(answer["message"], first["message"]);
        assert_eq!(answer["message"]["revision"], 1);
    }
    let last = at_adas.say("the last").await;
    assert_eq!(last["revision"], 3);
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(at_bobs.expect("recipe_update").await["message"]["content"].clone());
    }
    assert_eq!(told, ["add 1 cup milk", "something between", "the last"]);
    at_bobs.expect_silence(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn the_same_message_at_the_same_time_from_two_places_counts_once() {
    let stack = Plan::together().edge(&TALKATIVE).start().await;
    let ada = stack.register("ada").await;
    let mut here = stack.join(&ada, "soup").await;
    let mut there = stack.join(&ada, "soup").await;

    for number in 1..=20 {
        let id = new_id();
        let (left, right) = tokio::join!(
            here.try_say(&id, "double it"),
            there.try_say(&id, "double it")
        );
        assert_eq!(left.unwrap()["message"]["revision"], number);
        assert_eq!(right.unwrap()["message"]["revision"], number);
    }
}

#[tokio::test]
async fn an_id_belongs_to_its_author_and_its_recipe() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let id = new_id();
    let mut places: Vec<Client> = Vec::new();
    for (account, recipe) in [(&ada, "soup"), (&bob, "soup"), (&ada, "bread")] {
        places.push(stack.join(account, recipe).await);
    }

    let mut told = Vec::new();
    for place in &mut places {
        let update = place
            .try_say(&id, &format!("said for {}", told.len()))
            .await
            .unwrap();
        told.push(update["message"]["revision"].as_u64().unwrap());
    }

    assert_eq!(told, [1, 2, 1]);
}

#[tokio::test]
async fn recipes_do_not_hear_each_other() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut soup = stack.join(&ada, "soup").await;
    let mut bread = stack.join(&ada, "bread").await;

    soup.say("add salt").await;

    bread.expect_silence(Duration::from_millis(200)).await;
    assert_eq!(bread.say("add salt").await["revision"], 1);
}

#[tokio::test]
async fn messages_of_one_connection_keep_their_order() {
    let stack = Plan::together().edge(&TALKATIVE).start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.join(&ada, "soup").await;
    let mut at_bobs = stack.join(&bob, "soup").await;
    let ids: Vec<String> = (0..50).map(|_| new_id()).collect();

    for (number, id) in ids.iter().enumerate() {
        let message = system_tests::client::chat_message(id, &format!("message {number}"));
        at_adas.send_json(&message).await;
    }
    at_bobs.until_message(ids.last().unwrap()).await;

    let seen: Vec<&String> = at_bobs.place().seen().iter().map(|seen| &seen.id).collect();
    assert_eq!(seen, ids.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn accepted_means_durable_even_when_everything_is_killed() {
    let mut stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let id = new_id();
    client.try_say(&id, "add 3 carrots").await.unwrap();

    stack.edges[0].restart().await;

    let mut client = stack.connect("soup").await;
    let update = client.auth(&ada.access_token).await;
    assert_eq!(update["revision"], 1);
    assert_eq!(update["messages"][0]["id"], id.as_str());
    assert_eq!(update["recipe"]["ingredients"][0]["name"], "carrots");
    let again = client.try_say(&id, "add 3 carrots").await.unwrap();
    assert_eq!(again["message"]["revision"], 1);
    assert_eq!(client.say("add salt").await["revision"], 2);
}

#[tokio::test]
async fn joining_creates_nothing_and_a_recipe_is_its_makers_own() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    for _ in 0..2 {
        assert_not_allowed(&stack, &ada, "pancakes").await;
    }
    let mut ids = Vec::new();
    for who in [&ada, &bob] {
        let made = stack
            .api()
            .post("/v1/recipes", &json!({"title": "Pancakes"}));
        let made = made.bearer(&who.access_token).send().await.expect(201);
        ids.push(made.json()["id"].as_str().unwrap().to_owned());
    }
    assert!(ids.iter().all(|id| id.starts_with("pancakes-")), "{ids:?}");
    assert_ne!(ids[0], ids[1]);
    let welcome = stack.connect(&ids[0]).await.auth(&ada.access_token).await;
    assert_eq!(welcome["session"]["role"], "owner");
    assert_eq!(welcome["session"]["visibility"], "private");
    assert_not_allowed(&stack, &bob, &ids[0]).await;

    let taken = json!({"id": ids[0], "title": "Mine"});
    let taken = stack.api().post("/v1/recipes", &taken);
    taken.bearer(&bob.access_token).send().await.expect(409);
}

async fn assert_not_allowed(stack: &Stack, who: &Account, recipe: &str) {
    let mut client = stack.connect(recipe).await;
    client.send_auth(json!({"token": who.access_token})).await;
    client.expect_close(1008, "Not allowed").await;
}

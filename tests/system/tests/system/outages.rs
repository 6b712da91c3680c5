//! A service that is away is not a token that is bad: nobody is sent away for good, nothing is lost.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    client::{Event, new_id},
    proxy::NetworkCondition,
    stack::{Plan, Stack},
    timeouts::eventually,
};

#[track_caller]
fn assert_unavailable(error: &Value) {
    assert_eq!(error["code"], "unavailable", "{error}");
    assert_eq!(error["retryable"], true, "{error}");
}

/// Connects until it works, as a client would after a 1013.
async fn join_again(
    stack: &Stack,
    account: &system_tests::account::Account,
) -> system_tests::client::Client {
    let mut joined = None;
    eventually("the services to be back", async || {
        let mut client = stack.connect("soup").await;
        client
            .send_auth(json!({"token": account.access_token}))
            .await;
        match client.next().await {
            Event::Message(_) => true,
            Event::Closed(1013, reason) => {
                assert_eq!(reason, "Try again later");
                false
            }
            other => panic!("{other:?}"),
        }
    })
    .await;
    joined.replace(stack.join(account, "soup").await);
    joined.unwrap()
}

async fn expect_try_again(stack: &Stack, token: &str) {
    let mut client = stack.connect("soup").await;
    client.send_auth(json!({"token": token})).await;
    client.expect_close(1013, "Try again later").await;
}

#[tokio::test]
async fn without_chat_messages_are_unavailable_and_later_the_same_id_is_taken() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    stack.chat().kill().await;
    let id = new_id();

    let error = client.try_say(&id, "add 3 leeks").await.unwrap_err();
    assert_unavailable(&error);
    assert_eq!(error["in_reply_to"], id.as_str());
    let ping = client.send("ping", json!({})).await;
    assert_eq!(client.answer_to(&ping).await["type"], "pong");
    expect_try_again(&stack, &ada.access_token).await;

    stack.chat().restart().await;
    let mut answer = Err(Value::Null);
    while let Err(error) = answer {
        if !error.is_null() {
            assert_unavailable(&error);
            client.read_for(Duration::from_millis(200)).await.unwrap();
        }
        answer = client.try_say(&id, "add 3 leeks").await;
    }
    assert_eq!(answer.unwrap()["message"]["revision"], 1);
    assert_eq!(join_again(&stack, &ada).await.revision(), 1);
}

#[tokio::test]
async fn without_auth_newcomers_try_again_and_the_others_cook_on() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    stack.auth().kill().await;

    expect_try_again(&stack, &ada.access_token).await;
    expect_try_again(&stack, "nonsense").await;
    client.say("still cooking").await;

    stack.auth().restart().await;
    join_again(&stack, &ada).await.say("back again").await;
    client.until("recipe_update").await;
}

/// The old token still lives: the connection goes on with it, and the answer comes when there is one.
#[tokio::test]
async fn a_re_auth_while_auth_is_away_is_answered_when_it_is_back() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    stack.auth().kill().await;

    let id = client.send_auth(json!({"token": ada.access_token})).await;
    client.say("still cooking").await;

    stack.auth().restart().await;
    let answer = client.answer_to(&id).await;
    assert_eq!(answer["type"], "recipe_update");
}

#[tokio::test]
async fn a_service_that_hangs_is_as_one_that_is_away() {
    let mut stack = Plan::apart(1).start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;

    stack.auth().process().freeze();
    expect_try_again(&stack, &ada.access_token).await;
    stack.auth().process().thaw();

    stack.chat().process().freeze();
    let id = new_id();
    let error = client.try_say(&id, "add 3 leeks").await.unwrap_err();
    assert_unavailable(&error);
    stack.chat().process().thaw();

    let mut again = join_again(&stack, &ada).await;
    let answer = again.try_say(&id, "add 3 leeks").await.unwrap();
    assert_eq!(answer["message"]["revision"], 1);
}

/// As when a router forgets it: what is sent vanishes, nobody says so, also when the network is well again.
#[tokio::test]
async fn a_connection_to_chat_that_died_without_a_word_is_soon_replaced() {
    let stack = Plan::apart(1).with_redis().through_proxies().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    let chat = &stack.proxies().chats[0];
    let id = new_id();

    chat.set(NetworkCondition::BlackHole);
    let error = client.try_say(&id, "add 3 leeks").await.unwrap_err();
    assert_unavailable(&error);
    chat.set(NetworkCondition::Normal);

    let mut refused = 0;
    let answer = loop {
        match client.try_say(&id, "add 3 leeks").await {
            Ok(answer) => break answer,
            Err(error) => assert_unavailable(&error),
        }
        refused += 1;
    };
    assert_eq!(answer["message"]["revision"], 1);
    assert!(refused <= 1, "an answer is awaited for 5 s: {refused} were");
}

#[tokio::test]
async fn over_http_an_outage_is_503() {
    let mut stack = Plan::apart(1).start().await;
    let api = stack.api();
    let ada = stack.register("ada").await;

    stack.chat().kill().await;
    api.get("/v1/recipes")
        .bearer(&ada.access_token)
        .send()
        .await
        .problem(503);
    stack.auth().kill().await;
    let login = json!({"username": ada.name, "password": ada.password});
    api.post("/v1/auth/login", &login).send().await.problem(503);
    api.get("/v1/recipes")
        .bearer(&ada.access_token)
        .send()
        .await
        .problem(503);
    api.get("/healthz").send().await.expect(200);
}

#[tokio::test]
async fn a_deadline_passes_even_when_everything_else_is_away() {
    let mut stack = Plan::apart(1)
        .with_redis()
        .auth(&["--access-ttl", "4s"])
        .edge(&["--reauth-lead", "2s", "--reauth-grace", "30s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut client = stack.connect("soup").await;
    let session = client.auth(&ada.access_token).await["session"].clone();
    stack.redis().kill().await;
    stack.auth().kill().await;
    stack.chat().kill().await;

    client.until_close(1008, "Re-authentication timeout").await;

    system_tests::clock::assert_now(
        "the close",
        system_tests::clock::time_of(&session["expires_at"]),
    );
}

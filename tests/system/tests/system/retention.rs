//! With `--keep-versions` and `--keep-messages` old versions and texts go, and what everybody is promised holds as before.

use serde_json::Value;
use system_tests::{
    account::Account,
    http::Answer,
    stack::{Plan, Stack},
    timeouts::eventually,
};

/// More than the last 50 changes, which can be undone, and a whole version with those that refer to it.
const CHANGES: u64 = 320;
/// More than somebody who comes back is told.
const TALK: u64 = 510;
/// The first message whose text is left: all but the last 501 may lose it.
const FIRST_TEXT: u64 = CHANGES + TALK - 500;

async fn get(stack: &Stack, ada: &Account, of_recipe: &str) -> Answer {
    let call = stack.api().get(&format!("/v1/recipes/soup{of_recipe}"));
    call.bearer(&ada.access_token).send().await
}

fn revisions(page: &Value) -> Vec<u64> {
    let messages = page["messages"].as_array().expect("messages").iter();
    let revisions = messages.map(|message| message["revision"].as_u64().expect("a revision"));
    revisions.collect()
}

#[tokio::test]
async fn old_versions_and_texts_go_and_messages_are_accepted_once_as_before() {
    let mut stack = Plan::apart(1).without_limits().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.join(&ada, "soup").await;
    for at in 1..=CHANGES {
        let id = format!("m{at}");
        client
            .try_say(&id, &format!("title: Soup {at}"))
            .await
            .unwrap();
    }
    for at in 1..=TALK {
        client
            .try_say(&format!("t{at}"), "hello there")
            .await
            .unwrap();
    }
    client.leave().await;

    let flags = ["--keep-versions", "1s", "--keep-messages", "1s"];
    stack.chat().restart_with(&flags).await;

    let before_first_text = format!("/messages?limit=500&before={FIRST_TEXT}");
    eventually("old versions and texts to be gone", async || {
        let version = get(&stack, &ada, "?revision=3").await;
        let page = get(&stack, &ada, &before_first_text).await;
        version.status == 404 && page.status == 200 && revisions(&page.json()).is_empty()
    })
    .await;
    let next = format!("/messages?before={}", FIRST_TEXT + 3);
    let page = get(&stack, &ada, &next).await.expect(200).json();
    assert_eq!(
        revisions(&page),
        [FIRST_TEXT, FIRST_TEXT + 1, FIRST_TEXT + 2]
    );
    assert_eq!(page["messages_truncated"], false, "{page}");
    let kept = get(&stack, &ada, "?revision=300").await.expect(200).json();
    assert_eq!(kept["recipe"]["title"], "Soup 300", "{kept}");

    let mut client = stack.join(&ada, "soup").await;
    for (id, content, revision) in [
        ("m3", "title: Soup 3", 3),
        ("m300", "title: Soup 300", 300),
        ("t1", "hello there", CHANGES + 1),
        ("t500", "hello there", CHANGES + 500),
    ] {
        let again = client.try_say(id, content).await.unwrap();
        assert_eq!(again["message"]["revision"], revision, "{again}");
        let other = client.try_say(id, "something else").await.unwrap_err();
        assert_eq!(other["code"], "conflict", "{other}");
    }
    let undone = client.say("undo").await;
    assert_eq!(undone["revision"], CHANGES + TALK + 1, "{undone}");
    assert_eq!(undone["recipe"]["title"], format!("Soup {}", CHANGES - 1));
}

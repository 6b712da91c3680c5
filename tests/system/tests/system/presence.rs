//! Who is there: told to everybody on a recipe, on whatever edge they are, and of nobody who is gone.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use system_tests::{
    account::Account,
    client::{Client, new_id},
    stack::{Plan, Stack},
    timeouts::{SLACK, within_at_most},
};
use tokio::{
    select,
    time::{Instant, sleep},
};

/// Within this whoever is gone is gone for everybody.
const GONE_WITHIN: Duration = Duration::from_secs(15);

fn person<'a>(presence: &'a Value, account: &Account) -> Option<&'a Value> {
    let people = presence["people"].as_array().unwrap();
    people.iter().find(|person| person["id"] == account.id)
}

/// Whether exactly these are there.
fn are(presence: &Value, accounts: &[&Account]) -> bool {
    let all_there = accounts.iter().all(|who| person(presence, who).is_some());
    all_there && presence["count"] == accounts.len()
}

async fn until(client: &mut Client, accounts: &[&Account]) -> Value {
    let names: Vec<_> = accounts.iter().map(|who| who.name.as_str()).collect();
    let what = format!("exactly {names:?} to be there");
    client
        .until_presence(&what, |presence| are(presence, accounts))
        .await
}

async fn types(client: &mut Client) {
    client
        .send_json(&json!({"type": "typing", "payload": {}}))
        .await;
}

/// Says so as often as it counts.
async fn goes_on_typing(client: &mut Client) -> Value {
    loop {
        types(client).await;
        sleep(Duration::from_millis(3_100)).await;
    }
}

fn is_typing(presence: &Value, account: &Account) -> bool {
    person(presence, account).is_some_and(|person| person["typing"] == true)
}

async fn check_two_edges(stack: &Stack) {
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut here = stack.join_at(0, &ada, "soup").await;
    let alone = until(&mut here, &[&ada]).await;
    let expected = json!({"id": ada.id, "name": ada.name, "role": "owner", "typing": false});
    assert_eq!(alone["people"], json!([expected]));

    let mut there = stack.join_at(1, &bob, "soup").await;
    let seen = until(&mut here, &[&ada, &bob]).await;
    assert_eq!(
        until(&mut there, &[&ada, &bob]).await,
        seen,
        "one word for all"
    );
    assert_eq!(person(&seen, &bob).unwrap()["role"], "editor");

    types(&mut there).await;
    here.until_presence("bob to type", |seen| is_typing(seen, &bob))
        .await;
    there.say("add 2 leeks").await;
    here.until_presence("bob to type no more", |seen| !is_typing(seen, &bob))
        .await;

    let second = stack.join_at(0, &bob, "soup").await;
    there.leave().await;
    types(&mut here).await;
    let typing = here
        .until_presence("ada to type", |seen| is_typing(seen, &ada))
        .await;
    assert!(
        are(&typing, &[&ada, &bob]),
        "bob is there by another edge: {typing}"
    );
    here.until_presence("ada to stop", |seen| !is_typing(seen, &ada))
        .await;
    second.leave().await;
    until(&mut here, &[&ada]).await;
}

#[tokio::test]
async fn people_on_two_edges_see_each_other_come_type_and_go() {
    check_two_edges(&Plan::apart(2).with_redis().start().await).await;
}

#[tokio::test]
async fn people_see_each_other_over_two_replicas_and_when_one_of_them_is_lost() {
    let plan = Plan::apart(2).with_redis().with_postgres().chat_replicas(2);
    let mut stack = plan.start().await;
    check_two_edges(&stack).await;

    let (ada, bob) = (stack.register("eve").await, stack.register("kim").await);
    let recipes: Vec<_> = (0..6).map(|n| format!("stew-{n}")).collect();
    let mut pairs = Vec::new();
    for recipe in &recipes {
        let here = stack.join_at(0, &ada, recipe).await;
        let there = stack.join_at(1, &bob, recipe).await;
        pairs.push((here, there));
    }
    for (here, _) in &mut pairs {
        until(here, &[&ada, &bob]).await;
    }
    stack.chats[0].kill().await;
    // Some of the recipes move: who types there is told by the replica that is left.
    for (here, there) in &mut pairs {
        let seen = here.until_presence("bob to type", |seen| is_typing(seen, &bob));
        let seen = select! {
            seen = seen => seen,
            never = goes_on_typing(there) => never,
        };
        assert!(are(&seen, &[&ada, &bob]), "{seen}");
    }
    for (mut here, there) in pairs {
        there.leave().await;
        until(&mut here, &[&ada]).await;
    }
}

#[tokio::test]
async fn a_role_is_shown_as_it_is_and_who_is_removed_is_gone() {
    let stack = Plan::apart(2).with_redis().start().await;
    let api = stack.api_at(0);
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut owner = stack.join_at(0, &ada, "soup").await;
    let mut tab = stack.join_at(1, &bob, "soup").await;
    until(&mut owner, &[&ada, &bob]).await;

    let call = async |method: &str, path: String, body: Option<Value>| {
        let call = api.request(method, &path).bearer(&ada.access_token);
        let call = match &body {
            Some(body) => call.json(body),
            None => call,
        };
        call.send().await.expect(204);
    };
    let member = format!("/v1/recipes/soup/members/{}", bob.name);
    call("PUT", member.clone(), Some(json!({"role": "viewer"}))).await;
    for client in [&mut owner, &mut tab] {
        let is_viewer = |seen: &Value| person(seen, &bob).is_some_and(|p| p["role"] == "viewer");
        client.until_presence("bob to be a viewer", is_viewer).await;
    }
    let private = json!({"visibility": "private"});
    call(
        "PUT",
        "/v1/recipes/soup/visibility".to_owned(),
        Some(private),
    )
    .await;
    call("DELETE", member, None).await;
    until(&mut owner, &[&ada]).await;
    tab.until_close(1008, "Not allowed").await;
}

#[tokio::test]
async fn the_200_people_of_an_edge_that_is_killed_are_gone_within_15_seconds() {
    let mut stack = Plan::apart(2).with_redis().start().await;
    let ada = stack.register("ada").await;
    let mut here = stack.join_at(0, &ada, "soup").await;
    let (api, mut crowd) = (stack.api_at(1), Vec::new());
    for _ in 0..20 {
        let guests = join_all((0..10).map(|_| Account::guest(&api))).await;
        let joined = guests.iter().map(|guest| stack.join_at(1, guest, "soup"));
        crowd.extend(join_all(joined).await);
    }
    let crowded = here.until_presence("201 people", |seen| seen["count"] == 201);
    let crowded = crowded.await;
    assert_eq!(crowded["people"].as_array().unwrap().len(), 50);
    assert_eq!(
        crowded["people"][0]["id"], ada.id,
        "who came first is named first"
    );

    stack.edges[1].kill().await;
    let killed = Instant::now();
    let left = [&ada];
    let gone = until(&mut here, &left);
    within_at_most(GONE_WITHIN + SLACK, "200 people to be gone", gone).await;
    assert!(killed.elapsed() < GONE_WITHIN + SLACK);
    here.say("quiet here").await;
}

#[tokio::test]
async fn an_edge_that_tells_no_presence_tells_nobody_and_of_nobody() {
    let stack = Plan::apart(2)
        .with_redis()
        .one_edge(1, &["--presence", "false"])
        .start()
        .await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let eve = stack.register("eve").await;
    let mut there = stack.join_at(1, &bob, "soup").await;
    let mut here = stack.join_at(0, &ada, "soup").await;
    let _other = stack.join_at(0, &eve, "soup").await;
    until(&mut here, &[&ada, &eve]).await;
    types(&mut there).await;
    let id = new_id();
    there
        .send_json(&json!({"type": "ping", "id": id, "payload": {}}))
        .await;
    there.answer_to(&id).await;
    assert!(there.presence().is_none());
}

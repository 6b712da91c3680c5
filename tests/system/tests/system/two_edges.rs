//! Several edges on one Redis: one recipe, one schedule of deadlines, sessions that survive their edge.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use system_tests::{
    client::Client,
    clock::{assert_now, assert_same, time_of},
    stack::{Plan, Stack},
    timeouts::{SLACK, within_at_most},
};
use time::OffsetDateTime;

/// Two edges on one Redis; tokens live 8 s and are asked for 4 s before.
fn short_lives() -> Plan {
    Plan::apart(2)
        .with_redis()
        .auth(&["--access-ttl", "8s"])
        .edge(&["--reauth-lead", "4s", "--reauth-grace", "3s"])
}

#[tokio::test]
async fn a_message_at_one_edge_is_seen_at_the_other() {
    let stack = Plan::apart(2).with_redis().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut here = stack.join_at(0, &ada, "soup").await;
    let mut there = stack.join_at(1, &bob, "soup").await;

    let first = here.say("add 2 leeks").await;
    assert_eq!(
        there.expect("recipe_update").await["message"],
        first["message"]
    );
    let second = there.say("add salt").await;
    assert_eq!(
        here.expect("recipe_update").await["message"],
        second["message"]
    );
    assert_eq!(second["revision"], 2);
}

#[tokio::test]
async fn a_logout_at_one_edge_closes_at_the_other() {
    let stack = Plan::apart(2).with_redis().start().await;
    let ada = stack.register("ada").await;
    let mut there = stack.join_at(1, &ada, "soup").await;

    ada.logout(&stack.api_at(0)).await;

    let close = there.expect_close(1008, "Session revoked");
    within_at_most(Duration::from_secs(1) + SLACK, "the close", close).await;
    let mut again = stack.connect_at(1, "soup").await;
    again.send_auth(json!({"token": ada.access_token})).await;
    again.expect_close(1008, "Invalid token").await;
}

/// Moves every deadline in Redis by so many milliseconds and tells how many there were.
async fn move_deadlines(stack: &mut Stack, milliseconds: i64) -> usize {
    let redis = stack.redis();
    let mut connection = redis.connection().await;
    let mut moved = 0;
    for key in redis.keys("rc:{*}:due").await {
        let read = redis::cmd("ZRANGE")
            .arg(&key)
            .arg(0)
            .arg(-1)
            .query_async(&mut connection)
            .await;
        let sessions: Vec<String> = read.unwrap();
        for session in sessions {
            let score = redis::cmd("ZSCORE")
                .arg(&key)
                .arg(&session)
                .query_async(&mut connection)
                .await;
            let due: f64 = score.unwrap();
            #[expect(clippy::cast_precision_loss, reason = "a few thousand milliseconds")]
            let earlier = due + milliseconds as f64;
            let change = redis::cmd("ZADD")
                .arg(&key)
                .arg(earlier)
                .arg(&session)
                .exec_async(&mut connection)
                .await;
            change.unwrap();
            moved += 1;
        }
    }
    moved
}

/// The session is known to Redis: its schedule is written beside the connection, not before the first update.
async fn wait_for_deadlines(stack: &mut Stack, count: usize) {
    let redis = stack.redis();
    let mut connection = redis.connection().await;
    let give_up = tokio::time::Instant::now() + system_tests::timeouts::STEP_TIMEOUT;
    loop {
        let mut known = 0;
        for key in redis.keys("rc:{*}:due").await {
            let card = redis::cmd("ZCARD")
                .arg(&key)
                .query_async::<usize>(&mut connection)
                .await;
            known += card.unwrap();
        }
        if known >= count {
            return;
        }
        assert!(
            tokio::time::Instant::now() < give_up,
            "{known} of {count} deadlines are in Redis"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_deadline_moved_in_redis_is_obeyed() {
    let mut stack = short_lives().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.connect("soup").await;
    let session = client.auth(&ada.access_token).await["session"].clone();
    wait_for_deadlines(&mut stack, 1).await;

    assert_eq!(move_deadlines(&mut stack, -1_500).await, 1);

    client.expect("auth_required").await;
    let planned = time_of(&session["reauth_at"]);
    assert_now("the prompt", planned - Duration::from_millis(1_500));
    assert!(
        OffsetDateTime::now_utc() < planned,
        "it came as if nothing had been moved"
    );
    let fresh = ada.refresh(&stack.api()).await;
    client.auth(&fresh.access_token).await;
}

#[tokio::test]
async fn everybody_is_asked_exactly_once_though_all_edges_claim() {
    let stack = Plan::apart(3)
        .with_redis()
        .auth(&["--access-ttl", "9s"])
        .edge(&["--reauth-lead", "4s", "--reauth-grace", "10s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut clients: Vec<Client> = Vec::new();
    for number in 0..30 {
        clients.push(stack.join_at(number % 3, &ada, "soup").await);
    }

    join_all(clients.iter_mut().map(async |client| {
        client.expect("auth_required").await;
        client.expect_close(1008, "Re-authentication timeout").await;
    }))
    .await;
}

#[tokio::test]
async fn a_session_survives_its_edge_with_its_deadline() {
    let mut stack = Plan::apart(2).with_redis().start().await;
    let ada = stack.register("ada").await;
    let mut client = stack.connect_at(0, "soup").await;
    let session = client.auth(&ada.access_token).await["session"].clone();
    client.say("before").await;
    wait_for_deadlines(&mut stack, 1).await;
    stack.edges[0].kill().await;

    let resume = json!({"token": ada.access_token, "session": session["id"], "revision": 1});
    let mut client = stack.connect_at(1, "soup").await;
    let resumed = client.auth_with(resume).await["session"].clone();

    assert_eq!(resumed["id"], session["id"]);
    for time in ["reauth_at", "expires_at"] {
        assert_same(time, time_of(&resumed[time]), time_of(&session[time]));
    }
    assert_eq!(client.say("after").await["revision"], 2);
}

#[tokio::test]
async fn an_unanswered_prompt_is_issued_again_after_a_take_over_without_more_time() {
    let mut stack = Plan::apart(2)
        .with_redis()
        .auth(&["--access-ttl", "15s"])
        .edge(&["--reauth-lead", "12s", "--reauth-grace", "7s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut client = stack.connect_at(0, "soup").await;
    let session = client.auth(&ada.access_token).await["session"].clone();
    let asked = client.expect("auth_required").await;
    stack.redis().until_asked(1).await;
    stack.edges[0].kill().await;

    let mut client = stack.connect_at(1, "soup").await;
    let resume = json!({"token": ada.access_token, "session": session["id"]});
    let resumed = client.auth_with(resume).await["session"].clone();
    assert_eq!(resumed["id"], session["id"]);
    let again = client.expect("auth_required").await;

    let moved = time_of(&again["expires_at"]) - time_of(&asked["expires_at"]);
    assert!(
        moved.abs() < Duration::from_secs(1),
        "the deadline moved by {moved}"
    );
    client.expect_close(1008, "Re-authentication timeout").await;
    assert_now("the close", time_of(&again["expires_at"]));
}

#[tokio::test]
async fn a_session_counts_for_its_own_recipe_only() {
    let stack = Plan::apart(2).with_redis().start().await;
    let ada = stack.register("ada").await;
    let mut soup = stack.connect_at(0, "soup").await;
    let welcome = soup.auth(&ada.access_token).await;
    let session = welcome["session"]["id"].clone();

    assert!(stack.api().make_recipe(&ada.access_token, "bread").await);
    let mut bread = stack.connect_at(1, "bread").await;
    let auth = json!({"token": ada.access_token, "session": session});
    bread.send_auth(auth).await;

    let welcome = bread.expect("recipe_update").await;
    assert_ne!(welcome["session"]["id"], session);
    soup.say("still here").await;
}

#[tokio::test]
async fn nobody_takes_over_the_session_of_another() {
    let stack = Plan::apart(2).with_redis().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.connect_at(0, "soup").await;
    let session = at_adas.auth(&ada.access_token).await["session"].clone();

    for wanted in [
        session["id"].clone(),
        json!("no-such-session"),
        json!("x".repeat(1_000)),
    ] {
        let resume = json!({"token": bob.access_token, "session": wanted});
        let update = stack.connect_at(1, "soup").await.auth_with(resume).await;
        assert_ne!(update["session"]["id"], session["id"]);
        assert_eq!(update["session"]["user"]["id"], bob.id.as_str());
    }
    at_adas.say("nobody took this away").await;
}

#[tokio::test]
async fn keys_stay_within_one_slot_per_shard() {
    let mut stack = short_lives().start().await;
    let ada = stack.register("ada").await;
    for number in 0..8 {
        stack
            .join_at(number % 2, &ada, "soup")
            .await
            .say("hello")
            .await;
    }
    let mut clients = Vec::new();
    for number in 0..8 {
        clients.push(stack.join_at(number % 2, &ada, "soup").await);
    }
    wait_for_deadlines(&mut stack, 8).await;

    let keys = stack.redis().keys("rc:*").await;

    let own = keys
        .iter()
        .filter(|key| key.contains(":due") || key.contains(":session:"));
    assert!(own.clone().count() >= 9, "{keys:?}");
    for key in own {
        let tag = key.split(['{', '}']).nth(1).unwrap_or_default();
        assert!(
            !tag.is_empty() && key.starts_with(&format!("rc:{{{tag}}}:")),
            "{key} has no hash tag"
        );
    }
    for key in &keys {
        for secret in [&ada.access_token, &ada.password, &ada.refresh_token] {
            assert!(!key.contains(secret.as_str()));
        }
    }
}

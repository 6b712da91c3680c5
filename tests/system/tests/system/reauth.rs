//! Tokens that run out while somebody cooks: who is asked, when, and what a late or wrong answer costs.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    client::{Client, Event, chat_message, new_id},
    clock::{assert_now, assert_same, numeric_date, time_of, until},
    forge,
    history::{History, LineId, Sleeper},
    stack::{Plan, Stack},
    timeouts::SLACK,
};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use crate::faults::tell;

/// Tokens live 6 s, are asked for 3 s before, and must come within 2 s.
fn short_lives() -> Plan {
    Plan::together().auth(&["--access-ttl", "6s"]).edge(&[
        "--reauth-lead",
        "3s",
        "--reauth-grace",
        "2s",
    ])
}

async fn joined(stack: &Stack) -> (Account, Client, Value) {
    let ada = stack.register("ada").await;
    let mut client = stack.connect("soup").await;
    let update = client.auth(&ada.access_token).await;
    (ada, client, update["session"].clone())
}

/// The seed's `test_websocket_reauth_flow`, in its real times.
#[tokio::test]
async fn a_token_of_fifteen_minutes_is_asked_for_at_fourteen() {
    let stack = Plan::together().start().await;

    let (ada, _client, session) = joined(&stack).await;

    let claims = forge::claims(&ada.access_token);
    let (issued, expires) = (numeric_date(&claims["iat"]), numeric_date(&claims["exp"]));
    assert_same("expires_at", time_of(&session["expires_at"]), expires);
    assert_same(
        "reauth_at",
        time_of(&session["reauth_at"]),
        issued + Duration::from_secs(14 * 60),
    );
}

/// The seed's `test_websocket_reauth_flow`, from end to end.
#[tokio::test]
async fn asks_in_time_and_goes_on_when_a_fresh_token_comes() {
    let stack = short_lives().start().await;
    let (ada, mut client, session) = joined(&stack).await;

    let asked = client.expect("auth_required").await;
    assert_now("the prompt", time_of(&session["reauth_at"]));
    assert_eq!(asked["reason"], "Token expiring soon");
    let answer_by = time_of(&session["reauth_at"]) + Duration::from_secs(2);
    assert!(
        (time_of(&asked["expires_at"]) - answer_by).abs() < Duration::from_millis(1_500),
        "{asked}"
    );
    client.say("still cooking while I am asked").await;

    let fresh = ada.refresh(&stack.api()).await;
    let update = client.auth(&fresh.access_token).await;
    let renewed = &update["session"];
    assert_eq!(renewed["id"], session["id"]);
    let claims = forge::claims(&fresh.access_token);
    assert_same(
        "the new expiry",
        time_of(&renewed["expires_at"]),
        numeric_date(&claims["exp"]),
    );

    let old_expiry = time_of(&session["expires_at"]);
    sleep(until(old_expiry)).await;
    client.say("past the old expiry").await;
    assert_eq!(
        client.until("auth_required").await["reason"],
        "Token expiring soon"
    );
    assert_now("the next prompt", time_of(&renewed["reauth_at"]));
}

#[tokio::test]
async fn asks_once_and_closes_when_nothing_comes() {
    let stack = short_lives().start().await;
    let (_ada, mut client, session) = joined(&stack).await;
    let asked = client.expect("auth_required").await;

    client.expect_close(1008, "Re-authentication timeout").await;

    assert_now("the close", time_of(&asked["expires_at"]));
    assert_now(
        "the close",
        time_of(&session["reauth_at"]) + Duration::from_secs(2),
    );
}

#[tokio::test]
async fn no_connection_outlives_its_token_however_long_the_grace() {
    let stack = Plan::together()
        .auth(&["--access-ttl", "4s"])
        .edge(&["--reauth-lead", "2s", "--reauth-grace", "30s"])
        .start()
        .await;
    let (_ada, mut client, session) = joined(&stack).await;
    let asked = client.expect("auth_required").await;
    assert_same(
        "the last moment",
        time_of(&asked["expires_at"]),
        time_of(&session["expires_at"]),
    );

    client.expect_close(1008, "Re-authentication timeout").await;

    assert_now("the close", time_of(&session["expires_at"]));
}

#[tokio::test]
async fn a_busy_connection_is_asked_and_closed_like_an_idle_one() {
    let flags = ["--message-rate", "0", "--control-rate", "0"];
    let stack = short_lives().edge(&flags).start().await;
    let (_ada, mut client, session) = joined(&stack).await;
    let mut prompts = 0;
    let end = loop {
        client.send("ping", json!({})).await;
        client
            .send("chat_message", json!({"content": "stir"}))
            .await;
        match client.next_within(Duration::from_millis(20)).await {
            Some(Event::Message(message)) if message["type"] == "auth_required" => prompts += 1,
            Some(Event::Message(_)) | None => {}
            Some(end) => break end,
        }
        assert!(
            time_of(&session["expires_at"])
                > time::OffsetDateTime::now_utc() - Duration::from_secs(3)
        );
    };

    let closed =
        matches!(&end, Event::Closed(1008, reason) if reason == "Re-authentication timeout");
    assert!(closed || matches!(end, Event::Lost(_)), "{end:?}");
    assert!(prompts <= 1, "asked {prompts} times");
}

#[tokio::test]
async fn a_fresh_token_may_come_unasked_and_then_nobody_is_asked_early() {
    let stack = short_lives().start().await;
    let (ada, mut client, session) = joined(&stack).await;
    sleep(Duration::from_millis(1_100)).await; // Expiry is in whole seconds: the next token shall be another.
    let fresh = ada.refresh(&stack.api()).await;

    let renewed = client.auth(&fresh.access_token).await["session"].clone();

    assert!(time_of(&renewed["expires_at"]) > time_of(&session["expires_at"]));
    client.expect("auth_required").await;
    assert_now("the only prompt", time_of(&renewed["reauth_at"]));
}

#[tokio::test]
async fn the_same_token_again_is_fine_and_moves_nothing() {
    let stack = short_lives().start().await;
    let (ada, mut client, session) = joined(&stack).await;

    let again = client.auth(&ada.access_token).await["session"].clone();

    assert_same(
        "the expiry",
        time_of(&again["expires_at"]),
        time_of(&session["expires_at"]),
    );
    client.expect("auth_required").await;
    assert_now("the prompt", time_of(&session["reauth_at"]));

    // It is no answer, however often it comes, and asks for no other prompt.
    for _ in 0..10 {
        let id = client.send_auth(json!({"token": ada.access_token})).await;
        match client.try_answer_to(&id).await {
            Ok(answer) => assert_eq!(answer["type"], "recipe_update", "{answer}"),
            Err(end) => panic!("{end:?}"),
        }
    }
    let end = loop {
        match client.next().await {
            Event::Message(message) => assert_ne!(message["type"], "auth_required"),
            end => break end,
        }
    };
    let timeout = "Re-authentication timeout".to_owned();
    assert_eq!(end, Event::Closed(1008, timeout));
    tell("same token", &json!({"auths": 12, "prompts": 1}));
}

#[tokio::test]
async fn an_invalid_re_auth_closes() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    for token in [
        "nonsense".to_owned(),
        format!("{}x", ada.access_token),
        ada.refresh_token.clone(),
    ] {
        let mut client = stack.join(&ada, "soup").await;
        client.send_auth(json!({"token": token})).await;
        client.expect_close(1008, "Invalid token").await;
    }
    let mut client = stack.join(&ada, "soup").await;
    client.send_auth(json!({"token": ""})).await;
    client.expect_close(1008, "Missing auth token").await;
}

#[tokio::test]
async fn an_expired_token_is_no_re_auth() {
    let stack = short_lives().start().await;
    let (ada, mut client, session) = joined(&stack).await;
    client.expect("auth_required").await;
    let fresh = ada.refresh(&stack.api()).await;
    client.auth(&fresh.access_token).await;
    sleep(until(time_of(&session["expires_at"])) + Duration::from_millis(20)).await;

    client.send_auth(json!({"token": ada.access_token})).await;

    client.until_close(1008, "Invalid token").await;
}

#[tokio::test]
async fn a_re_auth_of_another_user_closes_and_shows_nothing() {
    let stack = Plan::together().start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut client = stack.join(&ada, "soup").await;

    client.send_auth(json!({"token": bob.access_token})).await;

    client
        .expect_close(1008, "Token belongs to another user")
        .await;
}

#[tokio::test]
async fn a_re_auth_from_another_login_of_the_same_user_is_good() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let elsewhere = ada.login(&stack.api()).await;
    let mut client = stack.join(&ada, "soup").await;

    client.auth(&elsewhere.access_token).await;

    client.say("the same cook").await;
}

#[tokio::test]
async fn who_connects_late_is_asked_right_away() {
    let stack = Plan::together()
        .auth(&["--access-ttl", "30s"])
        .edge(&["--reauth-lead", "60s", "--reauth-grace", "20s"])
        .start()
        .await;
    let (ada, mut client, _session) = joined(&stack).await;

    let asked = client.expect("auth_required").await;

    assert_eq!(asked["reason"], "Token expiring soon");
    let in_time =
        time_of(&asked["expires_at"]) <= numeric_date(&forge::claims(&ada.access_token)["exp"]);
    assert!(in_time, "{asked}");
    client.say("and it works meanwhile").await;
}

/// Once it was asked again at once, for ever: hundreds of times a second.
#[tokio::test]
async fn the_token_in_use_is_answered_and_is_no_answer() {
    let stack = short_lives().start().await;
    let (ada, mut client, session) = joined(&stack).await;
    client.expect("auth_required").await;

    let again = client.auth(&ada.access_token).await;

    assert_eq!(again["session"]["id"], session["id"]);
    assert_same(
        "the end of the token",
        time_of(&again["session"]["expires_at"]),
        time_of(&session["expires_at"]),
    );
    client.expect_close(1008, "Re-authentication timeout").await;
    let closed = time_of(&session["reauth_at"]) + Duration::from_secs(2);
    assert_now("the close", closed);
}

#[tokio::test]
async fn nothing_is_lost_over_a_re_auth() {
    let flags = ["--message-rate", "--control-rate", "--auth-rate-per-user"];
    let flags = flags.map(|flag| [flag, "0"]).concat();
    let stack = Plan::together().edge(&flags).start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut at_adas = stack.join(&ada, "soup").await;
    let mut at_bobs = stack.join(&bob, "soup").await;
    let talking = tokio::spawn(async move {
        for number in 0..200 {
            at_bobs.say(&format!("message {number}")).await;
        }
    });

    while at_adas.revision() < 200 {
        at_adas.auth(&ada.access_token).await;
    }

    talking.await.unwrap();
    let seen = at_adas.place().seen().len();
    assert!(seen == 200, "{seen} of 200"); // The client itself panics at a gap.
}

#[tokio::test]
async fn an_edge_that_slept_past_the_expiry_accepts_nothing_more() {
    let mut stack = Plan::apart(1)
        .auth(&["--access-ttl", "4s"])
        .edge(&["--reauth-lead", "1s", "--reauth-grace", "1s"])
        .start()
        .await;
    let (ada, history) = (stack.register("ada").await, History::default());
    let mut client = stack.connect("soup").await;
    let session = client.auth(&ada.access_token).await["session"].clone();
    let line = history.let_in(&session, OffsetDateTime::now_utc());
    let said = Said::new("add salt");
    said.over(&mut client, line, &history).await;
    let update = client.answer_to(&said.id).await;
    history.accepted(&said.id, update["payload"]["revision"].as_u64().unwrap());

    history.falls_asleep(line, Sleeper::Edge, OffsetDateTime::now_utc());
    stack.edges[0].process().freeze();
    let poison = Said::new("add poison");
    poison.over(&mut client, line, &history).await;
    sleep(until(time_of(&session["expires_at"])) + Duration::from_millis(100)).await;
    history.wakes(line, OffsetDateTime::now_utc());
    stack.edges[0].process().thaw();

    let woken = Instant::now();
    assert_eq!(
        read_to_the_end(&mut client, line, &history).await,
        Event::Closed(1008, "Re-authentication timeout".to_owned())
    );
    tell(
        "edge asleep",
        &json!({"closed_after_waking_s": woken.elapsed().as_secs_f64()}),
    );
    history.saw(client.place());
    let (ada, mut again) = come_back(&stack, &ada, &client, &history).await;
    history.saw(again.place());
    let log = system_tests::chat_log::read(stack.chat(), &ada, "soup").await;
    history.assert_sound(&log);
    assert_eq!(log.len(), 1, "{log:?}");
    // What was not answered may be said again.
    assert_eq!(
        again.try_say(&poison.id, poison.content).await.unwrap()["revision"],
        2
    );
}

#[tokio::test]
async fn a_client_that_slept_past_the_expiry_finds_what_was_sent_before_and_nothing_later() {
    let mut stack = Plan::apart(1)
        .auth(&["--access-ttl", "5s"])
        .edge(&["--reauth-lead", "1s", "--reauth-grace", "1s"])
        .start()
        .await;
    let history = History::default();
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let mut sleeper = stack.connect("soup").await;
    let session = sleeper.auth(&ada.access_token).await["session"].clone();
    let line = history.let_in(&session, OffsetDateTime::now_utc());
    let mut at_bobs = stack.join(&bob, "soup").await;

    // It reads nothing while somebody else talks on, past its end.
    history.falls_asleep(line, Sleeper::Client, OffsetDateTime::now_utc());
    let end = time_of(&session["expires_at"]) + 2 * SLACK;
    let mut bobs = Talking::new(bob);
    while OffsetDateTime::now_utc() < end {
        bobs.say(&stack, &mut at_bobs, &history).await;
        sleep(Duration::from_millis(200)).await;
    }
    history.wakes(line, OffsetDateTime::now_utc());

    let ended = read_to_the_end(&mut sleeper, line, &history).await;
    assert!(matches!(ended, Event::Closed(1008, _)), "{ended:?}");
    assert!(sleeper.revision() > 0, "what was sent before is read");
    history.saw(sleeper.place());
    history.saw(at_bobs.place());
    let (ada, again) = come_back(&stack, &ada, &sleeper, &history).await;
    history.saw(again.place());
    let log = system_tests::chat_log::read(stack.chat(), &ada, "soup").await;
    let (read, said) = (sleeper.revision(), log.len() as u64);
    assert!(read < said, "it missed something");
    tell(
        "client asleep over its end",
        &json!({"read_on_waking": read, "said": said, "after_coming_back": again.revision()}),
    );
    history.assert_sound(&log);
}

/// A message that is said as the history hears it.
struct Said {
    id: String,
    content: &'static str,
}

impl Said {
    fn new(content: &'static str) -> Self {
        let id = new_id();
        Self { id, content }
    }

    async fn over(&self, client: &mut Client, line: LineId, history: &History) {
        history.says_over(line, &self.id, self.content, OffsetDateTime::now_utc());
        client
            .send_json(&chat_message(&self.id, self.content))
            .await;
    }
}

/// Somebody who talks for as long as it takes, with fresh tokens.
struct Talking {
    who: Account,
    renewed: Instant,
}

impl Talking {
    fn new(who: Account) -> Self {
        let renewed = Instant::now();
        Self { who, renewed }
    }

    async fn say(&mut self, stack: &Stack, client: &mut Client, history: &History) {
        if self.renewed.elapsed() > Duration::from_secs(1) {
            self.who = self.who.refresh(&stack.api()).await;
            client.auth(&self.who.access_token).await;
            self.renewed = Instant::now();
        }
        let id = new_id();
        history.says(&id, "add salt");
        let update = client.try_say(&id, "add salt").await.unwrap();
        history.accepted(&id, update["revision"].as_u64().unwrap());
    }
}

/// Reads everything that still comes; gives how it ends.
async fn read_to_the_end(client: &mut Client, line: LineId, history: &History) -> Event {
    loop {
        match client.next().await {
            Event::Message(frame) => history.delivered(line, &frame, OffsetDateTime::now_utc()),
            end => return end,
        }
    }
}

/// Comes back with a fresh token, from where `before` stands.
async fn come_back(
    stack: &Stack,
    account: &Account,
    before: &Client,
    history: &History,
) -> (Account, Client) {
    let account = account.refresh(&stack.api()).await;
    let mut client = stack.connect("soup").await;
    let mut payload = json!({"token": account.access_token});
    before.place().resume(&mut payload);
    let welcome = client.auth_with(payload.clone()).await;
    history.comes_back(&payload, &welcome);
    (account, client)
}

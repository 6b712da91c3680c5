//! The handle against real servers, which each test starts for itself.

mod problems;
mod sentinel;
pub(crate) mod servers;
mod tls;

use tokio::time::timeout;

use self::servers::{Server, TEST_TIMEOUT};
use super::*;

#[tokio::test]
async fn runs_commands_pipelines_and_scripts() {
    let server = Server::start();
    let redis = server.open().await;
    redis.run::<()>(cmd("SET").arg("a").arg(1)).await.unwrap();

    let answers = redis
        .run_all(&[
            cmd("INCR").arg("a").to_owned(),
            cmd("LPUSH").arg("a").arg("x").to_owned(),
            cmd("GET").arg("a").to_owned(),
        ])
        .await
        .unwrap();

    assert!(matches!(answers[0], Ok(Value::Int(2))));
    assert!(
        matches!(answers[1], Err(Failure::Refused(_))),
        "{answers:?}"
    );
    assert!(matches!(&answers[2], Ok(Value::BulkString(text)) if text == b"2"));
    let script = Script::new("return KEYS[1] .. ARGV[1]");
    let call = script.call().key("k").arg("v");
    assert_eq!(redis.script::<String>(&call).await.unwrap(), "kv");
}

#[tokio::test]
async fn a_script_that_redis_forgot_is_sent_again() {
    let server = Server::start();
    let redis = server.open().await;
    let script = Script::new("return ARGV[1]");
    for round in 0..2 {
        let calls = [script.call().arg(round), script.call().arg("x")];
        let answers = redis.scripts(&calls).await.unwrap();
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        redis.run::<()>(cmd("SCRIPT").arg("FLUSH")).await.unwrap();
    }
    let call = script.call().arg("alone");
    assert_eq!(redis.script::<String>(&call).await.unwrap(), "alone");
}

#[tokio::test]
async fn fails_at_once_while_redis_is_away_and_comes_back_by_itself() {
    let mut server = Server::start();
    let redis = server.open().await;
    redis.ping(TEST_TIMEOUT).await.unwrap();
    assert!(redis.is_up());
    let mut up = redis.watch();

    server.kill();
    timeout(TEST_TIMEOUT, up.wait_for(|up| !up))
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(redis.ping(TEST_TIMEOUT).await, Err(Failure::Down)));

    server.start_again();
    timeout(TEST_TIMEOUT, up.wait_for(|up| *up))
        .await
        .unwrap()
        .unwrap();
    redis.ping(TEST_TIMEOUT).await.unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_costs_no_more_than_the_timeout() {
    let server = Server::start();
    let redis = server.open().await;
    redis.ping(TEST_TIMEOUT).await.unwrap();
    let mut up = redis.watch();
    server.signal("STOP");

    let hurried = redis.with_timeout(Duration::from_millis(20));
    let failure = hurried.run::<()>(&cmd("PING")).await.unwrap_err();

    assert!(matches!(failure, Failure::TimedOut), "{failure}");
    timeout(TEST_TIMEOUT, up.wait_for(|up| !up))
        .await
        .unwrap()
        .unwrap();
    server.signal("CONT");
    timeout(TEST_TIMEOUT, up.wait_for(|up| *up))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_subscription_tells_its_gaps_and_survives_a_restart() {
    let mut server = Server::start();
    let redis = server.open().await;
    let mut subscription = redis.subscribe(vec!["news".into()], 16);
    assert_eq!(subscription.next().await, Push::Gap);
    assert_eq!(redis.publish("news", b"one").await.unwrap(), 1);
    assert_eq!(subscription.next().await, news("one"));

    let mut up = redis.watch();
    server.kill();
    timeout(TEST_TIMEOUT, up.wait_for(|up| !up))
        .await
        .unwrap()
        .unwrap();
    server.start_again();
    let next = timeout(TEST_TIMEOUT, subscription.next()).await.unwrap();

    assert_eq!(next, Push::Gap);
    timeout(TEST_TIMEOUT, up.wait_for(|up| *up))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(redis.publish("news", b"two").await.unwrap(), 1);
    assert_eq!(subscription.next().await, news("two"));
}

#[tokio::test]
async fn a_slow_reader_is_told_what_it_missed() {
    let server = Server::start();
    let redis = server.open().await;
    let mut subscription = redis.subscribe(vec!["news".into()], 2);
    assert_eq!(subscription.next().await, Push::Gap);
    let published = 50;
    for number in 0..published {
        let text = number.to_string();
        redis.publish("news", text.as_bytes()).await.unwrap();
    }

    assert_eq!(subscription.next().await, news("0"));
    assert_eq!(subscription.next().await, news("1"));
    // The last ones may come when there is room again, before it is told that others were missed.
    let mut heard = 2;
    while timeout(TEST_TIMEOUT, subscription.next()).await.unwrap() != Push::Gap {
        heard += 1;
    }
    assert!(heard < published);
}

#[tokio::test]
async fn a_stream_is_read_forward_across_a_lost_connection() {
    let server = Server::start();
    let redis = server.open().await;
    let add = |text: &str| {
        let mut command = cmd("XADD");
        command.arg("marks").arg("*").arg("text").arg(text);
        command
    };
    redis.run::<String>(&add("one")).await.unwrap();
    let mut stream = redis.follow_stream("marks", "0", 16);
    assert_eq!(stream.next().await, Followed::Gap);
    assert_eq!(text(stream.next().await), "one");
    redis.run::<String>(&add("two")).await.unwrap();
    assert_eq!(text(stream.next().await), "two");

    let kill = cmd("CLIENT")
        .arg("KILL")
        .arg("TYPE")
        .arg("normal")
        .to_owned();
    redis.run::<u64>(&kill).await.unwrap();
    assert_eq!(
        timeout(TEST_TIMEOUT, stream.next()).await.unwrap(),
        Followed::Gap
    );
    let mut up = redis.watch();
    timeout(TEST_TIMEOUT, up.wait_for(|up| *up))
        .await
        .unwrap()
        .unwrap();
    redis.run::<String>(&add("three")).await.unwrap();
    assert_eq!(text(stream.next().await), "three");
}

#[tokio::test]
async fn nothing_prints_the_password() {
    let url: SecretUrl = "redis://:hunter2@127.0.0.1:1".parse().unwrap();
    let redis = Redis::open(&url).unwrap();
    let failure = redis.ping(TEST_TIMEOUT).await.unwrap_err();
    let text = format!("{redis:?} {failure} {failure:?}");
    assert!(!text.contains("hunter2"), "{text}");
}

fn news(text: &str) -> Push {
    Push::Message {
        channel: "news".into(),
        payload: text.into(),
    }
}

fn text(followed: Followed) -> String {
    match followed {
        Followed::Entry(entry) => String::from_utf8(entry.fields[0].1.clone()).unwrap(),
        Followed::Gap => panic!("an entry was expected"),
    }
}

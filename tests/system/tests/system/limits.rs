//! Limits that keep one client from hurting the others: connections, slow readers, slow talkers, dead links.

use std::time::Duration;

use serde_json::json;
use system_tests::{
    client::{Client, Event, Handshake, new_id},
    frames::{CLOSE, PING, read_control_frame, read_frame},
    stack::{Plan, Stack},
    timeouts::{assert_between, eventually, within, within_at_most},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep},
};

async fn assert_full(stack: &Stack) {
    let answer = stack.api().upgrade("/v1/chat/soup").send().await;
    assert_eq!(answer.status, 503);
    let wait = answer
        .header("retry-after")
        .and_then(|seconds| seconds.parse::<u64>().ok());
    assert!(wait.is_some(), "Retry-After is missing");
}

#[tokio::test]
async fn more_connections_than_allowed_are_503_before_the_upgrade() {
    for flag in ["--max-connections", "--max-connections-per-address"] {
        let stack = Plan::together().edge(&[flag, "2"]).start().await;
        let ada = stack.register("ada").await;
        let first = stack.join(&ada, "soup").await;
        let mut second = stack.connect("soup").await;

        assert_full(&stack).await;
        second.auth(&ada.access_token).await;
        first.leave().await;

        let free = async || stack.api().upgrade("/v1/chat/soup").send().await.status == 101;
        eventually("a place that has become free", free).await;
    }
}

#[tokio::test]
async fn connections_that_do_not_say_who_they_are_leave_room_for_others() {
    for flag in ["--max-unauthenticated", "--max-unauthenticated-per-address"] {
        let stack = Plan::together().edge(&[flag, "2"]).start().await;
        let ada = stack.register("ada").await;
        let _first = stack.connect("soup").await;
        let mut second = stack.connect("soup").await;

        assert_full(&stack).await;
        second.auth(&ada.access_token).await;

        stack.connect("soup").await.auth(&ada.access_token).await;
    }
}

#[tokio::test]
async fn upgrades_that_come_too_fast_are_503_before_the_upgrade() {
    for (flag, burst) in [("--upgrade-rate", 2), ("--upgrade-rate-per-address", 10)] {
        let stack = Plan::together().edge(&[flag, "1"]).start().await;
        let mut taken = 0;
        while stack.api().upgrade("/v1/chat/soup").send().await.status == 101 {
            taken += 1;
            assert!(taken < 100, "{flag} limits nothing");
        }
        assert!(taken >= burst, "{flag}: {taken}");
        let metrics = stack.api().get("/metrics").send().await.text();
        assert!(metrics.contains("edge_refused_upgrades"), "{metrics}");
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_tells_who_the_client_is() {
    for (trusted, refused) in [("127.0.0.0/8", false), ("10.0.0.0/8", true)] {
        let flags = [
            "--trusted-proxies",
            trusted,
            "--upgrade-rate-per-address",
            "1",
        ];
        let stack = Plan::together().edge(&flags).start().await;
        let mut statuses = Vec::new();
        for client in 1..=30 {
            let said = format!("198.51.100.7, 203.0.113.{client}");
            let upgrade = stack.api().upgrade("/v1/chat/soup");
            let answer = upgrade.header("X-Forwarded-For", &said).send().await;
            statuses.push(answer.status);
        }
        assert_eq!(statuses.contains(&503), refused, "{trusted}: {statuses:?}");
    }
}

#[tokio::test]
async fn more_connections_of_one_user_than_allowed_are_closed() {
    let stack = Plan::together()
        .edge(&["--max-connections-per-user", "2"])
        .start()
        .await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let first = stack.join(&ada, "soup").await;
    let mut second = stack.join(&ada, "bread").await;

    let mut third = stack.connect("soup").await;
    third.send_auth(json!({"token": ada.access_token})).await;
    third.expect_close(1013, "Too many connections").await;

    stack.join(&bob, "soup").await.say("another user may").await;
    second.say("and the first two go on").await;
    first.leave().await;
    eventually("a place that has become free", async || {
        let mut again = stack.connect("soup").await;
        again.send_auth(json!({"token": ada.access_token})).await;
        matches!(again.next().await, Event::Message(_))
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_cut_off_and_disturbs_nobody() {
    let flags = ["--message-rate", "0", "--write-timeout", "3s"];
    let stack = Plan::together().log("info").edge(&flags).start().await;
    let (ada, bob) = (stack.register("ada").await, stack.register("bob").await);
    let handshake = Handshake {
        receive_buffer: Some(4_096),
        ..Handshake::default()
    };
    let mut slow = Client::connect_with(stack.address(), "soup", stack.canary(), handshake).await;
    slow.auth(&bob.access_token).await;
    let mut slow = slow.into_raw();
    let mut brisk = stack.join(&ada, "soup").await;
    let content = "🍲".repeat(4_000);

    // The kernel takes some megabytes for the slow reader before a write stops.
    let mut slowest = Duration::ZERO;
    for _ in 0..400 {
        let said = Instant::now();
        brisk.say(&content).await;
        slowest = slowest.max(said.elapsed());
    }
    let stalled = Instant::now();
    while stalled.elapsed() < Duration::from_secs(5) {
        // What was skipped is told in one small update: only more than that fills the buffers again.
        brisk.say(&content).await;
        brisk.read_for(Duration::from_millis(10)).await.unwrap();
    }

    assert!(
        slowest < Duration::from_secs(5),
        "a message took {slowest:?} beside a slow reader"
    );
    let end = within("the slow reader's end", async {
        loop {
            match read_frame(&mut slow).await {
                Ok(Some(frame)) if frame.opcode == CLOSE => return frame.close(),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return None,
            }
        }
    })
    .await;
    // A close frame may not get through where nothing else did.
    assert!(matches!(&end, None | Some((1013, _))), "{end:?}");
    assert!(end.is_none_or(|(_, reason)| reason == "Too slow"));
}

#[tokio::test]
async fn a_link_that_answers_no_ping_is_dropped_after_two() {
    let stack = Plan::together()
        .edge(&["--ping-interval", "1s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut dead = stack.join(&ada, "soup").await.into_raw();
    let started = Instant::now();

    let pings = within("the drop", async {
        let mut pings = 0;
        while let Ok(Some(frame)) = read_frame(&mut dead).await {
            pings += usize::from(frame.opcode == PING);
        }
        pings
    })
    .await;

    assert!((2..=3).contains(&pings), "{pings} pings");
    assert_between(
        "the drop",
        started.elapsed(),
        Duration::from_millis(1_900),
        Duration::from_secs(4),
    );
}

#[tokio::test]
async fn a_live_link_is_pinged_every_25_seconds_and_stays() {
    let stack = Plan::together().start().await;
    let ada = stack.register("ada").await;
    let started = Instant::now();
    let mut stream = stack.join(&ada, "soup").await.into_raw();

    let time_limit = Duration::from_secs(35);
    let frame = within_at_most(time_limit, "a ping", read_control_frame(&mut stream))
        .await
        .unwrap()
        .unwrap();

    assert_eq!(frame.opcode, PING);
    assert_between(
        "the ping",
        started.elapsed(),
        Duration::from_secs(20),
        Duration::from_secs(30),
    );
}

#[tokio::test]
async fn a_request_that_never_ends_is_given_up() {
    let stack = Plan::together().start().await;
    let beginnings = [
        "",
        "GET /",
        "GET /healthz HTTP/1.1\r\nHost: kitchen\r\n",
        "GET /v1/chat/soup HTTP/1.1\r\nHost: kitchen\r\nUpgrade: websocket\r\nX-Slow: ",
    ];
    let waits = beginnings.map(|beginning| async {
        let mut stream = TcpStream::connect(stack.address()).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut end = Vec::new();
        // An answer such as 408 may come before the end.
        within_at_most(
            Duration::from_secs(20),
            beginning,
            stream.read_to_end(&mut end),
        )
        .await
        .ok();
    });
    futures_util::future::join_all(waits).await;
}

#[tokio::test]
async fn a_header_that_trickles_in_is_given_up() {
    let stack = Plan::together().start().await;
    let mut stream = TcpStream::connect(stack.address()).await.unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        .await
        .unwrap();
    let started = Instant::now();

    while stream.write_all(b"x").await.is_ok() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "it is still being read"
        );
        sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn hundreds_of_silent_connections_do_not_keep_others_out() {
    let stack = Plan::together().log("info").start().await;
    let ada = stack.register("ada").await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(stack.connect("soup").await);
    }
    let mut half_open = Vec::new();
    for _ in 0..300 {
        half_open.push(TcpStream::connect(stack.address()).await.unwrap());
    }

    let mut client = stack.join(&ada, "soup").await;

    client.try_say(&new_id(), "room enough").await.unwrap();
    for client in &mut silent {
        client.expect_close(1008, "Authentication timeout").await;
    }
}

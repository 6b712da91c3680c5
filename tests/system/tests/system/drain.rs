//! An edge that is told to stop: everybody is asked to go elsewhere, not all at once, and it ends in order. And one that
//! has old connections go elsewhere.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use system_tests::{
    stack::Plan,
    timeouts::{SLACK, eventually},
};
use tokio::time::Instant;

use crate::faults::tell;

#[tokio::test]
async fn sigterm_closes_everyone_with_1012_and_ends_with_0() {
    let mut stack = Plan::together()
        .edge(&["--drain-timeout", "2s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut signed_in = stack.join(&ada, "soup").await;
    let mut signing_in = stack.connect("soup").await;

    stack.edges[0].process().terminate();

    signed_in.until_close(1012, "Service restart").await;
    let told = signed_in.closing().expect("the close is announced");
    assert_eq!(told["action"], "reconnect");
    assert!((100..=1_000).contains(&told["retry_after_ms"].as_u64().unwrap()));
    signing_in.expect_close(1012, "Service restart").await;
    let ended = stack.edges[0].ended().await;
    assert_eq!(ended.status.code(), Some(0), "{:?}", ended.status);
}

#[tokio::test]
async fn the_closes_are_spread_over_the_drain_time() {
    let drain = Duration::from_secs(3);
    let mut stack = Plan::together()
        .edge(&["--drain-timeout", "3s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut clients = Vec::new();
    for _ in 0..30 {
        clients.push(stack.join(&ada, "soup").await);
    }

    let started = Instant::now();
    stack.edges[0].process().terminate();
    let closes = clients.iter_mut().map(|client| async {
        client.until_close(1012, "Service restart").await;
        started.elapsed()
    });
    let mut times = join_all(closes).await;
    times.sort();

    let (first, last) = (times[0], times[times.len() - 1]);
    let figures = json!({"first_s": first.as_secs_f64(), "last_s": last.as_secs_f64()});
    tell("closes while draining", &figures);
    assert!(last - first >= drain / 4, "all within {:?}", last - first);
    assert!(last <= drain + SLACK, "the last after {last:?}");
    assert_eq!(stack.edges[0].ended().await.status.code(), Some(0));
}

#[tokio::test]
async fn a_draining_edge_takes_nobody_new_and_loses_nothing() {
    let mut stack = Plan::together()
        .edge(&["--drain-timeout", "4s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(stack.join(&ada, "soup").await);
    }
    stack.edges[0].process().terminate();

    eventually("the edge to say that it stops", async || {
        let upgrade = stack.api().upgrade("/v1/chat/soup").send().await;
        upgrade.status == 503 && upgrade.header("retry-after").is_some()
    })
    .await;
    let call = stack.api().get("/openapi.json").send().await;
    assert!(call.header("retry-after").is_some());
    call.problem(503);
    let readiness = stack.api().get("/readyz").send().await.expect(503);
    assert_eq!(readiness.json()["draining"], true);
    stack.api().get("/healthz").send().await.expect(200);

    for client in &mut clients {
        client.until_close(1012, "Service restart").await;
    }
    assert_eq!(stack.edges[0].ended().await.status.code(), Some(0));
    stack.edges[0].restart().await;
    stack.join(&ada, "soup").await.say("back again").await;
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let mut stack = Plan::together()
        .edge(&["--drain-timeout", "60s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(stack.join(&ada, "soup").await);
    }
    let edge = &mut stack.edges[0];

    edge.process().terminate();
    // The first close shows that the first signal has arrived.
    clients[0].read_for(Duration::from_millis(300)).await.ok();
    edge.process().terminate();

    edge.ended().await;
}

#[tokio::test]
async fn an_old_connection_is_told_to_reconnect_and_comes_back_as_the_same_session() {
    let stack = Plan::together()
        .edge(&["--max-connection-age", "3s"])
        .start()
        .await;
    let ada = stack.register("ada").await;
    let mut old = stack.connect("soup").await;
    let session = old.auth(&ada.access_token).await["session"]["id"].clone();
    old.until_close(1012, "Service restart").await;
    let told = old.closing().expect("the close is announced");
    assert_eq!(told["action"], "reconnect");

    let mut again = stack.connect("soup").await;
    let resume = json!({"token": ada.access_token, "session": session});
    assert_eq!(again.auth_with(resume).await["session"]["id"], session);
    again.say("still here").await;
}

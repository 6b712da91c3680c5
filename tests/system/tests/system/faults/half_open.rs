//! Peers that are gone without a word: nothing comes from them and nothing arrives there.

use std::time::Duration;

use serde_json::json;
use system_tests::{
    client::{Client, Handshake},
    crowd::Crowd,
    proxy::{NetworkCondition, Proxy},
    timeouts::eventually,
};
use tokio::time::Instant;

use super::{for_crowds, limit, logins, quiet_cooks, scaled, tell};

#[tokio::test(flavor = "multi_thread")]
async fn half_open_clients_are_dropped_by_their_missing_pongs() {
    let count = scaled(500);
    let stack = for_crowds(1).edge(&["--ping-interval", "1s"]).start().await;
    let proxy = Proxy::start(stack.address()).await;
    let logins = logins(&stack).await;
    let mut crowd = Crowd::new();
    let edges = [proxy.address()];
    let cooks = quiet_cooks(count, &edges, &logins);
    crowd.invite(cooks, Duration::from_secs(1));
    crowd.until_present(count, Duration::from_secs(30)).await;

    proxy.set(NetworkCondition::BlackHole);
    let gone = Instant::now();
    eventually("the dead connections to be dropped", async || {
        stack.metric(0, "edge_connections", "").await <= 0.0
    })
    .await;
    let after = gone.elapsed();

    tell(
        "half-open clients",
        &json!({"clients": count, "dropped_after_s": after.as_secs_f64()}),
    );
    assert!(
        after >= Duration::from_secs(1),
        "pings come first: {after:?}"
    );
    // Two pings without a pong, and the third one's time.
    assert!(
        after.as_secs_f64() * 1e3 <= limit(Duration::from_millis(3_500)),
        "{after:?}"
    );
    drop(crowd);
}

#[tokio::test]
async fn a_client_that_comes_back_after_a_half_open_link_takes_its_own_session_over() {
    let stack = for_crowds(2).with_redis().start().await;
    let proxy = Proxy::start(stack.address()).await;
    let ada = stack.register("ada").await;
    let connecting = Client::try_connect(
        proxy.address(),
        "soup",
        stack.canary(),
        Handshake::default(),
    );
    let mut lost = connecting.await.unwrap();
    let session = lost.auth(&ada.access_token).await["session"].clone();
    eventually("the session in Redis", async || {
        let keys = stack.redis.as_ref().unwrap().keys("rc:{*}:session:*").await;
        !keys.is_empty()
    })
    .await;

    proxy.set(NetworkCondition::BlackHole);
    let mut client = stack.connect_at(1, "soup").await;
    let resume = json!({"token": ada.access_token, "session": session["id"]});
    let resumed = client.auth_with(resume).await["session"].clone();

    assert_eq!(resumed["id"], session["id"]);
    eventually("the old connection to be let go", async || {
        stack.metric(0, "edge_connections", "").await <= 0.0
    })
    .await;
    client.say("here now").await;
}

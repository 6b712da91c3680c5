//! A master that sentinels name.

use tokio::time::timeout;

use super::{
    super::{Push, cmd},
    news,
    servers::{Server, TEST_TIMEOUT, open, until},
};

#[tokio::test]
async fn sentinels_name_the_master() {
    let master = Server::start();
    let direct = master.open().await;
    let sentinel = Server::start_sentinel(master.port);
    let redis = open(&through(&sentinel)).await;
    redis.run::<()>(cmd("SET").arg("a").arg(1)).await.unwrap();

    assert_eq!(direct.run::<u8>(cmd("GET").arg("a")).await.unwrap(), 1);
    let mut subscription = redis.subscribe(vec!["news".into()], 16);
    assert_eq!(subscription.next().await, Push::Gap);
    assert_eq!(direct.publish("news", b"one").await.unwrap(), 1);
    assert_eq!(subscription.next().await, news("one"));
}

#[tokio::test]
async fn after_a_failover_the_new_master_is_asked() {
    let mut master = Server::start();
    master.open().await;
    let replica = Server::start_replica(master.port);
    let sentinel = Server::start_sentinel(master.port);
    let redis = open(&through(&sentinel)).await;
    let mut subscription = redis.subscribe(vec!["news".into()], 16);
    assert_eq!(subscription.next().await, Push::Gap);
    redis.run::<()>(cmd("SET").arg("a").arg(1)).await.unwrap();
    let copy = replica.open().await;
    until(async || matches!(copy.run::<u8>(cmd("GET").arg("a")).await, Ok(1))).await;
    until(async || {
        sentinel
            .told(&["SENTINEL", "REPLICAS", "main"])
            .contains("slave")
    })
    .await;

    master.kill();

    until(async || redis.run::<()>(cmd("SET").arg("b").arg(2)).await.is_ok()).await;
    let direct = replica.open().await;
    assert_eq!(direct.run::<u8>(cmd("GET").arg("a")).await.unwrap(), 1);
    assert_eq!(direct.run::<u8>(cmd("GET").arg("b")).await.unwrap(), 2);
    assert_eq!(
        timeout(TEST_TIMEOUT, subscription.next()).await,
        Ok(Push::Gap)
    );
    until(async || matches!(direct.publish("news", b"one").await, Ok(1))).await;
    assert_eq!(subscription.next().await, news("one"));
}

fn through(sentinel: &Server) -> String {
    format!("redis+sentinel://127.0.0.1:{}/main", sentinel.port)
}

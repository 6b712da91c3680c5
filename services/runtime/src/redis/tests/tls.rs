//! A server that is only talked to over TLS.

use super::{
    super::{Failure, Push, Redis, cmd},
    news,
    servers::{Authority, Server, TEST_TIMEOUT, open},
};

#[tokio::test]
async fn whom_the_named_authority_vouches_for_is_talked_to() {
    let authority = Authority::make();
    let server = Server::start_with_tls(&authority);
    let redis = open(&trusting(&authority, &server)).await;
    redis.run::<()>(cmd("SET").arg("a").arg(1)).await.unwrap();
    assert_eq!(redis.run::<u8>(cmd("GET").arg("a")).await.unwrap(), 1);

    let mut subscription = redis.subscribe(vec!["news".into()], 16);
    assert_eq!(subscription.next().await, Push::Gap);
    redis.publish("news", b"one").await.unwrap();
    assert_eq!(subscription.next().await, news("one"));
}

#[tokio::test]
async fn whom_only_others_vouch_for_is_not() {
    let authority = Authority::make();
    let server = Server::start_with_tls(&authority);
    // It answers those who trust it.
    open(&trusting(&authority, &server)).await;

    let stranger = Authority::make();
    let distrustful = Redis::open(&trusting(&stranger, &server).parse().unwrap()).unwrap();

    let failure = distrustful.ping(TEST_TIMEOUT).await.unwrap_err();
    assert!(matches!(failure, Failure::Down), "{failure}");
}

fn trusting(authority: &Authority, server: &Server) -> String {
    let certificate = authority.file("ca.pem");
    format!("rediss://127.0.0.1:{}?ca={certificate}", server.port)
}

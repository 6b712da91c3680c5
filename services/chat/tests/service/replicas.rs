//! Two chat services on one PostgreSQL database.

use chat::Config;
use proto::chat::link_response;
use test_servers::{Postgres, Redis, free_port};

use crate::harness::{Service, post};

#[tokio::test]
async fn what_one_replica_commits_reaches_those_attached_to_the_other() {
    let database = Postgres::start();
    let port = free_port();
    let _redis = Redis::start(port);
    let redis = format!("redis://127.0.0.1:{port}");
    exchange(&database.url(), Some(&redis)).await;
}

#[tokio::test]
async fn without_redis_it_only_takes_longer() {
    let database = Postgres::start();
    exchange(&database.url(), None).await;
}

async fn exchange(database: &str, redis: Option<&str>) {
    let config = Config::default();
    let here = Service::start_on(database, redis, &config).await;
    let there = Service::start_on(database, redis, &config).await;
    let (mut one, mut other) = (here.link().await, there.link().await);
    one.join("pie", "ada").await;
    other.join("pie", "eve").await;
    one.attach("pie", None).await;
    other.attach("pie", None).await;
    for n in 0..20 {
        one.send(post("pie", "ada", &format!("m{n}"), "add 1 egg"))
            .await;
        other
            .send(post("pie", "bob", &format!("m{n}"), "hello"))
            .await;
    }

    let mut seen = [Vec::new(), Vec::new()];
    for (link, seen) in [&mut one, &mut other].into_iter().zip(&mut seen) {
        while seen.len() < 40 {
            if let link_response::Event::Update(update) = link.next().await {
                seen.push((update.revision, update.message.unwrap(), update.recipe));
            }
        }
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].iter().map(|(revision, ..)| *revision).eq(1..=40));

    one.post("pie", "ada", "last", "/private").await;
    let audience = loop {
        if let link_response::Event::Audience(audience) = other.next().await {
            break audience;
        }
    };
    assert_eq!(audience.user_ids, ["id-ada"]);
    drop((one, other));
    here.stop().await;
    there.stop().await;
}

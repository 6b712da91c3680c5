//! `recipe-chat health`: what a container's health check asks.

use system_tests::{
    binary::recipe_chat,
    process::{Ended, Process},
    stack::Plan,
    timeouts::eventually,
};

async fn health(arguments: &[&str]) -> Ended {
    let words = ["health"].iter().chain(arguments).copied();
    let command = recipe_chat(&words.collect::<Vec<_>>());
    Process::start("health", command).ended().await
}

#[tokio::test]
async fn a_running_service_is_healthy_and_a_dead_one_is_not() {
    let mut stack = Plan::apart(1).start().await;
    let edge = stack.edges[0].url();
    let auth = stack.auth().address().to_string();
    let chat = stack.chat().url();
    for arguments in [["--url", &edge], ["--grpc", &auth], ["--grpc", &chat]] {
        // The same for a service that was away when it was last asked.
        eventually("a healthy service", async || {
            health(&arguments).await.status.success()
        })
        .await;
    }

    stack.auth().kill().await;

    let ended = health(&["--grpc", &auth]).await;
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    // What an edge knows of the services' health counts for two seconds.
    eventually("an edge that is not ready", async || {
        health(&["--url", &edge]).await.status.code() == Some(1)
    })
    .await;
    let ended = health(&["--url", &edge]).await;
    assert!(ended.stderr.contains("503"), "{}", ended.stderr);
    assert!(ended.stderr.contains(r#""auth":false"#), "{}", ended.stderr);
    let alive = format!("{edge}/healthz");
    assert!(health(&["--url", &alive]).await.status.success());
}

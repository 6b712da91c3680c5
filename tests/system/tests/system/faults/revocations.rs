//! A logout closes everywhere within a second, whichever of its two ways is cut, and as soon as either is
//! there again.

use std::time::Duration;

use proto::auth::{
    RevokeSessionRequest, auth_service_client::AuthServiceClient, revoke_session_request::By,
};
use serde_json::json;
use system_tests::{
    account::Account,
    client::Client,
    proxy::NetworkCondition,
    stack::{Proxies, Stack},
    timeouts::within,
};
use tokio::time::Instant;

use super::{for_crowds, limit, tell};

/// Signs in at both edges.
async fn signed_in(stack: &Stack, name: &str) -> (Account, [Client; 2]) {
    let account = stack.register(name).await;
    let clients = [
        stack.join_at(0, &account, "soup").await,
        stack.join_at(1, &account, "soup").await,
    ];
    (account, clients)
}

/// Ends the login session at the auth service itself, past every proxy.
async fn log_out(stack: &Stack, account: &Account) {
    let auth = stack.auth.as_ref().expect("a stack apart");
    let request = RevokeSessionRequest {
        by: Some(By::RefreshToken(account.refresh_token.clone())),
    };
    AuthServiceClient::new(auth.channel().await)
        .revoke_session(request)
        .await
        .expect("a logout");
}

/// How long from `since` until the last of the clients is closed.
async fn closed_after(since: Instant, clients: &mut [Client]) -> Duration {
    for client in clients {
        client.until_close(1008, "Session revoked").await;
    }
    since.elapsed()
}

#[track_caller]
fn assert_within_a_second(what: &str, after: Duration) {
    tell(
        "logout",
        &json!({"cut": what, "closed_after_ms": after.as_millis()}),
    );
    assert!(
        after.as_secs_f64() * 1e3 <= limit(Duration::from_secs(1)),
        "{what}: closed after {after:?}"
    );
}

async fn logs_out_while(what: &str, cut: impl FnOnce(&Proxies)) {
    let stack = for_crowds(2).with_redis().through_proxies().start().await;
    let (ada, mut clients) = signed_in(&stack, "ada").await;
    cut(stack.proxies());

    let started = Instant::now();
    log_out(&stack, &ada).await;

    let after = closed_after(started, &mut clients).await;
    assert_within_a_second(what, after);
}

#[tokio::test]
async fn a_logout_closes_everywhere_while_redis_is_cut() {
    logs_out_while("redis", |proxies| {
        proxies.redis().set(NetworkCondition::Cut)
    })
    .await;
}

#[tokio::test]
async fn a_logout_closes_everywhere_while_redis_swallows_everything() {
    logs_out_while("redis, silently", |proxies| {
        proxies.redis().set(NetworkCondition::BlackHole);
    })
    .await;
}

#[tokio::test]
async fn a_logout_closes_everywhere_while_auth_is_cut() {
    logs_out_while("auth", |proxies| proxies.auth.set(NetworkCondition::Cut)).await;
}

#[tokio::test]
async fn a_logout_is_heard_once_an_edge_that_was_cut_off_is_back() {
    let stack = for_crowds(2).with_redis().through_proxies().start().await;
    let (ada, mut clients) = signed_in(&stack, "ada").await;
    let proxies = stack.proxies();
    proxies.redis().set(NetworkCondition::Cut);
    proxies.auth.set(NetworkCondition::Cut);
    log_out(&stack, &ada).await;
    for client in &mut clients {
        client.expect_silence(Duration::from_millis(500)).await;
    }

    proxies.redis().set(NetworkCondition::Normal);
    proxies.auth.set(NetworkCondition::Normal);
    let healed = Instant::now();

    // Both ways are tried again after a pause of their own.
    let after = closed_after(healed, &mut clients).await;
    tell(
        "logout",
        &json!({"cut": "both, then healed", "closed_after_ms": after.as_millis()}),
    );
    assert!(
        after.as_secs_f64() * 1e3 <= limit(Duration::from_secs(2)),
        "{after:?}"
    );
}

#[tokio::test]
async fn an_edge_that_slept_over_a_logout_closes_on_waking() {
    let stack = for_crowds(2).with_redis().start().await;
    let (ada, [mut at_the_sleeper, mut awake]) = signed_in(&stack, "ada").await;
    stack.edges[0].process().freeze();
    log_out(&stack, &ada).await;
    within("the close", awake.until_close(1008, "Session revoked")).await;

    stack.edges[0].process().thaw();
    let woken = Instant::now();

    let after = closed_after(woken, std::slice::from_mut(&mut at_the_sleeper)).await;
    assert_within_a_second("an edge asleep", after);
}

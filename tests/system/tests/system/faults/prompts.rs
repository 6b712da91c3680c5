//! When nothing fails, everybody is asked once and in time; by whichever edge is in charge.

use std::time::Duration;

use serde_json::json;
use system_tests::crowd::{Crowd, Spread};

use super::{edges_from, for_crowds, in_full, limit, logins, quiet_cooks, scaled, tell};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_asked_once_and_in_time() {
    let count = scaled(10_000);
    let (life, lead, arriving) = if in_full() {
        ("170s", "80s", Duration::from_secs(80))
    } else {
        ("20s", "12s", Duration::from_secs(5))
    };
    let stack = for_crowds(2)
        .with_redis()
        .auth(&["--access-ttl", life])
        .edge(&["--reauth-lead", lead, "--reauth-grace", "13s"])
        .start()
        .await;
    let logins = logins(&stack).await;
    let mut crowd = Crowd::new();
    for edge in 0..2 {
        let edges = edges_from(&stack, edge);
        crowd.invite(quiet_cooks(count / 2, &edges, &logins), arriving);
    }
    let time_limit = Duration::from_secs(180);
    crowd.until_present(count, time_limit).await;
    crowd.until_prompted(count, time_limit).await;
    crowd.until_renewed(count, time_limit).await;

    let report = crowd.leave().await;
    tell(
        "healthy prompts",
        &json!({"sessions": count, "report": report.to_json()}),
    );
    report.assert_sound();
    let figures = report.figures();
    // Nobody was asked twice for one token, or that would be a broken rule; a slow machine reaches second tokens.
    assert!(figures.prompts.len() == count || !in_full());
    assert!(figures.ends.is_empty(), "{:?}", figures.ends);
    let lateness = Spread::of(figures.prompts.clone());
    assert!(
        lateness.p99 <= limit(Duration::from_millis(300)),
        "{lateness:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_another_edges_charge_is_asked_for_by_that_edge() {
    let count = scaled(1_000);
    let stack = for_crowds(2)
        .with_redis()
        .auth(&["--access-ttl", "14s"])
        .edge(&["--reauth-lead", "8s", "--reauth-grace", "7s"])
        .start()
        .await;
    let logins = logins(&stack).await;
    let mut crowd = Crowd::new();
    let edges = edges_from(&stack, 0);
    crowd.invite(quiet_cooks(count, &edges, &logins), Duration::from_secs(4));
    let time_limit = Duration::from_secs(60);
    crowd.until_prompted(count, time_limit).await;
    crowd.until_renewed(count, time_limit).await;

    let asked = async |by: &str| {
        let labels = format!("by=\"{by}\"");
        stack
            .metric(0, "edge_auth_required_lateness_seconds_count", &labels)
            .await
    };
    let (other, own, fallback) = (
        asked("other_node").await,
        asked("own_node").await,
        asked("fallback").await,
    );
    let report = crowd.leave().await;
    let figures = json!({
        "sessions": count,
        "asked_by": {"other_node": other, "own_node": own, "fallback": fallback},
        "report": report.to_json(),
    });
    tell("in another edge's charge", &figures);
    report.assert_sound();
    assert!(other >= 1.0 && own >= 1.0, "{figures}");
    // The fallback is the net below: only a machine that is too slow for a second needs it.
    assert!(
        fallback <= if in_full() { 0.0 } else { (own + other) / 10.0 },
        "{figures}"
    );
    let lateness = Spread::of(report.figures().prompts.clone());
    assert!(
        lateness.p99 <= limit(Duration::from_millis(300)),
        "{lateness:?}"
    );
}

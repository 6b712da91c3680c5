//! When nothing fails, everybody is asked once and in time; and by another node when the own one does not look.

use std::time::Duration;

use serde_json::json;
use system_tests::crowd::{Crowd, Spread};

use super::{edges_from, for_crowds, in_full, limit, logins, metric, quiet_cooks, scaled, tell};

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
async fn with_the_owners_scheduler_off_another_node_asks_everybody() {
    let count = scaled(1_000);
    let stack = for_crowds(2)
        .with_redis()
        .auth(&["--access-ttl", "14s"])
        .edge(&["--reauth-lead", "8s", "--reauth-grace", "7s"])
        .one_edge(0, &["--claim-deadlines=false"])
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
        metric(
            &stack,
            0,
            "edge_auth_required_lateness_seconds_count",
            &labels,
        )
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
    tell("owner's scheduler off", &figures);
    report.assert_sound();
    assert!(other >= 1.0);
    assert_eq!(own, 0.0, "the owner does not look");
    // The fallback is the net below: only a machine that is too slow for a second needs it.
    assert!(
        fallback <= if in_full() { 0.0 } else { other / 10.0 },
        "{figures}"
    );
    let lateness = Spread::of(report.figures().prompts.clone());
    assert!(
        lateness.p99 <= limit(Duration::from_millis(300)),
        "{lateness:?}"
    );
}

//! The auth service is away: who is in stays in, also over a renewal; who comes is asked to come again.

use std::time::Duration;

use serde_json::json;
use system_tests::crowd::Crowd;
use tokio::time::Instant;

use super::{edges_from, for_crowds, in_full, logins, quiet_cooks, scaled, tell};

#[tokio::test(flavor = "multi_thread")]
async fn while_auth_is_away_nobody_is_closed_and_renewals_wait_for_it() {
    let count = scaled(1_000);
    let (life, lead, grace) = if in_full() {
        ("40s", "30s", "25s")
    } else {
        ("16s", "13s", "11s")
    };
    let mut stack = for_crowds(2)
        .with_redis()
        .auth(&["--access-ttl", life])
        .edge(&["--reauth-lead", lead, "--reauth-grace", grace])
        .start()
        .await;
    let logins = logins(&stack).await;
    let edges = edges_from(&stack, 0);
    let time_limit = Duration::from_secs(60);
    let mut crowd = Crowd::new();
    crowd.invite(quiet_cooks(count, &edges, &logins), Duration::from_secs(1));
    crowd.until_present(count, time_limit).await;
    let newcomer = logins[0].fresh_token().await;

    stack.auth().kill().await;
    // Everybody is asked while there is nobody to answer, and somebody comes with a good token.
    crowd.until_prompted(count, time_limit).await;
    let mut client = stack.connect("soup").await;
    client.send_auth(json!({"token": newcomer})).await;
    client.expect_close(1013, "Try again later").await;
    assert_eq!(crowd.present(), count);
    stack.auth().restart().await;
    let back = Instant::now();
    crowd.until_renewed(count, time_limit).await;
    let renewed = back.elapsed();

    let report = crowd.leave().await;
    let figures = json!({
        "sessions": count,
        "all_renewed_after_return_s": renewed.as_secs_f64(),
        "report": report.to_json(),
    });
    tell("auth away", &figures);
    report.assert_sound();
    let figures = report.figures();
    assert!(figures.ends.is_empty(), "{:?}", figures.ends);
}

//! Everybody is dropped at once: they come back at the rate at which the edge takes them, and soon.

use std::time::Duration;

use serde_json::json;
use system_tests::{
    crowd::Crowd,
    proxy::{NetworkCondition, Proxy},
};
use tokio::time::Instant;

use super::{for_crowds, limit, logins, quiet_cooks, scaled, tell, upgrade_pace::UpgradePace};

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_is_dropped_at_once_comes_back_at_the_rate_of_the_door() {
    let count = scaled(1_000);
    let upgrade_pace = UpgradePace::for_crowd(count);
    let stack = for_crowds(1)
        .with_redis()
        .edge(&upgrade_pace.flags().each_ref().map(String::as_str))
        .start()
        .await;
    let proxy = Proxy::start(stack.address()).await;
    let logins = logins(&stack).await;
    let time_limit = Duration::from_secs(60);
    let mut crowd = Crowd::new();
    let edges = [proxy.address()];
    let cooks = quiet_cooks(count, &edges, &logins);
    crowd.invite(cooks, Duration::from_secs(2));
    crowd.until_present(count, time_limit).await;

    let dropped = Instant::now();
    proxy.set(NetworkCondition::Cut);
    crowd.until_gone(0, time_limit).await;
    proxy.set(NetworkCondition::Normal);
    crowd.until_present(count, time_limit).await;
    let back = dropped.elapsed();

    let report = crowd.leave().await;
    let peak = report.figures().peak_entries_since(dropped);
    let figures = json!({
        "clients": count,
        "all_back_after_s": back.as_secs_f64(),
        "peak_entries_per_second": peak,
        "peak_of_the_door": upgrade_pace.peak(),
        "report": report.to_json(),
    });
    tell("reconnect storm", &figures);
    report.assert_sound();
    let figures = report.figures();
    assert_eq!((figures.resumed, figures.begun_anew), (count, 0));
    upgrade_pace.assert_kept(&figures, peak);
    assert!(
        back.as_secs_f64() * 1e3 <= limit(Duration::from_secs(15)),
        "{back:?}"
    );
}

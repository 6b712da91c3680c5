//! Redis answers half a second late: whom that makes late is asked by their own edge.

use std::time::Duration;

use serde_json::json;
use system_tests::{crowd::Crowd, proxy::NetworkCondition};

use super::{
    assert_nobody_noticed, edges_from, for_short_tokens, logins, quiet_cooks, scaled, tell,
};

/// Each way, so that a round trip takes half a second.
const DELAY: Duration = Duration::from_millis(250);

#[tokio::test(flavor = "multi_thread")]
async fn half_a_second_to_redis_makes_no_prompt_much_later() {
    let count = scaled(500);
    let stack = for_short_tokens(2).through_proxies().start().await;
    let logins = logins(&stack).await;
    let time_limit = Duration::from_secs(60);
    let mut crowd = Crowd::new();
    for edge in 0..2 {
        let edges = edges_from(&stack, edge);
        let cooks = quiet_cooks(count / 2, &edges, &logins);
        crowd.invite(cooks, Duration::from_secs(2));
    }
    crowd.until_present(count / 2 * 2, time_limit).await;

    stack.proxies().redis().set(NetworkCondition::Slow(DELAY));
    crowd.until_prompted(count / 2 * 2, time_limit).await;
    crowd.until_renewed(count / 2 * 2, time_limit).await;

    let report = crowd.leave().await;
    let figures = json!({"sessions": count / 2 * 2, "report": report.to_json()});
    tell("redis slow", &figures);
    assert_nobody_noticed(&report);
}

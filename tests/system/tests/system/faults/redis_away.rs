//! Redis is away for minutes under a crowd: everybody is asked all the same, token after token, newcomers come in, and
//! when it is back, empty, the schedule is soon whole.

use std::time::Duration;

use serde_json::json;
use system_tests::crowd::Crowd;
use tokio::time::Instant;

use super::{
    assert_nobody_noticed, edges_from, for_short_tokens, in_full, logins, quiet_cooks, scaled,
    tell, until_scheduled,
};

#[tokio::test(flavor = "multi_thread")]
async fn minutes_without_redis_cost_nobody_anything() {
    let count = scaled(1_000) / 2 * 2;
    let rounds = if in_full() { 4 } else { 1 };
    let mut stack = for_short_tokens(2).start().await;
    let logins = logins(&stack).await;
    let mut crowd = Crowd::new();
    let (arriving, time_limit) = (Duration::from_secs(4), Duration::from_secs(60));
    crowd.invite(
        quiet_cooks(count / 2, &edges_from(&stack, 0), &logins),
        arriving,
    );
    crowd.until_present(count / 2, time_limit).await;

    stack.redis().kill().await;
    let gone = Instant::now();
    crowd.invite(
        quiet_cooks(count / 2, &edges_from(&stack, 1), &logins),
        arriving,
    );
    crowd.until_present(count, time_limit).await;
    for round in 1..=rounds {
        crowd.until_renewed(round * count, time_limit).await;
    }
    let away = gone.elapsed();
    stack.redis().restart().await;
    let back = Instant::now();
    until_scheduled(&mut stack, count).await;
    let whole = back.elapsed();
    crowd.until_renewed((rounds + 1) * count, time_limit).await;

    let report = crowd.leave().await;
    let figures = json!({
        "sessions": count,
        "away_s": away.as_secs_f64(),
        "schedule_whole_after_s": whole.as_secs_f64(),
        "report": report.to_json(),
    });
    tell("redis away", &figures);
    assert_nobody_noticed(&report);
}

//! Redis dies and comes back empty under a crowd: nobody is closed, nobody is asked early or much too late, and
//! the schedule is whole again soon.

use std::time::Duration;

use serde_json::json;
use system_tests::crowd::Crowd;
use tokio::time::Instant;

use super::{
    assert_nobody_noticed, edges_from, for_short_tokens, in_full, logins, quiet_cooks, scaled,
    tell, until_scheduled,
};

#[tokio::test(flavor = "multi_thread")]
async fn redis_comes_back_empty_and_nobody_is_closed_or_asked_wrongly() {
    let count = scaled(2_000);
    let arriving = Duration::from_secs(if in_full() { 20 } else { 4 });
    let mut stack = for_short_tokens(2).start().await;
    let logins = logins(&stack).await;
    let mut crowd = Crowd::new();
    for edge in 0..2 {
        let edges = edges_from(&stack, edge);
        crowd.invite(quiet_cooks(count / 2, &edges, &logins), arriving);
    }
    let time_limit = Duration::from_secs(60);
    crowd.until_present(count / 2 * 2, time_limit).await;
    until_scheduled(&mut stack, count / 2 * 2).await;

    stack.redis().restart().await;
    let restarted = Instant::now();
    until_scheduled(&mut stack, count / 2 * 2).await;
    let whole = restarted.elapsed();
    let asked_before = crowd.report().figures().prompts.len();
    crowd.until_prompted(asked_before + count, time_limit).await;

    let report = crowd.leave().await;
    let figures = json!({
        "sessions": count / 2 * 2,
        "schedule_whole_after_s": whole.as_secs_f64(),
        "report": report.to_json(),
    });
    tell("redis emptied", &figures);
    assert_nobody_noticed(&report);
}

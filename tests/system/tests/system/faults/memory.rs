//! What an idle connection costs the edge.

use std::time::Duration;

use serde_json::json;
use system_tests::crowd::Crowd;

use super::{edges_from, for_crowds, in_full, logins, quiet_cooks, scaled, tell};

/// How much it may be, in KiB. The goal is 5; it was 4.9 when last measured (`docs/performance.md`).
const LIMIT: f64 = 5.3;

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_costs_little_memory() {
    let (warm, count) = (scaled(500), scaled(8_000));
    let stack = for_crowds(1).start().await;
    let logins = logins(&stack).await;
    let edges = edges_from(&stack, 0);
    let time_limit = Duration::from_secs(120);
    let mut crowd = Crowd::new();
    // What the first connections allocate is the edge's, not theirs.
    crowd.invite(quiet_cooks(warm, &edges, &logins), Duration::from_secs(1));
    crowd.until_present(warm, time_limit).await;
    let before = stack.edges[0].process().anonymous_memory();
    let arriving = Duration::from_secs(if in_full() { 40 } else { 4 });
    crowd.invite(quiet_cooks(count, &edges, &logins), arriving);
    crowd.until_present(warm + count, time_limit).await;
    let after = stack.edges[0].process().anonymous_memory();
    crowd.leave().await.assert_sound();

    let each = after.saturating_sub(before) as f64 / 1024.0 / count as f64;
    tell(
        "memory",
        &json!({"connections": count, "kib_per_connection": each}),
    );
    // A small crowd pays for whole pages and arenas of the allocator.
    let most = if in_full() { LIMIT } else { LIMIT * 2.0 };
    assert!(each <= most, "{each:.1} KiB for each connection");
}

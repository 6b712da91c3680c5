//! An edge dies with all of its sessions, half of them asked and not answered yet: they go on at another one, at the
//! rate at which that one takes them.

use std::time::Duration;

use serde_json::json;
use system_tests::crowd::{Cook, Crowd};
use tokio::time::Instant;

use super::{
    for_crowds, in_full, limit, logins, quiet_cooks, scaled, tell, upgrade_pace::UpgradePace,
};

/// A cook that never answers, so that its deadline is seen to hold.
fn silent(cook: Cook) -> Cook {
    Cook {
        shares_first_token: false,
        renews: false,
        ..cook
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_dies_and_its_sessions_go_on_elsewhere_with_their_deadlines() {
    let count = scaled(1_000);
    let [life, lead, grace, arriving] = if in_full() {
        [60, 48, 30, 4]
    } else {
        [20, 16, 12, 1]
    };
    let upgrade_pace = UpgradePace::for_crowd(count);
    let seconds = |seconds: u64| format!("{seconds}s");
    let mut stack = for_crowds(2)
        .with_redis()
        .auth(&["--access-ttl", &seconds(life)])
        .edge(&["--reauth-lead", &seconds(lead)])
        .edge(&["--reauth-grace", &seconds(grace)])
        .one_edge(1, &upgrade_pace.flags().each_ref().map(String::as_str))
        .start()
        .await;
    let logins = logins(&stack).await;
    // Once the first is gone, whatever balances between them names only the other.
    let [dying, staying] = [0, 1].map(|edge: usize| stack.edges[edge].address());
    let mut edges = vec![staying; 20];
    edges[0] = dying;
    let arriving = Duration::from_secs(arriving);
    let mut crowd = Crowd::new();
    let half = count / 2;
    let mut cooks = quiet_cooks(half * 2, &edges, &logins).map(silent);
    let asked: Vec<Cook> = cooks.by_ref().take(half).collect();
    crowd.invite(asked.into_iter(), arriving);
    crowd.until_prompted(half, Duration::from_secs(life)).await;
    let unasked: Vec<Cook> = cooks.collect();
    crowd.invite(unasked.into_iter(), arriving);
    crowd
        .until_present(half * 2, Duration::from_secs(life))
        .await;
    stack.redis().until_asked(half).await;
    assert_eq!(crowd.report().figures().prompts.len(), half);

    let killed = Instant::now();
    stack.edges[0].kill().await;
    crowd.until_resumed(half * 2, Duration::from_secs(60)).await;
    let back = killed.elapsed();
    let peak = crowd.report().figures().peak_entries_since(killed);
    // Nobody answers: every session ends at its deadline.
    crowd.until_gone(0, Duration::from_secs(life + 10)).await;
    let report = crowd.leave().await;

    let figures = json!({
        "sessions": half * 2,
        "all_back_after_s": back.as_secs_f64(),
        "peak_entries_per_second": peak,
        "peak_of_the_door": upgrade_pace.peak(),
        "report": report.to_json(),
    });
    tell("edge killed", &figures);
    report.assert_sound();
    let figures = report.figures();
    assert_eq!((figures.resumed, figures.begun_anew), (half * 2, 0));
    upgrade_pace.assert_kept(&figures, peak);
    let furthest = figures.moves.iter().max().copied().unwrap_or_default();
    assert!(
        furthest <= Duration::from_secs(1),
        "a deadline moved by {furthest:?}"
    );
    let timed_out = figures.ends.get("1008 Re-authentication timeout");
    assert_eq!(timed_out, Some(&(half * 2)));
    assert!(back.as_secs_f64() * 1e3 <= limit(Duration::from_secs(15)));
}

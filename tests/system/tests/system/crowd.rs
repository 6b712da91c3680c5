//! Many at once.

use std::time::Duration;

use system_tests::{chat_client::ChatClient, chat_log, history::History, stack::Plan};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

/// The seed's load test.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_connections_chat_for_ten_seconds() {
    let plan = Plan::apart(1).log("info").edge(&["--message-rate", "0"]);
    let mut stack = plan.start().await;
    let history = History::default();
    let stop = CancellationToken::new();
    let mut talking = JoinSet::new();
    let mut reader = None;
    for name in ["ada", "bob", "eve", "joe"] {
        let account = stack.register(name).await;
        for _ in 0..25 {
            let chat_client = ChatClient {
                address: stack.address(),
                account: account.clone(),
                recipe: "feast".to_owned(),
                pace: Duration::from_secs(1),
                history: history.clone(),
                canary: stack.canary().clone(),
            };
            talking.spawn(chat_client.talk(stop.clone()));
        }
        reader = Some(account);
    }

    sleep(Duration::from_secs(10)).await;
    stop.cancel();
    let tallies = talking.join_all().await;

    assert_eq!(tallies.len(), 100);
    for tally in &tallies {
        assert_eq!((tally.broken, tally.put_off), (0, 0), "{tally:?}");
        assert!(tally.accepted >= 1, "{tally:?}");
    }
    let log = chat_log::read(stack.chat(), &reader.unwrap(), "feast").await;
    assert_eq!(log.len(), history.count_accepted());
    history.assert_sound(&log);
}

//! Two replicas of the chat service on one PostgreSQL: whatever the edges think of who is up, there is one order, and
//! everybody gets it.

use std::time::Duration;

use system_tests::{
    client::{Client, chat_message, new_id},
    cluster::Cluster,
    proxy::{NetworkCondition, Proxy},
    stack::{Plan, Stack},
};
use tokio::time::Instant;

/// Within this everybody has what anybody was told is accepted.
const CONVERGENCE: Duration = Duration::from_secs(5);
/// What a busy machine may add.
const LOAD: Duration = Duration::from_secs(3);

/// Two edges, each with its own way to each of two replicas.
struct ProxiedLinks {
    stack: Stack,
    /// By edge, then by replica.
    links: Vec<[Proxy; 2]>,
}

impl ProxiedLinks {
    async fn open() -> Self {
        let plan = Plan::apart(2).with_redis().with_postgres().chat_replicas(2);
        let mut stack = plan
            .log("warn")
            .edge(&["--message-rate", "0"])
            .start()
            .await;
        let mut links = Vec::new();
        for edge in 0..2 {
            let pair = [
                Proxy::start(stack.chats[0].address()).await,
                Proxy::start(stack.chats[1].address()).await,
            ];
            let urls = pair
                .each_ref()
                .map(|way| format!("http://{}", way.address()));
            stack.edges[edge]
                .restart_with(&["--chat-url", &urls.join(",")])
                .await;
            links.push(pair);
        }
        Self { stack, links }
    }

    /// Lets each edge see only these replicas.
    fn sees(&self, edges: [[bool; 2]; 2]) {
        for (links, seen) in self.links.iter().zip(edges) {
            for (way, open) in links.iter().zip(seen) {
                way.set(if open {
                    NetworkCondition::Normal
                } else {
                    NetworkCondition::Cut
                });
            }
        }
    }
}

/// Somebody at each edge, who sees everything.
struct Watchers([Client; 2]);

impl Watchers {
    async fn come(stack: &Stack, cluster: &Cluster, recipe: &str) -> Self {
        Self([
            stack.join_at(0, cluster.account(), recipe).await,
            stack.join_at(1, cluster.account(), recipe).await,
        ])
    }

    /// Lets the talk go on for a while.
    async fn watch(&mut self, length: Duration) {
        let [one, other] = &mut self.0;
        let (one, other) = tokio::join!(one.read_for(length), other.read_for(length));
        one.and(other).unwrap();
    }

    /// Says something at each edge; both must have both in time, counted from the answer.
    async fn converge(&mut self, cluster: &Cluster, recipe: usize) {
        let history = &cluster.tables()[recipe].1;
        for speaker in [0, 1] {
            let id = new_id();
            let content = "Is everybody here?";
            history.says(&id, content);
            let [one, other] = &mut self.0;
            let (speaker, listener) = match speaker {
                0 => (one, other),
                _ => (other, one),
            };
            let say = async {
                let update = loop {
                    speaker.send_json(&chat_message(&id, content)).await;
                    let answer = speaker.answer_to(&id).await;
                    if answer["type"] == "recipe_update" {
                        break answer;
                    }
                    assert_eq!(answer["payload"]["code"], "unavailable", "{answer}");
                };
                let revision = update["payload"]["message"]["revision"].as_u64().unwrap();
                history.accepted(&id, revision);
                Instant::now()
            };
            let hear = async {
                listener.until_message(&id).await;
                Instant::now()
            };
            let (answered, heard) = tokio::join!(say, hear);
            let took = heard.saturating_duration_since(answered);
            assert!(took < CONVERGENCE + LOAD, "it took {took:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edges_that_disagree_about_who_is_up_keep_one_order_with_and_without_hints() {
    let mut links = ProxiedLinks::open().await;
    let cluster = Cluster::gather(&links.stack, 2, Duration::from_millis(5)).await;
    let mut watchers = Watchers::come(&links.stack, &cluster, "stew-0").await;
    let each_another = [[true, false], [false, true]];
    let both = [[true, true], [true, true]];
    let swapped = [[false, true], [true, false]];

    for hints in [true, false] {
        if !hints {
            links.stack.redis().kill().await;
        }
        for seen in [each_another, both, swapped] {
            links.sees(seen);
            cluster.more(50).await;
            watchers.watch(Duration::from_millis(300)).await;
            watchers.converge(&cluster, 0).await;
        }
    }

    links.sees(both);
    let history = cluster.tables()[0].1.clone();
    for watcher in &watchers.0 {
        history.saw(watcher.place());
    }
    cluster.leave(&mut links.stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_dies_leaves_its_recipes_to_the_other() {
    let plan = Plan::apart(2).with_redis().with_postgres().chat_replicas(2);
    let plan = plan.log("warn").edge(&["--message-rate", "0"]);
    let mut stack = plan.start().await;
    let cluster = Cluster::gather(&stack, 4, Duration::from_millis(5)).await;
    for death in 0..4 {
        cluster.more(100).await;
        stack.chats[death % 2].kill().await;
        cluster.more(100).await;
        stack.chats[death % 2].restart().await;
    }

    cluster.leave(&mut stack).await;
}

//! What each process holds, looked at again and again.

use std::{collections::BTreeMap, net::SocketAddr};

use serde_json::{Value, json};
use system_tests::{canary::Canary, http::Api, process::Process, stack::Stack};

/// The part of the looks that is warming up: caches, pools and arenas fill.
const WARM_UP: usize = 3;
/// By how much the middle of the later looks may be above that of the earlier ones: a part, and some beside it.
const GROWTH: [(&str, f64, f64); 4] = [
    ("memory", 0.05, 8.0 * MIB),
    ("descriptors", 0.0, 20.0),
    ("tasks", 0.0, 40.0),
    // Sessions of attackers that went away stay until their tokens end: how many is a matter of chance.
    ("keys", 0.1, 20.0),
];
/// How many times as much in a short run, which is all warming up.
const SHORT: f64 = 8.0;
/// How many more descriptors and tasks than before may be there when everybody has left: pooled connections.
const LEFT_OVER: f64 = 12.0;
const MIB: f64 = 1024.0 * 1024.0;

/// One number over time, by what it counts and where.
#[derive(Debug)]
pub(super) struct Gauges {
    metrics: [u16; 2],
    before: Looks,
    series: BTreeMap<(&'static str, String), Vec<f64>>,
}

type Looks = BTreeMap<(&'static str, String), f64>;

impl Gauges {
    /// What is held before anybody comes. Auth and chat tell their metrics at these ports.
    pub(super) async fn new(stack: &Stack, metrics: [u16; 2]) -> Self {
        Self {
            before: looks(stack, metrics).await,
            metrics,
            series: BTreeMap::new(),
        }
    }

    /// Looks at everything.
    pub(super) async fn look(&mut self, stack: &Stack) {
        for (gauge, value) in looks(stack, self.metrics).await {
            self.series.entry(gauge).or_default().push(value);
        }
    }

    /// The middle of the earlier and of the later looks after the warm-up, and the most of all.
    pub(super) fn to_json(&self) -> Value {
        let shown = self.series.iter().map(|((what, place), series)| {
            let (earlier, later) = halves(series);
            let most = series.iter().copied().fold(0.0, f64::max);
            let unit = if *what == "memory" { MIB } else { 1.0 };
            let shown = [earlier, later, most].map(|value| (value / unit * 10.0).round() / 10.0);
            (format!("{what} {place}"), json!(shown))
        });
        shown.collect::<serde_json::Map<_, _>>().into()
    }

    /// Ends the test when something grew.
    #[track_caller]
    pub(super) fn assert_flat(&self, in_full: bool) {
        let times = if in_full { 1.0 } else { SHORT };
        for ((what, place), series) in &self.series {
            let (earlier, later) = halves(series);
            let (_, part, beside) = GROWTH[GROWTH.iter().position(|g| g.0 == *what).unwrap()];
            let most = earlier + times * (earlier * part + beside);
            assert!(later <= most, "{what} of {place}: {series:?}");
        }
    }

    /// Whether every process has as few descriptors and tasks as before.
    pub(super) async fn are_back(&self, stack: &Stack) -> bool {
        let now = looks(stack, self.metrics).await;
        let counted = now
            .iter()
            .filter(|((what, _), _)| matches!(*what, "descriptors" | "tasks"));
        counted
            .into_iter()
            .all(|(gauge, value)| *value <= self.before[gauge] + LEFT_OVER)
    }
}

/// The middle of the two halves behind the warm-up.
fn halves(series: &[f64]) -> (f64, f64) {
    let warm = &series[series.len() / WARM_UP..];
    let (earlier, later) = warm.split_at(warm.len() / 2);
    (middle(earlier), middle(later))
}

fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

async fn looks(stack: &Stack, metrics: [u16; 2]) -> Looks {
    let [of_auth, of_chat] = metrics.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let mut places = vec![
        (
            "auth".to_owned(),
            stack.auth.as_ref().unwrap().process(),
            of_auth,
        ),
        ("chat".to_owned(), stack.chats[0].process(), of_chat),
    ];
    for (number, edge) in stack.edges.iter().enumerate() {
        places.push((format!("edge {number}"), edge.process(), edge.address()));
    }
    let mut looks = Looks::new();
    for (place, process, address) in places {
        look_at(&mut looks, &place, process);
        looks.insert(("tasks", place), tasks(address).await);
    }
    let redis = stack.redis.as_ref().unwrap();
    look_at(&mut looks, "Redis", redis.process());
    let mut connection = redis.connection().await;
    let keys = redis::cmd("DBSIZE").query_async(&mut connection).await;
    looks.insert(("keys", "Redis".to_owned()), keys.unwrap());
    looks
}

#[expect(clippy::cast_precision_loss, reason = "far from the limits")]
fn look_at(looks: &mut Looks, place: &str, process: &Process) {
    let memory = process.anonymous_memory() as f64;
    looks.insert(("memory", place.to_owned()), memory);
    let descriptors = process.descriptors() as f64;
    looks.insert(("descriptors", place.to_owned()), descriptors);
}

async fn tasks(address: SocketAddr) -> f64 {
    let api = Api::new(address, Canary::default());
    let text = api.get("/metrics").send().await.expect(200).text();
    let line = text.lines().find(|line| line.starts_with("runtime_tasks"));
    let value = line.and_then(|line| line.rsplit(' ').next());
    value.unwrap().parse().unwrap()
}

//! What many sessions take of Redis: fills the schedule of a Redis of its own through the code of an edge, lets a part
//! of the sessions become due at once, and prints memory, processor time of Redis by session and how late the prompts
//! were; a line of JSON for each number of sessions.
//!
//! `cargo run --profile ci-release -p edge --example schedule_size -- 1000000 10000000`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a measurement that is read on the terminal and may end at the first fault"
)]

use std::{
    collections::HashMap,
    fmt::Debug,
    mem,
    str::FromStr,
    sync::{Arc, Mutex},
    time::Duration,
};

use edge::internals::{
    DeadlineConfig, Deadlines, Delivery, EdgeId, Owners, Phase, Prompt, Scope, SessionRecord,
    start_deadlines,
};
use proto::ids::SessionId;
use runtime::{
    lifecycle::Lifecycle,
    redis::{Redis, cmd},
};
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

/// How many sessions become due, over [`DUE_OVER`].
const DUE: u64 = 50_000;
const DUE_OVER: Duration = Duration::from_secs(10);
/// How long after its due time a token ends.
const TOKEN_END: Duration = Duration::from_secs(60);
/// How long after it was asked a session must have answered.
const GRACE: Duration = Duration::from_secs(30);
/// How long it may take to write that they are due.
const TIME_TO_WRITE: Duration = Duration::from_secs(20);
/// When the others are due: not before the measurement is over.
const LATER: Duration = Duration::from_secs(3 * 3_600);
/// How many writes may be under way.
const UNDER_WAY: usize = 20_000;
const POLL: Duration = Duration::from_millis(5);

#[tokio::main]
async fn main() {
    let mut sizes: Vec<u64> = std::env::args()
        .skip(1)
        .map(|size| size.parse().unwrap())
        .collect();
    if sizes.is_empty() {
        sizes.push(1_000_000);
    }
    sizes.sort_unstable();
    let port = test_servers::free_port();
    let _server = test_servers::Redis::start(port);
    let redis = Redis::open(&format!("redis://127.0.0.1:{port}").parse().unwrap()).unwrap();
    let owners = Arc::new(Asked::default());
    let lifecycle = Lifecycle::new();
    let deadlines = start_deadlines(
        DeadlineConfig::default(),
        EdgeId::random(),
        Some(&redis),
        owners.clone(),
        &lifecycle,
    );
    redis.watch().wait_for(|up| *up).await.unwrap();
    let empty: u64 = info(&redis, "memory", "used_memory").await;

    let mut filled = 0;
    for (round, size) in (1..).zip(sizes) {
        let before = processor_seconds(&redis).await;
        for number in filled..size {
            deadlines.schedule(record(number, 1, Instant::now() + LATER));
            if number % 1_000 == 0 {
                written(&deadlines, UNDER_WAY).await;
            }
        }
        written(&deadlines, 0).await;
        let writing = processor_seconds(&redis).await - before;
        let memory: u64 = info(&redis, "memory", "used_memory").await;
        let prompts = ask(&redis, &deadlines, &owners, size, round).await;
        let microseconds = |seconds: f64, of: u64| (seconds * 1e7 / of as f64).round() / 10.0;
        println!(
            "{}",
            json!({
                "sessions": size,
                "bytes_each": (memory - empty) / size,
                "used_memory_mib": memory >> 20,
                "redis_us_a_write": microseconds(writing, size - filled),
                "asked": DUE,
                "asked_within_seconds": DUE_OVER.as_secs(),
                "redis_us_a_session_asked": microseconds(prompts.redis_seconds, DUE),
                "late_ms": {"p50": prompts.late(50), "p99": prompts.late(99), "max": prompts.late(100)},
            })
        );
        filled = size;
    }
    lifecycle.kill();
}

/// A session of a user of its own, whose token ends a minute after it is due.
fn record(number: u64, generation: u64, due: Instant) -> SessionRecord {
    let id = |kind: &str| format!("{kind}-0000-7000-8000-{number:012}");
    SessionRecord {
        session: id("01990000").parse().unwrap(),
        scope: Scope {
            user: id("01990001").parse().unwrap(),
            login_session: id("01990002").parse().unwrap(),
            recipe: format!("a-recipe-{:010}", number / 3).parse().unwrap(),
        },
        generation,
        phase: Phase::Active,
        due,
        expires: due + TOKEN_END,
    }
}

/// Waits until at most so many writes are under way.
async fn written(deadlines: &Deadlines, at_most: usize) {
    while deadlines.shared().unwrap().unwritten > at_most {
        sleep(POLL).await;
    }
}

/// The connections of this edge: each notes when it was asked.
#[derive(Default)]
struct Asked(Mutex<Vec<(SessionId, Instant)>>);

impl Owners for Asked {
    fn prompt(&self, prompt: Prompt) -> Delivery {
        let asked = (prompt.session, Instant::now());
        self.0.lock().unwrap().push(asked);
        Delivery::Delivered
    }

    fn moved(&self, _: &SessionId, _: u64) {}

    fn sessions(&self) -> Vec<SessionRecord> {
        Vec::new()
    }
}

/// What it took to ask those who were due.
struct Prompts {
    redis_seconds: f64,
    /// In milliseconds, in order.
    late: Vec<u64>,
}

impl Prompts {
    fn late(&self, hundredth: usize) -> u64 {
        self.late[(self.late.len() * hundredth).div_ceil(100) - 1]
    }
}

/// Lets [`DUE`] of the sessions become due, answers each prompt as a connection does, by writing that it was asked, and
/// puts all of them back.
async fn ask(
    redis: &Redis,
    deadlines: &Deadlines,
    asked: &Asked,
    sessions: u64,
    round: u64,
) -> Prompts {
    let generation = 2 * round;
    let first = Instant::now() + TIME_TO_WRITE;
    let mut waiting = HashMap::new();
    for nth in 0..DUE {
        let due = first + DUE_OVER.mul_f64(nth as f64 / DUE as f64);
        let record = record(nth * (sessions / DUE), generation, due);
        waiting.insert(record.session.clone(), record.clone());
        deadlines.schedule(record);
    }
    written(deadlines, 0).await;
    assert!(Instant::now() < first, "the machine is too slow for this");
    sleep_until(first).await;
    let before = processor_seconds(redis).await;
    let mut late = Vec::new();
    let mut answered = Vec::new();
    while !waiting.is_empty() {
        let news = mem::take(&mut *asked.0.lock().unwrap());
        for (session, at) in news {
            let Some(record) = waiting.remove(&session) else {
                continue;
            };
            late.push(at.saturating_duration_since(record.due).as_millis() as u64);
            let asked = SessionRecord {
                phase: Phase::Asked,
                due: at + GRACE,
                ..record
            };
            deadlines.schedule(asked.clone());
            answered.push(asked);
        }
        sleep(POLL).await;
    }
    written(deadlines, 0).await;
    let redis_seconds = processor_seconds(redis).await - before;
    for record in answered {
        let later = Instant::now() + LATER;
        deadlines.schedule(SessionRecord {
            generation: generation + 1,
            phase: Phase::Active,
            due: later,
            expires: later + TOKEN_END,
            ..record
        });
    }
    written(deadlines, 0).await;
    late.sort_unstable();
    Prompts {
        redis_seconds,
        late,
    }
}

/// What the processor did for Redis since its start.
async fn processor_seconds(redis: &Redis) -> f64 {
    let user: f64 = info(redis, "cpu", "used_cpu_user").await;
    let system: f64 = info(redis, "cpu", "used_cpu_sys").await;
    user + system
}

/// A figure that Redis tells of itself.
async fn info<T: FromStr<Err: Debug>>(redis: &Redis, section: &str, name: &str) -> T {
    let mut command = cmd("INFO");
    command.arg(section);
    let text: String = redis.run(&command).await.unwrap();
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key == name).then_some(value)
    });
    value.unwrap().parse().unwrap()
}

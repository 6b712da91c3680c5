//! What is done to a server while it is measured. Each scene is bounded in time and in what it does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::ensure;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    figures::{Figure, FigureKind, Measured},
    socket::Socket,
    target::{RECIPES, Target},
};

/// How long a scene may take in all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(120);
/// Every so many messages one changes the recipe; the others are plain talk.
const CHANGE_EVERY: usize = 10;
/// How many connections are opened at once.
const OPENED_AT_ONCE: usize = 50;
/// How long opened connections are left alone before their memory is read.
const SETTLING: Duration = Duration::from_secs(1);

/// How large the scenes are.
#[derive(Debug, clap::Args)]
pub(crate) struct Sizes {
    /// How many connections talk at once, each at a recipe of its own as long as there are any
    #[arg(long, default_value_t = 100)]
    connections: usize,

    /// How many messages each of them sends
    #[arg(long, default_value_t = 150)]
    messages: usize,

    /// How many others hear each message of one
    #[arg(long, default_value_t = 1_000)]
    subscribers: usize,

    /// How many messages these hear
    #[arg(long, default_value_t = 100)]
    heard: usize,

    /// How many connections come, show a token, and leave
    #[arg(long, default_value_t = 3_000)]
    visits: usize,

    /// How many connections are opened and left alone
    #[arg(long, default_value_t = 3_000)]
    idle: usize,
}

/// One scene.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Talk,
    FanOut,
    Visits,
    Idle,
}

/// All scenes. Memory is measured in processes that have done nothing yet: later ones take what earlier ones gave back.
pub(crate) const ALL: &[Scene] = &[
    Scene {
        name: "idle",
        kind: Kind::Idle,
    },
    Scene {
        name: "talk",
        kind: Kind::Talk,
    },
    Scene {
        name: "fan-out",
        kind: Kind::FanOut,
    },
    Scene {
        name: "visits",
        kind: Kind::Visits,
    },
];

/// Plays a scene and gives what it cost.
pub(crate) async fn play(
    scene: &Scene,
    target: &Target,
    sizes: &Sizes,
) -> anyhow::Result<Measured> {
    let playing = async {
        match scene.kind {
            Kind::Talk => talk(target, sizes).await,
            Kind::FanOut => fan_out(target, sizes).await,
            Kind::Visits => visits(target, sizes).await,
            Kind::Idle => idle(target, sizes).await,
        }
    };
    timeout(CONNECT_TIMEOUT, playing).await?
}

/// Each connection sends its next message when it has its own copy of the last one.
async fn talk(target: &Target, sizes: &Sizes) -> anyhow::Result<Measured> {
    let mut sockets = open(target, sizes.connections, |at| at).await?;
    // A first message each: queues, caches and rooms are there then.
    for socket in &mut sockets {
        socket.say("hello everybody").await?;
    }
    let (meter, count) = (Meter::start(target), sizes.connections * sizes.messages);
    let mut talking = JoinSet::new();
    let messages = sizes.messages;
    for mut socket in sockets {
        talking.spawn(async move {
            for number in 0..messages {
                socket.say(&words(number)).await?;
            }
            anyhow::Ok(socket)
        });
    }
    let sockets = all(talking).await?;
    let cost = meter.stop(count);
    leave(sockets).await?;
    Ok(cost.measured(
        &format!(
            "round trip, {} connections on {RECIPES} recipes: server µs a message",
            sizes.connections
        ),
        Some(&format!(
            "round trips a second, {} connections",
            sizes.connections
        )),
    ))
}

/// One sends its next message when all others have heard the last one.
async fn fan_out(target: &Target, sizes: &Sizes) -> anyhow::Result<Measured> {
    let mut author = target.join(0).await?;
    let subscribers = open(target, sizes.subscribers, |_| 0).await?;
    let (heard, all_heard) = watch::channel(0);
    let count = Arc::new(AtomicUsize::new(0));
    let each = sizes.subscribers;
    let mut hearing = JoinSet::new();
    for mut socket in subscribers {
        let (heard, count) = (heard.clone(), Arc::clone(&count));
        hearing.spawn(async move {
            loop {
                socket.next().await?;
                let now = count.fetch_add(1, Ordering::Relaxed) + 1;
                if now.is_multiple_of(each) {
                    heard.send_replace(now / each);
                }
            }
            #[expect(unreachable_code, reason = "it gives the type")]
            anyhow::Ok(())
        });
    }
    let mut all_heard = all_heard;
    author.say("hello everybody").await?;
    all_heard.wait_for(|messages| *messages == 1).await?;
    let meter = Meter::start(target);
    for number in 0..sizes.heard {
        author.say(&words(number)).await?;
        all_heard
            .wait_for(|messages| *messages == number + 2)
            .await?;
    }
    let cost = meter.stop(sizes.heard * sizes.subscribers);
    hearing.shutdown().await;
    author.leave().await?;
    Ok(cost.measured(
        &format!(
            "fan-out, {} subscribers: server µs a delivery",
            sizes.subscribers
        ),
        Some(&format!(
            "deliveries a second, {} subscribers",
            sizes.subscribers
        )),
    ))
}

/// Connections come, show a token, get the recipe, and leave.
async fn visits(target: &Target, sizes: &Sizes) -> anyhow::Result<Measured> {
    let meter = Meter::start(target);
    let mut at = 0;
    while at < sizes.visits {
        let some = OPENED_AT_ONCE.min(sizes.visits - at);
        leave(open(target, some, |number| at + number).await?).await?;
        at += some;
    }
    let cost = meter.stop(sizes.visits);
    Ok(cost.measured("connect + authenticate + close: server µs", None))
}

/// Connections are opened, and say nothing.
async fn idle(target: &Target, sizes: &Sizes) -> anyhow::Result<Measured> {
    let before = target.memory();
    let meter = Meter::start(target);
    let sockets = open(target, sizes.idle, |at| at).await?;
    let cost = meter.stop(sizes.idle);
    sleep(SETTLING).await;
    let after = target.memory();
    leave(sockets).await?;
    let grown = after
        .iter()
        .zip(&before)
        .map(|(after, before)| after.saturating_sub(*before) as f64);
    let grown: Vec<f64> = grown
        .map(|bytes| bytes / 1024.0 / sizes.idle as f64)
        .collect();
    let mut measured = cost.measured(&format!("opening {}: server µs each", sizes.idle), None);
    for (name, value) in [
        ("all processes", grown.iter().sum()),
        ("the edge", grown[0]),
    ] {
        measured.figures.push(Figure {
            name: format!("memory of an idle connection, {name}: KiB"),
            value,
            kind: FigureKind::Memory,
        });
    }
    Ok(measured)
}

fn words(number: usize) -> String {
    match number.is_multiple_of(CHANGE_EVERY) {
        true => format!("set flour to {} cups", number % 7 + 1),
        false => format!("I think we should let it rest, number {number}"),
    }
}

async fn open(
    target: &Target,
    count: usize,
    recipe: impl Fn(usize) -> usize,
) -> anyhow::Result<Vec<Socket>> {
    let mut sockets = Vec::with_capacity(count);
    while sockets.len() < count {
        let upto = count.min(sockets.len() + OPENED_AT_ONCE);
        let some = (sockets.len()..upto).map(|at| target.join(recipe(at)));
        sockets.extend(futures_util::future::try_join_all(some).await?);
    }
    Ok(sockets)
}

async fn leave(sockets: Vec<Socket>) -> anyhow::Result<()> {
    let leaving = sockets.into_iter().map(Socket::leave);
    futures_util::future::try_join_all(leaving).await?;
    Ok(())
}

async fn all<T: 'static>(mut tasks: JoinSet<anyhow::Result<T>>) -> anyhow::Result<Vec<T>> {
    let mut done = Vec::with_capacity(tasks.len());
    while let Some(task) = tasks.join_next().await {
        done.push(task??);
    }
    ensure!(!done.is_empty(), "nothing was done");
    Ok(done)
}

/// Measures from when it is started.
struct Meter<'a> {
    target: &'a Target,
    times: Vec<Duration>,
    began: Instant,
}

/// What so many things took.
struct Cost {
    by_process: Vec<f64>,
    count: usize,
    wall: Duration,
}

impl<'a> Meter<'a> {
    fn start(target: &'a Target) -> Self {
        Self {
            target,
            times: target.times(),
            began: Instant::now(),
        }
    }

    fn stop(self, count: usize) -> Cost {
        let wall = self.began.elapsed();
        let used = self.target.times().into_iter().zip(self.times);
        let used = used.map(|(after, before)| after.saturating_sub(before).as_secs_f64());
        Cost {
            by_process: used.map(|seconds| seconds * 1e6 / count as f64).collect(),
            count,
            wall,
        }
    }
}

impl Cost {
    fn measured(self, cost: &str, rate: Option<&str>) -> Measured {
        let figure = |name: &str, value, kind| Figure {
            name: name.to_owned(),
            value,
            kind,
        };
        let total = self.by_process.iter().sum();
        let a_second = self.count as f64 / self.wall.as_secs_f64();
        let rate = rate.map(|name| figure(name, a_second, FigureKind::Rate));
        Measured {
            figures: [figure(cost, total, FigureKind::Cost)]
                .into_iter()
                .chain(rate)
                .collect(),
            by_process: self.by_process,
        }
    }
}

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
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{
    figures::{Figure, FigureKind, Measured},
    meter::Meter,
    socket::Socket,
    target::Target,
};

/// How long a scene may take in all.
const SCENE_TIMEOUT: Duration = Duration::from_secs(120);
/// Every so many messages one changes the recipe; the others are plain talk.
const CHANGE_EVERY: usize = 10;
/// Beside how many readers there is one that never reads.
const SLOW_OF: usize = 10;
/// How many connections are opened at once.
const OPENED_AT_ONCE: usize = 50;
/// How long opened connections are left alone before their memory is read.
const SETTLING: Duration = Duration::from_secs(1);

/// How large the scenes are. Several sizes of one show how cost grows.
#[derive(Debug, clap::Args)]
pub(crate) struct Sizes {
    /// How many connections talk at once, each at a recipe of its own as long as there are any
    #[arg(long, value_delimiter = ',', default_values_t = [100, 1_000])]
    connections: Vec<usize>,

    /// How many messages all of them send together
    #[arg(long, default_value_t = 15_000)]
    messages: usize,

    /// How many messages a second are sent at fixed times, whether or not earlier ones were answered; their delay counts from then
    #[arg(long, default_value_t = 500)]
    steady_rate: usize,

    /// For how many seconds they are
    #[arg(long, default_value_t = 10)]
    steady_seconds: usize,

    /// How many others hear each message of one
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 5_000])]
    subscribers: Vec<usize>,

    /// How many messages are heard by all of these together
    #[arg(long, default_value_t = 100_000)]
    heard: usize,

    /// How many connections come, show a token, and leave
    #[arg(long, default_value_t = 3_000)]
    visits: usize,

    /// How many connections are opened and left alone
    #[arg(long, value_delimiter = ',', default_values_t = [3_000])]
    idle: Vec<usize>,

    /// How many connections are lost at once and come back
    #[arg(long, default_value_t = 2_000)]
    lost: usize,
}

/// One scene.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Idle {
        connections: usize,
    },
    Talk {
        connections: usize,
        messages: usize,
    },
    Steady {
        rate: usize,
        seconds: usize,
    },
    FanOut {
        subscribers: usize,
        heard: usize,
        slow: usize,
    },
    Visits {
        count: usize,
        /// On recipes with a conversation, of which each gets the newest messages.
        history: bool,
    },
    Return {
        connections: usize,
    },
}

impl Sizes {
    /// Refuses sizes that measure nothing.
    ///
    /// # Errors
    /// When one of them is 0.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let lists = self.connections.iter().chain(&self.subscribers);
        let mut all = lists.chain(&self.idle).chain([
            &self.messages,
            &self.steady_rate,
            &self.steady_seconds,
            &self.heard,
            &self.visits,
            &self.lost,
        ]);
        ensure!(
            all.all(|size| *size > 0),
            "no size may be 0; leave scenes out with --only"
        );
        Ok(())
    }

    /// How many connections talk at once, at most.
    pub(crate) fn most_talkers(&self) -> usize {
        self.connections.iter().copied().max().unwrap_or_default()
    }

    /// The scenes of these sizes. Memory is measured in processes that have done nothing yet: later ones take what earlier
    /// ones gave back.
    pub(crate) fn scenes(&self) -> Vec<Scene> {
        let scene = |name, kind| Scene { name, kind };
        let idle = self
            .idle
            .iter()
            .map(|&connections| Kind::Idle { connections });
        let talk = self.connections.iter().map(|&connections| Kind::Talk {
            connections,
            messages: self.messages.div_ceil(connections),
        });
        let fan_out = |slow: fn(usize) -> usize| {
            self.subscribers
                .iter()
                .map(move |&subscribers| Kind::FanOut {
                    subscribers,
                    heard: self.heard.div_ceil(subscribers),
                    slow: slow(subscribers),
                })
        };
        let steady = Kind::Steady {
            rate: self.steady_rate,
            seconds: self.steady_seconds,
        };
        let visits = |history| Kind::Visits {
            count: self.visits,
            history,
        };
        (idle.map(|kind| scene("idle", kind)))
            .chain(talk.map(|kind| scene("talk", kind)))
            .chain([scene("steady", steady)])
            .chain(fan_out(|_| 0).map(|kind| scene("fan-out", kind)))
            .chain(
                fan_out(|subscribers| subscribers / SLOW_OF)
                    .map(|kind| scene("slow-readers", kind)),
            )
            .chain([
                scene("visits", visits(false)),
                scene("visits", visits(true)),
                scene(
                    "return",
                    Kind::Return {
                        connections: self.lost,
                    },
                ),
            ])
            .collect()
    }
}

/// Plays a scene and gives what it cost.
pub(crate) async fn play(scene: &Scene, target: &Target) -> anyhow::Result<Measured> {
    let playing = async {
        match scene.kind {
            Kind::Idle { connections } => idle(target, connections).await,
            Kind::Talk {
                connections,
                messages,
            } => talk(target, connections, messages).await,
            Kind::Steady { rate, seconds } => steady(target, rate, seconds).await,
            Kind::FanOut {
                subscribers,
                heard,
                slow,
            } => fan_out(target, subscribers, heard, slow).await,
            Kind::Visits { count, history } => visits(target, count, history).await,
            Kind::Return { connections } => come_back(target, connections).await,
        }
    };
    timeout(SCENE_TIMEOUT, playing).await?
}

/// Each connection sends its next message when it has its own copy of the last one.
async fn talk(target: &Target, connections: usize, messages: usize) -> anyhow::Result<Measured> {
    let sockets = open_and_greet(target, connections).await?;
    let meter = Meter::start(target);
    let mut talking = JoinSet::new();
    for mut socket in sockets {
        talking.spawn(async move {
            for number in 0..messages {
                socket.say(&words(number)).await?;
            }
            anyhow::Ok(socket)
        });
    }
    let sockets = all(talking).await?;
    let cost = meter.stop(connections * messages);
    leave(sockets).await?;
    Ok(cost.measured(
        &format!(
            "round trip, {connections} connections on {} recipes: server µs a message",
            target.recipes.count
        ),
        Some(&format!("round trips a second, {connections} connections")),
    ))
}

/// Messages are sent at fixed times, whether or not earlier ones were answered: each connection's next one may be late,
/// and what it was late by counts, so that a server that stalls does not hide it by being asked less.
async fn steady(target: &Target, rate: usize, seconds: usize) -> anyhow::Result<Measured> {
    let recipes = target.recipes.count;
    let sockets = open_and_greet(target, recipes).await?;
    let each = (rate * seconds).div_ceil(recipes);
    let meter = Meter::start(target);
    let start = Instant::now();
    let mut talking = JoinSet::new();
    for (at, mut socket) in sockets.into_iter().enumerate() {
        talking.spawn(async move {
            let mut delays = Vec::with_capacity(each);
            for number in 0..each {
                let nth = u32::try_from(number * recipes + at)?;
                let due = start + Duration::from_secs(1) * nth / u32::try_from(rate)?;
                sleep_until(due).await;
                socket.say(&words(number)).await?;
                delays.push(due.elapsed().as_secs_f64() * 1e3);
            }
            anyhow::Ok((socket, delays))
        });
    }
    let (sockets, delays): (Vec<_>, Vec<_>) = all(talking).await?.into_iter().unzip();
    let cost = meter.stop(each * recipes);
    leave(sockets).await?;
    let name = format!("at {rate} messages a second");
    let mut measured = cost.measured(&format!("{name}: server µs a message"), None);
    let mut delays = delays.concat();
    delays.sort_by(f64::total_cmp);
    for (what, per_mille) in [("half", 500), ("99 %", 990), ("all", 1_000)] {
        let at = (delays.len() * per_mille / 1_000).saturating_sub(1);
        measured.figures.push(Figure {
            name: format!("{name}, {what} answered within: ms"),
            value: delays[at],
            kind: FigureKind::Delay,
        });
    }
    Ok(measured)
}

/// One sends its next message when all others have heard the last one; `slow` more of them never read.
async fn fan_out(
    target: &Target,
    subscribers: usize,
    heard: usize,
    slow: usize,
) -> anyhow::Result<Measured> {
    let mut author = target.join_talk(0).await?;
    let listener = |_| target.join_talk(0);
    let asleep = open(slow, listener).await?;
    let sockets = open(subscribers, listener).await?;
    let (progress, mut all_heard) = watch::channel(0);
    let count = Arc::new(AtomicUsize::new(0));
    let mut hearing = JoinSet::new();
    for mut socket in sockets {
        let (progress, count) = (progress.clone(), Arc::clone(&count));
        hearing.spawn(async move {
            while socket.next().await.is_ok() {
                let now = count.fetch_add(1, Ordering::Relaxed) + 1;
                if now.is_multiple_of(subscribers) {
                    progress.send_replace(now / subscribers);
                }
            }
        });
    }
    author.say("hello everybody").await?;
    all_heard.wait_for(|messages| *messages == 1).await?;
    let meter = Meter::start(target);
    for number in 0..heard {
        author.say(&words(number)).await?;
        all_heard
            .wait_for(|messages| *messages == number + 2)
            .await?;
    }
    let cost = meter.stop(heard * subscribers);
    hearing.shutdown().await;
    drop(asleep);
    author.leave().await?;
    let beside = match slow {
        0 => String::new(),
        slow => format!(" beside {slow} that never read"),
    };
    Ok(cost.measured(
        &format!("fan-out, {subscribers} subscribers{beside}: server µs a delivery"),
        Some(&format!(
            "deliveries a second, {subscribers} subscribers{beside}"
        )),
    ))
}

/// Connections come, show a token, get the recipe, and leave.
async fn visits(target: &Target, count: usize, history: bool) -> anyhow::Result<Measured> {
    let meter = Meter::start(target);
    let mut at = 0;
    while at < count {
        let some = OPENED_AT_ONCE.min(count - at);
        let sockets = match history {
            true => open(some, |number| target.join_talk(at + number)).await?,
            false => open(some, |number| target.join_calm(at + number)).await?,
        };
        leave(sockets).await?;
        at += some;
    }
    let cost = meter.stop(count);
    let what = match history {
        true => "connect + authenticate + 50 messages + close: server µs",
        false => "connect + authenticate + close: server µs",
    };
    Ok(cost.measured(what, None))
}

/// Connections are lost without a word, as when a network fails, and all come back at once.
async fn come_back(target: &Target, connections: usize) -> anyhow::Result<Measured> {
    drop(open(connections, |at| target.join_calm(at)).await?);
    let meter = Meter::start(target);
    let sockets = open(connections, |at| target.join_calm(at)).await?;
    let cost = meter.stop(connections);
    leave(sockets).await?;
    Ok(cost.measured(
        &format!("{connections} lost and back: server µs each"),
        Some(&format!("back a second, of {connections}")),
    ))
}

/// Connections are opened, and say nothing.
async fn idle(target: &Target, connections: usize) -> anyhow::Result<Measured> {
    let before = target.memory();
    let meter = Meter::start(target);
    let sockets = open(connections, |at| target.join_calm(at)).await?;
    let cost = meter.stop(connections);
    sleep(SETTLING).await;
    let after = target.memory();
    leave(sockets).await?;
    let grown = after
        .iter()
        .zip(&before)
        .map(|(after, before)| after.saturating_sub(*before) as f64);
    let grown: Vec<f64> = grown
        .map(|bytes| bytes / 1024.0 / connections as f64)
        .collect();
    let mut measured = cost.measured(&format!("opening {connections}: server µs each"), None);
    for (name, value) in [
        ("all processes", grown.iter().sum()),
        ("the edge", grown[0]),
    ] {
        measured.figures.push(Figure {
            name: format!("memory of an idle connection of {connections}, {name}: KiB"),
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

/// Connections that have said something each: queues, caches and rooms are there then.
async fn open_and_greet(target: &Target, count: usize) -> anyhow::Result<Vec<Socket>> {
    let mut sockets = open(count, |at| target.join_talk(at)).await?;
    for socket in &mut sockets {
        socket.say("hello everybody").await?;
    }
    Ok(sockets)
}

async fn open<J>(count: usize, join: impl Fn(usize) -> J) -> anyhow::Result<Vec<Socket>>
where
    J: Future<Output = anyhow::Result<Socket>>,
{
    let mut sockets = Vec::with_capacity(count);
    while sockets.len() < count {
        let upto = count.min(sockets.len() + OPENED_AT_ONCE);
        let some = (sockets.len()..upto).map(&join);
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

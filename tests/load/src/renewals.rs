//! How late sessions are asked for fresh tokens, how long it takes until those are accepted, and how soon a logout closes:
//! a crowd over some edges, connected by several processes of this program, since none may have that many sockets.

use std::{env::current_exe, mem, net::Ipv4Addr, time::Duration};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use system_tests::{
    account::Account,
    client::Event,
    crowd::{Report, Spread},
    process::{Process, last_lines, processor_time},
    service::Service,
    stack::{Plan, Stack},
};
use tokio::{
    process::Command,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::options::Options;

/// How many connections one process holds: less than the 20,000 files that one may open, and less than half of the ports of its
/// address, beyond which Linux looks for a free one for up to a millisecond.
const PER_PROCESS: usize = 12_500;
/// Where the first process connects from, the second from the address after it.
const FIRST_SOURCE: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 1);
/// How many connections belong to one login session.
const PER_LOGIN: usize = 100;
/// How many connections look at one recipe.
const PER_RECIPE: usize = 3;
/// How long before its token ends a session is asked, and how long it then has (`--reauth-lead`, `--reauth-grace`).
const LEAD: Duration = Duration::from_secs(60);
const GRACE: Duration = Duration::from_secs(30);
/// How many logouts are timed, one after the other, and how many connections each closes.
const LOGOUTS: usize = 20;
const CLOSED_BY_EACH: usize = 50;
/// How long the crowd stays for them.
const TIME_FOR_LOGOUTS: Duration = Duration::from_secs(30);
/// How long the last connection and the last process may take beyond their time.
const SLACK: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_secs(1);
/// When nobody has come for so long, the others will not.
const LAST_ARRIVAL: Duration = Duration::from_secs(30);
/// How long between two words about how far it has come.
const BETWEEN_WORDS: Duration = Duration::from_secs(10);

/// Every single time that a crowd measured, in milliseconds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Samples {
    arrivals: Vec<f64>,
    prompts_late: Vec<f64>,
    renewals: Vec<f64>,
}

impl Samples {
    pub(crate) fn of(report: &Report) -> Self {
        let figures = report.figures();
        let milliseconds =
            |times: &[Duration]| times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        Self {
            arrivals: milliseconds(&figures.arrivals),
            prompts_late: figures.prompts.clone(),
            renewals: milliseconds(&figures.renewals),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!(self)
    }

    fn extend(&mut self, more: Self) {
        self.arrivals.extend(more.arrivals);
        self.prompts_late.extend(more.prompts_late);
        self.renewals.extend(more.renewals);
    }
}

/// Measures with so many sessions, and gives the figures.
///
/// # Errors
/// When a process of the crowd failed, or the processor time of the services cannot be read.
pub(crate) async fn run(options: &Options, sessions: usize) -> anyhow::Result<Value> {
    let life = options.renewals.token_life;
    anyhow::ensure!(
        options.arrival_of(sessions)? + LEAD < life,
        "--token-life must be {LEAD:?} longer than it takes to connect all"
    );
    let stack = Plan::apart(options.renewals.over_edges)
        .with_redis()
        .log("warn")
        .without_limits()
        .auth(&["--access-ttl", &format!("{}s", life.as_secs())])
        .start()
        .await;
    let mut crowd = start_crowd(options, &stack, sessions)?;
    until_connected(&stack, &mut crowd, sessions, life).await?;
    progress("all are connected; until all have been asked for fresh tokens it takes a while");
    let before = Usage::of(&stack)?;
    sleep(life - LEAD + GRACE).await;
    let used = Usage::of(&stack)?.since(&before);
    let logouts = time_logouts(&stack).await?;
    let mut samples = Samples::default();
    let (mut ends, mut broken) = (json!({}), 0);
    for process in crowd {
        let figures = figures_of(process).await?;
        samples.extend(serde_json::from_value(figures["samples"].clone())?);
        broken += figures["broken_rules"].as_u64().unwrap_or_default();
        for (end, count) in figures["ends"].as_object().into_iter().flatten() {
            let known = ends[end].as_u64().unwrap_or_default();
            ends[end] = json!(known + count.as_u64().unwrap_or_default());
        }
    }
    let spread = |times: &mut Vec<f64>| Spread::of(mem::take(times)).to_json();
    Ok(json!({
        "sessions": sessions,
        "edges": stack.edges.len(),
        "tokens_end_together": options.shared_token,
        "arrivals_ms": spread(&mut samples.arrivals),
        "prompts_late_ms": spread(&mut samples.prompts_late),
        "renewals_ms": spread(&mut samples.renewals),
        "logout_to_close_ms": Spread::of(logouts).to_json(),
        "processor_seconds_of_renewals": used.to_json(),
        "ends": ends,
        "broken_rules": broken,
    }))
}

/// The processes that hold the connections.
fn start_crowd(options: &Options, stack: &Stack, sessions: usize) -> anyhow::Result<Vec<Process>> {
    let processes = sessions.div_ceil(PER_PROCESS);
    let stay = options.renewals.token_life - LEAD + GRACE + TIME_FOR_LOGOUTS;
    #[expect(clippy::cast_precision_loss, reason = "a few processes")]
    let rate = options.connect_rate / processes as f64;
    let edges: Vec<String> = stack
        .edges
        .iter()
        .map(|edge| edge.address().to_string())
        .collect();
    (0..processes)
        .map(|nth| {
            let connections = sessions / processes + usize::from(nth < sessions % processes);
            let mut command = Command::new(current_exe()?);
            for edge in &edges {
                command.args(["--edge", edge]);
            }
            for (flag, value) in [
                ("--connections", connections),
                ("--users", connections.div_ceil(PER_LOGIN)),
                ("--recipes", connections.div_ceil(PER_RECIPE)),
            ] {
                command.args([flag, &value.to_string()]);
            }
            let source = Ipv4Addr::from(FIRST_SOURCE.to_bits() + u32::try_from(nth)?);
            command.args(["--source", &source.to_string()]);
            command.args(["--connect-rate", &rate.to_string()]);
            command.args(["--duration", &stay.as_secs().to_string(), "--samples"]);
            if options.shared_token {
                command.arg("--shared-token");
            }
            Ok(Process::start(&format!("crowd {nth}"), command))
        })
        .collect()
}

/// Waits until the edges have so many connections. Fails soon when no more come.
async fn until_connected(
    stack: &Stack,
    crowd: &mut [Process],
    sessions: usize,
    at_most: Duration,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut told = began;
    let (mut most, mut grown) = (0, began);
    loop {
        let mut connected = 0;
        for edge in 0..stack.edges.len() {
            let count = stack.metric(edge, "edge_connections", "").await;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count"
            )]
            let count = count as usize;
            connected += count;
        }
        if connected > most {
            (most, grown) = (connected, Instant::now());
        }
        if connected >= sessions {
            return Ok(());
        }
        if let Some(ended) = crowd
            .iter_mut()
            .find_map(|one| (!one.is_running()).then_some(one))
        {
            bail!("{} failed: {}", ended.name(), last_lines(&ended.stderr()));
        }
        let no_more = most > sessions / 2 && grown.elapsed() > LAST_ARRIVAL;
        if no_more || began.elapsed() > at_most {
            let waited = began.elapsed();
            bail!(
                "of {sessions} sessions {connected} are connected after {waited:?}, and {most} were at most"
            );
        }
        if told.elapsed() > BETWEEN_WORDS {
            told = Instant::now();
            progress(&format!("{connected} of {sessions} are connected"));
        }
        sleep(POLL).await;
    }
}

/// A word to who waits for the figures.
#[expect(clippy::print_stderr, reason = "the figures go to standard output")]
fn progress(text: &str) {
    eprintln!("{text}");
}

/// What one process of the crowd measured.
async fn figures_of(mut process: Process) -> anyhow::Result<Value> {
    let ended = process.ended_within(SLACK).await;
    if !ended.status.success() {
        bail!("{} failed: {}", process.name(), last_lines(&ended.stderr));
    }
    Ok(serde_json::from_str(&ended.stdout)?)
}

/// From the moment of a logout to the close of each of its connections, over all edges, in milliseconds.
async fn time_logouts(stack: &Stack) -> anyhow::Result<Vec<f64>> {
    let api = stack.api();
    let mut times = Vec::with_capacity(LOGOUTS * CLOSED_BY_EACH);
    for nth in 0..LOGOUTS {
        let account = Account::register(&api, "leaver").await;
        let recipe = format!("left-{nth}");
        api.make_recipe(&account.access_token, &recipe).await;
        let mut open = JoinSet::new();
        for number in 0..CLOSED_BY_EACH {
            let edge = number % stack.edges.len();
            let mut client = stack.join_at(edge, &account, &recipe).await;
            open.spawn(async move {
                loop {
                    if let Event::Closed(..) | Event::Lost(_) = client.next().await {
                        return Instant::now();
                    }
                }
            });
        }
        let began = Instant::now();
        account.logout(&api).await;
        let closed = timeout(SLACK, open.join_all())
            .await
            .context("a logout closed nothing")?;
        times.extend(closed.iter().map(|at| (*at - began).as_secs_f64() * 1e3));
    }
    Ok(times)
}

/// The processor time of each kind of process.
struct Usage(Vec<(&'static str, Duration)>);

impl Usage {
    fn of(stack: &Stack) -> anyhow::Result<Self> {
        let time = |id| processor_time(id).context("a service has ended");
        let all = |services: &mut dyn Iterator<Item = &Service>| {
            services
                .map(|service| time(service.process().id()))
                .sum::<anyhow::Result<Duration>>()
        };
        let redis = stack.redis.iter().map(|redis| time(redis.process().id()));
        Ok(Self(vec![
            ("edges", all(&mut stack.edges.iter())?),
            ("auth", all(&mut stack.auth.iter())?),
            ("chat", all(&mut stack.chats.iter())?),
            ("redis", redis.sum::<anyhow::Result<Duration>>()?),
        ]))
    }

    fn since(self, before: &Self) -> Self {
        let since = |((name, now), (_, before)): ((_, Duration), &(_, Duration))| {
            (name, now.saturating_sub(*before))
        };
        Self(self.0.into_iter().zip(&before.0).map(since).collect())
    }

    fn to_json(&self) -> Value {
        let seconds = |time: &Duration| (time.as_secs_f64() * 10.0).round() / 10.0;
        self.0
            .iter()
            .map(|(name, time)| ((*name).to_owned(), json!(seconds(time))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

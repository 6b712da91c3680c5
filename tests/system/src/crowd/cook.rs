//! One client as programs should be: it comes back after every end but a final one, with full jitter, to
//! whichever edge takes it, and names its session and revision.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rand::RngExt as _;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::{
    select,
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    connection_run::{ConnectionRun, End},
    event_log::EventLog,
    line::{ConnectError, Connection},
    report::Report,
    rules::Rules,
    speaker::{Speaker, SpeakingPlan},
    token_cache::TokenCache,
};

/// The highest wait before a first try, as in the web app; it doubles from the fourth on.
const FIRST_CEILING: Duration = Duration::from_secs(2);
/// The highest wait before any try.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How long a token must last to be worth coming back with.
const TRANSIT: Duration = Duration::from_secs(2);

/// A client of a crowd.
#[derive(Debug, Clone)]
pub struct Cook {
    /// Where it connects: to the first, and after each loss to the next one.
    pub edges: Vec<SocketAddr>,
    /// To which recipe.
    pub recipe: String,
    /// Where its tokens come from.
    pub token_cache: Arc<TokenCache>,
    /// Whether it comes with the token that its login session has, which others come with too.
    pub shares_first_token: bool,
    /// Whether it answers when it is asked for a fresh token.
    pub renews: bool,
    /// What it says, if it talks.
    pub talk: Option<SpeakingPlan>,
}

/// A cook's whole life, over all of its connections.
#[derive(Debug)]
pub(super) struct ClientState {
    /// Where its connections come from; unspecified: wherever the system likes.
    source: Ipv4Addr,
    pub(super) edges: Vec<SocketAddr>,
    pub(super) recipe: String,
    pub(super) token_cache: Arc<TokenCache>,
    shares_first_token: bool,
    pub(super) renews: bool,
    pub(super) speaker: Option<Speaker>,
    pub(super) rules: Rules,
    pub(super) event_log: EventLog,
    pub(super) token: String,
    /// Names where it stands.
    pub(super) resume: Value,
    pub(super) report: Report,
    pub(super) stop: CancellationToken,
    present: watch::Sender<usize>,
    tries: u32,
    lost: Option<Instant>,
}

impl ClientState {
    pub(super) fn new(
        cook: Cook,
        source: Ipv4Addr,
        report: Report,
        present: watch::Sender<usize>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            source,
            edges: cook.edges,
            recipe: cook.recipe,
            token_cache: cook.token_cache,
            shares_first_token: cook.shares_first_token,
            renews: cook.renews,
            speaker: cook.talk.map(Speaker::new),
            rules: Rules::default(),
            event_log: EventLog::default(),
            token: String::new(),
            resume: json!({}),
            report,
            stop,
            present,
            tries: 0,
            lost: None,
        }
    }

    /// Lives until told to stop, and until what was said last is answered; or until it is sent away.
    pub(super) async fn live(mut self) {
        self.token = match self.shares_first_token {
            true => self.token_cache.token().await,
            false => self.token_cache.fresh_token().await,
        };
        self.token_cache
            .make_recipe(&self.token, &self.recipe)
            .await;
        while let End::Again(named) = self.connect().await {
            self.rules.disconnected();
            self.edges.rotate_left(1);
            let wait = self.wait(named);
            let over = self.speaker.as_ref().is_none_or(Speaker::is_over);
            select! {
                () = sleep(wait) => {}
                () = self.stop.cancelled(), if over => return,
            }
            if self.renews
                && self
                    .rules
                    .token_ends_by(OffsetDateTime::now_utc() + TRANSIT)
            {
                self.token = self.token_cache.fresh_token().await;
                self.event_log.tell("has a fresh token to come back with");
            }
        }
    }

    /// Full jitter below a ceiling that doubles; a time that the server named is spread upwards by half.
    fn wait(&mut self, named: Option<Duration>) -> Duration {
        let jitter: f64 = rand::rng().random();
        if let Some(named) = named {
            return named.mul_f64(1.0 + jitter / 2.0);
        }
        let doubled = FIRST_CEILING * 2u32.pow(self.tries.saturating_sub(2).min(8));
        self.tries += 1;
        doubled.min(LONGEST_WAIT).mul_f64(jitter)
    }

    async fn connect(&mut self) -> End {
        let started = Instant::now();
        let mut line = match Connection::open(self.source, self.edges[0], &self.recipe).await {
            Ok(line) => line,
            Err(ConnectError::TurnedAway { wait }) => {
                self.report.figures().turned_away += 1;
                return End::Again(wait);
            }
            Err(ConnectError::Unreachable) => return End::Again(None),
        };
        self.report.figures().entries.push(Instant::now());
        let (edge, recipe) = (self.edges[0], &self.recipe);
        self.event_log
            .tell(format_args!("connects to {edge} for {recipe}"));
        line.send("auth", None, self.credentials()).await;
        ConnectionRun::new(self, line).run(started).await
    }

    /// Signed in, after a connection that began then.
    pub(super) fn arrived(&mut self, started: Instant) {
        self.tries = 0;
        self.present.send_modify(|present| *present += 1);
        let mut figures = self.report.figures();
        figures.arrivals.push(started.elapsed());
        if let Some(lost) = self.lost.take() {
            figures.gaps.push(lost.elapsed());
        }
    }

    /// No longer signed in.
    pub(super) fn departed(&mut self) {
        self.lost = Some(Instant::now());
        self.present.send_modify(|present| *present -= 1);
    }

    fn credentials(&self) -> Value {
        let mut payload = self.resume.clone();
        payload["token"] = json!(self.token);
        if let Some(session) = self.rules.session() {
            payload["session"] = json!(session);
        }
        payload
    }
}

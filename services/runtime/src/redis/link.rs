//! Keeps one connection for commands alive: connects, watches over it, and connects again when it is lost.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ::redis::RedisError;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::{
    Failure,
    address::Target,
    connection::{Connection, ConnectionOptions},
    problem::{Cause, Problem},
    refusals::Refusals,
    self_test::SelfTest,
};

/// How often a connection that seems healthy is asked for a sign of life, and how long that may take.
const PING_INTERVAL: Duration = Duration::from_secs(1);
const PING_TIMEOUT: Duration = Duration::from_millis(500);
/// How often the self-test is repeated, and how long it may take.
const SELF_TEST_INTERVAL: Duration = Duration::from_secs(5);
const SELF_TEST_TIMEOUT: Duration = Duration::from_secs(2);
/// Answers slower than this are lost, whatever timeout a caller has.
const MAX_ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Link {
    shared: Arc<Shared>,
    _keeper: AbortOnDropHandle<()>,
}

struct Shared {
    target: Target,
    self_test: SelfTest,
    state: watch::Sender<State>,
    up: watch::Sender<bool>,
    check_now: Notify,
    /// Something was refused that the service cannot do without: it is to be looked into.
    refused: Mutex<Option<Problem>>,
    refusals: Refusals,
}

#[derive(Clone)]
enum State {
    /// For the first time: callers may wait for it.
    Connecting,
    Up(Connection),
    Down(Problem),
}

impl Link {
    pub(super) fn open(target: Target, self_test: SelfTest) -> Self {
        let shared = Arc::new(Shared {
            target,
            self_test,
            state: watch::Sender::new(State::Connecting),
            up: watch::Sender::new(false),
            check_now: Notify::new(),
            refused: Mutex::default(),
            refusals: Refusals::default(),
        });
        let keeper = tokio::spawn(keep(shared.clone()));
        Self {
            shared,
            _keeper: AbortOnDropHandle::new(keeper),
        }
    }

    pub(super) fn target(&self) -> &Target {
        &self.shared.target
    }

    pub(super) fn up(&self) -> watch::Receiver<bool> {
        self.shared.up.subscribe()
    }

    /// The connection; only the very first one is waited for.
    pub(super) async fn connection(&self, deadline: Instant) -> Result<Connection, Failure> {
        let mut state = self.shared.state.subscribe();
        let known = timeout_at(
            deadline,
            state.wait_for(|state| !matches!(state, State::Connecting)),
        );
        match known.await.map_err(|_| Failure::TimedOut)?.as_deref() {
            Ok(State::Up(connection)) => Ok(connection.clone()),
            Ok(State::Connecting | State::Down(_)) | Err(_) => Err(Failure::Down),
        }
    }

    /// Why Redis cannot be used at the moment; `None` when it can, and all that is listened to is heard.
    pub(super) fn problem(&self) -> Option<Problem> {
        match &*self.shared.state.borrow() {
            State::Up(_) => self.shared.refusals.first(),
            State::Down(problem) => Some(problem.clone()),
            State::Connecting => Some(Problem::unreachable(
                &self.shared.target.servers_text(),
                "still connecting",
            )),
        }
    }

    /// Where subscriptions and streams tell what they are refused.
    pub(super) fn refusals(&self) -> &Refusals {
        &self.shared.refusals
    }

    /// Has the connection checked now.
    pub(super) fn check_now(&self) {
        self.shared.check_now.notify_one();
    }

    /// Sorts an error, and has the connection checked when it is to blame.
    pub(super) fn judge(&self, error: RedisError) -> Failure {
        match Cause::of(&error) {
            None => Failure::Refused(error),
            Some(Cause::Unreachable) if error.is_timeout() => {
                self.check_now();
                Failure::TimedOut
            }
            Some(Cause::Unreachable) => {
                self.check_now();
                Failure::Broken(error)
            }
            // A Redis that refuses what the service cannot do without answers pings as if all was well.
            Some(_) => {
                let problem = Problem::of(&error, &self.shared.target.servers_text());
                *self.shared.refused() = Some(problem);
                self.check_now();
                Failure::Refused(error)
            }
        }
    }
}

async fn keep(shared: Arc<Shared>) {
    loop {
        let connection = connect(&shared).await;
        info!(redis = ?shared.target, "connected to Redis");
        *shared.refused() = None;
        shared.state.send_replace(State::Up(connection.clone()));
        shared.up.send_replace(true);

        let problem = watch_over(&shared, connection).await;
        warn!(redis = ?shared.target, %problem, "Redis cannot be used any more");
        shared.state.send_replace(State::Down(problem));
        shared.up.send_replace(false);
    }
}

/// Tries until there is a connection that can be used.
async fn connect(shared: &Shared) -> Connection {
    let options = ConnectionOptions {
        slowest: MAX_ANSWER_TIMEOUT,
        on_push: None,
    };
    let mut pause = Backoff::default();
    let mut told = None;
    loop {
        let attempt = timeout(MAX_ANSWER_TIMEOUT, shared.target.connect(&options)).await;
        let problem = match attempt {
            Ok(Ok(mut connection)) => match shared.try_out(&mut connection).await {
                Ok(()) => return connection,
                Err(problem) => problem,
            },
            Ok(Err(error)) => Problem::of(&error, &shared.target.servers_text()),
            Err(_) => shared.no_answer("no connection in time"),
        };
        if told != Some(problem.cause) {
            warn!(redis = ?shared.target, %problem, "Redis cannot be used, trying on");
            told = Some(problem.cause);
        }
        shared.state.send_replace(State::Down(problem));
        pause.wait().await;
    }
}

/// Resolves when the connection is of no use any more.
async fn watch_over(shared: &Shared, mut connection: Connection) -> Problem {
    // One late answer is forgiven. A cluster is asked through any of its servers, of which one may be away without
    // harm.
    let attempts = if shared.target.is_cluster() { 3 } else { 2 };
    let mut tested = Instant::now();
    loop {
        tokio::select! {
            () = sleep(PING_INTERVAL) => {}
            () = shared.check_now.notified() => {}
        }
        let mut alive = Ok(());
        for _ in 0..attempts {
            alive = shared.ping(&mut connection).await;
            if alive.is_ok() {
                break;
            }
        }
        if let Err(problem) = alive {
            return problem;
        }
        let refused = shared.refused().take();
        if let Some(demoted) = refused
            .as_ref()
            .filter(|problem| problem.cause == Cause::ReadOnly && !shared.target.is_cluster())
        {
            return demoted.clone();
        }
        // What is refused again and again though the self-test passes must not make it run without a pause.
        let interval = match refused {
            Some(_) => PING_INTERVAL,
            None => SELF_TEST_INTERVAL,
        };
        if tested.elapsed() >= interval {
            if let Err(problem) = shared.test(&mut connection).await {
                return problem;
            }
            tested = Instant::now();
        }
    }
}

impl Shared {
    async fn try_out(&self, connection: &mut Connection) -> Result<(), Problem> {
        self.ping(connection).await?;
        self.test(connection).await
    }

    async fn ping(&self, connection: &mut Connection) -> Result<(), Problem> {
        match timeout(PING_TIMEOUT, connection.ping()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Problem::of(&error, &self.target.servers_text())),
            Err(_) => Err(self.no_answer("it does not answer in time")),
        }
    }

    /// Runs the self-test. One that is slow is forgiven: the next ping tells whether Redis still answers.
    async fn test(&self, connection: &mut Connection) -> Result<(), Problem> {
        match timeout(SELF_TEST_TIMEOUT, self.self_test.run(connection)).await {
            Ok(Ok(())) | Err(_) => Ok(()),
            Ok(Err(failed)) => {
                let problem = Problem::of(&failed.error, &self.target.servers_text());
                Err(problem.while_trying(failed.step))
            }
        }
    }

    fn refused(&self) -> MutexGuard<'_, Option<Problem>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn no_answer(&self, detail: &str) -> Problem {
        Problem::unreachable(&self.target.servers_text(), detail)
    }
}

/// The growing, jittered time between two attempts.
#[derive(Debug)]
pub(super) struct Backoff {
    longest: Duration,
    attempts: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            longest: Duration::from_millis(50),
            attempts: 0,
        }
    }
}

impl Backoff {
    pub(super) async fn wait(&mut self) {
        self.attempts += 1;
        sleep(self.longest.mul_f64(rand::random_range(0.5..1.0))).await;
        self.longest = (self.longest * 2).min(Duration::from_secs(1));
    }
}

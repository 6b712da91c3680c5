//! Keeps one connection for commands alive: connects, watches over it, and connects again when it is lost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ::redis::{ErrorKind, RedisError, ServerErrorKind};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::{
    Failure,
    address::Target,
    connection::{Connection, Wiring},
};

/// How often a connection that seems healthy is asked for a sign of life, and how long that may take.
const CHECK_EVERY: Duration = Duration::from_secs(1);
const CHECK_PATIENCE: Duration = Duration::from_millis(500);
/// Answers slower than this are lost, whatever a caller's patience.
const SLOWEST: Duration = Duration::from_secs(5);

pub(super) struct Link {
    shared: Arc<Shared>,
    _keeper: AbortOnDropHandle<()>,
}

struct Shared {
    target: Target,
    state: watch::Sender<State>,
    up: watch::Sender<bool>,
    doubt: Notify,
    lost: AtomicBool,
}

#[derive(Clone)]
enum State {
    /// For the first time: callers may wait for it.
    Connecting,
    Up(Connection),
    Down,
}

impl Link {
    pub(super) fn open(target: Target) -> Self {
        let shared = Arc::new(Shared {
            target,
            state: watch::Sender::new(State::Connecting),
            up: watch::Sender::new(false),
            doubt: Notify::new(),
            lost: AtomicBool::new(false),
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
            Ok(State::Connecting | State::Down) | Err(_) => Err(Failure::Down),
        }
    }

    /// Has the connection checked now.
    pub(super) fn doubt(&self) {
        self.shared.doubt.notify_one();
    }

    /// Sorts an error, and doubts the connection when it is to blame.
    pub(super) fn judge(&self, error: RedisError) -> Failure {
        match error.kind() {
            // A master that was demoted, or a server that is still starting, answers pings as if all was well.
            ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown)
                if !self.target().is_cluster() =>
            {
                self.shared.lost.store(true, Ordering::Relaxed);
                self.doubt();
                Failure::Refused(error)
            }
            ErrorKind::Server(ServerErrorKind::BusyLoading) => {
                self.doubt();
                Failure::Refused(error)
            }
            ErrorKind::Server(_) | ErrorKind::Extension => Failure::Refused(error),
            _ if error.is_timeout() => {
                self.doubt();
                Failure::TimedOut
            }
            _ => {
                self.doubt();
                Failure::Broken(error)
            }
        }
    }
}

async fn keep(shared: Arc<Shared>) {
    loop {
        let connection = connect(&shared).await;
        info!(redis = ?shared.target, "connected to Redis");
        shared.lost.store(false, Ordering::Relaxed);
        shared.state.send_replace(State::Up(connection.clone()));
        shared.up.send_replace(true);

        watch_over(&shared, connection).await;
        warn!(redis = ?shared.target, "lost the connection to Redis");
        shared.state.send_replace(State::Down);
        shared.up.send_replace(false);
    }
}

/// Tries until there is a connection that answers.
async fn connect(shared: &Shared) -> Connection {
    let wiring = Wiring {
        slowest: SLOWEST,
        ear: None,
    };
    let mut pause = Pause::default();
    loop {
        let attempt = timeout(SLOWEST, shared.target.connect(&wiring)).await;
        let problem = match attempt {
            Ok(Ok(mut connection)) => {
                if answers(&mut connection).await {
                    return connection;
                }
                "it does not answer".to_owned()
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no connection in time".to_owned(),
        };
        if pause.is_first() {
            warn!(redis = ?shared.target, problem, "cannot reach Redis, trying on");
        }
        shared.state.send_replace(State::Down);
        pause.wait().await;
    }
}

/// Resolves when the connection is of no use any more.
async fn watch_over(shared: &Shared, mut connection: Connection) {
    // One late answer is forgiven. A cluster is asked through any of its servers, of which one may be away without
    // harm.
    let attempts = if shared.target.is_cluster() { 3 } else { 2 };
    loop {
        tokio::select! {
            () = sleep(CHECK_EVERY) => {}
            () = shared.doubt.notified() => {}
        }
        if shared.lost.load(Ordering::Relaxed) {
            return;
        }
        let mut alive = false;
        for _ in 0..attempts {
            alive = alive || answers(&mut connection).await;
        }
        if !alive {
            return;
        }
    }
}

async fn answers(connection: &mut Connection) -> bool {
    matches!(timeout(CHECK_PATIENCE, connection.ping()).await, Ok(Ok(())))
}

/// The growing, jittered time between two attempts.
#[derive(Debug)]
pub(super) struct Pause {
    longest: Duration,
    attempts: u32,
}

impl Default for Pause {
    fn default() -> Self {
        Self {
            longest: Duration::from_millis(50),
            attempts: 0,
        }
    }
}

impl Pause {
    pub(super) fn is_first(&self) -> bool {
        self.attempts == 0
    }

    pub(super) async fn wait(&mut self) {
        self.attempts += 1;
        sleep(self.longest.mul_f64(rand::random_range(0.5..1.0))).await;
        self.longest = (self.longest * 2).min(Duration::from_secs(1));
    }
}

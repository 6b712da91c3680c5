//! When each session must be asked for a fresh token: a schedule that every edge shares, so that any of them
//! can say that a session is due, and the edge that holds the connection sends it.
//!
//! It decides nothing about connections: an [`Owners`] checks each prompt against what it holds, has its own
//! fallback timer, and closes at the token's end by itself. Nothing here makes a connection wait, but
//! [`Deadlines::take_over`], which is bounded.

mod config;
mod in_memory_schedule;
mod memory;
pub(crate) mod metrics;
mod record;
mod redis;

use std::{fmt, sync::Arc, time::Duration};

use proto::ids::SessionId;
use runtime::{
    lifecycle::Lifecycle,
    redis::{Problem, Redis, SelfTest},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::record::{Issuer, Unavailable};
#[cfg(feature = "fuzzing")]
pub(crate) use self::redis::fuzzing;
pub use self::{
    config::DeadlineConfig,
    record::{Delivery, EdgeId, Owners, Phase, Prompt, Scope, SessionRecord},
};
use self::{memory::MemorySchedule, redis::RedisSchedule};

/// What is done with Redis, to be tried before it is relied on.
pub(crate) fn redis_self_test(config: &DeadlineConfig) -> SelfTest {
    redis::self_test(config.shards)
}

/// Starts keeping deadlines for `edge`: in Redis for all edges that use it, or in memory for a single one. Its tasks run until [`Deadlines::close`] or the lifecycle is killed.
pub fn start(
    config: DeadlineConfig,
    edge: EdgeId,
    redis: Option<&Redis>,
    owners: Arc<dyn Owners>,
    lifecycle: &Lifecycle,
) -> Deadlines {
    let tasks = Tasks::new(lifecycle);
    let backend = match redis {
        Some(redis) => Backend::Redis(redis::open(config, edge, redis, owners, &tasks)),
        None => Backend::Memory(memory::open(&config, edge, owners, &tasks)),
    };
    Deadlines { backend, tasks }
}

/// How a schedule that edges share is seen from this one.
#[derive(Debug)]
pub struct SharedState {
    /// How many edges have a live heartbeat, this one included.
    pub edges: usize,
    /// How many writes of sessions have not reached Redis yet.
    pub unwritten: usize,
    /// Why Redis cannot be used at the moment.
    pub problem: Option<Problem>,
}

/// A handle to the schedule; clones share it.
#[derive(Clone)]
pub struct Deadlines {
    backend: Backend,
    tasks: Tasks,
}

#[derive(Clone)]
enum Backend {
    /// In this process, for a single edge.
    Memory(Arc<MemorySchedule>),
    /// In Redis, for all edges that use it.
    Redis(Arc<RedisSchedule>),
}

impl Deadlines {
    /// Writes a session as it is now: new, asked or re-authenticated. Never waits: the newest write of a session replaces the
    /// ones still under way, and what cannot be written now is written by a later repair.
    pub fn schedule(&self, record: SessionRecord) {
        match &self.backend {
            Backend::Memory(schedule) => schedule.schedule(record),
            Backend::Redis(schedule) => schedule.schedule(record),
        }
    }

    /// Forgets a session that ended for good, unless a newer generation of it is known. Never waits.
    ///
    /// A lost connection is no reason to cancel: its client may take the session over on another edge.
    pub fn cancel(&self, session: &SessionId, generation: u64) {
        match &self.backend {
            Backend::Memory(schedule) => schedule.cancel(session, generation),
            Backend::Redis(schedule) => schedule.cancel(session, generation),
        }
    }

    /// Makes this edge the owner of a session of the same user, login session and recipe: the generation goes up by
    /// one, deadline and phase stay, and the owner before is told to let go. `None`: there is no such session
    /// any more, or it is somebody else's.
    ///
    /// # Errors
    /// When the schedule cannot be reached within its time.
    pub async fn take_over(
        &self,
        session: &SessionId,
        scope: &Scope,
    ) -> Result<Option<SessionRecord>, Unavailable> {
        match &self.backend {
            Backend::Memory(schedule) => Ok(schedule.take_over(session, scope)),
            Backend::Redis(schedule) => schedule.take_over(session, scope).await,
        }
    }

    /// Why the schedule cannot be shared with other edges at the moment; `None` when it can, or is kept in memory.
    pub fn problem(&self) -> Option<Problem> {
        match &self.backend {
            Backend::Memory(_) => None,
            Backend::Redis(schedule) => schedule.problem(),
        }
    }

    /// This edge, as other edges know it.
    pub(crate) fn edge(&self) -> &EdgeId {
        match &self.backend {
            Backend::Memory(schedule) => schedule.edge(),
            Backend::Redis(schedule) => schedule.edge(),
        }
    }

    /// What lies in Redis for all edges; `None`: it is kept in memory.
    pub fn shared(&self) -> Option<SharedState> {
        match &self.backend {
            Backend::Memory(_) => None,
            Backend::Redis(schedule) => Some(schedule.state()),
        }
    }

    /// Writes what is still held back, leaves the other edges, and ends the tasks: call it after the
    /// connections are gone. Tells whether all that was done within `timeout`.
    pub async fn close(&self, timeout: Duration) -> bool {
        self.tasks.close(timeout).await
    }
}

impl fmt::Debug for Deadlines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlines").finish_non_exhaustive()
    }
}

/// The tasks behind the schedule. They outlive an orderly stop of the service, since connections still write
/// while they drain.
#[derive(Clone)]
struct Tasks {
    tracker: TaskTracker,
    closing: CancellationToken,
    lifecycle: Lifecycle,
}

impl Tasks {
    fn new(lifecycle: &Lifecycle) -> Self {
        Self {
            tracker: TaskTracker::new(),
            closing: CancellationToken::new(),
            lifecycle: lifecycle.clone(),
        }
    }

    /// Runs `task` until it ends by itself after [`Tasks::closing`], or is cut off by a kill.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let lifecycle = self.lifecycle.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                () = task => {}
                () = lifecycle.killed() => {}
            }
        });
    }

    async fn closing(&self) {
        self.closing.cancelled().await;
    }

    fn is_closing(&self) -> bool {
        self.closing.is_cancelled()
    }

    async fn close(&self, timeout: Duration) -> bool {
        self.closing.cancel();
        self.tracker.close();
        tokio::time::timeout(timeout, self.tracker.wait())
            .await
            .is_ok()
    }
}

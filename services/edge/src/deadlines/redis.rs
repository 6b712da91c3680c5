//! The schedule that all edges share, in Redis: sharded, worked off by whoever is in charge of a shard, and written
//! anew by the owners of the sessions when Redis lost it.
//!
//! Four tasks share a [`RedisSchedule`]: the writer, the claimer, membership (which edges there are) and the inbox; a fifth repairs.
//! They know where the schedule is kept only as a [`Store`], so that a simulation can stand in for Redis.

mod claimer;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod inbox;
mod membership;
mod pending;
mod poll_plan;
mod redis_store;
mod repair;
mod scripts;
mod self_test;
mod shards;
mod store;
mod writer;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto::ids::SessionId;
use rand::{SeedableRng as _, rngs::SmallRng};
use runtime::redis::{Failure, Problem, Redis};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, timeout},
};

pub(super) use self::self_test::self_test;
use self::{
    inbox::{EdgeMessage, Envelope},
    pending::{Pending, Write},
    redis_store::RedisStore,
    repair::Repairs,
    shards::Shards,
    store::Store,
};
use super::{
    DeadlineConfig, SharedState, Tasks,
    metrics::{self, Metrics},
    record::{Delivery, EdgeId, Issuer, Owners, Prompt, Scope, SessionRecord, Unavailable},
};
use crate::rendezvous;

/// How long a connection may wait for a take-over in all.
const TAKE_OVER_TIMEOUT: Duration = Duration::from_millis(800);
/// How many notes to other edges wait at most. Further ones are dropped: a claim repeats itself.
const MAX_OUTGOING: usize = 10_000;

pub(super) struct RedisSchedule {
    edge: EdgeId,
    config: DeadlineConfig,
    store: Arc<dyn Store>,
    shards: Shards,
    pending: Mutex<Pending>,
    queued: Notify,
    repairs: Repairs,
    membership: watch::Sender<Vec<EdgeId>>,
    members_changed: Notify,
    outbox: mpsc::Sender<Envelope>,
    owners: Arc<dyn Owners>,
    metrics: Metrics,
}

/// Opens the schedule in Redis and starts its tasks.
pub(super) fn open(
    config: DeadlineConfig,
    edge: EdgeId,
    redis: &Redis,
    owners: Arc<dyn Owners>,
    tasks: &Tasks,
) -> Arc<RedisSchedule> {
    redis.export_health(
        &opentelemetry::global::meter(metrics::METER),
        metrics::REDIS_UP,
        metrics::REDIS_PROBLEM,
    );
    let store = Arc::new(RedisStore::new(redis, config.shards));
    open_in(store, config, edge, owners, tasks)
}

/// Opens the schedule wherever it is kept.
fn open_in(
    store: Arc<dyn Store>,
    config: DeadlineConfig,
    edge: EdgeId,
    owners: Arc<dyn Owners>,
    tasks: &Tasks,
) -> Arc<RedisSchedule> {
    let (outbox, letters) = mpsc::channel(MAX_OUTGOING);
    let shards = Shards::new(config.shards);
    let schedule = Arc::new(RedisSchedule {
        pending: Mutex::new(Pending::new(config.pending)),
        queued: Notify::new(),
        repairs: Repairs::new(shards.count()),
        membership: watch::Sender::new(Vec::new()),
        members_changed: Notify::new(),
        metrics: Metrics::new(),
        edge,
        config,
        store,
        shards,
        outbox,
        owners,
    });
    tasks.spawn(writer::work(schedule.clone(), tasks.clone()));
    tasks.spawn(claimer::work(schedule.clone(), tasks.clone()));
    tasks.spawn(membership::work(schedule.clone(), tasks.clone()));
    tasks.spawn(repair::work(schedule.clone(), tasks.clone()));
    tasks.spawn(inbox::receive(schedule.clone(), tasks.clone()));
    tasks.spawn(inbox::send(schedule.clone(), letters, tasks.clone()));
    schedule
}

impl RedisSchedule {
    pub(super) fn edge(&self) -> &EdgeId {
        &self.edge
    }

    pub(super) fn state(&self) -> SharedState {
        SharedState {
            edges: self.membership.borrow().len(),
            unwritten: self.pending().len(),
            problem: self.problem(),
        }
    }

    pub(super) fn schedule(&self, record: SessionRecord) {
        let session = record.session.clone();
        self.queue(&session, Write::Put(record));
    }

    pub(super) fn cancel(&self, session: &SessionId, generation: u64) {
        self.queue(session, Write::Cancel { generation });
    }

    pub(super) async fn take_over(
        &self,
        session: &SessionId,
        scope: &Scope,
    ) -> Result<Option<SessionRecord>, Unavailable> {
        let taking = async {
            self.write_first(session).await?;
            self.store.take_over(&self.edge, session, scope).await
        };
        let Some(taken) = self.bounded(taking).await? else {
            return Ok(None);
        };
        let generation = taken.record.generation;
        if taken.previous == self.edge {
            self.owners.moved(session, generation);
        } else {
            let session = session.clone();
            self.post(
                taken.previous,
                EdgeMessage::Moved {
                    session,
                    generation,
                },
            );
        }
        Ok(Some(taken.record))
    }

    pub(super) fn problem(&self) -> Option<Problem> {
        self.store.problem()
    }

    /// Writes what waits for a session, so that the next call sees it. It stays in the queue too, where by then
    /// it is out of date, or of no effect a second time.
    async fn write_first(&self, session: &SessionId) -> Result<(), Failure> {
        let now = Instant::now();
        let waiting = self.pending().peek(session).cloned();
        if let Some(write) = waiting.filter(|write| !write.is_void(now)) {
            let writes = [(session.clone(), write)];
            for answer in self.store.write(&self.edge, &writes, now).await? {
                answer?;
            }
        }
        Ok(())
    }

    async fn bounded<T>(
        &self,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Unavailable> {
        match timeout(TAKE_OVER_TIMEOUT, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => {
                tracing::debug!(%failure, "the session schedule cannot be reached");
                Err(Unavailable)
            }
            Err(_) => Err(Unavailable),
        }
    }

    /// Hands a prompt on to its connection; a session that is not here is cancelled.
    fn prompt(&self, session: &SessionId, generation: u64, issuer: Issuer) {
        let prompt = Prompt {
            session: session.clone(),
            generation,
            issuer,
        };
        if self.owners.prompt(prompt) == Delivery::NotHere {
            self.cancel(session, generation);
        }
    }

    /// Queues a write; without room, its shard is left to a repair.
    fn queue(&self, session: &SessionId, write: Write) {
        let queued = self.pending().add(session, write);
        if queued.is_err() {
            self.repairs.order(self.shards.of(session));
        }
        self.queued.notify_one();
    }

    /// Tells another edge something, if there is room: nothing rests on a note.
    fn post(&self, to: EdgeId, note: EdgeMessage) {
        self.outbox.try_send(Envelope { to, note }).ok();
    }

    /// A panic elsewhere leaves the queue whole: each change is one call.
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves when the store is up.
    async fn reachable(&self) {
        self.store.wait_until(true).await;
    }

    /// Random numbers for one task: no two edges draw the same, and one edge always does.
    fn rng(&self, task: u64) -> SmallRng {
        SmallRng::seed_from_u64(rendezvous::score(self.edge.as_str(), task))
    }
}

impl fmt::Debug for RedisSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSchedule")
            .field("edge", &self.edge)
            .finish_non_exhaustive()
    }
}

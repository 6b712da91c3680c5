//! The schedule that all edges share, in Redis: sharded, worked off by whoever is in charge of a shard, and written
//! anew by the owners of the sessions when Redis lost it.
//!
//! Four tasks share a [`Desk`]: the writer, the claimer, the crew (who else is there) and the inbox; a fifth repairs.

mod claimer;
mod crew;
mod inbox;
mod pending;
mod repair;
mod rota;
mod scripts;
mod shards;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto::ids::{LoginSessionId, SessionId, UserId};
use runtime::redis::{Failure, Redis};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, timeout},
};

use self::{
    inbox::{Letter, Note},
    pending::{Pending, Write},
    repair::Repairs,
    scripts::{Scripts, TakeOverAnswer},
    shards::Shards,
};
use super::{
    DeadlineConfig, Tasks,
    metrics::Metrics,
    record::{EdgeId, Owners, Record, Unavailable},
};

/// How long one round trip to Redis may take.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a connection may wait for a take-over or a review in all.
const TAKE_OVER: Duration = Duration::from_millis(800);
/// How many notes to other edges wait at most. Further ones are dropped: a claim repeats itself.
const OUTBOX: usize = 10_000;

pub(super) struct Desk {
    edge: EdgeId,
    config: DeadlineConfig,
    redis: Redis,
    scripts: Scripts,
    pending: Mutex<Pending>,
    queued: Notify,
    repairs: Repairs,
    crew: watch::Sender<Vec<EdgeId>>,
    muster: Notify,
    outbox: mpsc::Sender<Letter>,
    owners: Arc<dyn Owners>,
    metrics: Metrics,
}

/// Opens the schedule and starts its tasks.
pub(super) fn open(
    config: DeadlineConfig,
    edge: EdgeId,
    redis: &Redis,
    owners: Arc<dyn Owners>,
    tasks: &Tasks,
) -> Arc<Desk> {
    let (outbox, letters) = mpsc::channel(OUTBOX);
    let scripts = Scripts::new(Shards::new(config.shards));
    let desk = Arc::new(Desk {
        pending: Mutex::new(Pending::new(config.pending)),
        queued: Notify::new(),
        repairs: Repairs::new(scripts.shards.count()),
        crew: watch::Sender::new(Vec::new()),
        muster: Notify::new(),
        redis: redis.with_patience(PATIENCE),
        metrics: Metrics::new(),
        edge,
        config,
        scripts,
        outbox,
        owners,
    });
    tasks.spawn(writer::work(desk.clone(), tasks.clone()));
    tasks.spawn(claimer::work(desk.clone(), tasks.clone()));
    tasks.spawn(crew::work(desk.clone(), tasks.clone()));
    tasks.spawn(repair::work(desk.clone(), tasks.clone()));
    tasks.spawn(inbox::receive(desk.clone(), tasks.clone()));
    tasks.spawn(inbox::send(desk.clone(), letters, tasks.clone()));
    desk
}

impl Desk {
    pub(super) fn schedule(&self, record: Record) {
        let session = record.session.clone();
        self.queue(&session, Write::put(record, Instant::now()));
    }

    pub(super) fn acknowledge(
        &self,
        session: &SessionId,
        generation: u64,
        answer_in: Duration,
        expires_in: Duration,
    ) {
        let write = Write::ask(generation, answer_in, expires_in, Instant::now());
        self.queue(session, write);
    }

    pub(super) fn cancel(&self, session: &SessionId, generation: u64) {
        self.queue(session, Write::Cancel { generation });
    }

    pub(super) async fn take_over(
        &self,
        session: &SessionId,
        user: &UserId,
        login_session: &LoginSessionId,
    ) -> Result<Option<Record>, Unavailable> {
        let taking = async {
            self.write_first(session).await?;
            let call = self
                .scripts
                .take_over(&self.edge, session, user, login_session);
            self.redis.script::<TakeOverAnswer>(&call).await
        };
        let answer = self.bounded(taking).await?;
        let Some(taken) = scripts::taken_over(answer, session, user, login_session) else {
            return Ok(None);
        };
        let generation = taken.record.generation;
        if taken.previous == self.edge {
            self.owners.moved(session, generation);
        } else {
            let session = session.clone();
            self.post(
                taken.previous,
                Note::Moved {
                    session,
                    generation,
                },
            );
        }
        Ok(Some(taken.record))
    }

    pub(super) async fn review(&self, session: &SessionId) -> Result<bool, Unavailable> {
        self.bounded(async {
            self.write_first(session).await?;
            self.redis.script(&self.scripts.review(session)).await
        })
        .await
    }

    pub(super) fn is_up(&self) -> bool {
        self.redis.is_up()
    }

    /// Writes what waits for a session, so that the next call sees it. It stays in the queue too, where by then
    /// it is out of date, or of no effect a second time.
    async fn write_first(&self, session: &SessionId) -> Result<(), Failure> {
        let now = Instant::now();
        let waiting = self.pending().peek(session).cloned();
        if let Some(write) = waiting.filter(|write| !write.is_void(now)) {
            let call = self.scripts.write(&self.edge, session, &write, now);
            self.redis.script::<runtime::redis::Value>(&call).await?;
        }
        Ok(())
    }

    async fn bounded<T>(
        &self,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Unavailable> {
        match timeout(TAKE_OVER, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => {
                tracing::debug!(%failure, "the session schedule cannot be reached");
                Err(Unavailable)
            }
            Err(_) => Err(Unavailable),
        }
    }

    /// Queues a write; without room, its shard is left to a repair.
    fn queue(&self, session: &SessionId, write: Write) {
        let queued = self.pending().add(session, write);
        if queued.is_err() {
            self.repairs.order(self.scripts.shards.of(session));
        }
        self.queued.notify_one();
    }

    /// Tells another edge something, if there is room: nothing rests on a note.
    fn post(&self, to: EdgeId, note: Note) {
        self.outbox.try_send(Letter { to, note }).ok();
    }

    /// A panic elsewhere leaves the queue whole: each change is one call.
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves when Redis is up.
    async fn reachable(&self) {
        // The handle outlives this wait, so the channel does not close.
        self.redis.watch().wait_for(|up| *up).await.ok();
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("edge", &self.edge)
            .field("redis", &self.redis)
            .finish_non_exhaustive()
    }
}

//! The schedule of a single edge, in its own memory, behind a lock, and one task that waits for what is
//! due next.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto::ids::SessionId;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::{
    DeadlineConfig, Tasks,
    in_memory_schedule::{Claim, InMemorySchedule},
    metrics::Metrics,
    record::{Delivery, EdgeId, Issuer, Owners, Prompt, Scope, SessionRecord},
};

/// How many sessions are told to the owners in one go, so that writers get the lock in between.
const MAX_BATCH: usize = 128;

/// Longer than any token lives; stands for "nothing is due".
const IDLE_TIMEOUT: Duration = Duration::from_secs(3600);

pub(super) struct MemorySchedule {
    edge: EdgeId,
    lease: Duration,
    sessions: Mutex<InMemorySchedule>,
    changed: Notify,
    owners: Arc<dyn Owners>,
    metrics: Metrics,
}

/// Opens an empty schedule and starts working it off.
pub(super) fn open(
    config: &DeadlineConfig,
    edge: EdgeId,
    owners: Arc<dyn Owners>,
    tasks: &Tasks,
) -> Arc<MemorySchedule> {
    let schedule = Arc::new(MemorySchedule {
        edge,
        lease: config.lease,
        sessions: Mutex::default(),
        changed: Notify::new(),
        owners,
        metrics: Metrics::new(),
    });
    let (run_by, closing) = (schedule.clone(), tasks.clone());
    tasks.spawn(async move {
        tokio::select! {
            () = run_by.run_due() => {}
            () = closing.closing() => {}
        }
    });
    schedule
}

impl MemorySchedule {
    pub(super) fn edge(&self) -> &EdgeId {
        &self.edge
    }

    pub(super) fn schedule(&self, record: SessionRecord) {
        self.sessions().schedule(Instant::now(), record, &self.edge);
        self.changed.notify_one();
    }

    pub(super) fn cancel(&self, session: &SessionId, generation: u64) {
        self.sessions()
            .cancel(Instant::now(), session, generation, &self.edge);
    }

    pub(super) fn take_over(&self, session: &SessionId, scope: &Scope) -> Option<SessionRecord> {
        let taken = self
            .sessions()
            .take_over(Instant::now(), session, scope, &self.edge)?;
        self.changed.notify_one();
        self.owners.moved(session, taken.record.generation);
        Some(taken.record)
    }

    async fn run_due(&self) {
        loop {
            let claim = self.claim();
            for claimed in claim.sessions {
                self.metrics.claimed(Issuer::OwnNode, &claimed);
                let (session, generation) = (claimed.session, claimed.generation);
                let prompt = Prompt {
                    session: session.clone(),
                    generation,
                    issuer: Issuer::OwnNode,
                };
                if self.owners.prompt(prompt) == Delivery::NotHere {
                    self.cancel(&session, generation);
                }
            }
            tokio::select! {
                () = sleep(claim.next_in.unwrap_or(IDLE_TIMEOUT)) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    fn claim(&self) -> Claim {
        self.sessions()
            .claim(Instant::now(), Duration::ZERO, MAX_BATCH, self.lease)
    }

    /// A panic elsewhere leaves them whole: each change is one call.
    fn sessions(&self) -> MutexGuard<'_, InMemorySchedule> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemorySchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySchedule")
            .field("edge", &self.edge)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

//! The schedule of a single edge, in its own memory: one book behind a lock, and one task that waits for what is
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
    book::{Book, Claim},
    metrics::Metrics,
    record::{EdgeId, Issuer, Owners, Prompt, Record, Scope},
};

/// How many sessions are told to the owners in one go, so that writers get their turn at the book.
const BATCH: usize = 128;

/// Longer than any token lives; stands for "nothing is due".
const IDLE: Duration = Duration::from_secs(3600);

pub(super) struct Desk {
    edge: EdgeId,
    lease: Duration,
    origin: Instant,
    book: Mutex<Book>,
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
) -> Arc<Desk> {
    let desk = Arc::new(Desk {
        edge,
        lease: config.lease,
        origin: Instant::now(),
        book: Mutex::default(),
        changed: Notify::new(),
        owners,
        metrics: Metrics::new(),
    });
    if config.claims {
        let (desk, closing) = (desk.clone(), tasks.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = desk.work_off() => {}
                () = closing.closing() => {}
            }
        });
    }
    desk
}

impl Desk {
    pub(super) fn schedule(&self, record: &Record) {
        self.book().schedule(self.now(), record, &self.edge);
        self.changed.notify_one();
    }

    pub(super) fn cancel(&self, session: &SessionId, generation: u64) {
        self.book()
            .cancel(self.now(), session, generation, &self.edge);
    }

    pub(super) fn take_over(&self, session: &SessionId, scope: &Scope) -> Option<Record> {
        let taken = self
            .book()
            .take_over(self.now(), session, scope, &self.edge)?;
        self.changed.notify_one();
        self.owners.moved(session, taken.record.generation);
        Some(taken.record)
    }

    async fn work_off(&self) {
        loop {
            let claim = self.claim();
            for claimed in claim.sessions {
                self.metrics.claimed(Issuer::OwnNode, &claimed);
                self.owners.prompt(Prompt {
                    session: claimed.session,
                    generation: claimed.generation,
                    issuer: Issuer::OwnNode,
                });
            }
            tokio::select! {
                () = sleep(claim.next_in.unwrap_or(IDLE)) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    fn claim(&self) -> Claim {
        self.book()
            .claim(self.now(), Duration::ZERO, BATCH, self.lease)
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// A panic elsewhere leaves the book whole: each change is one call.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("edge", &self.edge)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

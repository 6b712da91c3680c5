//! Carries the waiting writes to Redis, many in one round trip. What fails waits on, unless something newer came.

use std::{sync::Arc, time::Duration};

use proto::ids::SessionId;
use runtime::redis::Failure;
use tokio::time::{Instant, sleep};
use tracing::debug;

use super::{
    super::{Tasks, book::Outcome},
    Desk,
    pending::Write,
    store::Written,
};

const BATCH: usize = 256;
/// Between a failure and the next attempt.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn work(desk: Arc<Desk>, tasks: Tasks) {
    while !tasks.is_closing() {
        tokio::select! {
            biased; // what happens at the same moment always happens in the same order
            () = tasks.closing() => {}
            () = desk.queued.notified() => {}
        }
        write_all(&desk, &tasks).await;
    }
}

/// Writes until nothing waits; gives up when the edge closes and Redis cannot be reached.
async fn write_all(desk: &Desk, tasks: &Tasks) {
    loop {
        let batch = desk.pending().take(BATCH);
        if batch.is_empty() {
            return;
        }
        if write(desk, batch).await.is_ok() {
            continue;
        }
        if tasks.is_closing() {
            return;
        }
        tokio::select! {
            biased;
            () = tasks.closing() => {}
            () = async { sleep(PAUSE).await; desk.reachable().await } => {}
        }
    }
}

/// Some of a batch could not be written, and was put back.
struct Unwritten;

async fn write(desk: &Desk, mut batch: Vec<(SessionId, Write)>) -> Result<(), Unwritten> {
    let now = Instant::now();
    batch.retain(|(_, write)| !write.is_void(now));
    let answers = match desk.store.write(&desk.edge, &batch, now).await {
        Ok(answers) => answers,
        Err(failure) => {
            debug!(%failure, count = batch.len(), "deadlines could not be written");
            for (session, write) in batch {
                put_back(desk, &session, write);
            }
            return Err(Unwritten);
        }
    };
    let mut outcome = Ok(());
    for ((session, write), answer) in batch.into_iter().zip(answers) {
        if let Err(failure) = settle(desk, &session, answer) {
            debug!(%failure, %session, "a deadline could not be written");
            put_back(desk, &session, write);
            outcome = Err(Unwritten);
        }
    }
    outcome
}

fn settle(
    desk: &Desk,
    session: &SessionId,
    answer: Result<Written, Failure>,
) -> Result<(), Failure> {
    let Written { outcome, epoch } = answer?;
    if let Some(epoch) = epoch {
        desk.repairs.saw(desk.shards.of(session), &epoch);
    }
    desk.metrics.written(&outcome);
    match outcome {
        Outcome::Stale { generation, owner } if owner != desk.edge => {
            // The note about the take-over did not arrive: this is as good.
            desk.owners.moved(session, generation);
        }
        Outcome::Stale { .. } | Outcome::Stored | Outcome::Missing => {}
    }
    Ok(())
}

fn put_back(desk: &Desk, session: &SessionId, write: Write) {
    desk.metrics.unwritten();
    let back = desk.pending().put_back(session, write);
    if back.is_err() {
        desk.repairs.order(desk.shards.of(session));
    }
}

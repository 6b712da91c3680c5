//! Carries the waiting writes to Redis, many in one round trip. What fails waits on, unless something newer came.

use std::{sync::Arc, time::Duration};

use proto::ids::SessionId;
use runtime::redis::Failure;
use tokio::time::{Instant, sleep};
use tracing::debug;

use super::{
    super::{Tasks, in_memory_schedule::Outcome},
    RedisSchedule,
    pending::Write,
    store::Written,
};

const MAX_BATCH: usize = 256;
/// Between a failure and the next attempt.
const RETRY_DELAY: Duration = Duration::from_millis(100);

pub(super) async fn work(schedule: Arc<RedisSchedule>, tasks: Tasks) {
    while !tasks.is_closing() {
        tokio::select! {
            biased; // what happens at the same moment always happens in the same order
            () = tasks.closing() => {}
            () = schedule.queued.notified() => {}
        }
        write_all(&schedule, &tasks).await;
    }
}

/// Writes until nothing waits; gives up when the edge closes and Redis cannot be reached.
async fn write_all(schedule: &RedisSchedule, tasks: &Tasks) {
    loop {
        let batch = schedule.pending().take(MAX_BATCH);
        if batch.is_empty() {
            return;
        }
        if write(schedule, batch).await.is_ok() {
            continue;
        }
        if tasks.is_closing() {
            return;
        }
        tokio::select! {
            biased;
            () = tasks.closing() => {}
            () = async { sleep(RETRY_DELAY).await; schedule.reachable().await } => {}
        }
    }
}

/// Some of a batch could not be written, and was put back.
struct Unwritten;

async fn write(
    schedule: &RedisSchedule,
    mut batch: Vec<(SessionId, Write)>,
) -> Result<(), Unwritten> {
    let now = Instant::now();
    batch.retain(|(_, write)| !write.is_void(now));
    let answers = match schedule.store.write(&schedule.edge, &batch, now).await {
        Ok(answers) => answers,
        Err(failure) => {
            debug!(%failure, count = batch.len(), "deadlines could not be written");
            for (session, write) in batch {
                put_back(schedule, &session, write);
            }
            return Err(Unwritten);
        }
    };
    let mut outcome = Ok(());
    for ((session, write), answer) in batch.into_iter().zip(answers) {
        if let Err(failure) = settle(schedule, &session, answer) {
            debug!(%failure, %session, "a deadline could not be written");
            put_back(schedule, &session, write);
            outcome = Err(Unwritten);
        }
    }
    outcome
}

fn settle(
    schedule: &RedisSchedule,
    session: &SessionId,
    answer: Result<Written, Failure>,
) -> Result<(), Failure> {
    let Written { outcome, epoch } = answer?;
    if let Some(epoch) = epoch {
        schedule.repairs.saw(schedule.shards.of(session), &epoch);
    }
    schedule.metrics.written(&outcome);
    match outcome {
        Outcome::Stale { generation, owner } if owner != schedule.edge => {
            // The note about the take-over did not arrive: this is as good.
            schedule.owners.moved(session, generation);
        }
        Outcome::Stale { .. } | Outcome::Stored | Outcome::Missing => {}
    }
    Ok(())
}

fn put_back(schedule: &RedisSchedule, session: &SessionId, write: Write) {
    schedule.metrics.unwritten();
    let back = schedule.pending().put_back(session, write);
    if back.is_err() {
        schedule.repairs.order(schedule.shards.of(session));
    }
}

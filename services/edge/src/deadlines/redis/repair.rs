//! Writes this edge's sessions anew when the schedule may have lost them: Redis was emptied or away, this edge's sign
//! of life had lapsed, or writes had to be dropped. Nearest deadline first, at a bounded rate.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rand::RngExt as _;
use tokio::{sync::Notify, time::sleep};
use tracing::info;

use super::{
    super::{Tasks, record::SessionRecord},
    RedisSchedule,
    pending::Write,
};

/// How many sessions are written before the rate is looked after.
const BATCH_SIZE: usize = 100;
/// Edges do not all begin at once.
const MAX_JITTER: Duration = Duration::from_millis(200);
const RNG_STREAM: u64 = 2;

/// What has to be repaired, and how that is noticed.
#[derive(Debug)]
pub(super) struct Repairs {
    state: Mutex<State>,
    ordered: Notify,
}

#[derive(Debug)]
struct State {
    /// The epoch of each shard when it was last seen.
    epochs: Vec<Option<String>>,
    shards: BTreeSet<u16>,
}

pub(super) async fn work(schedule: Arc<RedisSchedule>, tasks: Tasks) {
    tokio::select! {
        biased; // what happens at the same moment always happens in the same order
        () = tasks.closing() => {}
        () = order_at_return(&schedule) => {}
        () = repair_on(&schedule) => {}
    }
}

async fn repair_on(schedule: &RedisSchedule) {
    let mut rng = schedule.rng(RNG_STREAM);
    loop {
        schedule.repairs.ordered.notified().await;
        sleep(MAX_JITTER.mul_f64(rng.random())).await;
        schedule.reachable().await;
        repair(schedule).await;
    }
}

/// Orders a full repair whenever the store comes back. Its first contact needs none: what was written before waits in
/// the queue.
async fn order_at_return(schedule: &RedisSchedule) {
    schedule.store.wait_until(true).await;
    loop {
        schedule.store.wait_until(false).await;
        schedule.store.wait_until(true).await;
        schedule.repairs.order_all();
    }
}

async fn repair(schedule: &RedisSchedule) {
    let shards = schedule.repairs.take();
    let sessions = urgent_first(schedule.owners.sessions(), |record| {
        shards.contains(&schedule.shards.of(&record.session))
    });
    if sessions.is_empty() {
        return;
    }
    info!(
        sessions = sessions.len(),
        shards = shards.len(),
        "writing the session schedule anew"
    );
    for batch in sessions.chunks(BATCH_SIZE) {
        for record in batch {
            // Older than whatever waits for the session by now.
            let write = Write::Put(record.clone());
            if schedule.pending().put_back(&record.session, write).is_err() {
                schedule.repairs.order(schedule.shards.of(&record.session));
            }
        }
        schedule.queued.notify_one();
        schedule.metrics.repaired(batch.len());
        let rate = f64::from(schedule.config.repair_rate.max(1));
        sleep(Duration::from_secs_f64(batch.len() as f64 / rate)).await;
    }
}

fn urgent_first(
    mut sessions: Vec<SessionRecord>,
    wanted: impl Fn(&SessionRecord) -> bool,
) -> Vec<SessionRecord> {
    sessions.retain(wanted);
    sessions.sort_by(|one, other| (one.due, &one.session).cmp(&(other.due, &other.session)));
    sessions
}

impl Repairs {
    pub(super) fn new(shards: u16) -> Self {
        Self {
            state: Mutex::new(State {
                epochs: vec![None; shards.into()],
                shards: BTreeSet::new(),
            }),
            ordered: Notify::new(),
        }
    }

    /// Has one shard repaired.
    pub(super) fn order(&self, shard: u16) {
        self.state().shards.insert(shard);
        self.ordered.notify_one();
    }

    /// Has all shards repaired.
    pub(super) fn order_all(&self) {
        let mut state = self.state();
        let all = 0..u16::try_from(state.epochs.len()).unwrap_or(u16::MAX);
        state.shards.extend(all);
        drop(state);
        self.ordered.notify_one();
    }

    /// Notes the epoch of a shard: another one than before means that it was emptied.
    pub(super) fn saw(&self, shard: u16, epoch: &str) {
        let mut state = self.state();
        let Some(known) = state.epochs.get_mut(usize::from(shard)) else {
            return;
        };
        if known.as_deref() == Some(epoch) {
            return;
        }
        let emptied = known.replace(epoch.into()).is_some();
        drop(state);
        if emptied {
            self.order(shard);
        }
    }

    fn take(&self) -> BTreeSet<u16> {
        std::mem::take(&mut self.state().shards)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::deadlines::{Phase, Scope};

    #[test]
    fn another_epoch_means_that_the_shard_is_repaired() {
        let repairs = Repairs::new(3);
        repairs.saw(0, "a");
        repairs.saw(1, "b");
        repairs.saw(1, "b");
        assert!(repairs.take().is_empty());

        repairs.saw(1, "c");
        assert_eq!(repairs.take(), [1].into());
        repairs.order_all();
        assert_eq!(repairs.take(), [0, 1, 2].into());
    }

    #[test]
    fn the_nearest_deadline_is_written_first() {
        let now = Instant::now();
        let sessions = [30, 10, 20].map(|seconds| SessionRecord {
            session: format!("s{seconds}").parse().unwrap(),
            scope: Scope {
                user: "ada".parse().unwrap(),
                login_session: "login".parse().unwrap(),
                recipe: "pancakes".parse().unwrap(),
            },
            generation: 1,
            phase: Phase::Active,
            due: now + Duration::from_secs(seconds),
            expires: now + Duration::from_secs(60),
        });
        let sorted = urgent_first(sessions.to_vec(), |record| record.session.as_str() != "s20");
        let order: Vec<&str> = sorted
            .iter()
            .map(|record| record.session.as_str())
            .collect();
        assert_eq!(order, ["s10", "s30"]);
    }
}

//! What was taken locally is added to the shared buckets in the background, in batches, and the local buckets are
//! corrected by the answers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    Local, MAX_KEYS, REPORT_INTERVAL,
    bucket::Limit,
    shared::{Addition, SharedBuckets, signed_micros},
};
use crate::redis::{Failure, Redis};

/// How many buckets are reported in one round trip.
const MAX_BATCH: usize = 500;

/// What was taken and given back that the shared buckets do not know yet; of each key at most its burst, of at most
/// [`MAX_KEYS`] keys.
#[derive(Debug, Default)]
pub(super) struct PendingReport(Mutex<HashMap<String, Amount>>);

#[derive(Debug, Clone, Copy)]
struct Amount {
    /// In microseconds; less than nothing when more was given back than taken.
    cost: i64,
    capacity: Duration,
}

impl PendingReport {
    pub(super) fn add(&self, key: &str, limit: Limit, count: u32) {
        self.add_amount(key, signed_micros(limit.cost(count)), limit.capacity());
    }

    pub(super) fn give_back(&self, key: &str, limit: Limit, count: u32) {
        self.add_amount(key, -signed_micros(limit.cost(count)), limit.capacity());
    }

    fn add_amount(&self, key: &str, cost: i64, capacity: Duration) {
        let mut amounts = self.lock();
        if let Some(amount) = amounts.get_mut(key) {
            let most = signed_micros(capacity);
            amount.cost = amount.cost.saturating_add(cost).clamp(-most, most);
        } else if amounts.len() < MAX_KEYS {
            amounts.insert(key.to_owned(), Amount { cost, capacity });
        }
    }

    fn next_batch(&self) -> Vec<Addition> {
        let mut amounts = self.lock();
        let keys: Vec<String> = amounts.keys().take(MAX_BATCH).cloned().collect();
        keys.into_iter()
            .filter_map(|key| {
                let Amount { cost, capacity } = amounts.remove(&key)?;
                Some(Addition {
                    key,
                    cost,
                    capacity,
                })
            })
            .collect()
    }

    fn cost(&self, key: &str) -> Duration {
        let amounts = self.lock();
        let cost = amounts.get(key).map_or(0, |amount| amount.cost);
        Duration::from_micros(cost.try_into().unwrap_or(0))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Amount>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports for ever; while Redis is away, takes wait for it.
pub(super) async fn report(redis: Redis, local: Arc<Local>) {
    let mut up = redis.watch();
    let shared = SharedBuckets::new(redis);
    loop {
        local.taken.notified().await;
        if up.wait_for(|up| *up).await.is_err() {
            return;
        }
        sleep(REPORT_INTERVAL).await;
        while let Progress::MoreToDo = report_batch(&shared, &local).await {}
    }
}

enum Progress {
    Done,
    MoreToDo,
}

async fn report_batch(shared: &SharedBuckets, local: &Local) -> Progress {
    let now = Instant::now();
    let batch = local.unreported.next_batch();
    let more = batch.len() == MAX_BATCH;
    // What has come back since limits nobody any more.
    let additions: Vec<Addition> = batch
        .into_iter()
        .filter(|addition| addition.cost < 0 || !local.buckets.is_full(addition.key.as_str(), now))
        .collect();
    if !additions.is_empty() {
        let answers = match shared.add(&additions).await {
            Ok(answers) => answers,
            Err(failure) => {
                again_unless_uncertain(local, &additions, &failure);
                return Progress::Done;
            }
        };
        let now = Instant::now();
        for (addition, answer) in additions.iter().zip(answers) {
            if let Ok(level) = answer {
                let since = local.unreported.cost(&addition.key);
                let key = addition.key.as_str();
                local.buckets.raise(key, level + since, now);
            }
        }
    }
    if more {
        Progress::MoreToDo
    } else {
        Progress::Done
    }
}

/// Nothing was sent, so it is to be sent later. What may have arrived is not counted twice.
fn again_unless_uncertain(local: &Local, additions: &[Addition], failure: &Failure) {
    if failure.is_uncertain() {
        return;
    }
    for addition in additions {
        let Addition {
            key,
            cost,
            capacity,
        } = addition;
        local.unreported.add_amount(key, *cost, *capacity);
    }
    local.taken.notify_one();
}

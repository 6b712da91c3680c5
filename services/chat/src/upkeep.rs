//! What is over and only takes up room is deleted, in small steps, so that nobody waits for it.

use std::{sync::Arc, time::Duration};

use runtime::clock::SharedClock;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::warn;

use crate::{metrics::Metrics, store::Store};

/// How often it is looked for.
const INTERVAL: Duration = Duration::from_secs(60);
/// How many rows one step deletes at most, and how long the next one waits.
const STEP: u32 = 500;
const PAUSE: Duration = Duration::from_millis(100);

/// The job that deletes what is over.
#[derive(Debug)]
pub(crate) struct Upkeep {
    pub(crate) store: Store,
    pub(crate) clock: SharedClock,
    pub(crate) metrics: Arc<Metrics>,
}

impl Upkeep {
    /// Works until it is dropped.
    pub(crate) async fn run(self) {
        let mut times = interval(INTERVAL);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            times.tick().await;
            self.delete_expired_links().await;
        }
    }

    async fn delete_expired_links(&self) {
        loop {
            let deleted = self.store.delete_expired_links(self.clock.now(), STEP);
            match deleted.await {
                Ok(deleted) => {
                    self.metrics.expired_links_deleted(deleted);
                    if deleted < u64::from(STEP) {
                        return;
                    }
                }
                Err(error) => {
                    warn!(%error, "expired links could not be deleted; they lead nowhere in any case");
                    return;
                }
            }
            sleep(PAUSE).await;
        }
    }
}

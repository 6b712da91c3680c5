//! What is over and only takes up room is deleted, and versions become differences, in small steps, so that nobody
//! waits for it.

use std::{fmt, sync::Arc, time::Duration};

use runtime::clock::{SharedClock, Timestamp};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tracing::warn;

use crate::{
    metrics::Metrics,
    store::{self, Compacted, MAX_OUTDATED, Store},
};

/// How often it is looked for.
const INTERVAL: Duration = Duration::from_secs(60);
/// How often versions and messages are looked for that need not be kept: all recipes are looked at for that.
const RECIPES_INTERVAL: Duration = Duration::from_secs(3600);
/// How many rows one step deletes at most, and how long the next one waits.
const STEP: u32 = 500;
const PAUSE: Duration = Duration::from_millis(100);

/// The job that deletes what is over, and compacts versions.
#[derive(Debug)]
pub(crate) struct Upkeep {
    pub(crate) store: Store,
    pub(crate) clock: SharedClock,
    pub(crate) metrics: Arc<Metrics>,
    /// How long what was noted is kept; zero: for ever.
    pub(crate) keep_audit: Duration,
    /// How long versions are kept; zero: for ever.
    pub(crate) keep_versions: Duration,
    /// How long the texts of messages are kept; zero: for ever.
    pub(crate) keep_messages: Duration,
}

/// What of a recipe need not be kept for ever.
#[derive(Debug, Clone, Copy)]
enum Old {
    Versions,
    /// Of messages.
    Texts,
}

impl fmt::Display for Old {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Versions => "versions",
            Self::Texts => "texts of messages",
        })
    }
}

impl Upkeep {
    /// Works until it is dropped.
    pub(crate) async fn run(self) {
        let mut times = interval(INTERVAL);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut recipes_due = Instant::now();
        loop {
            times.tick().await;
            self.delete_expired_links().await;
            self.compact_versions().await;
            if !self.keep_audit.is_zero() {
                self.delete_old_audit_events().await;
            }
            if recipes_due <= Instant::now() {
                recipes_due = Instant::now() + RECIPES_INTERVAL;
                self.look_through_recipes().await;
            }
        }
    }

    /// Versions first: what a message did goes with its version.
    async fn look_through_recipes(&self) {
        for (old, keep) in [
            (Old::Versions, self.keep_versions),
            (Old::Texts, self.keep_messages),
        ] {
            if keep.is_zero() {
                continue;
            }
            if let Err(error) = self.delete_old(old, self.clock.now().before(keep)).await {
                warn!(%error, "old {old} could not be deleted; the next try is in an hour");
            }
        }
    }

    /// Deletes what is older than then, recipe after recipe.
    async fn delete_old(&self, old: Old, before: Timestamp) -> Result<(), store::Error> {
        let mut after = String::new();
        loop {
            let looked_at = match old {
                Old::Versions => self.store.outdated_versions(&after, before).await?,
                Old::Texts => self.store.outdated_texts(&after, before).await?,
            };
            let is_last = looked_at.len() < MAX_OUTDATED;
            if let Some((recipe, _)) = looked_at.last() {
                after = recipe.to_string();
            }
            for (recipe, outdated) in looked_at {
                let Some(revision) = outdated else { continue };
                loop {
                    let deleted = match old {
                        Old::Versions => self.store.delete_versions(&recipe, revision).await?,
                        Old::Texts => self.store.empty_messages(&recipe, before).await?,
                    };
                    if deleted == 0 {
                        break;
                    }
                    match old {
                        Old::Versions => self.metrics.versions_deleted(deleted),
                        Old::Texts => self.metrics.messages_emptied(deleted),
                    }
                    sleep(PAUSE).await;
                }
            }
            if is_last {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
    }

    async fn delete_old_audit_events(&self) {
        loop {
            let before = self.clock.now().before(self.keep_audit);
            match self.store.delete_old_audit_events(before, STEP).await {
                Ok(deleted) => {
                    self.metrics.audit("deleted", deleted);
                    if deleted < u64::from(STEP) {
                        return;
                    }
                }
                Err(error) => {
                    warn!(%error, "old events of the audit could not be deleted");
                    return;
                }
            }
            sleep(PAUSE).await;
        }
    }

    async fn compact_versions(&self) {
        loop {
            match self.store.compact_versions().await {
                Ok(compacted) if compacted == Compacted::default() => return,
                Ok(compacted) => self.metrics.compacted(compacted),
                Err(error) => {
                    warn!(%error, "versions could not be compacted; they stay whole until the next time");
                    return;
                }
            }
            sleep(PAUSE).await;
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

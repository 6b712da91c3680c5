//! What is over and only takes up room is deleted, and versions become differences, in small steps, so that nobody
//! waits for it.

use std::{sync::Arc, time::Duration};

use runtime::clock::SharedClock;
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
        if !self.keep_versions.is_zero()
            && let Err(error) = self.delete_old_versions().await
        {
            warn!(%error, "old versions could not be deleted; the next try is in an hour");
        }
        if !self.keep_messages.is_zero()
            && let Err(error) = self.empty_old_messages().await
        {
            warn!(%error, "old messages could not be emptied; the next try is in an hour");
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

    async fn delete_old_versions(&self) -> Result<(), store::Error> {
        let before = self.clock.now().before(self.keep_versions);
        let mut after = String::new();
        loop {
            let looked_at = self.store.outdated_versions(&after, before).await?;
            let is_last = looked_at.len() < MAX_OUTDATED;
            if let Some((recipe, _)) = looked_at.last() {
                after = recipe.to_string();
            }
            for (recipe, upto) in looked_at {
                let Some(upto) = upto else { continue };
                loop {
                    let deleted = self.store.delete_versions(&recipe, upto).await?;
                    if deleted == 0 {
                        break;
                    }
                    self.metrics.versions_deleted(deleted);
                    sleep(PAUSE).await;
                }
            }
            if is_last {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
    }

    async fn empty_old_messages(&self) -> Result<(), store::Error> {
        let before = self.clock.now().before(self.keep_messages);
        let mut after = String::new();
        loop {
            let looked_at = self.store.outdated_texts(&after, before).await?;
            let is_last = looked_at.len() < MAX_OUTDATED;
            if let Some((recipe, _)) = looked_at.last() {
                after = recipe.to_string();
            }
            for (recipe, _) in looked_at.into_iter().filter(|(_, outdated)| *outdated) {
                loop {
                    let emptied = self.store.empty_messages(&recipe, before).await?;
                    if emptied == 0 {
                        break;
                    }
                    self.metrics.messages_emptied(emptied);
                    sleep(PAUSE).await;
                }
            }
            if is_last {
                return Ok(());
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

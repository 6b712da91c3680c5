//! What the chat service counts, under names that dashboards and alerts rely on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram, Meter},
};
use runtime::redis::Redis;

use crate::{refused::Refused, store::Compacted};

/// Messages by what became of them.
const MESSAGES: &str = "chat_messages";
/// How many messages one commit carried.
const COMMIT_SIZE: &str = "chat_commit_messages";
/// How long a commit took.
const COMMIT_TIME: &str = "chat_commit_duration";
/// Posts that wait.
const QUEUE: &str = "chat_post_queue";
/// Recipes with somebody attached.
const ATTACHED: &str = "chat_attached_recipes";
/// Links and subscriptions.
const LINKS: &str = "chat_links";
/// How often a receiver was too slow for a recipe's updates.
const LAGGING: &str = "chat_lagging";
/// How often a receiver read what it had missed from the store.
const CATCH_UPS: &str = "chat_catch_ups";
/// How often a receiver had another history of a recipe than the store: the store went back.
const DIVERGENCES: &str = "chat_divergences";
/// How many people are on recipes, as edges tell.
const PRESENT: &str = "chat_present_people";
/// How often edges were told who is on a recipe.
const PRESENCE_TOLD: &str = "chat_presence_told";
/// How many expired links were deleted.
const EXPIRED_LINKS: &str = "chat_expired_links_deleted";
/// Versions of recipes that were looked at to take less room, by `outcome`: difference or whole.
const COMPACTED: &str = "chat_versions_compacted";
/// How many versions of recipes were deleted since they were old.
const VERSIONS_DELETED: &str = "chat_versions_deleted";
/// How many messages lost their text since they were old.
const MESSAGES_EMPTIED: &str = "chat_messages_emptied";
/// Events for the audit, by `outcome`: written, failed, dropped since there was no room, or deleted since they were old.
const AUDIT_EVENTS: &str = "chat_audit_events";
/// Deliveries to webhooks, by `outcome`: delivered or failed; and webhooks that were turned off.
const WEBHOOKS: &str = "chat_webhooks";
/// Whether Redis can be used: 1 or 0.
const REDIS_UP: &str = "chat_redis_up";
/// Why not: 1 for the `cause` that keeps it.
const REDIS_PROBLEM: &str = "chat_redis_problem";

/// Exports whether Redis can be used, and why not.
pub(crate) fn export_health(redis: &Redis) {
    redis.export_health(&meter(), REDIS_UP, REDIS_PROBLEM);
}

/// The instruments of one chat service.
#[derive(Debug)]
pub(crate) struct Metrics {
    messages: Counter<u64>,
    commit_size: Histogram<u64>,
    commit_time: Histogram<f64>,
    links: AtomicI64,
    lagging: Counter<u64>,
    catch_ups: Counter<u64>,
    divergences: Counter<u64>,
    presence_told: Counter<u64>,
    expired_links: Counter<u64>,
    compacted: Counter<u64>,
    versions_deleted: Counter<u64>,
    messages_emptied: Counter<u64>,
    audit: Counter<u64>,
    webhooks: Counter<u64>,
}

impl Metrics {
    /// Instruments of the process's meter.
    pub(crate) fn new() -> Self {
        let meter = meter();
        let visible_from_the_start = |name, description| {
            let counter = meter
                .u64_counter(name)
                .with_description(description)
                .build();
            // So that it can be seen before it first happens.
            counter.add(0, &[]);
            counter
        };
        let messages = meter
            .u64_counter(MESSAGES)
            .with_description("Messages, by what became of them")
            .build();
        // What alerts look at is there before it first happens.
        for outcome in ["accepted", "busy", "unavailable"] {
            messages.add(0, &[KeyValue::new("outcome", outcome)]);
        }
        let webhooks = meter
            .u64_counter(WEBHOOKS)
            .with_description(
                "Deliveries to webhooks, by outcome: delivered, failed; turned_off counts webhooks",
            )
            .build();
        for outcome in ["delivered", "failed", "turned_off"] {
            webhooks.add(0, &[KeyValue::new("outcome", outcome)]);
        }
        let compacted = meter
            .u64_counter(COMPACTED)
            .with_description(
                "Versions of recipes that were looked at to take less room, by outcome: difference, whole",
            )
            .build();
        for outcome in ["difference", "whole"] {
            compacted.add(0, &[KeyValue::new("outcome", outcome)]);
        }
        Self {
            webhooks,
            compacted,
            messages,
            commit_size: meter
                .u64_histogram(COMMIT_SIZE)
                .with_description("How many messages one commit carried")
                .with_boundaries(vec![1., 2., 4., 8., 16., 32., 64., 128., 256., 512.])
                .build(),
            commit_time: meter
                .f64_histogram(COMMIT_TIME)
                .with_unit("s")
                .with_description("How long a commit took")
                .with_boundaries(vec![
                    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1., 5.,
                ])
                .build(),
            links: AtomicI64::new(0),
            lagging: visible_from_the_start(
                LAGGING,
                "How often a receiver was too slow for a recipe's updates",
            ),
            catch_ups: visible_from_the_start(
                CATCH_UPS,
                "How often a receiver read from the store what it had missed",
            ),
            divergences: visible_from_the_start(
                DIVERGENCES,
                "How often a receiver had another history of a recipe than the store",
            ),
            presence_told: visible_from_the_start(
                PRESENCE_TOLD,
                "How often the edges of a recipe were told who is there",
            ),
            expired_links: visible_from_the_start(
                EXPIRED_LINKS,
                "Share links that were removed after their end",
            ),
            versions_deleted: visible_from_the_start(
                VERSIONS_DELETED,
                "Versions of recipes that were deleted since they were old",
            ),
            messages_emptied: visible_from_the_start(
                MESSAGES_EMPTIED,
                "Messages whose text was deleted since they were old",
            ),
            audit: visible_from_the_start(
                AUDIT_EVENTS,
                "Events for the audit, by outcome: written, failed, dropped since there was no room, or deleted since they were old",
            ),
        }
    }

    /// Counts a message: accepted (whether for the second time), or refused.
    pub(crate) fn message(&self, outcome: Result<bool, Refused>) {
        let outcome = match outcome {
            Ok(false) => "accepted",
            Ok(true) => "duplicate",
            Err(Refused::Busy) => "busy",
            Err(Refused::Unavailable) => "unavailable",
            Err(Refused::MessageIdReused | Refused::ChangedSince) => "conflict",
            Err(
                Refused::TooManyRecipes
                | Refused::TooManyMembers
                | Refused::TooManyLinks
                | Refused::TooManyWebhooks
                | Refused::WrittenTooMuch { .. },
            ) => "quota",
            Err(Refused::TooLate) => "late",
            Err(
                Refused::NoToken
                | Refused::TokenOfAnother
                | Refused::BadToken
                | Refused::SignInEnded
                | Refused::NoSuchRecipe
                | Refused::NoSuchLink
                | Refused::NoSuchWebhook
                | Refused::NoSuchRevision
                | Refused::ReadOnly
                | Refused::OwnerOnly
                | Refused::OutOfScope
                | Refused::TooMuch(_)
                | Refused::RecipeIdTaken
                | Refused::Overloaded
                | Refused::ImportUnderWay,
            ) => "refused",
        };
        self.messages.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// Counts what became of a delivery to a webhook, or of a webhook.
    pub(crate) fn webhook(&self, outcome: &'static str) {
        self.webhooks.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// Counts a commit.
    pub(crate) fn commit(&self, messages: usize, took: Duration) {
        self.commit_size.record(messages as u64, &[]);
        self.commit_time.record(took.as_secs_f64(), &[]);
    }

    /// Counts a link or subscription that opened.
    pub(crate) fn link_opened(&self) {
        self.links.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a link or subscription that ended.
    pub(crate) fn link_closed(&self) {
        self.links.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a receiver that became too slow.
    pub(crate) fn lagging(&self) {
        self.lagging.add(1, &[]);
    }

    /// Counts a receiver that reads from the store what it missed.
    pub(crate) fn catch_up(&self) {
        self.catch_ups.add(1, &[]);
    }

    /// Counts that the edges of a recipe are told who is there.
    pub(crate) fn presence_told(&self) {
        self.presence_told.add(1, &[]);
    }

    /// Expired links were deleted.
    pub(crate) fn expired_links_deleted(&self, count: u64) {
        self.expired_links.add(count, &[]);
    }

    /// Versions became differences, or stayed whole.
    pub(crate) fn compacted(&self, compacted: Compacted) {
        let Compacted { differences, whole } = compacted;
        for (outcome, count) in [("difference", differences), ("whole", whole)] {
            self.compacted
                .add(count, &[KeyValue::new("outcome", outcome)]);
        }
    }

    /// Old versions were deleted.
    pub(crate) fn versions_deleted(&self, count: u64) {
        self.versions_deleted.add(count, &[]);
    }

    /// Old messages lost their text.
    pub(crate) fn messages_emptied(&self, count: u64) {
        self.messages_emptied.add(count, &[]);
    }

    /// So many events for the audit had this outcome.
    pub(crate) fn audit(&self, outcome: &'static str, count: u64) {
        self.audit.add(count, &[KeyValue::new("outcome", outcome)]);
    }

    /// Counts a receiver that has another history of a recipe.
    pub(crate) fn diverged(&self) {
        self.divergences.add(1, &[]);
    }

    /// Lets the levels be read whenever metrics are, for as long as the service is there: how many posts are `queued`,
    /// how many recipes are `attached`.
    pub(crate) fn watch(
        self: &Arc<Self>,
        queued: impl Fn() -> usize + Send + Sync + 'static,
        attached: impl Fn() -> usize + Send + Sync + 'static,
        present: impl Fn() -> usize + Send + Sync + 'static,
    ) {
        let meter = meter();
        meter
            .u64_observable_gauge(QUEUE)
            .with_description("Posts that wait for their commit")
            .with_callback(move |gauge| gauge.observe(queued() as u64, &[]))
            .build();
        meter
            .u64_observable_gauge(ATTACHED)
            .with_description("Recipes that some edge looks at")
            .with_callback(move |gauge| gauge.observe(attached() as u64, &[]))
            .build();
        meter
            .u64_observable_gauge(PRESENT)
            .with_description("People who are on recipes, once for each recipe")
            .with_callback(move |gauge| gauge.observe(present() as u64, &[]))
            .build();
        let metrics = Arc::downgrade(self);
        meter
            .i64_observable_gauge(LINKS)
            .with_description("Links of edges and subscriptions that are open")
            .with_callback(move |gauge| {
                let links = metrics.upgrade();
                gauge.observe(links.map_or(0, |m| m.links.load(Ordering::Relaxed)), &[]);
            })
            .build();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

fn meter() -> Meter {
    global::meter("chat")
}

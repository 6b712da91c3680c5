//! What goes on beside the calls: key rotation, revocations by other replicas, repair of the stream in Redis,
//! and forgetting what is over.

use std::{sync::Arc, time::Duration};

use runtime::{audit::Backlog, clock::Timestamp, grpc::Probe, lifecycle::Lifecycle};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use tracing::warn;

use super::{Authority, Error, PROPAGATION_TIME};
use crate::{
    audit,
    store::{self, SIGN_IN_LIFE},
};

/// How often keys are looked at: twice before a change of theirs must be known everywhere.
const KEYS_INTERVAL: Duration = Duration::from_secs(PROPAGATION_TIME.as_secs() / 2);
/// How often revocations by other replicas are looked for.
const REVOCATIONS_INTERVAL: Duration = Duration::from_millis(500);
/// How often the stream in Redis is checked.
const FEED_CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// How often what is over is forgotten.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// How far back each look for revocations reaches before the one before it: transactions under way and clocks
/// of replicas that differ must not hide a mark.
const OVERLAP: Duration = Duration::from_secs(30);
/// How long login sessions are remembered after their end.
const ENDED_SESSION_RETENTION: Duration = Duration::from_secs(86_400);

/// How many rows one step removes.
const STEP: u32 = store::MAX_PAGE;
/// How many guests one step begins to delete.
const GUESTS_STEP: u32 = 100;
/// How long the store has for others between two steps.
const STEP_PAUSE: Duration = Duration::from_millis(100);

/// Asks the store whether it answers.
pub(crate) fn store_probe(authority: &Arc<Authority>) -> Probe {
    let store = Arc::clone(&authority.store);
    Arc::new(move || {
        let store = Arc::clone(&store);
        Box::pin(async move { store.ping().await.map_err(|error| error.to_string()) })
    })
}

/// Writes what is noted, until nobody can note anything any more.
pub(crate) fn spawn_audit(
    authority: &Authority,
    backlog: Backlog<audit::AuditEvent>,
    lifecycle: &Lifecycle,
) {
    // Not the authority, which notes: with it this would never end.
    let store = Arc::clone(&authority.store);
    backlog.spawn(lifecycle, move |events| {
        let store = Arc::clone(&store);
        async move { store.add_audit_events(events).await }
    });
}

/// Begins the upkeep; it ends when the lifecycle stops.
pub(crate) fn spawn_upkeep(authority: &Arc<Authority>, lifecycle: &Lifecycle) {
    let spawn = |task: fn(Arc<Authority>) -> futures_util::future::BoxFuture<'static, ()>| {
        let (task, lifecycle_of_task) = (task(authority.clone()), lifecycle.clone());
        lifecycle.spawn(async move {
            tokio::select! {
                () = task => {}
                () = lifecycle_of_task.stopping() => {}
            }
        });
    };
    spawn(|authority| Box::pin(rotate_keys(authority)));
    spawn(|authority| Box::pin(repair_feed(authority)));
    spawn(|authority| Box::pin(sweep(authority)));
    if authority.store.is_shared() {
        spawn(|authority| Box::pin(follow_revocations(authority)));
    }
}

async fn rotate_keys(authority: Arc<Authority>) {
    let mut tick = ticks(KEYS_INTERVAL);
    loop {
        tick.tick().await;
        if let Err(error) = authority.update_keys().await {
            warn!(%error, "the signing keys could not be looked at");
        }
    }
}

async fn follow_revocations(authority: Arc<Authority>) {
    let mut tick = ticks(REVOCATIONS_INTERVAL);
    let mut seen_until = authority.clock.now();
    loop {
        tick.tick().await;
        let now = authority.clock.now();
        match authority
            .read_revocations_since(seen_until.before(OVERLAP))
            .await
        {
            Ok(()) => seen_until = now,
            Err(error) => warn!(%error, "revocations by other replicas could not be read"),
        }
    }
}

async fn repair_feed(authority: Arc<Authority>) {
    let mut tick = ticks(FEED_CHECK_INTERVAL);
    loop {
        let matter_for = authority.marks_matter_for();
        authority
            .feed
            .repair(|| authority.revocations.all(), matter_for)
            .await;
        tick.tick().await;
    }
}

async fn sweep(authority: Arc<Authority>) {
    let mut tick = ticks(SWEEP_INTERVAL);
    loop {
        tick.tick().await;
        let now = authority.clock.now();
        authority
            .revocations
            .forget(now.before(authority.marks_matter_for()));
        if let Err(error) = authority.forget_what_is_over(now).await {
            warn!(%error, "what is over could not be forgotten");
        }
    }
}

impl Authority {
    /// Forgets login sessions, guests and events of the audit whose time is over, in steps that hold nobody up.
    async fn forget_what_is_over(&self, now: Timestamp) -> Result<(), Error> {
        let before = now.before(ENDED_SESSION_RETENTION.max(self.marks_matter_for()));
        let expired = || async { Ok::<_, Error>(self.store.forget_sessions(before).await?) };
        self.step_by_step("session", STEP, expired).await?;
        let revoked =
            || async { Ok::<_, Error>(self.store.forget_revoked_sessions(before).await?) };
        self.step_by_step("session", STEP, revoked).await?;
        if !self.config.auth_keep_audit.is_zero() {
            let before = now.before(self.config.auth_keep_audit);
            let events = || async { Ok::<_, Error>(self.store.forget_audit_events(before).await?) };
            self.step_by_step("audit", STEP, events).await?;
        }
        let before = now.before(SIGN_IN_LIFE);
        let sign_ins = || async { Ok::<_, Error>(self.store.forget_sign_ins(before).await?) };
        self.step_by_step("issuer_sign_in", STEP, sign_ins).await?;
        let guests = || self.delete_guests(GUESTS_STEP);
        self.step_by_step("guest", GUESTS_STEP, guests).await
    }

    /// Repeats a step until it finds less than it takes.
    async fn step_by_step<F>(
        &self,
        kind: &'static str,
        takes: u32,
        step: impl Fn() -> F,
    ) -> Result<(), Error>
    where
        F: Future<Output = Result<u64, Error>>,
    {
        loop {
            let forgotten = step().await?;
            self.metrics.forgot(kind, forgotten);
            if forgotten < u64::from(takes) {
                return Ok(());
            }
            sleep(STEP_PAUSE).await;
        }
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut tick = interval_at(Instant::now() + every, every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}

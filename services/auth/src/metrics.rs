//! The names of every metric of the auth service, and the instruments behind them. Labels are bounded.

use std::{fmt, sync::Arc, time::Duration};

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};
use runtime::redis::Redis;

const METER: &str = "auth";

/// Sign-ins and registrations, by `kind` and `outcome`.
pub(crate) const SIGN_INS: &str = "auth.sign_ins";
/// Validations of access tokens, by `outcome`.
pub(crate) const VALIDATIONS: &str = "auth.validations";
/// Uses of refresh tokens, by `outcome`.
pub(crate) const REFRESHES: &str = "auth.refreshes";
/// What upkeep has removed, by `kind`.
pub(crate) const FORGOTTEN: &str = "auth.forgotten";
/// Login sessions revoked, by `cause`.
pub(crate) const REVOCATIONS: &str = "auth.revocations";
/// Events for the audit, by `outcome`: written, failed, or dropped since there was no room.
pub(crate) const AUDIT_EVENTS: &str = "auth.audit.events";
/// Fetches of the keys of trusted issuers, by `issuer` and `outcome`.
pub(crate) const ISSUER_FETCHES: &str = "auth.issuer.fetches";
/// Time to hash a password, without the time in the queue.
pub(crate) const PASSWORD_HASH_TIME: &str = "auth.password_hash.duration";
/// Time of one call to the store, by `operation` and `outcome`.
pub(crate) const STORE_TIME: &str = "auth.store.duration";
/// Writes to the revocation stream in Redis, by `outcome`.
pub(crate) const FEED_WRITES: &str = "auth.revocation_feed.writes";
/// Whether Redis can be used: 1 or 0.
pub(crate) const REDIS_UP: &str = "auth.redis.up";
/// Why not: 1 for the `cause` that keeps it.
pub(crate) const REDIS_PROBLEM: &str = "auth.redis.problem";

/// Exports whether Redis can be used, and why not.
pub(crate) fn export_health(redis: &Redis) {
    redis.export_health(&global::meter(METER), REDIS_UP, REDIS_PROBLEM);
}

/// From 100 µs to 10 s.
const SECONDS: [f64; 15] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0,
];

/// Where the auth service counts.
#[derive(Clone)]
pub(crate) struct Metrics {
    sign_ins: Counter<u64>,
    validations: Counter<u64>,
    refreshes: Counter<u64>,
    revocations: Counter<u64>,
    forgotten: Counter<u64>,
    feed_writes: Counter<u64>,
    audit: Counter<u64>,
    issuer_fetches: Counter<u64>,
    password_hash_time: Histogram<f64>,
    store_time: Histogram<f64>,
}

impl Metrics {
    /// Instruments of the meter provider that is installed now.
    pub(crate) fn new() -> Self {
        let meter = global::meter(METER);
        let seconds = |name, description| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(description)
                .with_boundaries(SECONDS.to_vec())
                .build()
        };
        let counter = |name, description| {
            meter
                .u64_counter(name)
                .with_description(description)
                .build()
        };
        let audit = counter(
            AUDIT_EVENTS,
            "Events for the audit, by outcome: written, failed, or dropped since there was no room",
        );
        // What operators look for is there before it first happens.
        for outcome in ["written", "failed", "dropped"] {
            audit.add(0, &[KeyValue::new("outcome", outcome)]);
        }
        Self {
            sign_ins: counter(SIGN_INS, "Sign-ins and registrations, by kind and outcome"),
            validations: counter(VALIDATIONS, "Validations of access tokens, by outcome"),
            refreshes: counter(REFRESHES, "Uses of refresh tokens, by outcome"),
            revocations: counter(REVOCATIONS, "Login sessions that were revoked, by cause"),
            forgotten: counter(FORGOTTEN, "Rows that upkeep has removed, by what they were"),
            feed_writes: counter(
                FEED_WRITES,
                "Writes to the stream of revocations in Redis, by outcome",
            ),
            audit,
            issuer_fetches: counter(
                ISSUER_FETCHES,
                "Fetches of the keys of trusted issuers, by issuer and outcome",
            ),
            password_hash_time: seconds(
                PASSWORD_HASH_TIME,
                "Time to hash a password, without the time in the queue",
            ),
            store_time: seconds(
                STORE_TIME,
                "Time of one call to the store, by operation and outcome",
            ),
        }
    }

    pub(crate) fn sign_in(&self, kind: &'static str, outcome: &'static str) {
        let labels = [
            KeyValue::new("kind", kind),
            KeyValue::new("outcome", outcome),
        ];
        self.sign_ins.add(1, &labels);
    }

    pub(crate) fn validation(&self, outcome: &'static str) {
        self.validations
            .add(1, &[KeyValue::new("outcome", outcome)]);
    }

    pub(crate) fn refresh(&self, outcome: &'static str) {
        self.refreshes.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    pub(crate) fn revocation(&self, cause: &'static str) {
        self.revocations.add(1, &[KeyValue::new("cause", cause)]);
    }

    pub(crate) fn forgot(&self, kind: &'static str, count: u64) {
        self.forgotten.add(count, &[KeyValue::new("kind", kind)]);
    }

    pub(crate) fn feed_write(&self, outcome: &'static str) {
        self.feed_writes
            .add(1, &[KeyValue::new("outcome", outcome)]);
    }

    pub(crate) fn audit(&self, outcome: &'static str, count: u64) {
        self.audit.add(count, &[KeyValue::new("outcome", outcome)]);
    }

    /// What operators look for of an issuer is there before its keys are first fetched.
    pub(crate) fn issuer_known(&self, issuer: &Arc<str>) {
        for outcome in ["ok", "failed"] {
            self.count_issuer_fetches(issuer, outcome, 0);
        }
    }

    pub(crate) fn issuer_fetch(&self, issuer: &Arc<str>, outcome: &'static str) {
        self.count_issuer_fetches(issuer, outcome, 1);
    }

    fn count_issuer_fetches(&self, issuer: &Arc<str>, outcome: &'static str, count: u64) {
        let labels = [
            KeyValue::new("issuer", Arc::clone(issuer)),
            KeyValue::new("outcome", outcome),
        ];
        self.issuer_fetches.add(count, &labels);
    }

    pub(crate) fn password_hash(&self, took: Duration) {
        self.password_hash_time.record(took.as_secs_f64(), &[]);
    }

    pub(crate) fn store(&self, operation: &'static str, outcome: &'static str, took: Duration) {
        let labels = [
            KeyValue::new("operation", operation),
            KeyValue::new("outcome", outcome),
        ];
        self.store_time.record(took.as_secs_f64(), &labels);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

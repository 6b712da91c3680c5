//! What the schedule tells about itself.

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};

use super::{
    in_memory_schedule::{Claimed, Outcome},
    record::Issuer,
};

pub(super) const METER: &str = "recipe_chat.edge.deadlines";

/// Sessions found due by this edge; `for` says whose they are: `own` or `other`.
pub(crate) const PROMPTS_CLAIMED: &str = "deadline_prompts_claimed";
/// How late a session was found due.
pub(crate) const CLAIM_LATENESS: &str = "deadline_claim_lateness";
/// Writes to the schedule; `outcome` is `stored`, `missing`, `stale` or `failed`.
pub(crate) const WRITES: &str = "deadline_writes";
/// Sessions written anew after Redis may have lost them.
pub(crate) const REPAIRED: &str = "deadline_repaired_sessions";
/// Whether Redis can be used for all that the schedule needs: 1 or 0.
pub(crate) const REDIS_UP: &str = "deadline_redis_up";
/// Why not: 1 for the `cause` that keeps it, 0 for all others.
pub(crate) const REDIS_PROBLEM: &str = "deadline_redis_problem";

#[derive(Clone)]
pub(super) struct Metrics {
    claimed: Counter<u64>,
    lateness: Histogram<f64>,
    writes: Counter<u64>,
    repaired: Counter<u64>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let meter = global::meter(METER);
        let repaired = meter
            .u64_counter(REPAIRED)
            .with_description("Sessions written anew after Redis may have lost them")
            .build();
        // So that it can be seen before it first happens.
        repaired.add(0, &[]);
        let writes = meter
            .u64_counter(WRITES)
            .with_description("Writes to the session schedule, by outcome")
            .build();
        for outcome in ["stored", "failed"] {
            writes.add(0, &[KeyValue::new("outcome", outcome)]);
        }
        Self {
            claimed: meter
                .u64_counter(PROMPTS_CLAIMED)
                .with_description("Sessions found due by this edge, by whose they are")
                .build(),
            lateness: meter
                .f64_histogram(CLAIM_LATENESS)
                .with_unit("s")
                .with_description("How late a session was found due")
                .with_boundaries(vec![
                    0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0,
                ])
                .build(),
            writes,
            repaired,
        }
    }

    /// Counts a session that this edge found due; `issuer` as its owner sees it.
    pub(super) fn claimed(&self, issuer: Issuer, claimed: &Claimed) {
        let whose = match issuer {
            Issuer::OwnNode => "own",
            Issuer::OtherNode => "other",
        };
        self.claimed.add(1, &[KeyValue::new("for", whose)]);
        self.lateness.record(claimed.late.as_secs_f64(), &[]);
    }

    pub(super) fn written(&self, outcome: &Outcome) {
        self.count_write(match outcome {
            Outcome::Stored => "stored",
            Outcome::Missing => "missing",
            Outcome::Stale { .. } => "stale",
        });
    }

    pub(super) fn unwritten(&self) {
        self.count_write("failed");
    }

    pub(super) fn repaired(&self, sessions: usize) {
        self.repaired
            .add(u64::try_from(sessions).unwrap_or(u64::MAX), &[]);
    }

    fn count_write(&self, outcome: &'static str) {
        self.writes.add(1, &[KeyValue::new("outcome", outcome)]);
    }
}

//! What the schedule tells about itself.

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};

use super::{
    book::Claimed,
    record::{Issuer, PromptReason},
};

/// Sessions found due by this edge, by whose they are: `for` is `own` or `other`.
pub const PROMPTS_CLAIMED: &str = "deadline_prompts_claimed";
/// How late a session was found due.
pub const CLAIM_LATENESS: &str = "deadline_claim_lateness";

#[derive(Clone)]
pub(super) struct Metrics {
    claimed: Counter<u64>,
    lateness: Histogram<f64>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let meter = global::meter("recipe_chat.edge.deadlines");
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
        }
    }

    /// Counts a session that this edge found due; `issuer` as its owner sees it.
    pub(super) fn claimed(&self, issuer: Issuer, claimed: &Claimed) {
        let whose = match issuer {
            Issuer::OwnNode => "own",
            Issuer::OtherNode => "other",
        };
        self.claimed.add(1, &[KeyValue::new("for", whose)]);
        if claimed.reason == PromptReason::Expiring {
            self.lateness.record(claimed.late.as_secs_f64(), &[]);
        }
    }
}

//! Whether Redis can be used, and why not, as metrics.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use ::redis::RedisResult;
use opentelemetry::{
    KeyValue, global,
    metrics::{Histogram, Meter},
};
use tokio::time::error::Elapsed;

use super::{Redis, problem::Cause};

/// From 100 µs to the longest that a command may take, in seconds.
const SECONDS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0,
];

/// Counts a round trip to Redis by what came of it, and how long it took: of one command, or of many that went together.
pub(super) fn count_round_trip<T>(answered: &Result<RedisResult<T>, Elapsed>, took: Duration) {
    static TIME: LazyLock<Histogram<f64>> = LazyLock::new(|| {
        global::meter("runtime")
            .f64_histogram("redis_round_trip_duration")
            .with_unit("s")
            .with_description(
                "How long commands to Redis took, those that go together as one, by outcome",
            )
            .with_boundaries(SECONDS.to_vec())
            .build()
    });
    let outcome = match answered {
        Ok(Ok(_)) => "ok",
        Ok(Err(_)) => "failed",
        Err(_) => "timed_out",
    };
    TIME.record(took.as_secs_f64(), &[KeyValue::new("outcome", outcome)]);
}

impl Redis {
    /// Exports a gauge `up` (1 or 0) and a gauge `problem` (1 for the `cause` that keeps Redis from being used), for as
    /// long as this handle or a clone of it is kept.
    pub fn export_health(&self, meter: &Meter, up: &'static str, problem: &'static str) {
        let link = Arc::downgrade(&self.link);
        meter
            .u64_observable_gauge(up)
            .with_description("Whether Redis can be used for all that the service needs")
            .with_callback(move |gauge| {
                if let Some(link) = link.upgrade() {
                    gauge.observe(u64::from(link.problem().is_none()), &[]);
                }
            })
            .build();
        let link = Arc::downgrade(&self.link);
        meter
            .u64_observable_gauge(problem)
            .with_description("Why Redis cannot be used: 1 for the cause that keeps it")
            .with_callback(move |gauge| {
                let Some(link) = link.upgrade() else { return };
                let now = link.problem().map(|problem| problem.cause);
                for cause in Cause::ALL {
                    let labels = [KeyValue::new("cause", cause.name())];
                    gauge.observe(u64::from(now == Some(cause)), &labels);
                }
            })
            .build();
    }
}

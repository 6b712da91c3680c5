//! Whether Redis can be used, and why not, as metrics.

use std::sync::Arc;

use opentelemetry::{KeyValue, metrics::Meter};

use super::{Redis, problem::Cause};

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

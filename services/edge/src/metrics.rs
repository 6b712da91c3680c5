//! The edge's metrics: every name, once.

use std::{sync::LazyLock, time::Duration};

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram, Meter, UpDownCounter},
};

/// Who found that a client is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// This node, working off the schedule.
    OwnNode,
    /// Another node.
    OtherNode,
    /// The connection itself, since no prompt came.
    Fallback,
}

impl Asker {
    const fn name(self) -> &'static str {
        match self {
            Self::OwnNode => "own_node",
            Self::OtherNode => "other_node",
            Self::Fallback => "fallback",
        }
    }
}

/// The meter of the edge.
pub fn meter() -> Meter {
    global::meter("edge")
}

/// WebSocket connections.
pub fn connections() -> &'static UpDownCounter<i64> {
    static INSTRUMENT: LazyLock<UpDownCounter<i64>> = LazyLock::new(|| {
        meter()
            .i64_up_down_counter("edge_connections")
            .with_description("WebSocket connections now")
            .build()
    });
    &INSTRUMENT
}

/// Time from the upgrade to the accepted `auth`.
pub fn handshake_time() -> &'static Histogram<f64> {
    static INSTRUMENT: LazyLock<Histogram<f64>> = LazyLock::new(|| {
        meter()
            .f64_histogram("edge_handshake_duration")
            .with_unit("s")
            .with_description("From the upgrade to the accepted auth")
            .build()
    });
    &INSTRUMENT
}

/// Counts the end of a connection.
pub fn count_end((code, reason): (u16, &'static str)) {
    static INSTRUMENT: LazyLock<Counter<u64>> = LazyLock::new(|| {
        meter()
            .u64_counter("edge_closes")
            .with_description("Connections that ended, by close code and reason")
            .build()
    });
    let labels = [
        KeyValue::new("code", i64::from(code)),
        KeyValue::new("reason", reason),
    ];
    INSTRUMENT.add(1, &labels);
}

/// Counts an `auth_required` and how late it was.
pub fn count_prompt(asker: Asker, lateness: Duration) {
    static INSTRUMENT: LazyLock<Histogram<f64>> = LazyLock::new(|| {
        meter()
            .f64_histogram("edge_auth_required_lateness")
            .with_unit("s")
            .with_description("How late auth_required was sent, by who found it due")
            .build()
    });
    INSTRUMENT.record(lateness.as_secs_f64(), &[KeyValue::new("by", asker.name())]);
}

/// Counts a client's message by what became of it.
pub fn count_message(outcome: &'static str) {
    static INSTRUMENT: LazyLock<Counter<u64>> = LazyLock::new(|| {
        meter()
            .u64_counter("edge_messages")
            .with_description("Messages of clients, by what became of them")
            .build()
    });
    INSTRUMENT.add(1, &[KeyValue::new("outcome", outcome)]);
}

/// Counts an upgrade that was refused.
pub fn count_refused_upgrade(reason: &'static str) {
    static INSTRUMENT: LazyLock<Counter<u64>> = LazyLock::new(|| {
        meter()
            .u64_counter("edge_refused_upgrades")
            .with_description("WebSocket upgrades that were refused, by reason")
            .build()
    });
    INSTRUMENT.add(1, &[KeyValue::new("reason", reason)]);
}

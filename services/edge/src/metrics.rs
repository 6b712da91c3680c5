//! The edge's metrics: every name, once. Those of the session schedule are in `deadlines`, what is read off the edge when
//! somebody looks is in `gauges`. Labels are bounded.

use std::{sync::LazyLock, time::Duration};

use crate::session::PromptSource;
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram, Meter, UpDownCounter},
};

/// From a millisecond to the longest that anybody waits, in seconds.
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
/// How late a prompt may be, in seconds: what the owner sends by its own timer is one second late by design, and what is
/// promised is 1.25.
const LATENESS: [f64; 13] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.1, 1.25, 2.5, 5.0, 30.0,
];

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Its client has not been accepted yet.
    Unauthenticated,
    /// Its client is accepted.
    Active,
    /// Its client has been asked to prove itself again.
    Asked,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "greeting",
            Self::Active => "active",
            Self::Asked => "asked",
        }
    }
}

/// A WebSocket connection among all others, counted by its state for as long as this is kept.
#[derive(Debug)]
pub(crate) struct ConnectionGauge(State);

impl ConnectionGauge {
    /// One that has just been upgraded.
    pub(crate) fn new() -> Self {
        count_connections(State::Unauthenticated, 1);
        Self(State::Unauthenticated)
    }

    /// Counts it under another state.
    pub(crate) fn set(&mut self, state: State) {
        if self.0 != state {
            count_connections(self.0, -1);
            count_connections(state, 1);
            self.0 = state;
        }
    }
}

impl Drop for ConnectionGauge {
    fn drop(&mut self) {
        count_connections(self.0, -1);
    }
}

fn count_connections(state: State, more: i64) {
    static INSTRUMENT: LazyLock<UpDownCounter<i64>> = LazyLock::new(|| {
        meter()
            .i64_up_down_counter("edge_connections")
            .with_description("WebSocket connections now, by state")
            .build()
    });
    INSTRUMENT.add(more, &[KeyValue::new("state", state.name())]);
}

/// WebSocket connections that have not said yet who they are.
pub(crate) fn unauthenticated() -> &'static UpDownCounter<i64> {
    static INSTRUMENT: LazyLock<UpDownCounter<i64>> = LazyLock::new(|| {
        meter()
            .i64_up_down_counter("edge_unauthenticated_connections")
            .with_description("WebSocket connections now that have not sent a good auth yet")
            .build()
    });
    &INSTRUMENT
}

/// Time from the upgrade to the accepted `auth`.
pub(crate) fn handshake_time() -> &'static Histogram<f64> {
    static INSTRUMENT: LazyLock<Histogram<f64>> = LazyLock::new(|| {
        seconds(
            "edge_handshake_duration",
            "From the upgrade to the accepted auth",
        )
    });
    &INSTRUMENT
}

/// Counts the end of a connection.
pub(crate) fn count_end(end: (u16, &'static str)) {
    count_ends(1, end);
}

pub(crate) fn count_ends(more: u64, (code, reason): (u16, &'static str)) {
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
    INSTRUMENT.add(more, &labels);
}

/// Counts a room whose recipe turned out to have another history.
pub(crate) fn count_divergence() {
    static INSTRUMENT: LazyLock<Counter<u64>> = LazyLock::new(|| {
        meter()
            .u64_counter("edge_divergences")
            .with_description("Rooms that ended because the recipe's history went back")
            .build()
    });
    INSTRUMENT.add(1, &[]);
}

/// Counts an `auth_required` and how late it was.
pub(crate) fn count_prompt(source: PromptSource, lateness: Duration) {
    let by = match source {
        PromptSource::OwnNode => "own_node",
        PromptSource::OtherNode => "other_node",
        PromptSource::Fallback => "fallback",
    };
    static INSTRUMENT: LazyLock<Histogram<f64>> = LazyLock::new(|| {
        within(
            &LATENESS,
            "edge_auth_required_lateness",
            "How late auth_required was sent, by who found it due",
        )
    });
    INSTRUMENT.record(lateness.as_secs_f64(), &[KeyValue::new("by", by)]);
}

/// Time from `auth_required` to the accepted answer. Answers that never came are closes.
pub(crate) fn reauth_time() -> &'static Histogram<f64> {
    static INSTRUMENT: LazyLock<Histogram<f64>> = LazyLock::new(|| {
        seconds(
            "edge_reauth_answer_duration",
            "From auth_required to the accepted auth",
        )
    });
    &INSTRUMENT
}

/// Counts a connection that is closed since its login session was revoked, and how long ago that was.
pub(crate) fn count_revoked(lag: Duration) {
    static INSTRUMENT: LazyLock<Histogram<f64>> = LazyLock::new(|| {
        seconds(
            "edge_revocation_to_close_duration",
            "From the revocation of a login session to the close of its connections",
        )
    });
    INSTRUMENT.record(lag.as_secs_f64(), &[]);
}

/// Time from an update's arrival to its write to one connection.
pub(crate) fn fan_out_time() -> &'static Histogram<f64> {
    static INSTRUMENT: LazyLock<Histogram<f64>> = LazyLock::new(|| {
        seconds(
            "edge_fan_out_duration",
            "From an update's arrival to its write to one connection",
        )
    });
    &INSTRUMENT
}

/// Counts a client's message by what became of it.
pub(crate) fn count_message(outcome: &'static str) {
    count_messages(1, outcome);
}

pub(crate) fn count_messages(more: u64, outcome: &'static str) {
    static INSTRUMENT: LazyLock<Counter<u64>> = LazyLock::new(|| {
        meter()
            .u64_counter("edge_messages")
            .with_description("Messages of clients, by what became of them")
            .build()
    });
    INSTRUMENT.add(more, &[KeyValue::new("outcome", outcome)]);
}

/// Counts a request to the HTTP API by its route (as it is written in the description, so that no id is in it), and how
/// long it took.
pub(crate) fn count_request(route: &str, method: &'static str, status: u16, took: Duration) {
    static REQUESTS: LazyLock<Counter<u64>> = LazyLock::new(|| {
        meter()
            .u64_counter("edge_http_requests")
            .with_description("Requests over HTTP, by route, method and status")
            .build()
    });
    static TIME: LazyLock<Histogram<f64>> = LazyLock::new(|| {
        seconds(
            "edge_http_request_duration",
            "From a request's head to the head of its answer, by route",
        )
    });
    let route = KeyValue::new("route", route.to_owned());
    let labels = [
        route.clone(),
        KeyValue::new("method", method),
        KeyValue::new("status", i64::from(status)),
    ];
    REQUESTS.add(1, &labels);
    TIME.record(took.as_secs_f64(), &[route]);
}

/// Counts an upgrade that was refused.
pub(crate) fn count_refused_upgrade(reason: &'static str) {
    static INSTRUMENT: LazyLock<Counter<u64>> = LazyLock::new(|| {
        meter()
            .u64_counter("edge_refused_upgrades")
            .with_description("WebSocket upgrades that were refused, by reason")
            .build()
    });
    INSTRUMENT.add(1, &[KeyValue::new("reason", reason)]);
}

fn seconds(name: &'static str, description: &'static str) -> Histogram<f64> {
    within(&SECONDS, name, description)
}

fn within(boundaries: &[f64], name: &'static str, description: &'static str) -> Histogram<f64> {
    meter()
        .f64_histogram(name)
        .with_unit("s")
        .with_description(description)
        .with_boundaries(boundaries.to_vec())
        .build()
}

pub(crate) fn meter() -> Meter {
    global::meter("edge")
}

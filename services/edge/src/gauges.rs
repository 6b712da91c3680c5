//! What metrics read off the edge whenever somebody looks at them.

use std::sync::Arc;

use proto::websocket::codes::Close;
use runtime::descriptors;

use crate::{
    edge::Edge,
    metrics::{count_ends, count_messages, meter},
};

/// Lets the levels be read whenever metrics are, for as long as the edge is there.
pub(crate) fn watch(edge: &Arc<Edge>) {
    // What alerts look at is there before it first happens: the rise to one would not be seen otherwise.
    for outcome in ["accepted", "unavailable", "internal"] {
        count_messages(0, outcome);
    }
    for close in [Close::TryAgainLater, Close::ReauthenticationTimeout] {
        count_ends(0, (close.code(), close.reason()));
    }
    let level = |name, description, read: fn(&Edge) -> u64| {
        let edge = Arc::downgrade(edge);
        meter()
            .u64_observable_gauge(name)
            .with_description(description)
            .with_callback(move |gauge| {
                gauge.observe(edge.upgrade().map_or(0, |edge| read(&edge)), &[]);
            })
            .build();
    };
    level(
        "edge_rooms",
        "Recipes that somebody here looks at",
        |edge| edge.rooms.count() as u64,
    );
    level(
        "edge_max_connections",
        "How many connections the edge takes: its flag, or what the file descriptors leave",
        |edge| max_connections(edge.settings.load().max_connections) as u64,
    );
    level("edge_sessions", "Sessions that are held here", |edge| {
        edge.registry.session_count() as u64
    });
    level(
        "edge_link_up",
        "Whether the link to the chat service is open",
        |edge| u64::from(edge.link.is_up()),
    );
    level("edge_draining", "Whether this node drains", |edge| {
        u64::from(edge.lifecycle.is_stopping())
    });
}

/// 0: no limit but that of the file descriptors.
fn max_connections(flag: usize) -> usize {
    let sockets = descriptors::for_sockets();
    if flag == 0 {
        sockets
    } else {
        flag.min(sockets)
    }
}

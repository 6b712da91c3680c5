//! What edges answered, as text for people: one line for each edge and each event.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use edge::admin::{Overview, TimelineEvent};

use super::edges::Asked;
use crate::explain;

/// How many of the largest recipes are told.
const MAX_RECIPES: usize = 10;

pub(super) fn overview(edges: &[Overview], unanswered: &[Asked]) -> String {
    let mut text = format!(
        "{:16}  {:>9}  {:>7}  {:>7}  {:>7}  {:>5}  {}\n",
        "EDGE", "NO AUTH", "ACTIVE", "ASKED", "RECIPES", "LINKS", "STATE"
    );
    for edge in edges {
        let connections = &edge.connections;
        let recipes: u64 = edge.rooms.by_size.iter().map(|range| range.rooms).sum();
        // Writing to a text cannot fail.
        writeln!(
            text,
            "{:16}  {:>9}  {:>7}  {:>7}  {:>7}  {:>5}  {}",
            printable(&edge.edge),
            connections.unauthenticated,
            connections.active,
            connections.asked,
            recipes,
            edge.services.open_links,
            printable(&state(edge)),
        )
        .ok();
    }
    told_missing(&mut text, unanswered);
    let closes = edges.iter().flat_map(|edge| &edge.closes);
    let closes = closes.map(|close| ((close.code, close.reason.clone()), close.count));
    let closes = summed(closes).into_iter();
    let closes = closes.map(|((code, reason), count)| (format!("{code} {reason}"), count));
    counted(&mut text, "ends of connections since the start", closes);
    let expiries = edges.iter().flat_map(|edge| &edge.expiries);
    // What has no bound comes last.
    let bound = |bound: Option<u64>| bound.unwrap_or(u64::MAX);
    let expiries = expiries.map(|range| (bound(range.within_seconds), range.sessions));
    let expiries = summed(expiries).into_iter();
    let expiries = expiries.map(|(within, count)| match within {
        u64::MAX => ("later".to_owned(), count),
        within => (format!("within {within} s"), count),
    });
    counted(&mut text, "tokens that end", expiries);
    let rooms = edges.iter().flat_map(|edge| &edge.rooms.largest);
    let rooms = summed(rooms.map(|room| (room.recipe.clone(), room.connections)));
    let mut rooms: Vec<_> = rooms.into_iter().collect();
    rooms.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    rooms.truncate(MAX_RECIPES);
    counted(
        &mut text,
        "largest recipes, by connections",
        rooms.into_iter(),
    );
    text
}

/// What keeps an edge from its work, or nothing.
fn state(edge: &Overview) -> String {
    let redis = &edge.schedule.redis_problem;
    let problems = [
        edge.draining.then(|| "drains".to_owned()),
        (!edge.services.auth.serves).then(|| "auth does not serve".to_owned()),
        (!edge.services.chat.serves).then(|| "chat does not serve".to_owned()),
        redis.as_ref().map(|problem| format!("Redis: {problem}")),
        (edge.schedule.unwritten > 0)
            .then(|| format!("{} writes wait for Redis", edge.schedule.unwritten)),
    ];
    let problems: Vec<_> = problems.into_iter().flatten().collect();
    match problems.is_empty() {
        true => "serves".to_owned(),
        false => problems.join(", "),
    }
}

fn summed<K: Ord>(counts: impl Iterator<Item = (K, u64)>) -> BTreeMap<K, u64> {
    let mut sums = BTreeMap::new();
    for (key, count) in counts {
        *sums.entry(key).or_default() += count;
    }
    sums
}

fn counted(text: &mut String, title: &str, counts: impl Iterator<Item = (String, u64)>) {
    let counts: Vec<_> = counts.filter(|(_, count)| *count > 0).collect();
    if counts.is_empty() {
        return;
    }
    writeln!(text, "\n{title}").ok();
    for (name, count) in counts {
        writeln!(text, "{count:>9}  {}", printable(&name)).ok();
    }
}

pub(super) fn timeline(
    events: &[TimelineEvent],
    truncated: bool,
    without_events: &[String],
    unanswered: &[Asked],
) -> String {
    let mut text = String::new();
    if truncated {
        text.push_str("there was more, which is older: ask for one connection\n");
    }
    if events.is_empty() {
        text.push_str("nothing happened in the last hour to what was searched for\n");
    }
    for event in events {
        line(&mut text, event);
    }
    for edge in without_events {
        writeln!(text, "the edge {} keeps no events", printable(edge)).ok();
    }
    told_missing(&mut text, unanswered);
    let closes = events.iter().filter_map(|event| event.event.close());
    let closes: BTreeSet<_> = closes.collect();
    for (code, reason) in closes {
        if let Some(explained) = explain::of_told(code, reason) {
            write!(text, "\n{explained}\n").ok();
        }
    }
    text
}

fn line(text: &mut String, event: &TimelineEvent) {
    let holder = event.holder.clone().unwrap_or_default();
    let who = match holder.user.is_empty() {
        true => format!("from {}", event.address),
        false => format!(
            "{} (user {}, session {}, login session {})",
            holder.name, holder.user, holder.session, holder.login_session
        ),
    };
    writeln!(
        text,
        "{}  edge {}  connection {}  recipe {}  {}\n    {}",
        printable(&event.at),
        printable(&event.edge),
        printable(&event.connection),
        printable(&event.recipe),
        printable(&who),
        printable(&event.event.words()),
    )
    .ok();
}

fn told_missing(text: &mut String, unanswered: &[Asked]) {
    for asked in unanswered {
        let (edge, problem) = (printable(&asked.edge), printable(&asked.problem));
        writeln!(text, "the edge at {edge} {problem}").ok();
    }
}

/// Without what a terminal would obey.
fn printable(text: &str) -> String {
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use edge::admin::{Closes, Connections, Event, Expiries, Holder, LargeRoom, Rooms};

    use super::*;

    #[test]
    fn the_counts_of_several_edges_are_added_up_and_a_missing_one_is_named() {
        let edge = |id: &str, active| Overview {
            edge: id.to_owned(),
            connections: Connections {
                active,
                ..Connections::default()
            },
            closes: vec![Closes {
                code: 1008,
                reason: "Session revoked".to_owned(),
                count: 2,
            }],
            expiries: vec![
                Expiries {
                    within_seconds: Some(60),
                    sessions: active,
                },
                Expiries::default(),
            ],
            rooms: Rooms {
                largest: vec![LargeRoom {
                    recipe: "pie".to_owned(),
                    connections: active,
                }],
                ..Rooms::default()
            },
            ..Overview::default()
        };
        let missing = Asked {
            edge: "http://10.0.0.3:9465".to_owned(),
            problem: "cannot be reached".to_owned(),
        };

        let text = overview(&[edge("a1", 3), edge("b2", 4)], &[missing]);

        for line in [
            "the edge at http://10.0.0.3:9465 cannot be reached",
            "        4  1008 Session revoked",
            "        7  within 60 s",
            "        7  pie",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}\n{text}");
        }
        assert!(text.contains("auth does not serve"), "{text}");
    }

    #[test]
    fn a_close_is_explained_and_nothing_reaches_the_terminal() {
        let event = TimelineEvent {
            at: "2026-11-22T20:36:02.123Z".to_owned(),
            edge: "a1".to_owned(),
            connection: "c1".to_owned(),
            recipe: "pie".to_owned(),
            address: "10.0.0.1".to_owned(),
            holder: Some(Holder {
                name: "Ada\u{1b}[2J".to_owned(),
                user: "u1".to_owned(),
                ..Holder::default()
            }),
            event: Event::Closed {
                code: 1008,
                reason: "Re-authentication timeout".to_owned(),
                announced: true,
                cause: None,
            },
        };

        let text = timeline(&[event], false, &[], &[]);

        assert!(
            text.contains("it was told 1008 Re-authentication timeout"),
            "{text}"
        );
        assert!(
            text.contains("no fresh token came in the time of --reauth-grace"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

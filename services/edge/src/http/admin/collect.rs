//! What the edge does and what it remembers, put into the shapes that operators are answered with.

use tokio::time::Instant;

use crate::{
    admin::{
        AskedBy, Cause, Closes, Connections, Event, Expiries, Holder, LargeRoom, Overview, Rooms,
        RoomsOfSize, Schedule, Service, Services, Timeline, TimelineEvent,
    },
    connection::{End, end_labels},
    edge::Edge,
    event_log::{CloseCause, ConnectionEvent, Filter, Told},
    registry::EXPIRY_BOUNDS,
    rooms::SIZE_BOUNDS,
    session::{PromptReason, PromptSource},
    upstream::health::Serving,
};

/// How many rooms are named at most.
const MAX_NAMED_ROOMS: usize = 10;
/// How many events an answer holds at most.
pub(super) const MAX_EVENTS: usize = 500;

pub(super) async fn overview(edge: &Edge) -> Overview {
    let Serving { auth, chat } = edge.health.serving().await;
    let census = edge.registry.census(Instant::now());
    let service = |serves, replicas| Service { serves, replicas };
    Overview {
        edge: edge.deadlines.edge().to_string(),
        version: runtime::build::description().to_owned(),
        at: edge.clock.now().to_string(),
        draining: edge.lifecycle.is_stopping(),
        connections: Connections {
            unauthenticated: census.unauthenticated as u64,
            active: census.active as u64,
            asked: census.asked as u64,
        },
        closes: closes(edge),
        expiries: ranges(&EXPIRY_BOUNDS, &census.expiries)
            .map(|(within_seconds, sessions)| Expiries {
                within_seconds,
                sessions,
            })
            .collect(),
        rooms: rooms(edge),
        services: Services {
            auth: service(auth, edge.health.auth_replicas()),
            chat: service(chat, edge.link.replicas()),
            open_links: edge.link.open_lines() as u64,
        },
        schedule: schedule(edge),
        keeps_events: edge.event_log.is_on(),
    }
}

fn closes(edge: &Edge) -> Vec<Closes> {
    let ends = edge.event_log.ends().into_iter();
    let closes = ends.map(|((code, reason), count)| Closes {
        code,
        reason: reason.to_owned(),
        count,
    });
    closes.collect()
}

fn rooms(edge: &Edge) -> Rooms {
    let sizes = edge.rooms.sizes(MAX_NAMED_ROOMS);
    let bounds = SIZE_BOUNDS.map(|bound| bound as u64);
    let by_size = ranges(&bounds, &sizes.by_size);
    let largest = sizes.largest.into_iter();
    Rooms {
        by_size: by_size
            .map(|(at_most, rooms)| RoomsOfSize { at_most, rooms })
            .collect(),
        largest: largest
            .map(|(connections, recipe)| LargeRoom {
                recipe: recipe.to_string(),
                connections: connections as u64,
            })
            .collect(),
    }
}

/// Each range by its upper bound, with how many are in it.
fn ranges(bounds: &[u64], counts: &[u64]) -> impl Iterator<Item = (Option<u64>, u64)> {
    let bounds = bounds.iter().copied().map(Some).chain([None]);
    bounds.zip(counts.iter().copied())
}

fn schedule(edge: &Edge) -> Schedule {
    match edge.deadlines.shared() {
        None => Schedule {
            edges: 1,
            ..Schedule::default()
        },
        Some(shared) => Schedule {
            in_redis: true,
            edges: shared.edges as u64,
            unwritten: shared.unwritten as u64,
            redis_problem: shared.problem.map(|problem| problem.to_string()),
        },
    }
}

pub(super) fn timeline(edge: &Edge, filter: &Filter) -> Timeline {
    let found = edge
        .event_log
        .timeline(filter, MAX_EVENTS, edge.clock.now());
    let id = edge.deadlines.edge().as_str();
    Timeline {
        edge: id.to_owned(),
        keeps_events: edge.event_log.is_on(),
        events: found.events.iter().map(|told| event(told, id)).collect(),
        truncated: found.truncated,
    }
}

fn event(told: &Told, edge: &str) -> TimelineEvent {
    let subject = &told.subject;
    TimelineEvent {
        at: told.at.to_string(),
        edge: edge.to_owned(),
        connection: subject.connection.to_string(),
        recipe: subject.recipe.to_string(),
        address: subject.address.to_string(),
        holder: subject.holder().map(|holder| Holder {
            user: holder.user.to_string(),
            name: holder.shown_name.to_string(),
            login_session: holder.login_session.to_string(),
            session: holder.session.to_string(),
        }),
        event: happened(told.event),
    }
}

fn happened(event: ConnectionEvent) -> Event {
    match event {
        ConnectionEvent::Connected => Event::Connected,
        ConnectionEvent::Authenticated { resumed } => Event::Authenticated { resumed },
        ConnectionEvent::Asked {
            reason,
            source,
            answer_in,
        } => Event::Asked {
            review: reason == PromptReason::Review,
            by: asked_by(reason, source),
            answer_in_ms: u64::try_from(answer_in.as_millis()).unwrap_or(u64::MAX),
        },
        ConnectionEvent::Renewed { was_asked } => Event::Answered { was_asked },
        ConnectionEvent::Unresponsive => Event::Unresponsive,
        ConnectionEvent::Ended {
            end,
            announced,
            cause,
        } => ended(end, announced, cause),
    }
}

fn asked_by(reason: PromptReason, source: PromptSource) -> AskedBy {
    match (reason, source) {
        (PromptReason::Review, _) => AskedBy::Operator,
        (PromptReason::Expiring, PromptSource::OwnNode) => AskedBy::OwnEdge,
        (PromptReason::Expiring, PromptSource::OtherNode) => AskedBy::OtherEdge,
        (PromptReason::Expiring, PromptSource::Fallback) => AskedBy::Fallback,
    }
}

fn ended(end: End, announced: bool, cause: Option<CloseCause>) -> Event {
    match end {
        End::Closed(_) => {
            let (code, reason) = end_labels(end);
            Event::Closed {
                code,
                reason: reason.to_owned(),
                announced,
                cause: cause.map(|cause| match cause {
                    CloseCause::Drain => Cause::Drain,
                    CloseCause::MaxAge => Cause::MaxAge,
                    CloseCause::Operator => Cause::Operator,
                }),
            }
        }
        End::Left(code) => Event::Left { code },
        End::Lost => Event::Lost,
    }
}

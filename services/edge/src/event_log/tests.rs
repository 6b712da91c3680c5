//! What the log of connections keeps, drops and finds.

use proto::websocket::codes::Close;

use super::*;
use crate::session::{PromptReason, PromptSource};

const NOW: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);
const LEFT: ConnectionEvent = ConnectionEvent::Ended {
    end: End::Left(Some(1000)),
    announced: false,
    cause: None,
};
const AUTHENTICATED: ConnectionEvent = ConnectionEvent::Authenticated { resumed: false };
const ASKED: ConnectionEvent = ConnectionEvent::Asked {
    reason: PromptReason::Expiring,
    source: PromptSource::OtherNode,
    answer_in: Duration::from_secs(30),
};

fn after(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

fn open(log: &EventLog, connection: &str, recipe: &str) -> Option<Arc<Subject>> {
    let address = IpAddr::from([10, 0, 0, 1]);
    let (connection, recipe) = (connection.parse().unwrap(), recipe.parse().unwrap());
    log.open(&connection, &recipe, address, NOW)
}

/// A connection of a user whose session is called like the connection.
fn opened(log: &EventLog, connection: &str, user: &str) -> Option<Arc<Subject>> {
    let subject = open(log, connection, "pancakes");
    if let Some(subject) = &subject {
        let session = connection.parse().unwrap();
        subject.authenticated(&Principal::for_tests(user), &session);
    }
    log.record(subject.as_ref(), AUTHENTICATED, NOW);
    subject
}

fn told(timeline: &Timeline) -> Vec<(&str, ConnectionEvent)> {
    let events = timeline.events.iter();
    events
        .map(|told| (told.subject.connection.as_str(), told.event))
        .collect()
}

#[test]
fn what_happened_to_a_connection_is_told_in_order_from_its_opening_on() {
    let log = EventLog::new(100);
    let ada = opened(&log, "c1", "ada");
    let bob = opened(&log, "c2", "bob");
    log.record(ada.as_ref(), ASKED, after(1));
    log.record(bob.as_ref(), LEFT, after(2));
    let end = ConnectionEvent::Ended {
        end: End::Closed(Close::ReauthenticationTimeout),
        announced: true,
        cause: None,
    };
    log.record(ada.as_ref(), end, after(31));

    let filter = Filter {
        user: Some("ada".into()),
        ..Filter::default()
    };
    let timeline = log.timeline(&filter, 100, after(40));

    let connected = ConnectionEvent::Connected;
    assert_eq!(
        told(&timeline),
        [connected, AUTHENTICATED, ASKED, end].map(|event| ("c1", event))
    );
    assert!(!timeline.truncated);
}

#[test]
fn every_id_finds_its_connections_and_no_others() {
    let log = EventLog::new(100);
    opened(&log, "c1", "ada");
    opened(&log, "c2", "bob");
    let stranger = open(&log, "c3", "soup");
    log.record(stranger.as_ref(), LEFT, NOW);
    let login = Principal::for_tests("bob").login_session;
    let found = |filter: Filter| {
        let timeline = log.timeline(&filter, 100, NOW);
        let of = told(&timeline)
            .into_iter()
            .map(|(connection, _)| connection.to_owned());
        let mut of: Vec<_> = of.collect();
        of.dedup();
        of.sort();
        of.dedup();
        of.join(" ")
    };
    let given = |text: &str| Some(text.to_owned());
    let all = Filter::default;

    assert_eq!(found(all()), "c1 c2 c3");
    assert_eq!(
        found(Filter {
            user: given("bob"),
            ..all()
        }),
        "c2"
    );
    assert_eq!(
        found(Filter {
            session: given("c1"),
            ..all()
        }),
        "c1"
    );
    assert_eq!(
        found(Filter {
            session: given(login.as_str()),
            user: given("bob"),
            ..all()
        }),
        "c2"
    );
    assert_eq!(
        found(Filter {
            connection: given("c3"),
            ..all()
        }),
        "c3"
    );
    assert_eq!(
        found(Filter {
            recipe: given("soup"),
            ..all()
        }),
        "c3"
    );
    assert_eq!(
        found(Filter {
            recipe: given("pancakes"),
            ..all()
        }),
        "c1 c2"
    );
    let nobody = Filter {
        recipe: given("soup"),
        user: given("ada"),
        ..all()
    };
    assert_eq!(found(nobody), "");
}

#[test]
fn the_newest_events_take_the_place_of_the_oldest() {
    let log = EventLog::new(8);
    let ada = opened(&log, "c1", "ada");
    for second in 1..=2_000 {
        log.record(ada.as_ref(), ASKED, after(second));
    }

    let timeline = log.timeline(&Filter::default(), 100, after(2_000));

    // Six of eight places are for those who proved who they are; the opening is told besides.
    let times: Vec<_> = timeline.events.iter().map(|told| told.at).collect();
    let kept = (1_995..=2_000).map(after);
    assert_eq!(times, [NOW].into_iter().chain(kept).collect::<Vec<_>>());
}

#[test]
fn strangers_push_out_no_event_of_a_user() {
    let log = EventLog::new(8);
    opened(&log, "c1", "ada");
    for number in 0..100 {
        let stranger = open(&log, &format!("s{number}"), "pancakes");
        log.record(stranger.as_ref(), LEFT, NOW);
    }

    let timeline = log.timeline(&Filter::default(), 100, NOW);

    let connections = |filter: fn(&&Told) -> bool| timeline.events.iter().filter(filter).count();
    assert_eq!(connections(|told| told.subject.holder().is_some()), 2);
    assert_eq!(connections(|told| told.subject.holder().is_none()), 4);
}

#[test]
fn an_event_is_told_for_an_hour() {
    let log = EventLog::new(100);
    let ada = opened(&log, "c1", "ada");
    log.record(ada.as_ref(), ASKED, after(1_800));
    let count = |now| log.timeline(&Filter::default(), 100, now).events.len();

    assert_eq!(count(after(3_600)), 3);
    assert_eq!(count(after(3_601)), 1);
    assert_eq!(count(after(5_401)), 0);
    // What is too old goes when something comes.
    log.record(ada.as_ref(), LEFT, after(9_000));
    assert_eq!(lock(&log.authenticated).len(), 1);
}

#[test]
fn an_answer_holds_the_newest_and_says_that_there_is_more() {
    let log = EventLog::new(10_000);
    let ada = opened(&log, "c1", "ada");
    for second in 1..=1_500 {
        log.record(ada.as_ref(), ASKED, after(second));
    }
    opened(&log, "c2", "bob");

    let filter = Filter {
        connection: Some("c1".into()),
        ..Filter::default()
    };
    let timeline = log.timeline(&filter, 700, after(1_500));

    assert!(timeline.truncated);
    assert_eq!(timeline.events.len(), 700);
    assert_eq!(timeline.events[0].at, after(801));
    assert_eq!(timeline.events[699].at, after(1_500));
}

#[test]
fn with_room_for_nothing_nothing_is_kept_but_ends_are_counted() {
    let log = EventLog::new(0);
    assert!(opened(&log, "c1", "ada").is_none());
    log.count_end((1000, "left"));
    log.count_end((1000, "left"));

    assert!(log.timeline(&Filter::default(), 100, NOW).events.is_empty());
    assert_eq!(log.ends(), [((1000, "left"), 2)]);
}

#[test]
fn an_event_is_small() {
    let size = size_of::<Entry>();
    assert!(size <= 40, "an event takes {size} bytes");
}

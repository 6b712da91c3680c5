use std::time::Duration;

use futures_util::FutureExt as _;

use super::*;
use crate::deadlines::{Issuer, Scope};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(seconds * 1000)
}

/// A session about soup, and its user.
#[derive(Clone, Copy)]
struct TestSession {
    session: &'static str,
    user: &'static str,
    login_session: &'static str,
    recipe: &'static str,
    generation: u64,
    phase: Phase,
    validated_at: Timestamp,
}

/// A session of ada's login whose token was found good at second `validated`.
fn held(session: &'static str, validated: i64, generation: u64, phase: Phase) -> TestSession {
    TestSession {
        session,
        user: "ada",
        login_session: "login",
        recipe: "soup",
        generation,
        phase,
        validated_at: at(validated),
    }
}

impl Connection {
    fn hold(&self, held: TestSession) {
        let now = Instant::now();
        let record = SessionRecord {
            session: held.session.parse().unwrap(),
            scope: Scope {
                user: held.user.parse().unwrap(),
                login_session: held.login_session.parse().unwrap(),
                recipe: held.recipe.parse().unwrap(),
            },
            generation: held.generation,
            phase: held.phase,
            due: now + Duration::from_secs(840),
            expires: now + Duration::from_secs(900),
        };
        let principal = Principal {
            validated_at: held.validated_at,
            ..Principal::for_tests(held.user)
        };
        self.insert_session(record, &principal);
    }
}

/// The generation that the connection is told to review now, if any.
fn reviewed(connection: &Connection) -> Option<u64> {
    match connection.control.order().now_or_never()? {
        Order::Review { generation } => Some(generation),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_review_asks_each_older_connection_once_however_often_it_is_heard_of() {
    let registry = Registry::new();
    let (login, now) = ("login".parse().unwrap(), Instant::now());
    let [old, new, asked] = [0; 3].map(|_| registry.connect());
    old.hold(held("old", 10, 3, Phase::Active));
    new.hold(held("new", 20, 1, Phase::Active));
    asked.hold(held("asked", 10, 1, Phase::Asked));

    assert_eq!(registry.review(&login, at(15), now), 1);
    assert_eq!(reviewed(&old), Some(3));
    for earlier in [15, 14] {
        assert_eq!(registry.review(&login, at(earlier), now), 0);
    }
    assert_eq!(
        [reviewed(&old), reviewed(&new), reviewed(&asked)],
        [None, None, None],
        "once, and only who has to"
    );
    let other = "other".parse().unwrap();
    assert_eq!(registry.review(&other, at(99), now), 0);
}

#[test]
fn what_the_schedule_says_does_not_hide_a_review() {
    let registry = Registry::new();
    let connection = registry.connect();
    let session: SessionId = "s".parse().unwrap();
    connection.hold(held("s", 10, 3, Phase::Active));

    registry.review(&"login".parse().unwrap(), at(15), Instant::now());
    registry.prompt(Prompt {
        session,
        generation: 3,
        issuer: Issuer::OwnNode,
    });

    assert_eq!(reviewed(&connection), Some(3));
    let next = connection.control.order().now_or_never();
    assert!(matches!(next, Some(Order::Prompt(_))), "{next:?}");
}

#[test]
fn a_review_that_was_heard_of_first_asks_who_comes_with_an_older_token() {
    let registry = Registry::new();
    registry.review(&"login".parse().unwrap(), at(15), Instant::now());
    let connection = registry.connect();

    connection.hold(held("s", 14, 1, Phase::Active));
    assert_eq!(reviewed(&connection), Some(1));
    connection.hold(held("s", 14, 1, Phase::Asked));
    assert_eq!(reviewed(&connection), None, "the question has been put");
    connection.hold(held("s", 16, 2, Phase::Active));
    assert_eq!(reviewed(&connection), None, "and answered");
}

#[test]
fn a_review_of_everybody_asks_each_older_connection_of_every_login_and_those_that_come_later() {
    let registry = Registry::new();
    let [old, new, late] = [0; 3].map(|_| registry.connect());
    let of_another = TestSession {
        login_session: "another",
        ..held("old", 10, 3, Phase::Active)
    };
    old.hold(of_another);
    new.hold(held("new", 20, 1, Phase::Active));

    assert_eq!(registry.review_all(at(15)), 1);
    assert_eq!(registry.review_all(at(15)), 0, "it comes from each replica");
    assert_eq!([reviewed(&old), reviewed(&new)], [Some(3), None]);

    let now = Instant::now();
    registry.review(&"login".parse().unwrap(), at(12), now);
    late.hold(held("late", 14, 1, Phase::Active));
    assert_eq!(
        reviewed(&late),
        Some(1),
        "an older review of its login does not hide it"
    );
    late.hold(held("late", 16, 2, Phase::Active));
    assert_eq!(reviewed(&late), None);
}

#[test]
fn everybody_who_is_not_of_the_audience_is_shown_out_of_that_recipe_only() {
    let registry = Registry::new();
    let hold = |session, user, recipe| {
        let connection = registry.connect();
        connection.hold(TestSession {
            user,
            recipe,
            ..held(session, 10, 1, Phase::Active)
        });
        connection
    };
    let kept = [
        ("1", "ada", "soup"),
        ("2", "Bob", "soup"),
        ("3", "eve", "stew"),
    ];
    let kept = kept.map(|(session, name, recipe)| hold(session, name, recipe));
    let out = ["4", "5"].map(|session| hold(session, "eve", "soup"));

    let audience = Audience {
        revision: 1,
        users: ["ada".parse().unwrap()].into(),
        names: ["bob".to_owned()].into(),
        received_at: Instant::now(),
    };
    registry.show_out(&"soup".parse().unwrap(), &audience);

    let closing = |connection: &Connection| connection.control.closing().now_or_never();
    assert_eq!(kept.each_ref().map(closing), [None; 3]);
    assert_eq!(out.each_ref().map(closing), [Some(Close::NotAllowed); 2]);
}

#[tokio::test(start_paused = true)]
async fn old_connections_are_closed_around_their_age_a_few_at_a_time() {
    const AGE: Duration = Duration::from_secs(60);
    let registry = Registry::new();
    let connections: Vec<_> = (0..1_000).map(|_| registry.connect()).collect();
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    let close = |millis, at_most| registry.close_aged(AGE, at_most, at(millis));

    assert_eq!(close(53_900, usize::MAX), 0, "too early");
    let half = close(60_000, usize::MAX);
    assert!((480..=520).contains(&half), "{half} of 1000 at their age");
    assert_eq!(close(60_000, usize::MAX), 0, "told twice");
    assert_eq!(close(66_100, 10), 10);
    assert_eq!(close(66_100, usize::MAX), 990 - half);

    for connection in &connections {
        assert_eq!(
            connection.control.closing().now_or_never(),
            Some(Close::ServiceRestart)
        );
    }
    tokio::time::advance(Duration::from_millis(66_100)).await;
    let _late = registry.connect();
    assert_eq!(close(66_100, usize::MAX), 0, "of its own age");
}

#[tokio::test(start_paused = true)]
async fn the_oldest_go_first_and_who_closes_already_is_left_out() {
    const AGE: Duration = Duration::from_secs(60);
    let registry = Registry::new();
    let (first, second) = (registry.connect(), registry.connect());
    tokio::time::advance(Duration::from_secs(10)).await;
    let third = registry.connect();
    first.control.close(Close::SessionRevoked);

    let now = Instant::now() + AGE * 2;
    assert_eq!(registry.close_aged(AGE, 1, now), 1);
    let told = |of: &Connection| of.control.closing().now_or_never();
    assert_eq!(told(&first), Some(Close::SessionRevoked));
    assert_eq!(told(&second), Some(Close::ServiceRestart));
    assert_eq!(told(&third), None);
}

#[test]
fn connections_are_counted_by_state_and_by_when_their_tokens_end() {
    let registry = Registry::new();
    let [active, asked, _stranger] = [0; 3].map(|_| registry.connect());
    active.hold(held("active", 10, 1, Phase::Active));
    asked.hold(held("asked", 10, 1, Phase::Asked));
    let now = Instant::now() + Duration::from_secs(1);

    let census = registry.census(now);

    let states = (census.unauthenticated, census.active, census.asked);
    assert_eq!(states, (1, 1, 1));
    // Within 900 s, and not within 600 s.
    assert_eq!(census.expiries, [0, 0, 0, 0, 0, 2, 0, 0]);
    let later = registry.census(now + Duration::from_secs(898));
    assert_eq!(later.expiries, [2, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn an_operator_disconnects_one_connection_and_no_other() {
    let registry = Registry::new();
    let [one, other] = [0; 2].map(|_| registry.connect());

    assert!(registry.disconnect(one.id.as_str()));
    assert!(!registry.disconnect("nobody"));

    assert_eq!(
        one.control.closing().now_or_never(),
        Some(Close::ServiceRestart)
    );
    assert_eq!(one.control.close_cause(), Some(CloseCause::Operator));
    assert_eq!(other.control.closing().now_or_never(), None);
    // The first reason stays.
    one.control
        .close_for(Close::ServiceRestart, CloseCause::Drain);
    assert_eq!(one.control.close_cause(), Some(CloseCause::Operator));
}

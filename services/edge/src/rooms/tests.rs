//! A room while updates come, connections fall behind, and the recipe's history goes back.

use futures_util::FutureExt as _;
use proto::{
    ids::{Revision, UserId},
    websocket::frames::{Message, Presence},
};
use runtime::clock::Timestamp;

use super::{log::MAX_UPDATES, *};
use crate::wire::rendered::Rendered;

fn recipe() -> RecipeId {
    "pancakes".parse().unwrap()
}

fn somebody() -> Arc<Principal> {
    Arc::new(Principal::for_tests("ada"))
}

fn at(revision: Revision) -> Position {
    position(revision, "m")
}

/// A position of a history.
fn position(revision: Revision, history: &str) -> Position {
    let message = (revision > 0).then(|| format!("{history}{revision}").parse().unwrap());
    Position { revision, message }
}

fn update(revision: Revision) -> Update {
    update_of(revision, "m")
}

fn update_of(revision: Revision, history: &str) -> Update {
    let message = Message {
        id: format!("{history}{revision}"),
        revision,
        ..Message::default()
    };
    Update::new(
        &recipe(),
        &Rendered::new(Arc::default()),
        Arc::new(message),
        position(revision - 1, history).message,
        Timestamp::default(),
        Instant::now(),
    )
}

#[track_caller]
fn check(member: &Member, since: Revision, expected: &[Revision]) {
    let Since::Updates(updates) = member.since(&at(since)) else {
        panic!("updates since {since}");
    };
    let revisions: Vec<_> = updates
        .iter()
        .map(|update| update.position.revision)
        .collect();
    assert_eq!(revisions, expected);
}

#[tokio::test]
async fn a_member_is_woken_and_reads_what_it_has_not_written() {
    let rooms = Rooms::new();
    let mut member = rooms.enter(&recipe(), &somebody(), &at(7), None, &SeenAs::default());
    assert!(matches!(member.since(&at(7)), Since::Nothing));

    rooms.publish(&recipe(), 0, update(8));
    rooms.publish(&recipe(), 0, update(9));

    member.changed().await;
    check(&member, 7, &[8, 9]);
    check(&member, 8, &[9]);
    assert!(matches!(member.since(&at(9)), Since::Nothing));
    assert!(matches!(member.since(&at(6)), Since::TooMuch));
}

#[test]
fn repeated_updates_are_dropped_and_a_gap_is_never_hidden() {
    let rooms = Rooms::new();
    let member = rooms.enter(&recipe(), &somebody(), &at(0), None, &SeenAs::default());
    rooms.publish(&recipe(), 0, update(1));
    rooms.publish(&recipe(), 0, update(1));
    check(&member, 0, &[1]);

    rooms.publish(&recipe(), 0, update(5));

    assert!(matches!(member.since(&at(1)), Since::TooMuch));
    check(&member, 4, &[5]);
}

#[test]
fn what_was_sent_for_an_attachment_before_is_for_nobody_here() {
    let rooms = Rooms::new();
    let member = rooms.enter(&recipe(), &somebody(), &at(3), None, &SeenAs::default());
    let first = rooms.attach(&recipe()).unwrap().number;
    drop(member);
    let member = rooms.enter(&recipe(), &somebody(), &at(3), None, &SeenAs::default());
    rooms.publish(&recipe(), first, update(4));
    rooms.diverge(&recipe(), first, &at(3));
    assert!(matches!(member.since(&at(3)), Since::Nothing));

    let second = rooms.attach(&recipe()).unwrap().number;
    rooms.publish(&recipe(), first, update(4));
    assert!(matches!(member.since(&at(3)), Since::Nothing));
    rooms.publish(&recipe(), second, update(4));
    check(&member, 3, &[4]);
    // From a chat service that does not say.
    rooms.publish(&recipe(), 0, update(5));
    check(&member, 3, &[4, 5]);
}

#[test]
fn the_log_is_bounded_and_forgets() {
    let rooms = Rooms::new();
    let member = rooms.enter(&recipe(), &somebody(), &at(0), None, &SeenAs::default());
    for revision in 1..=100 {
        rooms.publish(&recipe(), 0, update(revision));
    }
    assert!(matches!(member.since(&at(35)), Since::TooMuch));
    let Since::Updates(kept) = member.since(&at(36)) else {
        panic!("the last 64 are kept");
    };
    assert_eq!(kept.len(), MAX_UPDATES);

    rooms.sweep(Instant::now() + UPDATE_RETENTION * 2);
    assert!(matches!(member.since(&at(99)), Since::TooMuch));
    assert!(matches!(member.since(&at(100)), Since::Nothing));
}

#[test]
fn who_came_in_before_the_audience_was_told_may_not_stay_unless_they_belong_to_it() {
    let rooms = Rooms::new();
    let member = rooms.enter(&recipe(), &somebody(), &at(3), None, &SeenAs::default());
    let [ada, eve]: [UserId; 2] = ["ada", "eve"].map(|user| user.parse().unwrap());
    assert!(member.may_stay(&eve, "eve", 3));
    let audience = Audience {
        revision: 4,
        users: [ada.clone()].into(),
        names: HashSet::new(),
        received_at: Instant::now(),
    };
    rooms.narrow(&recipe(), &Arc::new(audience));
    assert!(member.may_stay(&ada, "ada", 3));
    assert!(!member.may_stay(&eve, "eve", 3));
    assert!(member.may_stay(&eve, "eve", 4));
}

#[tokio::test]
async fn a_room_closes_behind_the_last_one_out() {
    let rooms = Rooms::new();
    let first = rooms.enter(&recipe(), &somebody(), &at(0), None, &SeenAs::default());
    let second = rooms.enter(&recipe(), &somebody(), &at(3), None, &SeenAs::default());
    assert_eq!(rooms.changed().await.len(), 1);
    assert_eq!(rooms.position(&recipe()), Some(at(0)));

    drop(first);
    assert_eq!(rooms.count(), 1);
    drop(second);

    assert_eq!(rooms.count(), 0);
    assert!(rooms.changed().await.contains("pancakes"));
    assert!(!rooms.publish(&recipe(), 0, update(1)));
}

#[tokio::test]
async fn a_room_of_another_history_ends_and_nobody_is_sent_anything_of_it() {
    let rooms = Rooms::new();
    let mut member = rooms.enter(&recipe(), &somebody(), &at(2), None, &SeenAs::default());
    for revision in 3..=5 {
        rooms.publish(&recipe(), 0, update(revision));
    }
    assert_eq!(rooms.changed().await.len(), 1);
    let asked_at = rooms.position(&recipe());
    assert_eq!(asked_at, Some(at(5)));

    // The store was set back to 2.
    let joiner = rooms.enter(
        &recipe(),
        &somebody(),
        &at(2),
        asked_at.as_ref(),
        &SeenAs::default(),
    );

    assert!(matches!(joiner.since(&at(2)), Since::Nothing));
    member.changed().await;
    assert!(matches!(member.since(&at(5)), Since::Diverged));
    assert_eq!(rooms.changed().await.len(), 1, "it is attached anew");
    assert_eq!(rooms.position(&recipe()), Some(at(2)));
    drop(member);
    assert_eq!(
        rooms.count(),
        1,
        "the new room is not the one that was left"
    );
}

#[test]
fn an_answer_that_a_room_has_overtaken_does_not_end_it() {
    let rooms = Rooms::new();
    let _member = rooms.enter(&recipe(), &somebody(), &at(2), None, &SeenAs::default());
    let asked_at = rooms.position(&recipe());
    for revision in 3..=5 {
        rooms.publish(&recipe(), 0, update(revision));
    }

    let joiner = rooms.enter(
        &recipe(),
        &somebody(),
        &at(2),
        asked_at.as_ref(),
        &SeenAs::default(),
    );

    check(&joiner, 2, &[3, 4, 5]);
}

#[track_caller]
fn check_ends(happens: impl FnOnce(&Arc<Rooms>)) {
    let rooms = Rooms::new();
    let member = rooms.enter(&recipe(), &somebody(), &at(0), None, &SeenAs::default());
    rooms.publish(&recipe(), 0, update(1));
    rooms.publish(&recipe(), 0, update(2));
    happens(&rooms);
    assert!(matches!(member.since(&at(2)), Since::Diverged));
    assert_ne!(rooms.position(&recipe()), Some(at(2)));
}

#[test]
fn whatever_shows_that_a_room_is_of_another_history_ends_it() {
    check_ends(|rooms| {
        drop(rooms.enter(
            &recipe(),
            &somebody(),
            &position(1, "n"),
            None,
            &SeenAs::default(),
        ))
    });
    check_ends(|rooms| {
        drop(rooms.enter(
            &recipe(),
            &somebody(),
            &position(2, "n"),
            None,
            &SeenAs::default(),
        ))
    });
    check_ends(|rooms| assert!(rooms.publish(&recipe(), 0, update_of(1, "n"))));
    check_ends(|rooms| assert!(rooms.publish(&recipe(), 0, update_of(2, "n"))));
    check_ends(|rooms| assert!(rooms.publish(&recipe(), 0, update_of(3, "n"))));
    check_ends(|rooms| rooms.diverge(&recipe(), 0, &at(2)));
}

#[test]
fn a_room_that_never_came_by_a_position_does_not_end_with_it() {
    let rooms = Rooms::new();
    let member = rooms.enter(&recipe(), &somebody(), &at(2), None, &SeenAs::default());
    rooms.diverge(&recipe(), 0, &at(5));
    rooms.diverge(&recipe(), 0, &position(2, "n"));
    assert!(matches!(member.since(&at(2)), Since::Nothing));
}

#[test]
fn a_room_names_the_furthest_that_its_members_were_told() {
    let rooms = Rooms::new();
    let _first = rooms.enter(&recipe(), &somebody(), &at(2), None, &SeenAs::default());
    let answered_position = || rooms.progress(&recipe()).unwrap().answered_position;
    assert_eq!(answered_position(), None, "the room has come as far");
    let second = rooms.enter(&recipe(), &somebody(), &at(4), None, &SeenAs::default());
    assert!(!second.refute(&at(5), &at(2)));
    assert!(!second.refute(&at(3), &at(2)));
    let progress = rooms.progress(&recipe()).unwrap();
    assert_eq!(
        (progress.newest, progress.answered_position),
        (at(2), Some(at(5)))
    );

    for revision in 3..=5 {
        rooms.publish(&recipe(), 0, update(revision));
    }
    assert_eq!(answered_position(), None);
}

#[test]
fn a_room_is_attached_anew_when_a_member_was_answered_with_more_than_it_named() {
    let rooms = Rooms::new();
    let changed = || rooms.changed().now_or_never().is_some();
    let _first = rooms.enter(&recipe(), &somebody(), &at(2), None, &SeenAs::default());
    assert!(changed(), "it opens");
    let second = rooms.enter(&recipe(), &somebody(), &at(3), None, &SeenAs::default());
    assert!(!changed(), "its first attachment is still to come");
    let attached = rooms.attach(&recipe()).unwrap();
    assert_eq!(attached.progress.answered_position, Some(at(3)));

    let _third = rooms.enter(&recipe(), &somebody(), &at(4), None, &SeenAs::default());
    assert!(changed(), "this one was not named");
    assert!(!second.refute(&at(5), &at(4)));
    assert!(changed(), "nor was this one");
    assert!(!second.refute(&at(5), &at(4)));
    assert!(!changed(), "it is known");
    for revision in 3..=6 {
        rooms.publish(&recipe(), 0, update(revision));
    }
    assert!(!second.refute(&at(6), &at(5)));
    assert!(!changed(), "the room has come as far");
}

#[test]
fn a_room_ends_when_its_members_were_told_of_another_history() {
    let ends = |happens: fn(&Arc<Rooms>)| {
        let rooms = Rooms::new();
        let member = rooms.enter(&recipe(), &somebody(), &at(2), None, &SeenAs::default());
        let _ahead = rooms.enter(&recipe(), &somebody(), &at(5), None, &SeenAs::default());
        happens(&rooms);
        matches!(member.since(&at(2)), Since::Diverged)
    };
    assert!(ends(|rooms| rooms.diverge(&recipe(), 0, &at(5))));
    assert!(ends(|rooms| rooms.diverge(&recipe(), 0, &at(4))));
    assert!(ends(|rooms| drop(rooms.enter(
        &recipe(),
        &somebody(),
        &position(5, "n"),
        None,
        &SeenAs::default()
    ))));
    assert!(ends(|rooms| assert!(rooms.publish(
        &recipe(),
        0,
        update_of(6, "n")
    ))));
    assert!(!ends(|rooms| rooms.diverge(&recipe(), 0, &at(6))));
    assert!(!ends(|rooms| rooms.diverge(
        &recipe(),
        0,
        &position(5, "n")
    )));
}

#[test]
fn what_is_not_known_is_not_compared() {
    let rooms = Rooms::new();
    let unknown = |revision| Position {
        revision,
        message: None,
    };
    let member = rooms.enter(
        &recipe(),
        &somebody(),
        &unknown(4),
        None,
        &SeenAs::default(),
    );
    rooms.publish(&recipe(), 0, update(5));
    let other = rooms.enter(
        &recipe(),
        &somebody(),
        &unknown(5),
        None,
        &SeenAs::default(),
    );
    assert!(matches!(other.since(&unknown(5)), Since::Nothing));
    assert!(matches!(member.since(&position(4, "n")), Since::Updates(_)));
}

#[test]
fn a_connection_of_another_history_than_its_room_is_found() {
    let rooms = Rooms::new();
    let ahead = rooms.enter(&recipe(), &somebody(), &at(3), None, &SeenAs::default());
    let _others = rooms.enter(&recipe(), &somebody(), &at(3), None, &SeenAs::default());
    rooms.publish(&recipe(), 0, update(4));
    assert!(matches!(ahead.since(&position(4, "n")), Since::Diverged));
}

#[test]
fn who_comes_to_a_crowd_is_shown_what_the_one_before_was_and_nobody_again() {
    let rooms = Rooms::new();
    let come = |name: String| {
        let who = Arc::new(Principal::for_tests(&name));
        let mut member = rooms.enter(&recipe(), &who, &at(0), None, &SeenAs::default());
        let first = member.first_presence(Timestamp::default()).unwrap();
        (member, first)
    };
    let mut people: Vec<_> = (0..60).map(|n| come(format!("p{n}"))).collect();
    assert_ne!(people[47].1, people[48].1, "a few are shown themselves");
    assert_eq!(people[49].1, people[59].1);
    let news = |(member, _): &mut (Member, _)| member.presence_news();
    assert!(people.iter_mut().all(|person| news(person).is_none()));

    let presence = Presence {
        people: Vec::new(),
        count: 60,
    };
    rooms.tell_presence(&recipe(), 0, presence, Timestamp::default());
    assert!(people.iter_mut().all(|person| news(person).is_some()));
}

#[test]
fn rooms_are_counted_by_how_many_are_in_them() {
    let rooms = Rooms::new();
    let enter = |recipe: &str| {
        let recipe = recipe.parse().unwrap();
        rooms.enter(&recipe, &somebody(), &at(0), None, &SeenAs::default())
    };
    let _members = [
        enter("one"),
        enter("three"),
        enter("three"),
        enter("three"),
        enter("two"),
        enter("two"),
    ];

    let sizes = rooms.sizes(2);

    assert_eq!(sizes.by_size, [1, 1, 1, 0, 0, 0, 0]);
    let largest = sizes.largest.iter();
    let largest: Vec<_> = largest
        .map(|(size, recipe)| (*size, recipe.as_str()))
        .collect();
    assert_eq!(largest, [(3, "three"), (2, "two")]);
}

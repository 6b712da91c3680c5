//! Edges tell of their people, and are told of everybody: few times, and of nobody who is gone.

use super::*;

const A: LinkId = LinkId(1);
const B: LinkId = LinkId(2);
const SECOND: Duration = Duration::from_secs(1);

fn soup() -> RecipeId {
    "soup".parse().unwrap()
}

fn person(name: &str) -> Person {
    Person {
        user: name.parse().unwrap(),
        name: name.into(),
        right: Right::Write,
        typing: false,
    }
}

fn typing(name: &str) -> Person {
    Person {
        typing: true,
        ..person(name)
    }
}

fn here(people: &[Person]) -> Change {
    Change {
        here: people.to_vec(),
        ..Change::default()
    }
}

fn all(people: &[Person]) -> Change {
    Change {
        all: true,
        ..here(people)
    }
}

fn gone(name: &str) -> Change {
    Change {
        gone: vec![name.parse().unwrap()],
        ..Change::default()
    }
}

/// A recipe that people have been on for a while.
fn a_while(people: &[(LinkId, &[Person])]) -> (Presence, Instant) {
    let (mut presence, t) = (Presence::default(), Instant::now());
    for (link, people) in people {
        presence.change(*link, &soup(), all(people), t);
    }
    let later = t + 60 * SECOND;
    presence.due(later);
    (presence, later + 60 * SECOND)
}

/// The names that edges are told at that time; `None`: nothing.
#[track_caller]
fn told(presence: &mut Presence, now: Instant) -> Option<(Vec<String>, usize)> {
    let mut told = presence.due(now);
    assert!(told.len() <= 1, "one room");
    told.pop().map(|(_, present)| {
        let name = |person: Person| match person.typing {
            true => format!("{} types", person.name),
            false => person.name.into(),
        };
        let names = present.people.into_iter().map(name).collect();
        (names, present.count)
    })
}

fn names(names: &[&str]) -> Option<(Vec<String>, usize)> {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    Some((names.clone(), names.len()))
}

#[test]
fn people_of_several_edges_are_one_room_and_each_is_there_once() {
    let (mut presence, t) = a_while(&[(A, &[person("ada")])]);
    presence.change(B, &soup(), all(&[person("bob"), person("ada")]), t);
    assert_eq!(told(&mut presence, t + DELAY), names(&["ada", "bob"]));
    presence.change(A, &soup(), gone("ada"), t);
    assert_eq!(presence.next_due(), None, "still there by the other edge");
    let t = t + 2 * SECOND;
    presence.change(B, &soup(), here(&[typing("bob")]), t);
    assert_eq!(told(&mut presence, t + DELAY), names(&["ada", "bob types"]));
    presence.change(B, &soup(), here(&[person("bob")]), t + SECOND);
    let t = t + 3 * SECOND;
    assert_eq!(told(&mut presence, t), names(&["ada", "bob"]));
    let viewer = Person {
        right: Right::Read,
        ..person("bob")
    };
    presence.change(B, &soup(), here(std::slice::from_ref(&viewer)), t);
    let (_, present) = presence.due(t + 2 * SECOND).pop().unwrap();
    assert_eq!(present.people[1], viewer, "may do less now");
}

#[test]
fn a_room_of_one_costs_nothing_unless_they_were_shown_others() {
    let (mut presence, t) = a_while(&[(A, &[person("ada")])]);
    presence.change(A, &soup(), here(&[typing("ada")]), t);
    assert_eq!(presence.next_due(), None);
    // Somebody came and went before this was told of; who is left was shown both.
    let change = Change {
        shown_others: true,
        ..gone("bob")
    };
    presence.change(A, &soup(), change, t);
    assert_eq!(told(&mut presence, t + DELAY), names(&["ada types"]));
    presence.change(A, &soup(), here(&[person("ada")]), t + SECOND);
    assert_eq!(presence.next_due(), None);
}

#[test]
fn edges_are_told_at_most_once_a_second_and_of_the_last() {
    let (mut presence, t) = a_while(&[(A, &[person("ada")])]);
    presence.change(A, &soup(), here(&[person("bob")]), t);
    let t = t + DELAY;
    assert_eq!(told(&mut presence, t), names(&["ada", "bob"]));
    for (millis, change) in [
        (100, here(&[typing("ada")])),
        (200, here(&[person("ada"), person("eve")])),
        (300, gone("bob")),
    ] {
        let now = t + Duration::from_millis(millis);
        presence.change(A, &soup(), change, now);
        assert_eq!(told(&mut presence, now + DELAY), None);
    }
    let due = presence.next_due().unwrap();
    assert!(due >= t + SECOND && due < t + SECOND + DELAY);
    assert_eq!(told(&mut presence, due), names(&["ada", "eve"]));
    assert_eq!(presence.next_due(), None, "a quiet room costs nothing");
}

#[test]
fn what_changes_back_is_no_news() {
    let (mut presence, t) = a_while(&[(A, &[person("ada"), person("bob")])]);
    presence.change(A, &soup(), here(&[typing("ada")]), t);
    presence.change(A, &soup(), here(&[person("ada")]), t);
    assert_eq!(told(&mut presence, t + 2 * SECOND), None);
}

#[test]
fn a_lost_link_takes_its_people_along() {
    let crowd: Vec<_> = (0..200).map(|n| person(&format!("p{n}"))).collect();
    let (mut presence, t) = a_while(&[(A, &[person("ada")]), (B, &crowd)]);
    assert_eq!(presence.count(), 201);
    presence.leave(B, &soup(), t);
    assert_eq!(told(&mut presence, t + DELAY), names(&["ada"]));
    presence.leave(A, &soup(), t + 2 * SECOND);
    assert_eq!((presence.count(), presence.next_due()), (0, None));
    assert!(presence.rooms.is_empty() && presence.held.is_empty());
}

/// When a recipe moves to another replica, its edges come one after the other: nobody is told that the others are gone.
#[test]
fn a_room_that_is_new_waits_for_its_other_edges() {
    let (mut presence, t) = (Presence::default(), Instant::now());
    presence.change(A, &soup(), all(&[person("ada"), person("bob")]), t);
    assert_eq!(told(&mut presence, t + SECOND / 2), None);
    presence.change(B, &soup(), all(&[person("eve")]), t + SECOND / 2);
    let due = presence.next_due().unwrap();
    assert_eq!(told(&mut presence, due), names(&["ada", "bob", "eve"]));
}

#[test]
fn an_edge_that_comes_is_told_though_nothing_has_changed() {
    let (mut presence, t) = a_while(&[(A, &[person("ada"), person("bob")])]);
    presence.change(B, &soup(), all(&[person("bob")]), t);
    assert_eq!(told(&mut presence, t + DELAY), names(&["ada", "bob"]));
}

#[test]
fn a_crowd_is_counted_and_the_first_fifty_are_named_less_often() {
    let crowd: Vec<_> = (0..5_000).map(|n| person(&format!("p{n}"))).collect();
    let (mut presence, t) = a_while(&[(A, &crowd)]);
    presence.change(A, &soup(), gone("p4999"), t);
    let t = t + DELAY;
    let (named, count) = told(&mut presence, t).unwrap();
    assert_eq!((named.len(), count), (MAX_SHOWN, 4_999));
    assert_eq!(named[49], "p49");
    presence.change(A, &soup(), here(&[typing("p4000")]), t);
    assert_eq!(presence.next_due(), None, "nobody sees that one");
    presence.change(A, &soup(), gone("p4000"), t);
    assert_eq!(presence.next_due(), Some(t + MAX_INTERVAL));
}

#[test]
fn a_crowd_that_comes_in_is_told_of_when_it_is_there() {
    let crowd: Vec<_> = (0..5_000).map(|n| person(&format!("p{n}"))).collect();
    let (mut presence, t) = a_while(&[(A, &crowd[..2])]);
    presence.change(A, &soup(), here(&crowd[2..3]), t);
    let first = presence.next_due().unwrap();
    assert!(told(&mut presence, first).is_some());
    presence.change(A, &soup(), here(&crowd[3..4]), first);
    assert!(presence.next_due() < Some(first + 2 * SECOND), "of a few");
    presence.change(A, &soup(), here(&crowd[4..]), first);
    assert_eq!(told(&mut presence, first + 2 * SECOND), None);
    assert_eq!(presence.next_due(), Some(first + MAX_INTERVAL));
    let (_, count) = told(&mut presence, first + MAX_INTERVAL).unwrap();
    assert_eq!(count, 5_000);
}

#[test]
fn a_link_tells_of_a_bounded_number_of_people() {
    let (mut presence, t) = (Presence::default(), Instant::now());
    let other: RecipeId = "pie".parse().unwrap();
    let user = |n: usize| Person {
        user: format!("p{n}").parse().unwrap(),
        ..person("p")
    };
    let crowd: Vec<_> = (0..MAX_PEOPLE_PER_LINK - 1).map(user).collect();
    presence.change(A, &soup(), all(&crowd), t);
    presence.change(A, &other, all(&[person("ada"), person("bob")]), t);
    assert_eq!(presence.count(), MAX_PEOPLE_PER_LINK);
    presence.change(A, &other, here(&[typing("ada")]), t);
    presence.change(B, &other, all(&[person("bob")]), t);
    assert_eq!(presence.count(), MAX_PEOPLE_PER_LINK + 1);
    presence.leave(A, &soup(), t);
    presence.change(A, &other, here(&[person("eve")]), t);
    assert_eq!(presence.count(), 3);
}

/// Whatever edges tell, in whatever order, everybody who is there is shown and nobody else.
#[test]
fn after_any_history_the_merge_is_the_union_of_the_parts() {
    let mut seed = 7_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    for _ in 0..200 {
        let (mut presence, mut t) = (Presence::default(), Instant::now());
        let mut parts: HashMap<LinkId, BTreeSet<String>> = HashMap::new();
        let mut known = BTreeSet::new();
        for _ in 0..60 {
            let link = LinkId(random(3));
            let name = format!("p{}", random(6));
            let part = parts.entry(link).or_default();
            match random(5) {
                0 => {
                    part.clear();
                    presence.leave(link, &soup(), t);
                }
                1 => {
                    *part = [name.clone()].into();
                    presence.change(link, &soup(), all(&[person(&name)]), t);
                }
                2 => {
                    part.remove(&name);
                    presence.change(link, &soup(), gone(&name), t);
                }
                _ => {
                    part.insert(name.clone());
                    presence.change(link, &soup(), here(&[person(&name)]), t);
                }
            }
            if parts.values().all(BTreeSet::is_empty) {
                // No edge has anybody who knows anything.
                known.clear();
            }
            t += Duration::from_millis(random(700));
            if let Some((names, count)) = told(&mut presence, t) {
                assert_eq!(names.len(), count);
                known = names.into_iter().collect();
            }
        }
        if let Some((names, _)) = told(&mut presence, t + MAX_INTERVAL) {
            known = names.into_iter().collect();
        }
        let people: usize = presence.held.values().sum();
        assert_eq!(people, parts.values().map(BTreeSet::len).sum::<usize>());
        let union: BTreeSet<_> = parts.into_values().flatten().collect();
        if union.len() > 1 || known.len() > 1 && !union.is_empty() {
            assert_eq!(known, union);
        }
    }
}

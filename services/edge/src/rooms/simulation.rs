//! A room under a store that goes back at any moment: random lives of a chat service, a link and some connections, which
//! do what `connection::live` does. Whatever happens, nobody is sent messages of two histories as one, or one that was
//! gone when they came; and at rest everybody has what the store has. Bugs are planted, and must be found.

mod steps;
mod world;

use proptest::{collection::vec, prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use self::{
    steps::{Bug, CLIENTS, Step, Violation},
    world::World,
};

/// How many lives are tried.
const CASES: u32 = 5_000;

fn run(bug: Bug, steps: &[Step]) -> Result<(), Violation> {
    let mut world = World::new(bug);
    steps.iter().try_for_each(|step| world.step(*step))?;
    world.rest()
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Post),
        1 => (1usize..4).prop_map(Step::GoBack),
        1 => Just(Step::Check),
        6 => Just(Step::Deliver),
        1 => Just(Step::LinkBreaks),
        3 => Just(Step::Attach),
        1 => Just(Step::Sweep),
        4 => (0..CLIENTS).prop_map(Step::Come),
        6 => (0..CLIENTS).prop_map(Step::Read),
        6 => (0..CLIENTS).prop_map(Step::Answer),
        6 => (0..CLIENTS).prop_map(Step::Look),
        1 => (0..CLIENTS).prop_map(Step::Leave),
    ];
    vec(step, 0..120)
}

proptest! {
    // A life that fails is told in its shortest form, with the seed that leads to it.
    #![proptest_config(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nobody_is_sent_two_histories_as_one_and_all_end_with_the_stores(steps in steps()) {
        prop_assert_eq!(run(Bug::None, &steps), Ok(()));
    }
}

/// A room that is attached again while updates of the attachment before are under way, and the store goes back.
const ATTACHED_AGAIN: [Step; 21] = [
    Step::Post,
    Step::Come(1),
    Step::Read(1),
    Step::Answer(1),
    Step::GoBack(1),
    Step::Attach,
    Step::Deliver,
    Step::Post,
    Step::Come(0),
    Step::Read(0),
    Step::Look(1),
    Step::Post,
    Step::Attach,
    Step::Post,
    Step::GoBack(2),
    Step::Answer(0),
    Step::Come(1),
    Step::Attach,
    Step::Attach,
    Step::Attach,
    Step::Deliver,
];

#[test]
fn what_was_sent_for_an_attachment_before_is_dropped() {
    assert_eq!(run(Bug::None, &ATTACHED_AGAIN), Ok(()));
    assert!(run(Bug::AttachmentsNotNamed, &ATTACHED_AGAIN).is_err());
}

#[track_caller]
fn check_found(bug: Bug) {
    let mut runner = TestRunner::deterministic();
    let found = (0..60_000).any(|_| {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        run(bug, &steps).is_err()
    });
    assert!(found, "{bug:?} was not found");
}

#[test]
fn positions_that_are_revisions_alone_are_found() {
    check_found(Bug::RevisionsAlone);
}

#[test]
fn an_edge_that_does_not_hear_of_another_history_is_found() {
    check_found(Bug::DeafToDivergence);
}

#[test]
fn an_edge_that_does_not_compare_its_rooms_is_found() {
    check_found(Bug::RoomNotCompared);
}

#[test]
fn an_edge_that_does_not_name_what_its_members_were_told_is_found() {
    check_found(Bug::MembersNotNamed);
}

#[test]
fn attachments_without_names_are_found() {
    check_found(Bug::AttachmentsNotNamed);
}

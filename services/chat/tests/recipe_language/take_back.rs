//! Taking back what one message did, whatever others did beside it.

use chat::recipe::{Element, Parsed, Recipe, UndoConflict, follow, parse, take_back};
use proptest::prelude::*;

use crate::fixture::pancakes;

fn after(recipe: &Recipe, message: &str) -> Recipe {
    match parse(message) {
        Parsed::Changes(changes) => {
            follow(recipe, &changes).map_or_else(|_| recipe.clone(), |(recipe, _)| recipe)
        }
        other => panic!("{message:?} is no change: {other:?}"),
    }
}

/// A change of anything that a recipe has.
fn message() -> impl Strategy<Value = String> {
    let thing = proptest::sample::select(vec!["flour", "milk", "eggs", "sugar", "basil", "rice"]);
    let step = 1_usize..4;
    prop_oneof![
        3 => (thing.clone(), 1_u32..9).prop_map(|(thing, n)| format!("add {n} cups {thing}")),
        2 => thing.clone().prop_map(|thing| format!("remove the {thing}")),
        2 => (thing.clone(), 1_u32..9).prop_map(|(thing, n)| format!("change {thing} to {n} cups")),
        1 => (thing.clone(), thing).prop_map(|(one, other)| format!("replace {one} with {other}")),
        2 => (1_u32..9).prop_map(|n| format!("add step: stir {n} times")),
        1 => step.clone().prop_map(|n| format!("remove step {n}")),
        1 => (step.clone(), step.clone()).prop_map(|(one, to)| format!("move step {one} to {to}")),
        1 => (step, 1_u32..9).prop_map(|(step, n)| format!("change step {step} to: bake {n} hours")),
        1 => (1_u32..9).prop_map(|n| format!("call it pie {n}")),
        1 => (1_u32..9).prop_map(|n| format!("add tag t{n}")),
        1 => (1_u32..9).prop_map(|n| format!("remove tag t{n}")),
        1 => (1_u32..9).prop_map(|n| format!("description: dish {n}")),
        1 => Just("double everything".to_owned()),
        1 => Just("swap steps 1 and 2".to_owned()),
    ]
}

fn history(messages: &[String]) -> Vec<Recipe> {
    let mut versions = vec![pancakes()];
    for message in messages {
        let next = after(&versions[versions.len() - 1], message);
        versions.push(next);
    }
    versions
}

/// The parts of a recipe, each as it is told apart from the others, in words.
fn parts(recipe: &Recipe) -> Vec<(Element, String)> {
    let mut parts = vec![
        (Element::Title, recipe.title.clone()),
        (Element::Description, format!("{:?}", recipe.description)),
        (Element::Servings, recipe.servings.to_string()),
    ];
    let tags = recipe.tags.iter();
    parts.extend(tags.map(|tag| (Element::Tag(tag.clone()), tag.clone())));
    let lines = recipe.ingredients.iter();
    parts.extend(lines.map(|line| (Element::Ingredient(line.id.clone()), format!("{line:?}"))));
    let steps = recipe.steps.iter();
    parts.extend(steps.map(|step| (Element::Step(step.id.clone()), step.text.clone())));
    parts
}

fn part(recipe: &Recipe, element: &Element) -> Option<String> {
    let mut parts = parts(recipe).into_iter();
    parts
        .find(|(found, _)| found == element)
        .map(|(_, words)| words)
}

/// Holds what was taken back against the change: what it touched is as before it, all else as it was now.
fn assert_taken_back(before: &Recipe, changed: &Recipe, now: &Recipe, taken: &Recipe) {
    let all = [before, changed, now, taken].into_iter().flat_map(parts);
    for (element, _) in all {
        let untouched = part(before, &element) == part(changed, &element);
        let expected = if untouched { now } else { before };
        assert_eq!(
            part(taken, &element),
            part(expected, &element),
            "{element:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_taken_back_and_taken_back_again_is_as_if_nothing_had_been(
        messages in proptest::collection::vec(message(), 1..14),
        which in any::<prop::sample::Index>(),
        beside in proptest::collection::vec(message(), 0..4),
    ) {
        let versions = history(&messages);
        let at = which.index(messages.len());
        let (before, changed, now) = (&versions[at], &versions[at + 1], &versions[messages.len()]);
        let taken = match take_back(before, changed, now) {
            Ok(taken) => taken,
            Err(conflict) => {
                // Only what was changed since stands against it.
                prop_assert!(matches!(&conflict, UndoConflict::Elements(found) if !found.is_empty()), "{conflict:?}");
                prop_assert!(changed != now);
                return Ok(());
            }
        };
        assert_taken_back(before, changed, now, &taken);
        let again = take_back(now, &taken, &taken);
        prop_assert_eq!(again.as_ref(), Ok(now));

        // The same while others go on: what they did stays.
        let mut later = taken.clone();
        for message in &beside {
            later = after(&later, message);
        }
        if let Ok(again) = take_back(now, &taken, &later) {
            assert_taken_back(now, &taken, &later, &again);
        }
    }

    #[test]
    fn the_latest_change_can_always_be_taken_back(messages in proptest::collection::vec(message(), 1..8)) {
        let versions = history(&messages);
        let (before, changed) = (&versions[messages.len() - 1], &versions[messages.len()]);
        let expected = before.put_back_after(changed);
        prop_assert_eq!(take_back(before, changed, changed), Ok(expected));
    }
}

#[test]
fn what_was_changed_since_stands_against_it() {
    let versions = history(&["add 2 cups rice", "change rice to 3 cups"].map(str::to_owned));
    let conflict = take_back(&versions[0], &versions[1], &versions[2]).unwrap_err();
    let rice = &versions[1].ingredients[versions[1].ingredients.len() - 1];
    let expected = UndoConflict::Elements(vec![Element::Ingredient(rice.id.clone())]);
    assert_eq!(conflict, expected);
}

//! One clause: the table of verbs chooses what reads it. Here stand the readers of verbs that mean several things, by
//! what follows them; everything else is read where its subject is.
//!
//! Every rule either reads its clause up to a stop or a join, or misses: `Talk` when the words mean something else,
//! `Unclear` when they can only be a command and something is wrong with it.

use super::cursor::Cursor;
use super::{Miss, Outcome, one};
use super::{
    details, differences, ingredients, items, narration, numbers, politeness, quantities, scaling,
    servings, steps, verbs,
};
use crate::recipe::change::{Change, Direction, Scaling};

/// One clause; moves past it.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Outcome {
    politeness::skip_before(cursor);
    match cursor.mark() {
        Some('#') => hashtags(cursor),
        Some('+') => {
            cursor.advance();
            weak(ingredients::add(cursor))
        }
        _ => verbs::read(cursor).unwrap_or_else(|| label(cursor)),
    }
}

/// "flour: 250 g", "3 eggs instead of 2", or something that begins with neither a verb nor a name.
pub(super) fn label(cursor: &mut Cursor<'_>) -> Outcome {
    let start = *cursor;
    if numbers::starts_with_number(start) {
        return numbered(cursor);
    }
    quantities::label(cursor).or_else(|miss| match miss {
        Miss::Talk => narration::unsaid(&mut { start }),
        other => Err(other),
    })
}

/// "3 eggs instead of 2" says what to do; "3 eggs" alone does not.
fn numbered(cursor: &mut Cursor<'_>) -> Outcome {
    if let Some(outcome) =
        scaling::times_all(cursor).or_else(|| servings::people_difference(cursor))
    {
        return outcome;
    }
    if let Some(outcome) = differences::quarter(cursor) {
        return outcome;
    }
    if let Some(outcome) = differences::difference(cursor, true) {
        return outcome;
    }
    let mut ahead = *cursor;
    if let Ok(Some(servings)) = numbers::whole(&mut ahead)
        && ahead.eat_any(&["servings", "portions"])
        && politeness::finish(&mut ahead).is_ok()
        && ahead.is_done()
    {
        return Err(Miss::Unclear(format!(
            "To scale the recipe, write \"for {servings} people\"; to set just the number, \"serves {servings}\"."
        )));
    }
    let mut ahead = *cursor;
    while !ahead.at_stop() && !ahead.stands("instead of") {
        ahead.advance();
    }
    match ahead.at_stop() {
        true => quantities::bare(cursor),
        false => ingredients::use_instead(cursor),
    }
}

pub(super) fn add(cursor: &mut Cursor<'_>) -> Outcome {
    cursor.eat_mark(':');
    if let Some(outcome) = steps::add(cursor) {
        return outcome;
    }
    if let Some(outcome) = details::add_tags(cursor) {
        return outcome;
    }
    if cursor.eat_any(&["a note", "note", "the note"])
        && matches!(cursor.word(), "on" | "to" | "for" | "about")
    {
        return ingredients::note(cursor);
    }
    if cursor.eat_any(&["a description", "description", "the description"]) {
        return details::description(cursor);
    }
    if let Some(outcome) = servings::more_servings(cursor)
        .or_else(|| differences::difference(cursor, false))
        .or_else(|| differences::added_to(cursor))
    {
        return outcome;
    }
    let mut ahead = *cursor;
    while !ahead.at_stop() && !ahead.stands("instead of") {
        ahead.advance();
    }
    match ahead.at_stop() {
        true => ingredients::add(cursor),
        // "Add butter instead of milk".
        false => ingredients::use_instead(cursor),
    }
}

/// After "take" or "leave": "the salt out".
pub(super) fn take_out(cursor: &mut Cursor<'_>) -> Outcome {
    let which = items::which(cursor, &["out"])?.ok_or(Miss::Talk)?;
    if !cursor.eat("out") {
        return Err(Miss::Talk);
    }
    politeness::left_over(cursor)?;
    let amount = None;
    one(Change::RemoveIngredient { which, amount })
}

/// After "put", "throw" and the like: "2 eggs in".
pub(super) fn put_in(cursor: &mut Cursor<'_>) -> Outcome {
    let mut end = *cursor;
    while !end.at_stop() && !end.stands("in") {
        end.advance();
    }
    let mut inside = cursor.up_to(end);
    let outcome = ingredients::add(&mut inside)?;
    if !inside.is_done() || !end.eat("in") {
        return Err(Miss::Talk);
    }
    *cursor = end;
    politeness::left_over(cursor)?;
    Ok(outcome)
}

pub(super) fn insert(cursor: &mut Cursor<'_>) -> Outcome {
    steps::add(cursor)
        .or_else(|| steps::insert(cursor))
        .unwrap_or_else(|| ingredients::add(cursor))
}

pub(super) fn remove(cursor: &mut Cursor<'_>) -> Outcome {
    if let Some(outcome) = steps::remove(cursor) {
        return outcome;
    }
    if let Some(outcome) =
        details::remove_tags(cursor).or_else(|| details::remove_description(cursor))
    {
        return outcome;
    }
    if let Some(outcome) = servings::fewer_servings(cursor) {
        return outcome;
    }
    no_one_thing(*cursor)?;
    if cursor.eat_any(&["the title", "title"]) {
        return Err(Miss::unclear(
            "A recipe always has a title; write another one, as in \"title: Pancakes\".",
        ));
    }
    if cursor.eat_any(&["the note", "note"]) {
        return ingredients::remove_note(cursor);
    }
    ingredients::remove(cursor)
}

/// After "remove": "it", "the last one", "a step", "the recipe".
fn no_one_thing(mut cursor: Cursor<'_>) -> Result<(), Miss> {
    const ANYTHING: &[&str] = &[
        "it",
        "that",
        "this",
        "them",
        "these",
        "the last one",
        "the last thing",
    ];
    const ALL: &[&str] = &[
        "the recipe",
        "this recipe",
        "recipe",
        "the whole recipe",
        "all",
    ];
    const STEP: &[&str] = &["a step", "one step", "one of the steps"];
    let hint = if cursor.eat_any(ANYTHING) {
        "To take back the last change, write \"undo\"; to take something out, say what, as in \"remove milk\"."
    } else if cursor.eat_any(ALL) {
        "To begin anew, write \"remove everything\" for the ingredients and \"remove all steps\" for the steps."
    } else if cursor.eat_any(STEP) {
        "Say which step, as in \"remove step 2\" or \"remove the last step\"."
    } else {
        return Ok(());
    };
    politeness::skip_after(&mut cursor);
    match cursor.at_stop() {
        true => Err(Miss::unclear(hint)),
        false => Ok(()),
    }
}

/// After "replace", "edit" and the like: a step or an ingredient.
pub(super) fn replace(cursor: &mut Cursor<'_>) -> Outcome {
    steps::change(cursor).unwrap_or_else(|| {
        within_a_step(*cursor)?;
        ingredients::replace(cursor)
    })
}

/// After "swap": steps, ingredients, or the units.
pub(super) fn swap(cursor: &mut Cursor<'_>) -> Outcome {
    swap_parts(cursor).unwrap_or_else(|| ingredients::replace(cursor))
}

/// After "switch", which is also what one does with lights.
pub(super) fn switch(cursor: &mut Cursor<'_>) -> Outcome {
    swap_parts(cursor).unwrap_or_else(|| weak(ingredients::replace(cursor)))
}

fn swap_parts(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    if let Some(outcome) = steps::swap(cursor) {
        return Some(outcome);
    }
    let system = cursor.eat("to").then(|| scaling::system(cursor))??;
    Some(politeness::finish(cursor).and_then(|()| one(Change::Convert(system))))
}

/// After "combine", "merge" or "join" and a step.
pub(super) fn join_steps(_: &mut Cursor<'_>) -> Outcome {
    Err(Miss::unclear(
        "Write one step anew and remove the other, as in \"step 1: Whisk and rest.; remove step 2\".",
    ))
}

pub(super) fn use_it(cursor: &mut Cursor<'_>) -> Outcome {
    if let Some(outcome) = differences::difference(cursor, true) {
        return outcome;
    }
    cursor.eat_any(&["only", "just"]);
    let mut ahead = *cursor;
    if let Some(system) = scaling::system(&mut ahead)
        && politeness::finish(&mut ahead).is_ok()
    {
        *cursor = ahead;
        return one(Change::Convert(system));
    }
    ingredients::use_instead(cursor)
}

/// After "change".
pub(super) fn change(cursor: &mut Cursor<'_>) -> Outcome {
    changed(cursor, true)
}

/// After "set", "adjust" and the like, which people also do to tables and ovens.
pub(super) fn set(cursor: &mut Cursor<'_>) -> Outcome {
    changed(cursor, false)
}

fn changed(cursor: &mut Cursor<'_>, clearly: bool) -> Outcome {
    if let Some(outcome) = steps::change(cursor) {
        return outcome;
    }
    within_a_step(*cursor)?;
    let mut ahead = *cursor;
    if ahead.eat_any(&["for", "it for", "this for", "the recipe for", "recipe for"]) {
        *cursor = ahead;
        return weak(servings::to_servings(cursor, true));
    }
    ahead.eat_any(&["the", "its", "this recipe's", "the recipe's"]);
    if ahead.eat_any(&["title to", "name to", "recipe title to", "recipe name to"]) {
        *cursor = ahead;
        return details::title(cursor);
    }
    let mut servings = ahead;
    if servings.eat_any(&["it to", "this to", "recipe to"])
        && matches!(numbers::whole(&mut servings), Ok(Some(_)))
        && verbs::is_people(servings.word())
    {
        ahead.eat_any(&["it to", "this to", "recipe to"]);
        *cursor = ahead;
        return servings::to_servings(cursor, true);
    }
    if ahead.stands("title") {
        ahead.advance();
        *cursor = ahead;
        return details::title(cursor);
    }
    if ahead.eat_any(&["description to", "description"]) {
        *cursor = ahead;
        return details::description(cursor);
    }
    if ahead.eat_any(&["servings", "number of servings", "serving size", "yield"]) {
        *cursor = ahead;
        return servings::set_servings(cursor);
    }
    if ahead.eat_any(&["units to", "recipe to", "to", "it to", "everything to"])
        && let Some(system) = scaling::system(&mut ahead)
    {
        *cursor = ahead;
        return politeness::finish(cursor).and_then(|()| one(Change::Convert(system)));
    }
    quantities::change(cursor, clearly)
}

/// "Replace 20 with 30 in step 2": words inside a step are not found by what they say.
fn within_a_step(mut cursor: Cursor<'_>) -> Result<(), Miss> {
    while !cursor.at_stop() {
        if cursor.stands("in step") || cursor.stands("in the last step") {
            return Err(Miss::unclear(
                "Write the whole step anew, as in \"step 2: Rest 30 minutes.\"",
            ));
        }
        cursor.advance();
    }
    Ok(())
}

pub(super) fn increase(cursor: &mut Cursor<'_>) -> Outcome {
    adjusted(cursor, Direction::More)
}

pub(super) fn reduce(cursor: &mut Cursor<'_>) -> Outcome {
    adjusted(cursor, Direction::Less)
}

fn adjusted(cursor: &mut Cursor<'_>, direction: Direction) -> Outcome {
    if let Some(outcome) = scaling::all_by(cursor, direction) {
        return outcome;
    }
    let mut ahead = *cursor;
    ahead.eat("the");
    if ahead.eat_any(&["servings", "number of servings"]) {
        *cursor = ahead;
        if cursor.eat("by") {
            let by = numbers::whole(cursor)?.ok_or(Miss::Talk)?;
            politeness::left_over(cursor)?;
            return one(Change::Scale(match direction {
                Direction::More => Scaling::Plus(by),
                Direction::Less => Scaling::Minus(by),
            }));
        }
        return servings::set_servings(cursor);
    }
    differences::adjust(cursor, direction)
}

pub(super) fn rename(cursor: &mut Cursor<'_>) -> Outcome {
    let mut ahead = *cursor;
    let whole = ahead.eat_any(&["it", "this recipe", "the recipe", "recipe", "this"]);
    if whole || ahead.stands("to") {
        ahead.eat_any(&["to", "as"]);
        *cursor = ahead;
        return details::title(cursor);
    }
    ingredients::rename(cursor)
}

pub(super) fn call(cursor: &mut Cursor<'_>) -> Outcome {
    let recipe = [
        "it",
        "this recipe",
        "the recipe",
        "this dish",
        "this one",
        "the dish",
        "this",
    ];
    let idiom = ["a day", "a night", "quits"];
    if cursor.eat_any(&recipe)
        && !cursor.at_stop()
        && !idiom.iter().any(|words| cursor.stands(words))
    {
        return details::title(cursor);
    }
    Err(Miss::Talk)
}

pub(super) fn make(cursor: &mut Cursor<'_>) -> Outcome {
    let mut ahead = *cursor;
    let it = ahead.eat_any(&["it", "this", "that", "the recipe"]);
    if let Some(outcome) = differences::part_of_all(&mut ahead) {
        *cursor = ahead;
        return outcome;
    }
    if let Some(outcome) = scaling::make_it(&mut ahead) {
        *cursor = ahead;
        return outcome;
    }
    if it {
        *cursor = ahead;
        return quantities::make_it(cursor);
    }
    if let Some(outcome) = steps::change(cursor) {
        return outcome;
    }
    quantities::make(cursor)
}

pub(super) fn for_people(cursor: &mut Cursor<'_>) -> Outcome {
    let mut ahead = *cursor;
    let clearly =
        matches!(numbers::whole(&mut ahead), Ok(Some(_))) && verbs::is_people(ahead.word());
    servings::to_servings(cursor, clearly)
}

/// A clause of nothing but "#vegan #quick".
fn hashtags(cursor: &mut Cursor<'_>) -> Outcome {
    let mut ahead = *cursor;
    while ahead.eat_mark('#') {
        if ahead.word().is_empty() {
            return Err(Miss::Talk);
        }
        ahead.advance();
    }
    if !ahead.at_stop() {
        return Err(Miss::Talk);
    }
    details::tags(cursor).and_then(|tags| one(Change::AddTags(tags)))
}

/// After "after that": kitchen work is a step, a command is a change like any other.
pub(super) fn after_that(cursor: &mut Cursor<'_>) -> Outcome {
    cursor.eat_mark(',');
    if verbs::begin_here(*cursor) {
        return read(cursor);
    }
    match verbs::is_kitchen_work(cursor.word()) {
        true => steps::new_step(cursor),
        false => Err(Miss::Talk),
    }
}

/// "Then bake …" is a step; "then add 2 eggs" is a change like any other.
pub(super) fn narrated_or_joined(cursor: &mut Cursor<'_>) -> Outcome {
    let mut after = *cursor;
    after.advance();
    after.eat_mark(',');
    if verbs::begin_here(after) {
        *cursor = after;
        return read(cursor);
    }
    narration::narrated(cursor)
}

/// Verbs that people use for other things too: what can't be followed is talk.
fn weak(outcome: Outcome) -> Outcome {
    outcome.map_err(|_| Miss::Talk)
}

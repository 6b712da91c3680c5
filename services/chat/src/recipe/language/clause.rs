//! The grammar's root: the first words of a clause choose the rule that reads it.
//!
//! Every rule either reads its clause up to a stop or a join, or misses: `Talk` when the words mean something else,
//! `Unclear` when they can only be a command and something is wrong with it.

use super::cursor::Cursor;
use super::outcome::{Miss, Outcome, one};
use super::politeness;
use super::{details, ingredients, measures, narration, numbers, opening, scaling, steps, systems};
use crate::recipe::change::{Change, Direction};
use crate::recipe::rational::Rational;

/// One clause; moves past it.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Outcome {
    politeness::skip_before(cursor);
    let start = *cursor;
    let word = cursor.word();
    cursor.advance();
    match word {
        "add" | "include" => add(cursor),
        "put" | "throw" | "toss" | "chuck" | "pop" if cursor.eat("in") => {
            weak(ingredients::add(cursor))
        }
        "put" => weak(steps::relocate(cursor)),
        "combine" | "merge" | "join" if steps::is_named(*cursor) => Err(Miss::unclear(
            "Write one step anew and remove the other, as in \"step 1: Whisk and rest.; remove step 2\".",
        )),
        "insert" => insert(cursor),
        "remove" | "delete" | "omit" | "drop" | "ditch" | "skip" | "lose" => {
            let outcome = remove(cursor);
            if matches!(word, "drop" | "ditch" | "skip" | "lose") {
                weak(outcome)
            } else {
                outcome
            }
        }
        "leave" | "take" if cursor.eat("out") => weak(ingredients::remove(cursor)),
        "get" if cursor.eat("rid of") => weak(ingredients::remove(cursor)),
        "untag" => details::tags(cursor).and_then(|tags| one(Change::RemoveTags(tags))),
        "replace" | "rewrite" | "edit" => change_step(cursor).unwrap_or_else(|| {
            within_a_step(*cursor)?;
            ingredients::replace(cursor)
        }),
        "swap" | "switch" | "exchange" => swap(cursor, word),
        "substitute" | "sub" => ingredients::substitute(cursor),
        "use" => used(cursor),
        "instead" if cursor.eat("of") => ingredients::instead_of(cursor),
        "change" | "set" | "adjust" | "update" | "modify" | "correct" => {
            change(cursor, word == "change")
        }
        "more" | "less" => measures::without_number(cursor, word),
        "bump" => weak(adjusted(cursor, Direction::More)),
        "increase" | "raise" => adjusted(cursor, Direction::More),
        "reduce" | "decrease" | "lower" => adjusted(cursor, Direction::Less),
        "rename" | "retitle" => rename(cursor),
        "note" => ingredients::note(cursor),
        "mark" => weak(ingredients::mark(cursor)),
        "move" => steps::relocate(cursor),
        "step" | "steps" => steps::labelled(cursor),
        "new" | "next" if cursor.eat("step") => steps::labelled(cursor),
        "before" | "after" => {
            *cursor = start;
            steps::before_or_after(cursor)
        }
        "first" | "firstly" | "then" | "next" | "finally" | "lastly" | "afterwards" => {
            narrated_or_joined(cursor, start)
        }
        _ => about_all(cursor, word, start),
    }
}

/// Clauses about the whole recipe, and those that begin with a label or a name.
fn about_all<'a>(cursor: &mut Cursor<'a>, word: &str, start: Cursor<'a>) -> Outcome {
    let half = Rational::new(1, 2);
    match word {
        "double" => scaling::by_verb(cursor, Some(Rational::whole(2))),
        "triple" => scaling::by_verb(cursor, Some(Rational::whole(3))),
        "quadruple" => scaling::by_verb(cursor, Some(Rational::whole(4))),
        "halve" | "half" => scaling::by_verb(cursor, half),
        "cut" => scaling::cut(cursor),
        "scale" => scaling::scale(cursor),
        "multiply" => scaling::multiply(cursor, false),
        "divide" => scaling::multiply(cursor, true),
        "for" => for_people(cursor),
        "convert" => scaling::convert(cursor),
        "metric" => systems::metric(cursor),
        "in" => systems::in_units(cursor),
        "show" | "give" => systems::shown_in_units(cursor),
        "make" => make(cursor),
        "serves" | "servings" | "serving" => scaling::set_servings(cursor),
        "yield" | "yields" if matches!(cursor.mark(), Some(':')) => scaling::set_servings(cursor),
        "it" | "this" if cursor.eat("serves") => scaling::set_servings(cursor),
        "title" if matches!(cursor.mark(), Some(':' | '=')) => details::title(cursor),
        "name" | "call" => call(cursor),
        "description" if matches!(cursor.mark(), Some(':' | '=')) => details::description(cursor),
        "describe" if cursor.eat_any(&["it as", "this as", "it", "this"]) => {
            details::description(cursor)
        }
        "tag" => details::tag(cursor),
        "tags" if cursor.mark() == Some(':') => details::tag(cursor),
        "" if start.mark() == Some('#') => hashtags(cursor, start),
        "" if start.mark() == Some('+') => weak(ingredients::add(cursor)),
        _ => label(cursor, start),
    }
}

fn label<'a>(cursor: &mut Cursor<'a>, start: Cursor<'a>) -> Outcome {
    *cursor = start;
    if numbers::starts_with_number(start) {
        return numbered(cursor);
    }
    measures::label(cursor).or_else(|miss| match miss {
        Miss::Talk => narration::unsaid(&mut { start }),
        unclear @ Miss::Unclear(_) => Err(unclear),
    })
}

/// "3 eggs instead of 2" says what to do; "3 eggs" alone does not.
fn numbered(cursor: &mut Cursor<'_>) -> Outcome {
    if let Some(outcome) = scaling::times_all(cursor) {
        return outcome;
    }
    let mut ahead = *cursor;
    if let Ok(Some(servings)) = numbers::whole(&mut ahead)
        && ahead.eat_any(&["servings", "portions"])
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
        true => measures::bare(cursor),
        false => ingredients::use_instead(cursor),
    }
}

fn add(cursor: &mut Cursor<'_>) -> Outcome {
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
    ingredients::add(cursor)
}

fn insert(cursor: &mut Cursor<'_>) -> Outcome {
    steps::add(cursor)
        .or_else(|| steps::insert(cursor))
        .unwrap_or_else(|| ingredients::add(cursor))
}

fn remove(cursor: &mut Cursor<'_>) -> Outcome {
    if let Some(outcome) = steps::remove(cursor) {
        return outcome;
    }
    if let Some(outcome) =
        details::remove_tags(cursor).or_else(|| details::remove_description(cursor))
    {
        return outcome;
    }
    if cursor.eat_any(&["the note", "note"]) {
        return ingredients::remove_note(cursor);
    }
    ingredients::remove(cursor)
}

fn change_step(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    steps::change(cursor)
}

fn swap(cursor: &mut Cursor<'_>, word: &str) -> Outcome {
    if let Some(outcome) = steps::swap(cursor) {
        return outcome;
    }
    if cursor.eat("to")
        && let Some(system) = systems::system(cursor)
    {
        return politeness::finish(cursor).and_then(|()| one(Change::Convert(system)));
    }
    let outcome = ingredients::replace(cursor);
    if word == "switch" {
        weak(outcome)
    } else {
        outcome
    }
}

fn used(cursor: &mut Cursor<'_>) -> Outcome {
    if cursor.eat_any(&[
        "twice as much",
        "twice as many",
        "double the amount of",
        "twice the",
    ]) {
        return scaling::by_verb(cursor, Some(Rational::whole(2)));
    }
    let mut ahead = *cursor;
    if let Some(system) = systems::system(&mut ahead)
        && politeness::finish(&mut ahead).is_ok()
    {
        *cursor = ahead;
        return one(Change::Convert(system));
    }
    ingredients::use_instead(cursor)
}

fn change(cursor: &mut Cursor<'_>, clearly: bool) -> Outcome {
    if let Some(outcome) = change_step(cursor) {
        return outcome;
    }
    within_a_step(*cursor)?;
    let mut ahead = *cursor;
    if ahead.eat_any(&["for", "it for", "this for", "the recipe for", "recipe for"]) {
        *cursor = ahead;
        return weak(scaling::to_servings(cursor, true));
    }
    ahead.eat_any(&["the", "its", "this recipe's", "the recipe's"]);
    if ahead.eat_any(&["title to", "name to", "recipe title to", "recipe name to"]) {
        *cursor = ahead;
        return details::title(cursor);
    }
    if ahead.eat_any(&["description to", "description"]) {
        *cursor = ahead;
        return details::description(cursor);
    }
    if ahead.eat_any(&["servings", "number of servings", "serving size", "yield"]) {
        *cursor = ahead;
        return scaling::set_servings(cursor);
    }
    if ahead.eat_any(&["units to", "recipe to", "to", "it to", "everything to"])
        && let Some(system) = systems::system(&mut ahead)
    {
        *cursor = ahead;
        return politeness::finish(cursor).and_then(|()| one(Change::Convert(system)));
    }
    measures::change(cursor, clearly)
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

fn adjusted(cursor: &mut Cursor<'_>, direction: Direction) -> Outcome {
    if let Some(outcome) = scaling::all_by(cursor, direction) {
        return outcome;
    }
    let mut ahead = *cursor;
    ahead.eat("the");
    if ahead.eat_any(&["servings", "number of servings"]) {
        *cursor = ahead;
        return scaling::set_servings(cursor);
    }
    measures::adjust(cursor, direction)
}

fn rename(cursor: &mut Cursor<'_>) -> Outcome {
    let mut ahead = *cursor;
    let whole = ahead.eat_any(&["it", "this recipe", "the recipe", "recipe", "this"]);
    if whole || ahead.stands("to") {
        ahead.eat_any(&["to", "as"]);
        *cursor = ahead;
        return details::title(cursor);
    }
    ingredients::rename(cursor)
}

fn call(cursor: &mut Cursor<'_>) -> Outcome {
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

fn make(cursor: &mut Cursor<'_>) -> Outcome {
    let mut ahead = *cursor;
    let it = ahead.eat_any(&["it", "this", "that", "the recipe"]);
    if let Some(outcome) = scaling::make_it(&mut ahead) {
        *cursor = ahead;
        return outcome;
    }
    if it {
        *cursor = ahead;
        return measures::make_it(cursor);
    }
    if let Some(outcome) = change_step(cursor) {
        return outcome;
    }
    measures::make(cursor)
}

fn for_people(cursor: &mut Cursor<'_>) -> Outcome {
    let mut ahead = *cursor;
    let clearly =
        matches!(numbers::whole(&mut ahead), Ok(Some(_))) && opening::is_people(ahead.word());
    scaling::to_servings(cursor, clearly)
}

/// A clause of nothing but "#vegan #quick".
fn hashtags<'a>(cursor: &mut Cursor<'a>, start: Cursor<'a>) -> Outcome {
    *cursor = start;
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

/// "Then bake …" is a step; "then add 2 eggs" is a change like any other.
fn narrated_or_joined<'a>(cursor: &mut Cursor<'a>, start: Cursor<'a>) -> Outcome {
    let mut after = *cursor;
    after.eat_mark(',');
    if opening::is_here(after) {
        *cursor = after;
        return read(cursor);
    }
    *cursor = start;
    narration::narrated(cursor)
}

/// Verbs that people use for other things too: what can't be followed is talk.
fn weak(outcome: Outcome) -> Outcome {
    outcome.map_err(|_| Miss::Talk)
}

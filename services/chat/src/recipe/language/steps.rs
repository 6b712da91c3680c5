//! Commands about steps. The text of a step runs to the end of its line; only "; add step …" and the like end it.

use super::cursor::Cursor;
use super::narration::sentence;
use super::numbers;
use super::politeness::finish;
use super::verbs::{self, is_kitchen_work};
use super::{Miss, Outcome, one};
use crate::recipe::change::{Change, Place, StepNumber};

/// No recipe has more steps than this; a longer range is refused for its first missing step anyway.
const LONGEST_RANGE: u64 = 500;
/// How many steps one command may name, the same one more than once.
const MOST_NAMED: usize = 1_000;

/// After "add" or "insert": "step: …", "a step after 2: …", "step at the start: …". `None`: it is not about a step.
pub(super) fn add(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    ahead.eat("as");
    ahead.eat_any(&["a", "an", "the", "another", "one more", "one", "this"]);
    ahead.eat_any(&["new", "extra", "further", "as a", "as the"]);
    let at = match ordinal(&mut ahead) {
        Some(StepNumber::Number(1)) => Place::Start,
        Some(StepNumber::Last) | None => Place::End,
        Some(step) => Place::At(step),
    };
    if !ahead.eat("step") || ahead.stands("by step") {
        return None;
    }
    *cursor = ahead;
    Some(placed(cursor, at))
}

/// After "insert": "after step 2: …", "at 2: …".
pub(super) fn insert(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    let place = place(&mut ahead).ok()??;
    *cursor = ahead;
    Some(text_of(cursor).and_then(|text| one(Change::AddStep { text, at: place })))
}

/// "Before step 2: …", "after the last step, add: …".
pub(super) fn before_or_after(cursor: &mut Cursor<'_>) -> Outcome {
    let place = place(cursor)?.ok_or(Miss::Talk)?;
    let mut ahead = *cursor;
    ahead.eat_mark(',');
    let added = ahead.eat_any(&["add a step", "add step", "insert a step", "add", "insert"]);
    if !added && ahead.mark() != Some(':') && !is_kitchen_work(ahead.word()) {
        return Err(Miss::Talk);
    }
    *cursor = ahead;
    let text = text_of(cursor)?;
    one(Change::AddStep { text, at: place })
}

fn placed(cursor: &mut Cursor<'_>, otherwise: Place) -> Outcome {
    let mut task = *cursor;
    if task.eat("to") && is_kitchen_work(task.word()) {
        *cursor = task;
        let text = sentence(&text_of(cursor)?);
        return one(Change::AddStep {
            text,
            at: otherwise,
        });
    }
    let at = match numbers::whole(&mut { *cursor })? {
        Some(_) if !is_text(*cursor) => {
            let number = numbers::whole(cursor)?.ok_or(Miss::Talk)?;
            Place::At(StepNumber::Number(number))
        }
        _ => place(cursor)?.unwrap_or(otherwise),
    };
    let text = text_of(cursor)?;
    one(Change::AddStep { text, at })
}

/// "Add step 2 eggs go in": a number that is not followed by a colon or the like belongs to the text.
fn is_text(mut cursor: Cursor<'_>) -> bool {
    cursor.advance();
    !cursor.is_done() && !matches!(cursor.mark(), Some(':' | '-' | ',' | '.' | ')' | '='))
}

/// "before step 2", "after 3", "at 2", "at the start", "at the end".
fn place(cursor: &mut Cursor<'_>) -> Result<Option<Place>, Miss> {
    let mut ahead = *cursor;
    let place = if ahead.eat_any(&["before", "above"]) {
        reference(&mut ahead)?.map(Place::Before)
    } else if ahead.eat_any(&["after", "below"]) {
        reference(&mut ahead)?.map(Place::After)
    } else if ahead.eat_any(&["at", "to", "as", "in"]) {
        target(&mut ahead)?
    } else {
        None
    };
    if place.is_some() {
        *cursor = ahead;
    }
    Ok(place)
}

/// "the start", "the end", "position 2", "step 2", "2".
fn target(cursor: &mut Cursor<'_>) -> Result<Option<Place>, Miss> {
    cursor.eat_any(&["the very", "the"]);
    if cursor.eat_any(&["start", "beginning", "top", "front"]) {
        return Ok(Some(Place::Start));
    }
    if cursor.eat_any(&["end", "bottom", "back"]) {
        return Ok(Some(Place::End));
    }
    cursor.eat_any(&["position", "place", "number", "spot"]);
    let step = reference(cursor)?;
    cursor.eat_any(&["position", "place", "spot"]);
    Ok(step.map(|step| match step {
        StepNumber::Last => Place::End,
        step => Place::At(step),
    }))
}

/// A step by "2", "step 2", "step two", "the second step", "the last step", "last".
fn reference(cursor: &mut Cursor<'_>) -> Result<Option<StepNumber>, Miss> {
    let mut ahead = *cursor;
    ahead.eat("the");
    if let Some(step) = ordinal(&mut ahead) {
        ahead.eat_any(&["step", "one"]);
        *cursor = ahead;
        return Ok(Some(step));
    }
    ahead.eat_any(&["step", "steps"]);
    ahead.eat("number");
    ahead.eat_mark('#');
    let number = numbers::whole(&mut ahead)?;
    if number.is_some() {
        *cursor = ahead;
    }
    Ok(number.map(StepNumber::Number))
}

fn ordinal(cursor: &mut Cursor<'_>) -> Option<StepNumber> {
    const ORDINALS: [&str; 10] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth",
    ];
    let word = cursor.word();
    let step = if matches!(word, "last" | "final") {
        StepNumber::Last
    } else if let Some(place) = (1..).zip(ORDINALS).find(|(_, known)| *known == word) {
        StepNumber::Number(place.0)
    } else {
        let digits = ["st", "nd", "rd", "th"]
            .iter()
            .find_map(|end| word.strip_suffix(end))?;
        StepNumber::Number(digits.parse().ok()?)
    };
    cursor.advance();
    Some(step)
}

/// What is written after the command, up to the end of the line.
fn text_of(cursor: &mut Cursor<'_>) -> Result<String, Miss> {
    while matches!(cursor.mark(), Some(':' | '-' | '–' | ',' | '.' | ')' | '=')) {
        cursor.advance();
    }
    let start = *cursor;
    while !cursor.is_done() && !ends_text(*cursor) {
        cursor.advance();
    }
    let text = cursor.text_since(start).trim();
    if let Some((_, other)) = text.split_once(" and step ")
        && other
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .starts_with(" to ")
    {
        return Err(Miss::LeftOver(format!("step {other}")));
    }
    if text.is_empty() {
        return Err(Miss::unclear(
            "Write the text of the step, as in \"add step: Whisk the eggs.\"",
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn ends_text(cursor: Cursor<'_>) -> bool {
    let mut after = cursor;
    after.advance();
    cursor.mark() == Some(';') && verbs::end_a_text(after)
        || cursor.stands("and then") && verbs::end_a_text(cursor)
}

/// After "step": ": text" adds one, "2: text" writes the second.
pub(super) fn labelled(cursor: &mut Cursor<'_>) -> Outcome {
    let number = numbers::whole(cursor)?;
    if !matches!(cursor.mark(), Some(':' | '=')) {
        return Err(Miss::Talk);
    }
    let text = text_of(cursor)?;
    match number {
        Some(number) => one(Change::WriteStep {
            step: StepNumber::Number(number),
            text,
        }),
        None => one(Change::AddStep {
            text,
            at: Place::End,
        }),
    }
}

/// After "new step": the text, behind a colon or when it begins with kitchen work.
pub(super) fn new_step(cursor: &mut Cursor<'_>) -> Outcome {
    match is_kitchen_work(cursor.word()) {
        true => text_of(cursor).and_then(|text| {
            one(Change::AddStep {
                text,
                at: Place::End,
            })
        }),
        false => labelled(cursor),
    }
}

/// "First step: …", "last step: …": is that one to be written anew, or another one to be added?
pub(super) fn first_or_last(cursor: &mut Cursor<'_>) -> Outcome {
    cursor.eat("the");
    let is_first = cursor.word() == "first";
    cursor.advance();
    cursor.advance();
    let text = sentence(&text_of(cursor)?);
    Err(Miss::Unclear(match is_first {
        true => format!(
            "To add it, write \"add step at the start: {text}\"; to write the first step anew, \"step 1: {text}\"."
        ),
        false => format!(
            "To add it, write \"add step: {text}\"; to write the last step anew, \"change the last step to {text}\"."
        ),
    }))
}

/// After "change": "step 2 to …". `None`: it is not about a step.
pub(super) fn change(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    if !is_named(ahead) {
        return None;
    }
    let step = reference(&mut ahead).ok()?;
    let Some(step) = step else {
        return Some(Err(Miss::unclear(
            "Say which step, as in \"change step 2 to Whisk the eggs.\"",
        )));
    };
    *cursor = ahead;
    if !cursor.eat_any(&["to say", "to", "with", "into", "by", "as"]) && cursor.mark() != Some(':')
    {
        return Some(Err(Miss::unclear(
            "Write the new text after \"to\", as in \"change step 2 to Whisk the eggs.\"",
        )));
    }
    Some(text_of(cursor).and_then(|text| one(Change::WriteStep { step, text })))
}

/// After "move": "step 3 to 1", "step 2 before step 1", "the last step up".
pub(super) fn relocate(cursor: &mut Cursor<'_>) -> Outcome {
    let unclear = || {
        Miss::unclear("Say where to, as in \"move step 3 to 1\" or \"move step 3 before step 2\".")
    };
    if !is_named(*cursor) {
        return Err(Miss::Talk);
    }
    let step = reference(cursor)?.ok_or_else(unclear)?;
    let to = if cursor.eat_any(&[
        "up one",
        "up by one",
        "up a step",
        "up",
        "one up",
        "earlier",
    ]) {
        one_place(cursor)?;
        Place::Up
    } else if cursor.eat_any(&[
        "down one",
        "down by one",
        "down a step",
        "down",
        "one down",
        "later",
    ]) {
        one_place(cursor)?;
        Place::Down
    } else if cursor.eat_any(&["first", "to first"]) {
        Place::Start
    } else if cursor.eat_any(&["last", "to last"]) {
        Place::End
    } else {
        place(cursor)?.ok_or_else(unclear)?
    };
    finish(cursor).map_err(|_| unclear())?;
    one(Change::MoveStep { step, to })
}

/// Behind "up" or "down": "by 1". Further than that is said with the place.
fn one_place(cursor: &mut Cursor<'_>) -> Result<(), Miss> {
    cursor.eat("by");
    let places = numbers::whole(cursor)?;
    cursor.eat_any(&["place", "position", "spot", "step"]);
    match places {
        None | Some(1) => Ok(()),
        Some(_) => Err(Miss::unclear(
            "Say where to, as in \"move step 3 to 1\" or \"move step 3 before step 2\".",
        )),
    }
}

/// After "swap": "steps 2 and 3", "step 2 with step 3". `None`: it is not about steps.
pub(super) fn swap(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    if !is_named(*cursor) {
        return None;
    }
    let unclear = || Miss::unclear("Say which two, as in \"swap steps 2 and 3\".");
    let read = |cursor: &mut Cursor<'_>| {
        let one_step = reference(cursor)?.ok_or_else(unclear)?;
        cursor.eat_any(&["and", "with", "for"]);
        cursor.eat_mark('&');
        let other = reference(cursor)?.ok_or_else(unclear)?;
        finish(cursor).map_err(|_| unclear())?;
        one(Change::SwapSteps(one_step, other))
    };
    Some(read(cursor))
}

/// After "remove": "step 2", "steps 2-4", "steps 2, 3 and 5", "the last step", "all steps". `None`: not about steps.
pub(super) fn remove(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut all = *cursor;
    let every = all.eat_any(&["all of the", "all the", "all", "the"]);
    if every && all.eat("steps") && finish(&mut all).is_ok() {
        *cursor = all;
        return Some(one(Change::ClearSteps));
    }
    if !is_named(*cursor) {
        return None;
    }
    let unclear =
        || Miss::unclear("Say which step, as in \"remove step 2\" or \"remove the last step\".");
    let read = |cursor: &mut Cursor<'_>| {
        let steps = references(cursor)?;
        finish(cursor).map_err(|_| unclear())?;
        if steps.is_empty() {
            Err(unclear())
        } else {
            one(Change::RemoveSteps(steps))
        }
    };
    Some(read(cursor))
}

fn references(cursor: &mut Cursor<'_>) -> Result<Vec<StepNumber>, Miss> {
    let mut steps = Vec::new();
    let mut ahead = *cursor;
    while let Some(step) = reference(&mut ahead)? {
        steps.push(step);
        *cursor = ahead;
        if let StepNumber::Number(from) = step
            && (ahead.eat_mark('-') || ahead.eat_mark('–') || ahead.eat_any(&["to", "through"]))
            && let Some(StepNumber::Number(to)) = reference(&mut ahead)?
        {
            let to = to.min(from.saturating_add(LONGEST_RANGE));
            steps.extend((from.saturating_add(1)..=to).map(StepNumber::Number));
            *cursor = ahead;
        }
        if steps.len() > MOST_NAMED {
            return Err(Miss::unclear(
                "That names more steps than a recipe can have; name each one once.",
            ));
        }
        ahead.skip_joins();
        if ahead.position() == cursor.position() {
            break;
        }
    }
    Ok(steps)
}

/// "Step 2", "the last step": so that "the second tomato" is not taken for a step.
pub(super) fn is_named(mut cursor: Cursor<'_>) -> bool {
    cursor.eat("the");
    if matches!(cursor.word(), "step" | "steps") {
        return true;
    }
    ordinal(&mut cursor).is_some() && cursor.word() == "step"
}

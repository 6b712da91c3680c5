//! For how many the recipe is: "for 6 people", "2 more servings", "one person less", "serves 6".

use super::cursor::Cursor;
use super::numbers;
use super::politeness::finish;
use super::verbs::is_people;
use super::{Miss, Outcome, one};
use crate::recipe::change::{Change, Scaling};

/// After "for" or "to": "6 people", "6". Without people only when nothing else follows.
pub(super) fn to_servings(cursor: &mut Cursor<'_>, clearly: bool) -> Outcome {
    let servings = numbers::whole(cursor)?.ok_or(Miss::Talk)?;
    let scaling = match cursor.word() {
        "more" => Scaling::Plus(servings),
        "less" | "fewer" => Scaling::Minus(servings),
        _ => Scaling::To(servings),
    };
    if scaling != Scaling::To(servings) {
        cursor.advance();
    }
    let people = is_people(cursor.word());
    if people {
        cursor.advance();
    } else if cursor.eat("of us") {
        cursor.eat("all");
    }
    instead_of_so_many(cursor);
    finish(cursor)?;
    if !clearly && !people && servings == 0 {
        return Err(Miss::unclear("Say for how many, as in \"for 6 people\"."));
    }
    one(Change::Scale(scaling))
}

/// "Instead of 4": for how many it was.
fn instead_of_so_many(cursor: &mut Cursor<'_>) {
    let mut ahead = *cursor;
    let told = ahead.eat_any(&["instead of", "rather than", "not"]);
    ahead.eat("for");
    if told && matches!(numbers::whole(&mut ahead), Ok(Some(_))) {
        if is_people(ahead.word()) {
            ahead.advance();
        }
        *cursor = ahead;
    }
}

/// After "add": "2 more servings". `None`: it is about something else.
pub(super) fn more_servings(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    let servings = numbers::whole(&mut ahead).ok()??;
    let more = ahead.eat("more");
    if !is_people(ahead.word()) {
        return None;
    }
    ahead.advance();
    if !ahead.at_break() {
        return None;
    }
    *cursor = ahead;
    Some(match more {
        true => one(Change::Scale(Scaling::Plus(servings))),
        false => {
            let people = if servings == 1 { "person" } else { "people" };
            Err(Miss::Unclear(format!(
                "Say \"for {servings} more {people}\" to make more, or \"for {servings} {people}\" to make that many."
            )))
        }
    })
}

/// After "remove": "2 servings". `None`: it is about something else.
pub(super) fn fewer_servings(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    let servings = numbers::whole(&mut ahead).ok()??;
    if !is_people(ahead.word()) {
        return None;
    }
    ahead.advance();
    finish(&mut ahead).ok()?;
    *cursor = ahead;
    Some(one(Change::Scale(Scaling::Minus(servings))))
}

/// "2 fewer people", "one person less", "3 more servings". `None`: it is about something else.
pub(super) fn people_difference(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    const MORE: &[&str] = &["more", "extra"];
    const FEWER: &[&str] = &["fewer", "less"];
    let mut ahead = *cursor;
    let number = numbers::whole(&mut ahead).ok()??;
    let mut more = ahead.eat_any(MORE);
    let mut fewer = !more && ahead.eat_any(FEWER);
    if !is_people(ahead.word()) {
        return None;
    }
    ahead.advance();
    if !(more || fewer) {
        more = ahead.eat_any(MORE);
        fewer = ahead.eat_any(FEWER);
    }
    finish(&mut ahead).ok()?;
    let scaling = match (more, fewer) {
        (true, _) => Scaling::Plus(number),
        (_, true) => Scaling::Minus(number),
        _ => return None,
    };
    *cursor = ahead;
    Some(one(Change::Scale(scaling)))
}

/// After "serves", "servings" or "set servings to": only the number.
pub(super) fn set_servings(cursor: &mut Cursor<'_>) -> Outcome {
    let unclear = || Miss::unclear("Say a whole number, as in \"serves 6\".");
    let labelled = cursor.eat_mark(':') || cursor.eat_mark('=');
    if cursor.eat("from") {
        numbers::whole(cursor)?;
    }
    cursor.eat_any(&["about", "to", "is", "are"]);
    let Some(servings) = numbers::whole(cursor)? else {
        let number = labelled || numbers::starts_with_number(*cursor);
        return Err(if number { unclear() } else { Miss::Talk });
    };
    if is_people(cursor.word()) {
        cursor.advance();
    }
    // "Makes 24 cookies": the recipe keeps the number alone.
    finish(cursor)
        .map_err(|_| Miss::Unclear(format!("To set the number, write \"serves {servings}\".")))?;
    one(Change::SetServings(servings))
}

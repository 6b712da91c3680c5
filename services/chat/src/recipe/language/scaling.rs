//! Commands about how much in all: "double it", "for 6 people", "serves 6", "convert to metric".
//!
//! `for N`, `make it serve N`, `make it N servings` and `scale to N` multiply the quantities;
//! `serves N`, `servings: N` and `set servings to N` only set the number.

use super::amounts;
use super::cursor::Cursor;
use super::numbers;
use super::politeness::finish;
use super::servings::to_servings;
use super::verbs::{is_people, is_whole_recipe};
use super::{Miss, Outcome, differences, items, one, quantities};
use crate::recipe::change::{Change, Direction, Scaling, Which};
use crate::recipe::rational::Rational;
use crate::recipe::unit::{System, Unit};

pub(super) fn double(cursor: &mut Cursor<'_>) -> Outcome {
    by_verb(cursor, Rational::whole(2))
}

pub(super) fn triple(cursor: &mut Cursor<'_>) -> Outcome {
    by_verb(cursor, Rational::whole(3))
}

pub(super) fn quadruple(cursor: &mut Cursor<'_>) -> Outcome {
    by_verb(cursor, Rational::whole(4))
}

pub(super) fn halve(cursor: &mut Cursor<'_>) -> Outcome {
    by_verb(cursor, Rational::new(1, 2).ok_or(Miss::Talk)?)
}

/// After "double", "halve" and the like: the whole recipe, or one ingredient.
fn by_verb(cursor: &mut Cursor<'_>, factor: Rational) -> Outcome {
    const NOT_INGREDIENTS: [&str; 10] = [
        "check", "up", "down", "a", "an", "is", "was", "or", "would", "and",
    ];
    let whole = whole_recipe(cursor) || cursor.at_stop();
    if cursor.eat_any(&[
        "except",
        "but",
        "apart from",
        "all but",
        "all except",
        "except for",
    ]) {
        return Err(Miss::unclear(
            "Write one change after the other, as in \"double it; change eggs to 2\".",
        ));
    }
    if whole {
        finish(cursor)?;
        return one(Change::Scale(Scaling::By(factor)));
    }
    if NOT_INGREDIENTS.contains(&cursor.word()) {
        return Err(Miss::Talk);
    }
    let mut changes = Vec::new();
    loop {
        let which = items::which(cursor, &[])?.ok_or(Miss::Talk)?;
        finish(cursor)?;
        changes.push(Change::MultiplyAmount { which, factor });
        if !items::another(cursor) {
            return Ok(changes);
        }
    }
}

/// After "cut": "it in half", "the sugar in half", "the sugar by 20 g".
pub(super) fn cut(cursor: &mut Cursor<'_>) -> Outcome {
    let half = Rational::new(1, 2).ok_or(Miss::Talk)?;
    let in_half =
        |cursor: &mut Cursor<'_>| cursor.eat_any(&["in half", "by half"]) && finish(cursor).is_ok();
    let mut ahead = *cursor;
    if whole_recipe(&mut ahead) && in_half(&mut ahead) {
        *cursor = ahead;
        return one(Change::Scale(Scaling::By(half)));
    }
    let mut ahead = *cursor;
    if whole_recipe(&mut ahead)
        && ahead.eat("by")
        && let Some(part) = differences::part_of_it(&mut ahead)
        && let Some(left) = Rational::ONE.minus(part)
        && finish(&mut ahead).is_ok()
    {
        *cursor = ahead;
        return one(Change::Scale(Scaling::By(left)));
    }
    let mut ahead = *cursor;
    let which = items::which(&mut ahead, &["in half", "by half", "by"])?.ok_or(Miss::Talk)?;
    if ahead.stands("by") && !ahead.stands("by half") {
        return differences::adjust(cursor, Direction::Less).map_err(|_| Miss::Talk);
    }
    if !in_half(&mut ahead) {
        return Err(Miss::Talk);
    }
    *cursor = ahead;
    one(Change::MultiplyAmount {
        which,
        factor: half,
    })
}

/// After "increase" or "reduce": "everything by 50%". `None`: it is about something else.
pub(super) fn all_by(cursor: &mut Cursor<'_>, direction: Direction) -> Option<Outcome> {
    let mut ahead = *cursor;
    if !whole_recipe(&mut ahead) || !ahead.eat("by") {
        return None;
    }
    let factor = direction.part_of_one(differences::part_of_it(&mut ahead)?)?;
    *cursor = ahead;
    Some(finish(cursor).and_then(|()| one(Change::Scale(Scaling::By(factor)))))
}

/// "1.5x the recipe", "3 times everything". `None`: it is about something else.
pub(super) fn times_all(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    let factor = numbers::number(&mut ahead).ok()??;
    if factor.is_zero() || !ahead.eat_any(&["x", "times"]) || !whole_recipe(&mut ahead) {
        return None;
    }
    *cursor = ahead;
    Some(finish(cursor).and_then(|()| one(Change::Scale(Scaling::By(factor)))))
}

/// After "scale": "by 1.5", "up by 2", "down by 2", "to 6", "for 6 people".
pub(super) fn scale(cursor: &mut Cursor<'_>) -> Outcome {
    let unclear =
        || Miss::unclear("Say how far, as in \"scale by 1.5\" or \"scale to 6 servings\".");
    let named = !whole_recipe(cursor) && cursor.word() == "the";
    if named {
        return Err(Miss::Talk);
    }
    let down = cursor.eat("down");
    let up = cursor.eat("up");
    whole_recipe(cursor);
    if let Some(percent) = percent_of_all(cursor, up, down) {
        finish(cursor).map_err(|_| unclear())?;
        return one(Change::Scale(Scaling::By(percent.ok_or_else(unclear)?)));
    }
    if cursor.eat_any(&["to serve", "to feed", "to", "for"]) {
        return to_servings(cursor, true).map_err(|_| unclear());
    }
    cursor.eat_any(&["by a factor of", "by", "x"]);
    let factor = numbers::number(cursor)?
        .filter(|factor| !factor.is_zero())
        .ok_or_else(unclear)?;
    cursor.eat_any(&["times", "x"]);
    finish(cursor).map_err(|_| unclear())?;
    let factor = if down && factor > Rational::ONE {
        Rational::ONE.over(factor)
    } else {
        Some(factor)
    };
    one(Change::Scale(Scaling::By(factor.ok_or_else(unclear)?)))
}

/// "To 150%", and after "up" or "down" "by 50%". `None`: no percentage; inside: one that could mean two things.
fn percent_of_all(cursor: &mut Cursor<'_>, up: bool, down: bool) -> Option<Option<Rational>> {
    let mut ahead = *cursor;
    let by = ahead.eat("by");
    ahead.eat("to");
    let part = ahead.word().strip_suffix('%')?.parse().ok()?;
    let part = Rational::new(part, 100).filter(|part| !part.is_zero())?;
    ahead.advance();
    *cursor = ahead;
    Some(match (by, up, down) {
        (true, true, _) => Direction::More.part_of_one(part),
        (true, _, true) => Direction::Less.part_of_one(part),
        // "By 150%" may be as much again and a half; "by 50%" may be half of it or half as much again.
        (true, ..) => (part > Rational::ONE).then_some(part),
        (false, ..) => Some(part),
    })
}

/// After "multiply": "everything by 3", "the sugar by 2".
pub(super) fn multiply(cursor: &mut Cursor<'_>) -> Outcome {
    by_number(cursor, false)
}

/// After "divide": as after "multiply".
pub(super) fn divide(cursor: &mut Cursor<'_>) -> Outcome {
    by_number(cursor, true)
}

fn by_number(cursor: &mut Cursor<'_>, divide: bool) -> Outcome {
    let whole = whole_recipe(cursor) || cursor.stands("by");
    let which = if whole {
        None
    } else {
        items::which(cursor, &["by"])?
    };
    if !cursor.eat("by") {
        return Err(Miss::Talk);
    }
    let number = numbers::number(cursor)?.ok_or(Miss::Talk)?;
    finish(cursor)?;
    let factor = if divide {
        Rational::ONE.over(number)
    } else {
        Some(number)
    };
    let factor = factor.filter(|factor| !factor.is_zero()).ok_or_else(|| {
        Miss::unclear("Multiply or divide by more than zero, as in \"multiply by 2\".")
    })?;
    match which {
        Some(which) => one(Change::MultiplyAmount { which, factor }),
        None => one(Change::Scale(Scaling::By(factor))),
    }
}

/// After "make it", "make this" or "make": "for 6", "serve 6", "6 servings", "a double batch", "metric".
pub(super) fn make_it(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    if ahead.eat_any(&["enough for", "for", "serve", "serves", "to serve", "feed"]) {
        return moved(cursor, ahead, |ahead| to_servings(ahead, true));
    }
    let batches = [
        ("a double batch", 2),
        ("double", 2),
        ("two batches", 2),
        ("a triple batch", 3),
        ("triple", 3),
    ];
    if let Some((_, factor)) = batches.iter().find(|(words, _)| ahead.eat(words)) {
        let factor = Rational::whole(*factor);
        return moved(cursor, ahead, |ahead| {
            finish(ahead).and_then(|()| one(Change::Scale(Scaling::By(factor))))
        });
    }
    if ahead.eat_any(&["half a batch", "a half batch", "half the recipe", "half"])
        && ahead.at_stop()
    {
        let half = Rational::new(1, 2)?;
        return moved(cursor, ahead, |_| one(Change::Scale(Scaling::By(half))));
    }
    if let Some(system) = system(&mut ahead) {
        return moved(cursor, ahead, |ahead| {
            finish(ahead).and_then(|()| one(Change::Convert(system)))
        });
    }
    let mut times = ahead;
    if let Ok(Some(factor)) = numbers::number(&mut times)
        && !factor.is_zero()
        && times.eat_any(&["x", "times"])
    {
        whole_recipe(&mut times);
        return moved(cursor, times, |times| {
            finish(times).and_then(|()| one(Change::Scale(Scaling::By(factor))))
        });
    }
    if let Ok(Some(servings)) = numbers::whole(&mut ahead)
        && is_people(ahead.word())
    {
        ahead.advance();
        return moved(cursor, ahead, |ahead| {
            finish(ahead).and_then(|()| one(Change::Scale(Scaling::To(servings))))
        });
    }
    None
}

fn moved<'a>(
    cursor: &mut Cursor<'a>,
    mut ahead: Cursor<'a>,
    read: impl FnOnce(&mut Cursor<'a>) -> Outcome,
) -> Option<Outcome> {
    let outcome = read(&mut ahead).ok()?;
    *cursor = ahead;
    Some(Ok(outcome))
}

/// After "convert", "change" or "switch": "to metric", "the recipe to US units", "butter to grams".
pub(super) fn convert(cursor: &mut Cursor<'_>) -> Outcome {
    let unclear = || {
        Miss::unclear(
            "Say into what, as in \"convert to metric\", \"convert to US units\" or \"convert butter to grams\".",
        )
    };
    let mut ahead = *cursor;
    whole_recipe(&mut ahead);
    ahead.eat_any(&["the units", "units", "measurements", "all measurements"]);
    ahead.eat_any(&["to", "into", "in"]);
    if let Some(system) = system(&mut ahead) {
        *cursor = ahead;
        finish(cursor).map_err(|_| unclear())?;
        return one(Change::Convert(system));
    }
    if ahead.word_before() != ""
        && whole_recipe(&mut { *cursor })
        && amounts::unit(&mut { ahead }).is_some()
    {
        return Err(quantities::units_of_all());
    }
    let which = items::which(cursor, &["to", "into"])?.ok_or_else(unclear)?;
    if !cursor.eat_any(&["to", "into"]) {
        return Err(unclear());
    }
    let unit = amounts::unit(cursor).ok_or_else(unclear)?;
    finish(cursor).map_err(|_| unclear())?;
    if matches!(&which, Which::Named(name) if is_whole_recipe(name) || Unit::recognise(name).is_some())
    {
        return Err(quantities::units_of_all());
    }
    one(Change::ConvertIngredient { which, unit })
}

/// Moves over "it", "the recipe", "everything" and the like.
pub(super) fn whole_recipe(cursor: &mut Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    ahead.eat_any(&["all of", "all"]);
    ahead.eat_any(&["the whole", "the", "this"]);
    if is_whole_recipe(ahead.word()) {
        ahead.advance();
    } else if !matches!(cursor.word(), "this" | "all") || !(ahead.at_stop() || ahead.stands("by")) {
        return false;
    }
    *cursor = ahead;
    true
}

/// "metric", "US units", "imperial": the imperial cups and spoons of old books are not told apart from the US ones.
pub(super) fn system(cursor: &mut Cursor<'_>) -> Option<System> {
    cursor.eat("the");
    let system = if cursor.eat("metric") {
        System::Metric
    } else if cursor.eat_any(&["us customary", "us", "american", "imperial", "customary"]) {
        System::Us
    } else {
        return None;
    };
    cursor.eat_any(&["units", "unit", "measurements", "measures", "system"]);
    Some(system)
}

/// "metric please", "metric units".
pub(super) fn metric(cursor: &mut Cursor<'_>) -> Outcome {
    wanted(cursor, System::Metric)
}

/// "imperial please", "american units".
pub(super) fn imperial(cursor: &mut Cursor<'_>) -> Outcome {
    wanted(cursor, System::Us)
}

fn wanted(cursor: &mut Cursor<'_>, system: System) -> Outcome {
    let units = cursor.eat_any(&["units", "measures", "measurements"]);
    let please = cursor.stands("please");
    finish(cursor)?;
    if units || please {
        one(Change::Convert(system))
    } else {
        Err(Miss::Talk)
    }
}

/// After "in": "metric please", "US units".
pub(super) fn in_units(cursor: &mut Cursor<'_>) -> Outcome {
    let system = system(cursor).ok_or(Miss::Talk)?;
    let units = matches!(cursor.word_before(), "units" | "measures" | "measurements");
    let please = cursor.stands("please");
    finish(cursor)?;
    match units || please {
        true => one(Change::Convert(system)),
        false => Err(Miss::Talk),
    }
}

/// After "show" or "give": "it in metric", "me everything in US units".
pub(super) fn shown_in_units(cursor: &mut Cursor<'_>) -> Outcome {
    cursor.eat("me");
    let everything = [
        "it",
        "this",
        "everything",
        "all",
        "the recipe",
        "the amounts",
        "the ingredients",
    ];
    cursor.eat_any(&everything);
    if !cursor.eat("in") {
        return Err(Miss::Talk);
    }
    let system = system(cursor).ok_or(Miss::Talk)?;
    finish(cursor)?;
    one(Change::Convert(system))
}

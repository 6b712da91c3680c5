//! Commands about a part of what there is, or a difference to it: "half the milk", "1 more egg", "reduce sugar by 20%".

use super::cursor::Cursor;
use super::numbers;
use super::politeness::{self, finish};
use super::quantities::amount_or_other;
use super::{Miss, Outcome, one};
use super::{amounts, items, scaling};
use crate::recipe::change::{Change, Direction, Part, Scaling};
use crate::recipe::rational::Rational;

/// "half the", "3/4 of the", "20% of the": a part of what there is. Moves past "of the".
pub(super) fn fraction_of(cursor: &mut Cursor<'_>) -> Option<Rational> {
    let mut ahead = *cursor;
    ahead.eat_any(&["only", "just", "about"]);
    let part = match ahead.word().strip_suffix('%') {
        Some(percent) => {
            let part = Rational::new(percent.parse().ok()?, 100)?;
            ahead.advance();
            part
        }
        None => {
            let part = numbers::number(&mut ahead).ok()??;
            if ahead.word_before() == "of" || matches!(ahead.word_before(), "a" | "an") {
                return None;
            }
            part
        }
    };
    let of = ahead.eat_any(&["of the", "of our", "of my", "of"]) || ahead.eat("the");
    // "2 of the eggs" are no part.
    (of && part < Rational::ONE && !part.is_zero()).then(|| *cursor = ahead)?;
    Some(part)
}

/// What stands before an ingredient that is replaced: "half the", "1", "the 2 cups of".
pub(super) fn part(cursor: &mut Cursor<'_>) -> Result<Option<Part>, Miss> {
    if let Some(fraction) = fraction_of(cursor) {
        return Ok(Some(Part::Fraction(fraction)));
    }
    if cursor.eat_any(&[
        "some of the",
        "part of the",
        "some of",
        "the rest of the",
        "the rest of",
    ]) {
        return Err(Miss::unclear(
            "Say how much of it, as in \"replace half the milk with cream\" or \"replace 1 egg with 1 banana\".",
        ));
    }
    let start = *cursor;
    let measured = amounts::read(cursor)?;
    // "A" and "the" say nothing of how much.
    let counted = numbers::starts_with_number(start) || start.word() == "the";
    Ok(measured
        .map(|measured| measured.amount)
        .filter(|amount| counted && amount.quantity.bounds().is_some())
        .map(Part::Amount))
}

/// "half of the milk", "twice as much sugar", "1 tbsp less butter", "1 more egg", "20% less sugar": a difference to what
/// there is. `None`: it is about something else. `more` says whether "2 more eggs" is one too: to add them is something else.
pub(super) fn difference(cursor: &mut Cursor<'_>, more: bool) -> Option<Outcome> {
    const TIMES: [(&str, u32, u32); 12] = [
        ("half as much", 1, 2),
        ("half as many", 1, 2),
        ("twice as much", 2, 1),
        ("twice as many", 2, 1),
        ("double the amount of", 2, 1),
        ("half the amount of", 1, 2),
        ("three times as much", 3, 1),
        ("three times as many", 3, 1),
        ("twice the", 2, 1),
        ("double the", 2, 1),
        ("three times the", 3, 1),
        ("triple the", 3, 1),
    ];
    let mut ahead = *cursor;
    ahead.eat_any(&["only", "just"]);
    if let Some((_, times, parts)) = TIMES.iter().find(|(words, _, _)| ahead.eat(words)) {
        *cursor = ahead;
        return Some(multiplied(
            cursor,
            Rational::new((*times).into(), (*parts).into()),
        ));
    }
    if let Some(part) = fraction_of(&mut ahead) {
        // To add half of what is there is something else than to use half of it.
        if !more {
            return Some(Err(Miss::unclear(
                "Say how much to add, as in \"add 1 cup flour\", or what to make of it, as in \"use half the flour\".",
            )));
        }
        *cursor = ahead;
        return Some(multiplied(cursor, Some(part)));
    }
    if let Some(percent) = ahead
        .word()
        .strip_suffix('%')
        .and_then(|digits| digits.parse().ok())
    {
        ahead.advance();
        let direction = direction(&mut ahead)?;
        *cursor = ahead;
        let factor = Rational::new(percent, 100).and_then(|part| direction.part_of_one(part));
        return Some(multiplied(cursor, factor));
    }
    if let Some(outcome) = less_by_a_part(&mut ahead, more) {
        *cursor = ahead;
        return Some(outcome);
    }
    if matches!(ahead.word(), "less" | "fewer") {
        ahead.advance();
        return Some(without_number(&mut ahead, "less"));
    }
    let by = amounts::read(&mut ahead).ok()??.amount;
    by.quantity.bounds()?;
    let before = direction(&mut ahead);
    let which = items::which(&mut ahead, &["more", "less", "fewer"]).ok()??;
    let direction = before.or_else(|| direction(&mut ahead))?;
    if direction == Direction::More && !more {
        return None;
    }
    politeness::left_over(&mut ahead).ok()?;
    *cursor = ahead;
    Some(one(Change::AdjustAmount {
        which,
        by,
        direction,
    }))
}

/// "A third less sugar", "half more milk": by a part of what there is.
fn less_by_a_part(cursor: &mut Cursor<'_>, more: bool) -> Option<Outcome> {
    let mut ahead = *cursor;
    let part = numbers::number(&mut ahead).ok()??;
    // "Half an egg less" is no part of all eggs.
    let of_one = matches!(ahead.word_before(), "a" | "an");
    let direction = direction(&mut ahead)?;
    let measured = amounts::unit(&mut { ahead }).is_some();
    if part >= Rational::ONE || part.is_zero() || of_one || measured {
        return None;
    }
    if direction == Direction::More && !more {
        // "Add 1/2 more onion" is half an onion, "add half more flour" half of the flour.
        let in_words = !numbers::number_ahead(*cursor);
        return in_words.then(|| {
            Err(Miss::unclear(
                "Say how much to add, as in \"add 1 cup flour\", or by how much, as in \"increase flour by 50%\".",
            ))
        });
    }
    *cursor = ahead;
    Some(multiplied(cursor, direction.part_of_one(part)))
}

/// "Quarter it" is a part of the recipe, "quarter the onions" is work with a knife.
pub(super) fn quarter(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    if !ahead.eat("quarter") || ahead.word() == "of" {
        return None;
    }
    if !scaling::whole_recipe(&mut ahead) {
        return (ahead.word() == "the").then_some(Err(Miss::Talk));
    }
    politeness::finish(&mut ahead).ok()?;
    *cursor = ahead;
    Some(one(Change::Scale(Scaling::By(Rational::new(1, 4)?))))
}

/// After "make": "a third of it", "half of the recipe". `None`: it is about something else.
pub(super) fn part_of_all(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    let part = fraction_of(&mut ahead)?;
    if !scaling::whole_recipe(&mut ahead) {
        return None;
    }
    politeness::finish(&mut ahead).ok()?;
    *cursor = ahead;
    Some(one(Change::Scale(Scaling::By(part))))
}

/// "Another 50 g of sugar": as much more of what is there. Without a number it says not how much.
pub(super) fn another(cursor: &mut Cursor<'_>) -> Outcome {
    let start = *cursor;
    let by = amounts::read(cursor)?.ok_or(Miss::Talk)?.amount;
    let which = items::which(cursor, &[])
        .map_err(|_| Miss::Talk)?
        .ok_or(Miss::Talk)?;
    politeness::finish(cursor)?;
    if by.quantity.bounds().is_none() || (by.unit.is_none() && !numbers::starts_with_number(start))
    {
        return Err(Miss::Talk);
    }
    let direction = Direction::More;
    one(Change::AdjustAmount {
        which,
        by,
        direction,
    })
}

/// After "take", "knock" and the like: "20 g off the sugar".
pub(super) fn taken_off(cursor: &mut Cursor<'_>) -> Outcome {
    let by = amounts::read(cursor)?.ok_or(Miss::Talk)?.amount;
    if by.quantity.bounds().is_none() || !cursor.eat("off") {
        return Err(Miss::Talk);
    }
    let which = items::which(cursor, &[])?.ok_or(Miss::Talk)?;
    politeness::finish(cursor)?;
    let direction = Direction::Less;
    one(Change::AdjustAmount {
        which,
        by,
        direction,
    })
}

/// "Twice the eggs", "half as much butter".
pub(super) fn compared(cursor: &mut Cursor<'_>) -> Outcome {
    difference(cursor, true).unwrap_or(Err(Miss::Talk))
}

/// "Instead of 50", ", not 2": how much there was says nothing more. Moves past it.
pub(super) fn rather_than(cursor: &mut Cursor<'_>) {
    let mut ahead = *cursor;
    ahead.eat_mark(',');
    let told = ahead.eat_any(&["instead of", "rather than", "in place of", "and not", "not"]);
    ahead.eat_any(&["just", "only"]);
    if told && matches!(amounts::read(&mut ahead), Ok(Some(_))) && ahead.at_break() {
        *cursor = ahead;
    }
}

/// After "add": "100 g to the flour". `None`: it is about something else.
pub(super) fn added_to(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    let by = amounts::read(&mut ahead).ok()??.amount;
    by.quantity.bounds()?;
    if !ahead.eat("to")
        || numbers::starts_with_number(ahead)
        || matches!(ahead.word(), "taste" | "serve" | "it" | "this")
    {
        return None;
    }
    let which = items::which(&mut ahead, &[]).ok()??;
    politeness::finish(&mut ahead).ok()?;
    *cursor = ahead;
    let direction = Direction::More;
    Some(one(Change::AdjustAmount {
        which,
        by,
        direction,
    }))
}

fn direction(cursor: &mut Cursor<'_>) -> Option<Direction> {
    let direction = match cursor.word() {
        "more" => Direction::More,
        "less" | "fewer" => Direction::Less,
        _ => return None,
    };
    cursor.advance();
    Some(direction)
}

fn multiplied(cursor: &mut Cursor<'_>, factor: Option<Rational>) -> Outcome {
    let mut ahead = *cursor;
    if scaling::whole_recipe(&mut ahead) && politeness::finish(&mut ahead).is_ok() {
        *cursor = ahead;
        let factor = factor
            .filter(|factor| !factor.is_zero())
            .ok_or_else(Miss::too_big)?;
        return one(Change::Scale(Scaling::By(factor)));
    }
    let which = items::which(cursor, &[])?.ok_or(Miss::Talk)?;
    politeness::left_over(cursor)?;
    let factor = factor
        .filter(|factor| !factor.is_zero())
        .ok_or_else(Miss::too_big)?;
    one(Change::MultiplyAmount { which, factor })
}

/// After "increase", "reduce" and the like: "to 3 cups", "by 1 cup", "by half", "by 20%".
pub(super) fn adjust(cursor: &mut Cursor<'_>, direction: Direction) -> Outcome {
    let unclear = || {
        Miss::unclear(
            "Say by how much or to what, as in \"reduce sugar by 50 g\" or \"reduce sugar to 1 cup\".",
        )
    };
    let ends = [
        "from", "to", "by", "up to", "up by", "down to", "down by", "a bit", "a little", "slightly",
    ];
    let which = items::which(cursor, &ends)?.ok_or(Miss::Talk)?;
    cursor.eat_any(&["up", "down"]);
    if cursor.eat("to") {
        // "Reduce the sauce to a syrup" is no amount.
        let measured = amounts::read(&mut { *cursor })?.is_some_and(|m| m.amount.unit.is_some());
        return match measured || numbers::starts_with_number(*cursor) {
            true => amount_or_other(cursor, which).map_err(|_| unclear()),
            false => Err(unclear()),
        };
    }
    if cursor.eat_any(&["a bit", "a little", "slightly"]) {
        return Err(unclear());
    }
    if !cursor.eat("by") {
        return Err(match cursor.at_join() && direction_of_each(*cursor) {
            true => Miss::unclear(
                "Write one change for each, as in \"increase flour by 10%; increase sugar by 10%\".",
            ),
            false => Miss::Talk,
        });
    }
    if let Some(part) = part_of_it(cursor) {
        finish(cursor).map_err(|_| unclear())?;
        let factor = direction.part_of_one(part).ok_or_else(unclear)?;
        return one(Change::MultiplyAmount { which, factor });
    }
    let by = amounts::read(cursor)?.ok_or_else(unclear)?.amount;
    finish(cursor).map_err(|_| unclear())?;
    one(Change::AdjustAmount {
        which,
        by,
        direction,
    })
}

/// Whether "by" follows in the clause.
fn direction_of_each(mut cursor: Cursor<'_>) -> bool {
    while !cursor.at_stop() {
        if cursor.word() == "by" {
            return true;
        }
        cursor.advance();
    }
    false
}

/// After "more": "garlic please".
pub(super) fn more(cursor: &mut Cursor<'_>) -> Outcome {
    without_number(cursor, "more")
}

/// After "less": "sugar".
pub(super) fn less(cursor: &mut Cursor<'_>) -> Outcome {
    without_number(cursor, "less")
}

/// "More garlic please", "less sugar": clear but for how much.
fn without_number(cursor: &mut Cursor<'_>, verb: &str) -> Outcome {
    let start = *cursor;
    while !cursor.at_break() {
        cursor.advance();
    }
    let name = politeness::without_after(*cursor, start).text_since(start);
    let mut words = name.split(' ').filter(|word| !word.is_empty());
    let is_talk = |word: &str| {
        matches!(
            word,
            "is" | "of" | "than" | "like" | "to" | "or" | "for" | "the" | "people" | "please"
        )
    };
    let names_one = words.clone().count() <= 2 && !name.is_empty() && !words.any(is_talk);
    if !names_one || !cursor.at_stop() || cursor.mark() == Some('?') {
        return Err(Miss::Talk);
    }
    Err(Miss::Unclear(match verb {
        "less" => format!("Say how much less, as in \"reduce {name} by half\"."),
        _ => format!("Say how much more, as in \"increase {name} by 50%\"."),
    }))
}

/// "half", "a third", "20%" of what is there.
pub(super) fn part_of_it(cursor: &mut Cursor<'_>) -> Option<Rational> {
    if let Some(percent) = cursor.word().strip_suffix('%') {
        let part = Rational::new(percent.parse().ok()?, 100)?;
        cursor.advance();
        return Some(part);
    }
    let mut ahead = *cursor;
    let part = numbers::number(&mut ahead).ok()??;
    let is_part = part < Rational::ONE && ahead.at_break();
    is_part.then(|| *cursor = ahead)?;
    Some(part)
}

//! Reads amounts: "1 ½ cups of", "a dozen", "half a", "2-3 cloves", "2 x 400 g cans", "a few".

use super::cursor::Cursor;
use super::lexer::{self, Kind};
use super::outcome::Miss;
use crate::recipe::quantity::{Amount, Quantity, Vague};
use crate::recipe::rational::Rational;
use crate::recipe::unit::Unit;

/// An amount, and what was said about it that belongs into the note ("heaped", the size of a can).
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) amount: Amount,
    pub(super) note: Option<String>,
}

/// The amount here, if there is one; moves past it and past "of the".
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Measured>, Miss> {
    let start = *cursor;
    while cursor.eat_any(&[
        "about",
        "around",
        "approximately",
        "approx",
        "roughly",
        "up to",
        "the",
    ]) || cursor.eat_mark('~')
    {
        if cursor.word_before() == "approx" {
            cursor.eat_mark('.');
        }
    }
    let Some(quantity) = quantity(cursor)? else {
        *cursor = start;
        return Ok(None);
    };
    let mut note = size_before_container(cursor);
    if note.is_none() {
        note = qualifier(cursor);
    }
    if note.is_none() {
        skip_times(cursor);
    }
    let unit = unit(cursor);
    let quantity = and_a_half(cursor, quantity);
    let quantity = and_ounces(cursor, quantity, unit.as_ref());
    let note = note.or_else(|| in_other_units(cursor));
    let mut ahead = *cursor;
    if ahead.eat("of") && !ahead.at_break() {
        *cursor = ahead;
    }
    cursor.eat_any(&["the", "your"]);
    let amount = Amount::of(quantity, unit);
    Ok(Some(Measured { amount, note }))
}

/// An amount with a unit that stands alone: "2 tsp".
pub(super) fn alone(text: &str) -> Option<Amount> {
    let tokens = lexer::tokens(text);
    let mut cursor = Cursor::new(text, &tokens);
    let measured = read(&mut cursor).ok()??;
    let alone = cursor.is_done() && measured.note.is_none() && measured.amount.unit.is_some();
    alone.then_some(measured.amount)
}

/// Whether an amount that begins a new item stands here; "a" and "an" count.
pub(super) fn starts(mut cursor: Cursor<'_>) -> bool {
    cursor.eat_any(&["about", "around"]);
    if let Some(token) = cursor.token()
        && matches!(token.kind, Kind::Number(_) | Kind::TooBig)
    {
        return true;
    }
    let articled = matches!(cursor.word(), "a" | "an") && !cursor.word_ahead(1).is_empty();
    articled || vague(&mut { cursor }).is_some() || counted_word(&mut { cursor }).is_some()
}

/// Whether digits or a number word stand here; not "a" or "some".
pub(super) fn starts_with_number(cursor: Cursor<'_>) -> bool {
    cursor
        .token()
        .is_some_and(|token| matches!(token.kind, Kind::Number(_) | Kind::TooBig))
        || counted_word(&mut { cursor }).is_some()
}

/// A whole number of people, steps and the like, in digits or in words.
pub(super) fn whole(cursor: &mut Cursor<'_>) -> Result<Option<u64>, Miss> {
    let mut ahead = *cursor;
    let Some(number) = number(&mut ahead)? else {
        return Ok(None);
    };
    let whole = number.as_whole();
    if whole.is_some() {
        *cursor = ahead;
    }
    Ok(whole)
}

/// One number: "2", "1 1/2", "one and a half", "half a", "a dozen".
pub(super) fn number(cursor: &mut Cursor<'_>) -> Result<Option<Rational>, Miss> {
    let Some(token) = cursor.token() else {
        return Ok(None);
    };
    let read = match token.kind {
        Kind::TooBig => return Err(Miss::too_big()),
        Kind::Number(number) => {
            cursor.advance();
            Some(digits_and_fraction(cursor, number)?)
        }
        Kind::Word => number_in_words(cursor),
        Kind::Quoted | Kind::Mark(_) => None,
    };
    let Some(number) = read else { return Ok(None) };
    if number < Rational::ONE {
        cursor.eat_any(&["of an", "of a", "an", "a"]);
    }
    if cursor.eat_any(&["dozens", "dozen"]) {
        return number
            .times(Rational::whole(12))
            .map(Some)
            .ok_or_else(Miss::too_big);
    }
    Ok(Some(number))
}

fn quantity(cursor: &mut Cursor<'_>) -> Result<Option<Quantity>, Miss> {
    if let Some(vague) = vague(cursor) {
        return Ok(Some(Quantity::Vaguely(vague)));
    }
    let between = cursor.eat("between");
    // "a 400 g can": the article says nothing that the number does not.
    let article = matches!(cursor.word(), "a" | "an");
    let mut after_article = *cursor;
    after_article.advance();
    if article && number_ahead(after_article) && !has_size(after_article) {
        *cursor = after_article;
    }
    let Some(low) = number(cursor)? else {
        return Ok(None);
    };
    let mut ahead = *cursor;
    let range = ahead.eat_mark('-')
        || ahead.eat_mark('–')
        || ahead.eat_mark('—')
        || ahead.eat_any(&["to", "or"])
        || (between && ahead.eat("and"));
    if range
        && starts_with_number(ahead)
        && let Some(high) = number(&mut ahead)?
    {
        *cursor = ahead;
        // "3-2" is read as the cook must have meant it.
        let ordered = Quantity::between(low.min(high), low.max(high));
        return Ok(Some(ordered.unwrap_or(Quantity::Exactly(low))));
    }
    Ok(Some(Quantity::Exactly(low)))
}

pub(super) fn number_ahead(cursor: Cursor<'_>) -> bool {
    cursor
        .token()
        .is_some_and(|token| matches!(token.kind, Kind::Number(_)))
}

fn digits_and_fraction(cursor: &mut Cursor<'_>, number: Rational) -> Result<Rational, Miss> {
    if number.as_whole().is_none() {
        return Ok(number);
    }
    let mut ahead = *cursor;
    // "1 1/2", "1½", "1 and 1/2", and "1-1/2", which can't be a range since it falls.
    let joined =
        ahead.eat("and") || ahead.eat_mark('&') || (!number.is_zero() && ahead.eat_mark('-'));
    if let Some(token) = ahead.token()
        && let Kind::Number(fraction) = token.kind
        && fraction < Rational::ONE
        && !fraction.is_zero()
    {
        ahead.advance();
        *cursor = ahead;
        return number.plus(fraction).ok_or_else(Miss::too_big);
    }
    if joined && ahead.eat_any(&["a half", "half"]) && ahead.word() != "and" {
        *cursor = ahead;
        cursor.eat_any(&["an", "a"]);
        return Rational::new(1, 2)
            .and_then(|half| number.plus(half))
            .ok_or_else(Miss::too_big);
    }
    Ok(number)
}

const HALVES: [(&str, u128, u128); 8] = [
    ("a half", 1, 2),
    ("half", 1, 2),
    ("three quarters", 3, 4),
    ("a quarter", 1, 4),
    ("quarter", 1, 4),
    ("two thirds", 2, 3),
    ("a third", 1, 3),
    ("one third", 1, 3),
];

const COUNTS: [(&str, u32); 18] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("sixteen", 16),
    ("twenty", 20),
    ("a couple of", 2),
    ("a couple", 2),
    ("a dozen", 12),
    ("dozen", 12),
];

fn counted_word(cursor: &mut Cursor<'_>) -> Option<Rational> {
    if cursor.word() == "half" && cursor.word_ahead(1) == "and" && cursor.word_ahead(2) == "half" {
        return None;
    }
    let fraction = HALVES.iter().find(|(words, _, _)| cursor.eat(words));
    if let Some((_, numerator, denominator)) = fraction {
        return Rational::new(*numerator, *denominator);
    }
    let (_, count) = COUNTS.iter().find(|(words, _)| cursor.eat(words))?;
    Some(Rational::whole(*count))
}

fn number_in_words(cursor: &mut Cursor<'_>) -> Option<Rational> {
    let Some(number) = counted_word(cursor) else {
        return cursor
            .eat_any(&["another", "an", "a"])
            .then_some(Rational::ONE);
    };
    let mut ahead = *cursor;
    if number.as_whole().is_some() && ahead.eat("and a half") {
        *cursor = ahead;
        return number.plus(Rational::new(1, 2)?);
    }
    Some(number)
}

fn vague(cursor: &mut Cursor<'_>) -> Option<Vague> {
    const PHRASES: [(&str, Vague); 10] = [
        ("a few", Vague::AFew),
        ("a little bit", Vague::ALittle),
        ("a little", Vague::ALittle),
        ("a bit", Vague::ALittle),
        ("some more", Vague::Some),
        ("some", Vague::Some),
        ("several", Vague::Several),
        ("plenty", Vague::Plenty),
        ("a lot", Vague::Plenty),
        ("lots", Vague::Plenty),
    ];
    PHRASES
        .iter()
        .find(|(words, _)| cursor.eat(words))
        .map(|(_, vague)| *vague)
}

/// "a cup and a half of milk".
fn and_a_half(cursor: &mut Cursor<'_>, quantity: Quantity) -> Quantity {
    let mut ahead = *cursor;
    let Quantity::Exactly(number) = quantity else {
        return quantity;
    };
    if number.as_whole().is_some()
        && ahead.eat("and a half")
        && (ahead.word() == "of" || ahead.at_break())
        && let Some(more) = Rational::new(1, 2).and_then(|half| number.plus(half))
    {
        *cursor = ahead;
        return Quantity::Exactly(more);
    }
    quantity
}

/// "1 lb 4 oz" is one amount.
fn and_ounces(cursor: &mut Cursor<'_>, quantity: Quantity, pounds: Option<&Unit>) -> Quantity {
    let added = |cursor: &mut Cursor<'_>| {
        let Quantity::Exactly(number) = quantity else {
            return None;
        };
        let (ounces, ounce) = size(cursor)?;
        let is_ounce = pounds?.name() == "lb" && ounce.name() == "oz";
        let more = ounces.times(ounce.ratio_to(pounds?)?)?;
        is_ounce.then_some(Quantity::Exactly(number.plus(more)?))
    };
    let mut ahead = *cursor;
    match added(&mut ahead) {
        Some(sum) => {
            *cursor = ahead;
            sum
        }
        None => quantity,
    }
}

/// "250 ml/1 cup buttermilk": the second way to say it goes into the note.
fn in_other_units(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut ahead = *cursor;
    if !ahead.eat_mark('/') {
        return None;
    }
    let (number, unit) = size(&mut ahead)?;
    *cursor = ahead;
    Some(Amount::of(Quantity::Exactly(number), Some(unit)).in_words())
}

/// "3x eggs": the sign says nothing that the number does not.
fn skip_times(cursor: &mut Cursor<'_>) {
    let mut ahead = *cursor;
    let times = ahead.eat("x") || ahead.eat_mark('×');
    if times && !ahead.word().is_empty() {
        *cursor = ahead;
    }
}

/// The unit here, when it is one. "fl oz" is two words.
pub(super) fn unit(cursor: &mut Cursor<'_>) -> Option<Unit> {
    let mut ahead = *cursor;
    if ahead.eat_any(&["fl", "fluid"]) {
        ahead.eat_mark('.');
        if ahead.eat_any(&["oz", "ounces", "ounce"]) {
            *cursor = ahead;
            return Unit::recognise("fl oz");
        }
        return None;
    }
    let token = cursor.token().filter(|token| token.kind == Kind::Word)?;
    // "1 c flour" is a cup, "180 C" is not.
    let short_cup = token.text == "c" && !cursor.word_ahead(1).is_empty();
    let unit = Unit::recognise(if short_cup { "cup" } else { token.text })?;
    cursor.advance();
    Some(unit)
}

/// "heaped tbsp": how full the spoon is goes into the note.
fn qualifier(cursor: &mut Cursor<'_>) -> Option<String> {
    const QUALIFIERS: [&str; 13] = [
        "heaped", "heaping", "level", "rounded", "scant", "generous", "packed", "large", "small",
        "big", "medium", "good", "full",
    ];
    let mut ahead = *cursor;
    let word = ahead.word();
    if !QUALIFIERS.contains(&word) {
        return None;
    }
    ahead.advance();
    unit(&mut { ahead })?;
    *cursor = ahead;
    (!matches!(word, "good" | "full" | "level")).then(|| word.to_owned())
}

fn has_size(cursor: Cursor<'_>) -> bool {
    size_before_container(&mut { cursor }).is_some()
}

/// "2 x 400 g cans", "2 (14 oz) cans", "a 400 g can": the size goes into the note, the container is the unit.
fn size_before_container(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut ahead = *cursor;
    let times = ahead.eat("x") || ahead.eat_mark('×');
    let in_brackets = !times && ahead.eat_mark('(');
    let (size, size_unit) = size(&mut ahead)?;
    if in_brackets && !ahead.eat_mark(')') {
        return None;
    }
    unit(&mut { ahead }).filter(Unit::is_container)?;
    *cursor = ahead;
    Some(Amount::of(Quantity::Exactly(size), Some(size_unit)).in_words())
}

/// "400 g", "400g", "14-ounce".
fn size(cursor: &mut Cursor<'_>) -> Option<(Rational, Unit)> {
    if let Some((digits, word)) = cursor.word().split_once('-') {
        let size = Rational::new(digits.parse().ok()?, 1)?;
        let unit = Unit::recognise(word)?;
        cursor.advance();
        return Some((size, unit));
    }
    let size = if number_ahead(*cursor) {
        number(cursor).ok()??
    } else {
        return None;
    };
    let unit = unit(cursor).filter(|unit| !unit.is_container())?;
    Some((size, unit))
}

/// "to taste" and "as needed", which stand behind the name.
pub(super) fn vague_after_name(cursor: &mut Cursor<'_>) -> Option<Vague> {
    const PHRASES: [(&str, Vague); 3] = [
        ("to taste", Vague::ToTaste),
        ("as needed", Vague::AsNeeded),
        ("as required", Vague::AsNeeded),
    ];
    PHRASES
        .iter()
        .find(|(words, _)| cursor.eat(words))
        .map(|(_, vague)| *vague)
}

//! Reads numbers: "2", "1 ½", "one and a half", "a dozen", "half a". What they count is for `amounts`.

use super::Miss;
use super::cursor::Cursor;
use super::lexer::Kind;
use crate::recipe::rational::Rational;

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

pub(super) fn number_ahead(cursor: Cursor<'_>) -> bool {
    cursor
        .token()
        .is_some_and(|token| matches!(token.kind, Kind::Number(_)))
}

/// Whether digits or a number word stand here; not "a" or "some".
pub(super) fn starts_with_number(cursor: Cursor<'_>) -> bool {
    cursor
        .token()
        .is_some_and(|token| matches!(token.kind, Kind::Number(_) | Kind::TooBig))
        || counted_word(&mut { cursor }).is_some()
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

const COUNTS: [(&str, u32); 33] = [
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty-five", 25),
    ("twenty five", 25),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
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

pub(super) fn counted_word(cursor: &mut Cursor<'_>) -> Option<Rational> {
    if cursor.word() == "half" && cursor.word_ahead(1) == "and" && cursor.word_ahead(2) == "half" {
        return None;
    }
    let fraction = HALVES.iter().find(|(words, _, _)| cursor.eat(words));
    if let Some((_, numerator, denominator)) = fraction {
        return Rational::new(*numerator, *denominator);
    }
    let mut ahead = *cursor;
    let count = match COUNTS.iter().find(|(words, _)| ahead.eat(words)) {
        Some((_, count)) => *count,
        None if ahead.eat("a") && ahead.word() == "hundred" => 1,
        None => return None,
    };
    *cursor = ahead;
    Some(Rational::whole(match cursor.eat("hundred") {
        true => 100 * count + tens_and_ones(cursor),
        false => count,
    }))
}

/// Behind a hundred: "and fifty".
fn tens_and_ones(cursor: &mut Cursor<'_>) -> u32 {
    let mut ahead = *cursor;
    ahead.eat("and");
    let number = COUNTS.iter().find(|(words, _)| ahead.eat(words));
    match number {
        Some((words, number)) if !words.contains("dozen") && !words.contains("couple") => {
            *cursor = ahead;
            *number
        }
        _ => 0,
    }
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

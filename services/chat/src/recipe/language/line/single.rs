//! Whether what follows "add" is one ingredient, to be read as a line of a list is.

use super::start::{amount_before, part_of};
use super::wording::{only_how, says_how};
use crate::recipe::language::cursor::Cursor;
use crate::recipe::language::names::{ends_note, is_a_part, keeps_together};
use crate::recipe::language::{amounts, numbers, verbs};

/// Whether the rest of the clause is a single ingredient that begins with an amount: no "and", "+" or comma in it leads to
/// another one.
/// Gives the end of it.
pub(in super::super) fn single(start: Cursor<'_>) -> Option<Cursor<'_>> {
    let mut cursor = start;
    let amount = part_of(&mut cursor).is_some() || amount_before(&mut cursor).is_some();
    if !amount && !amount_behind_name(cursor) {
        return None;
    }
    if matches!(cursor.word(), "more" | "each" | "extra" | "less" | "fewer") || cursor.is_quoted() {
        return None;
    }
    another_way_to_say_it(&mut cursor);
    let name = cursor;
    let (mut depth, mut in_note, mut choice) = (0_usize, false, false);
    while !cursor.is_done() && (depth > 0 || !cursor.at_stop()) {
        let mut after = cursor;
        after.advance();
        match cursor.mark() {
            Some('(') => depth += 1,
            Some(')') => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            Some('+') if is_more_of_it(after) => {}
            Some('+') => return None,
            Some(',') => {
                let after = cursor.behind_joins();
                choice = choice || begins_a_choice(cursor);
                let another =
                    amounts::starts(after) && !choice && !is_the_same_in_other_words(after);
                if verbs::begin_here(after) || after.at_stop() || another {
                    return None;
                }
                in_note = true;
            }
            _ if cursor.word() == "then" => return None,
            _ if cursor.at_join() => {
                let single = !verbs::begin_here(after)
                    && !after.at_stop()
                    && match in_note {
                        true => !ends_note(cursor),
                        false => {
                            keeps_together(cursor)
                                || matches!(after.word(), "their" | "its")
                                || (says_how(after.word())
                                    && (only_how(name, cursor) || says_how(cursor.word_before())))
                                || (after.word() == "cut" && says_how(cursor.word_before()))
                        }
                    };
                if !single {
                    return None;
                }
            }
            _ => {}
        }
        cursor.advance();
    }
    Some(cursor)
}

/// "1 cup; 240 ml water": a semicolon that ends no clause.
fn another_way_to_say_it(cursor: &mut Cursor<'_>) {
    let mut after = *cursor;
    if after.eat_mark(';')
        && numbers::number_ahead(after)
        && let Ok(Some(measured)) = amounts::read(&mut after)
        && measured
            .amount
            .unit
            .is_some_and(|unit| unit.size().is_some())
        && after.is_said()
    {
        *cursor = after;
    }
}

/// "½ cup + 2 tablespoons" with nothing behind it, or "1 tbsp chopped leaves": no other ingredient.
fn is_more_of_it(mut after: Cursor<'_>) -> bool {
    let measured = amounts::read(&mut after).ok().flatten();
    if says_how(after.word()) {
        after.advance();
    }
    if is_a_part(after.word()) {
        after.advance();
    }
    measured.is_some_and(|measured| measured.amount.unit.is_some()) && after.at_stop()
}

/// ", two large handfuls or …": an amount with a unit and without a name says once more how much.
fn is_the_same_in_other_words(mut after: Cursor<'_>) -> bool {
    let measured = amounts::read(&mut after).ok().flatten();
    measured.is_some_and(|measured| measured.amount.unit.is_some())
        && (after.at_stop() || after.word() == "or")
}

/// "1 beetroot, 1 turnip, or 2 parsnips": whether the items behind the comma are what may stand in its place.
fn begins_a_choice(comma: Cursor<'_>) -> bool {
    const FURTHEST: usize = 24;
    let mut ahead = comma;
    for _ in 0..FURTHEST {
        if ahead.is_done() || ahead.at_stop() || ahead.word() == "and" {
            return false;
        }
        if ahead.mark() == Some(',') && ahead.word_ahead(1) == "or" {
            return true;
        }
        ahead.advance();
    }
    false
}

/// "butter (2 sticks), melted", "cream — 150 g": whether the amount stands right behind a short name.
fn amount_behind_name(mut cursor: Cursor<'_>) -> bool {
    const MOST_WORDS: usize = 5;
    if verbs::begin_here(cursor) {
        return false;
    }
    for _ in 0..MOST_WORDS {
        if cursor.is_done() || cursor.at_break() || cursor.mark().is_some() {
            return false;
        }
        cursor.advance();
        let in_brackets = cursor.mark() == Some('(');
        if in_brackets || matches!(cursor.mark(), Some('—' | '–')) {
            cursor.advance();
            let measured = amounts::read(&mut cursor).ok().flatten();
            return measured.is_some_and(|measured| measured.amount.unit.is_some())
                && (!in_brackets || cursor.mark() == Some(')'));
        }
    }
    false
}

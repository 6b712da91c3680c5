//! Reads what is said about an ingredient: "(sifted)" and ", finely chopped".

use super::cursor::Cursor;
use super::joining::{Joined, ends_note, joined};
use super::politeness;
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Quantity, Vague};

/// ", sifted" or "(sifted)" behind an amount.
pub(super) fn trailing_notes(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut notes = Vec::new();
    while cursor.mark() == Some('(')
        || (cursor.mark() == Some(',') && matches!(joined(*cursor, true), Joined::Note))
    {
        if cursor.mark() == Some('(') {
            bracketed(cursor, &mut notes);
        } else {
            cursor.advance();
            note(cursor, &mut notes, &mut None);
        }
    }
    (!notes.is_empty()).then(|| notes.join(", "))
}

/// What follows a comma and is no other ingredient.
pub(super) fn note(cursor: &mut Cursor<'_>, notes: &mut Vec<String>, amount: &mut Option<Amount>) {
    for (words, vague) in [("to taste", Vague::ToTaste), ("as needed", Vague::AsNeeded)] {
        let mut ahead = *cursor;
        if ahead.eat(words) && ahead.at_break() {
            *cursor = ahead;
            return take_vague(vague, notes, amount);
        }
    }
    let start = *cursor;
    while !(cursor.at_stop() || cursor.at_join() && ends_note(*cursor)) {
        cursor.advance();
    }
    push_note(
        politeness::without_after(*cursor, start).text_since(start),
        notes,
    );
}

/// "(sifted)"; without a closing bracket, all up to the end of the clause.
pub(super) fn bracketed(cursor: &mut Cursor<'_>, notes: &mut Vec<String>) {
    cursor.advance();
    let start = *cursor;
    while !cursor.is_done() && cursor.mark() != Some(')') {
        cursor.advance();
    }
    push_note(cursor.text_since(start), notes);
    cursor.advance();
}

pub(super) fn push_note(text: &str, notes: &mut Vec<String>) {
    let text = naming::one_line(text.trim_matches([' ', ',']));
    if !text.is_empty() {
        notes.push(text);
    }
}

pub(super) fn take_vague(vague: Vague, notes: &mut Vec<String>, amount: &mut Option<Amount>) {
    if amount.is_none() {
        *amount = Some(Amount::of(Quantity::Vaguely(vague), None));
    } else {
        notes.push(vague.words().to_owned());
    }
}

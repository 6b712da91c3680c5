//! Reads one line of an ingredient list: "2 cups flour, sifted", "Salt – 14 g", "juice of 2 limes".
//!
//! Unlike a clause it is one ingredient: a comma begins a note, brackets hold one, and no word is lost.

mod single;
mod start;
mod wording;

pub(super) use self::single::single;
use self::start::{amount_before, more_amounts, part_of};
use self::wording::{begins_a_note, name_goes_on};
use super::amounts;
use super::cursor::Cursor;
use super::items::give_back_a_unit;
use super::names::{name_since, named, push_note};
use super::{lexer, numbers};
use crate::recipe::change::NewIngredient;
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Quantity, Vague};
use crate::recipe::unit::{Measure, Unit};

/// What stands before a line in a list, and is no part of it.
pub(super) const BULLETS: &[char] = &[
    '-', '–', '—', '•', '*', '·', '◦', '‣', '▢', '□', '☐', '▪', '●', '○', '✓', '✔', '.', ',', ';',
    ':', '|', '+', '~', '_', ')', ']', '\u{a0}', '\u{200b}', '\u{feff}', ' ',
];

/// One line of a list; bullets before it are passed over.
pub(super) fn line(line: &str) -> NewIngredient {
    let text = plain(line);
    let text = text.as_str();
    let tokens = lexer::tokens(text);
    let mut cursor = Cursor::new(text, &tokens);
    let read = read(&mut cursor);
    let nothing = read
        .amount
        .as_ref()
        .and_then(|amount| amount.quantity.bounds());
    if read.name.is_empty() || nothing.is_some_and(|(low, _)| low.is_zero()) {
        // "0 as required salt" says no amount.
        return NewIngredient {
            name: naming::one_line(line),
            amount: None,
            note: None,
        };
    }
    read
}

/// Without bullets, without brackets around the whole of it, and with round brackets for all others.
fn plain(line: &str) -> String {
    let text = line.trim_start_matches(BULLETS).trim();
    let text: String = text
        .chars()
        .map(|letter| match letter {
            '[' | '{' => '(',
            ']' | '}' => ')',
            other => other,
        })
        .collect();
    // "4½- to 5½-pound"
    let text = text.replace("- to ", " to ").replace("- or ", " or ");
    let text = match text
        .find("½-")
        .or_else(|| text.find("¼-"))
        .or_else(|| text.find("¾-"))
    {
        Some(at) if text[..at].contains(" to ") && at < 16 => text.replacen('-', " ", 1),
        _ => text,
    };
    let inside = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'));
    match inside.filter(|inside| !inside.contains(['(', ')'])) {
        Some(inside) => inside.trim().to_owned(),
        None => text,
    }
}

/// One ingredient up to the end of what the cursor sees.
pub(super) fn read(cursor: &mut Cursor<'_>) -> NewIngredient {
    let mut notes = Vec::new();
    let mut amount = None;
    if let Some((part, of_whole)) = part_of(cursor) {
        notes.push(part);
        amount = Some(of_whole);
    } else if let Some(measured) = amount_before(cursor) {
        notes.extend(measured.note);
        amount = Some(measured.amount);
        more_amounts(cursor, &mut notes);
        if let Some(amount) = amount.as_mut().filter(|amount| amount.unit.is_none()) {
            // "4 (1-inch) slices"
            amount.unit = amounts::unit(cursor);
            cursor.eat("of");
        }
    }
    if cursor.is_done() {
        give_back_a_unit(cursor, &mut amount);
    }
    let mut name = String::new();
    let mut start = *cursor;
    let mut end = *cursor;
    while !cursor.is_done() {
        match cursor.mark() {
            Some('(') if is_another_word(start, *cursor) => cursor.advance(),
            Some('(') => {
                join(&mut name, &piece(start, *cursor, &mut notes, &mut amount));
                push_note(bracket(cursor), &mut notes);
                start = *cursor;
            }
            Some(',' | ';') if !name_goes_on(start, *cursor, &name) => {
                end = *cursor;
                break;
            }
            _ if begins_a_note(*cursor, start) => {
                end = *cursor;
                break;
            }
            _ => cursor.advance(),
        }
        end = *cursor;
    }
    join(&mut name, &piece(start, end, &mut notes, &mut amount));
    if name.is_empty() {
        // Only brackets or a comma before it: what follows is the name.
        cursor.eat_mark(',');
        name = naming::one_line(cursor.take_rest());
    } else {
        while [',', ';', '-', '–', '—']
            .iter()
            .any(|mark| cursor.eat_mark(*mark))
        {}
        push_note(cursor.take_rest(), &mut notes);
    }
    amount_in_note(&mut amount, &mut notes);
    unit_behind(&mut name, &mut amount);
    let note = (!notes.is_empty()).then(|| notes.join(", "));
    NewIngredient { name, amount, note }
}

/// "purple (red) cabbage": one word in brackets inside a name is part of it, unless it says how the ingredient is done.
fn is_another_word(start: Cursor<'_>, bracket: Cursor<'_>) -> bool {
    let mut after = bracket;
    after.advance();
    let word = after.word();
    let is_name = word.len() > 2
        && word.chars().all(char::is_alphabetic)
        && !(word.len() > 3 && word.ends_with("ed"))
        && word != "optional";
    after.advance();
    bracket.position() > start.position()
        && is_name
        && after.eat_mark(')')
        && !after.is_done()
        && after.is_said()
        && !after.at_join()
        && !begins_a_note(after, start)
}

fn join(name: &mut String, more: &str) {
    if !(name.is_empty() || more.is_empty()) {
        name.push(' ');
    }
    name.push_str(more);
}

/// A piece of the name; an amount that stands behind it ("Salt – 14 g") goes out of it.
fn piece(
    start: Cursor<'_>,
    end: Cursor<'_>,
    notes: &mut Vec<String>,
    amount: &mut Option<Amount>,
) -> String {
    let mut at = start;
    while at.position() < end.position() {
        let mut after = at;
        let about = after.eat_any(&["about", "approx", "approximately", "around", "circa", "ca"]);
        if at.position() > start.position()
            && (about || numbers::number_ahead(at))
            && let Ok(Some(measured)) = amounts::read(&mut after)
            && measured.amount.unit.is_some()
        {
            let behind = after.position() >= end.position();
            let before = name_since(start, at.without_trailing_marks(start));
            if !behind && !matches!(after.mark(), Some('|' | '/' | ';' | '-' | '–' | '—')) {
                at.advance();
                continue;
            }
            if before.is_empty() {
                break;
            }
            if amount.is_none() {
                *amount = Some(measured.amount);
                notes.extend(measured.note);
            } else {
                push_note(end.text_since(at), notes);
                return before;
            }
            while !after.is_done() && after.position() < end.position() && !after.is_said() {
                after.advance();
            }
            push_note(end.text_since(after), notes);
            return before;
        }
        at.advance();
    }
    let name = named(start, end, notes, amount);
    name.trim_matches(|c: char| matches!(c, '-' | '–' | '—' | ':' | '|' | '.' | ' ' | '*'))
        .to_owned()
}

/// What is inside the bracket here, with the brackets in it; without a closing one, all that follows.
fn bracket<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    let mut depth = 0_usize;
    while cursor.mark() == Some('(') {
        depth += 1;
        cursor.advance();
    }
    let start = *cursor;
    let mut end = *cursor;
    while !cursor.is_done() && depth > 0 {
        match cursor.mark() {
            Some('(') => depth += 1,
            Some(')') => depth -= 1,
            _ => {}
        }
        end = *cursor;
        cursor.advance();
    }
    if depth > 0 {
        end = *cursor;
    }
    end.text_since(start)
}

/// "flour (2 cups)", "butter (2 sticks), melted": the amount stands in the first note.
fn amount_in_note(amount: &mut Option<Amount>, notes: &mut Vec<String>) {
    let vague = amount
        .as_ref()
        .is_none_or(|amount| matches!(amount.quantity, Quantity::Vaguely(Vague::Some)));
    if vague
        && let Some(first) = notes.first()
        && let Some(alone) = amounts::alone(first)
    {
        *amount = Some(alone);
        notes.remove(0);
    }
}

/// "2 garlic cloves": the clove is the unit, and garlic what it is one of.
fn unit_behind(name: &mut String, amount: &mut Option<Amount>) {
    const BEHIND: &[&str] = &[
        "clove", "cloves", "stalk", "stalks", "bulb", "bulbs", "sprig", "sprigs",
    ];
    let Some(counted) = amount
        .as_mut()
        .filter(|amount| amount.unit.is_none() && amount.quantity.bounds().is_some())
    else {
        return;
    };
    if let Some((before, last)) = name.rsplit_once(' ')
        && BEHIND.contains(&last.to_lowercase().as_str())
        && before.split(' ').count() <= 3
        && let Some(unit) = Unit::recognise(last).filter(|unit| unit.measure() == Measure::Count)
    {
        counted.unit = Some(unit);
        *name = before.to_owned();
    }
}

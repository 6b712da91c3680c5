//! What a line of an ingredient list begins with: amounts, parts of a whole, and other ways to say how much.

use super::bracket;
use crate::recipe::language::amounts::{self, Measured};
use crate::recipe::language::cursor::Cursor;
use crate::recipe::language::names::push_note;
use crate::recipe::language::numbers;
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Quantity};
use crate::recipe::rational::Rational;
use crate::recipe::unit::{Measure, Unit};

/// The amount at the beginning, with what may stand before its number.
pub(super) fn amount_before(cursor: &mut Cursor<'_>) -> Option<Measured> {
    const QUALIFIERS: &[&str] = &[
        "generous",
        "heaping",
        "heaped",
        "scant",
        "rounded",
        "level",
        "brimming",
        "large",
        "small",
        "big",
        "good",
        "hearty",
        "overflowing",
    ];
    let start = *cursor;
    let qualifier = cursor.word();
    let mut note = None;
    if QUALIFIERS.contains(&qualifier) {
        cursor.advance();
        let counted =
            numbers::starts_with_number(*cursor) || unit_alone(&mut { *cursor }).is_some();
        if counted {
            note = Some(qualifier.to_owned());
        } else {
            *cursor = start;
        }
    }
    if cursor.eat_any(&["at most", "at least"]) && note.is_none() {
        note = Some(format!("at {}", cursor.word_before()));
    }
    cursor.eat_any(&["up to", "a total of", "or so"]);
    if let Some(piece) = piece_of_a_size(cursor) {
        return Some(piece);
    }
    if lump_of(*cursor) {
        return Some(Measured {
            amount: Amount::of(Quantity::Exactly(Rational::ONE), None),
            note,
        });
    }
    if let Some(unit) = unit_alone(cursor) {
        return Some(Measured {
            amount: Amount::of(Quantity::Exactly(Rational::ONE), Some(unit)),
            note,
        });
    }
    let Some(mut measured) = amounts::read(cursor).ok().flatten() else {
        *cursor = start;
        return None;
    };
    measured.note = match (note, measured.note) {
        (Some(note), Some(other)) => Some(format!("{note}, {other}")),
        (note, other) => note.or(other),
    };
    Some(measured)
}

/// "1-inch piece ginger": one piece.
fn piece_of_a_size(cursor: &mut Cursor<'_>) -> Option<Measured> {
    let size = cursor.word();
    let is_size = size.starts_with(|c: char| c.is_ascii_digit())
        && ["-inch", "-cm", "-centimeter", "-in"]
            .iter()
            .any(|end| size.ends_with(end));
    let unit = Unit::recognise(cursor.word_ahead(1))
        .filter(|unit| is_size && unit.measure() == Measure::Count)?;
    cursor.advance();
    cursor.advance();
    cursor.eat("of");
    let amount = Amount::of(Quantity::Exactly(Rational::ONE), Some(unit));
    Some(Measured {
        amount,
        note: Some(size.to_owned()),
    })
}

/// "Block of cream cheese": one, of a thing that is no unit.
fn lump_of(mut cursor: Cursor<'_>) -> bool {
    const PIECE_NOUNS: [&str; 12] = [
        "ball", "bar", "batch", "block", "disk", "log", "rack", "slab", "square", "wedge", "wheel",
        "hunk",
    ];
    let lump = PIECE_NOUNS.contains(&cursor.word());
    cursor.advance();
    lump && cursor.eat("of") && cursor.is_said() && !cursor.at_break()
}

/// "Pinch of salt", "sprig rosemary", "tub of yogurt": one of it.
fn unit_alone(cursor: &mut Cursor<'_>) -> Option<Unit> {
    const WITHOUT_OF: &[&str] = &[
        "pinch", "sprig", "handful", "dash", "splash", "knob", "bunch", "drizzle",
    ];
    let word = cursor.word();
    let unit = Unit::recognise(word).filter(|unit| unit.name() == word && unit.size().is_none())?;
    let mut after = *cursor;
    after.advance();
    if after.at_break() || after.mark().is_some() {
        return None;
    }
    let of = after.eat("of");
    if !(of || WITHOUT_OF.contains(&word)) || after.is_done() {
        return None;
    }
    *cursor = after;
    Some(unit)
}

/// "Juice of 2 limes", "leaves from 3 sprigs thyme": the whole is what one buys. Gives the part, and how much of the whole.
pub(super) fn part_of(cursor: &mut Cursor<'_>) -> Option<(String, Amount)> {
    if let Some((part, number)) = part_of_fruit(cursor) {
        return Some((part, Amount::of(Quantity::Exactly(number), None)));
    }
    let mut ahead = *cursor;
    let part @ ("leaves" | "seeds" | "stems") = ahead.word() else {
        return None;
    };
    ahead.advance();
    if !ahead.eat_any(&["from", "of"]) || !numbers::number_ahead(ahead) {
        return None;
    }
    let amount = amounts::read(&mut ahead).ok()??.amount;
    let counts = |unit: &Unit| unit.measure() == Measure::Count;
    if ahead.is_done() || !amount.unit.as_ref().is_some_and(counts) {
        return None;
    }
    *cursor = ahead;
    Some((part.to_owned(), amount))
}

/// "Juice of 2 limes", "grated zest of half a lemon".
fn part_of_fruit(cursor: &mut Cursor<'_>) -> Option<(String, Rational)> {
    let mut ahead = *cursor;
    ahead.eat("the");
    let start = ahead;
    while ahead.eat_any(&[
        "finely", "freshly", "grated", "squeezed", "fresh", "pared", "strained",
    ]) {}
    let mut found = ahead.eat_any(&["juice", "zest", "rind", "peel", "juices"]);
    while found && (ahead.eat_any(&["and", "plus"]) || ahead.eat_mark('&') || ahead.eat_mark('/')) {
        ahead.eat_any(&["finely grated", "grated", "freshly squeezed"]);
        found = ahead.eat_any(&["juice", "zest", "rind", "peel"]);
    }
    let part = naming::one_line(ahead.text_since(start)).to_lowercase();
    if !(found && ahead.eat_any(&["of", "from"])) {
        return None;
    }
    ahead.eat_any(&["about"]);
    let number = numbers::number(&mut ahead).ok()??;
    ahead.eat_any(&["of a", "of an", "a", "an"]);
    // "Juice of 2 cups": no fruit.
    if ahead.is_done() || ahead.at_join() || Unit::recognise(ahead.word()).is_some() {
        return None;
    }
    *cursor = ahead;
    Some((part, number))
}

/// "/1 cup", "(240 ml)", "plus 1 tsp", "to 1 tablespoon": other ways to say how much, and more of it, go into the notes.
pub(super) fn more_amounts(cursor: &mut Cursor<'_>, notes: &mut Vec<String>) {
    loop {
        let start = *cursor;
        let mut ahead = *cursor;
        if ahead.mark() == Some('(') {
            push_note(bracket(&mut ahead), notes);
            *cursor = ahead;
            continue;
        }
        let word = match ahead.word() {
            word @ ("plus" | "minus" | "to" | "or" | "and") => word,
            _ => "",
        };
        let sign = ahead
            .mark()
            .filter(|mark| matches!(mark, '/' | '|' | ';' | ',' | '+' | '-' | '–' | '—'));
        // "1 cup 2 tbsp"
        let at_once = word.is_empty() && sign.is_none() && numbers::number_ahead(ahead);
        if word.is_empty() && sign.is_none() && !at_once {
            return;
        }
        if !at_once {
            ahead.advance();
        }
        let counted = numbers::number_ahead(ahead) || numbers::starts_with_number(ahead);
        let begins = ahead;
        let measured = amounts::read(&mut ahead).ok().flatten();
        match measured {
            Some(measured)
                if counted
                    && measured
                        .amount
                        .unit
                        .as_ref()
                        .is_some_and(|unit| unit.size().is_some())
                    && !ahead.is_done() =>
            {
                let said = ahead_text(begins, ahead);
                let said = match (word, sign) {
                    ("", Some('+')) => format!("plus {said}"),
                    ("", _) => said,
                    _ => format!("{word} {said}"),
                };
                push_note(&said, notes);
                *cursor = ahead;
            }
            // "3-4 — tablespoons" and "- flour" have only a mark too many.
            _ if matches!(sign, Some('-' | '–' | '—' | '|' | ';')) && begins.is_said() => {
                *cursor = begins;
            }
            _ => {
                *cursor = start;
                return;
            }
        }
    }
}

fn ahead_text(from: Cursor<'_>, to: Cursor<'_>) -> String {
    let text = naming::one_line(to.text_since(from));
    text.trim_end_matches(" of")
        .trim_end_matches(" of the")
        .to_owned()
}

//! Reads one line of an ingredient list: "2 cups flour, sifted", "Salt – 14 g", "juice of 2 limes".
//!
//! Unlike a clause it is one ingredient: a comma begins a note, brackets hold one, and no word is lost.

use super::amounts::{self, Measured};
use super::cursor::Cursor;
use super::items::give_back_a_unit;
use super::names::{ends_note, keeps_together, name_since, named, push_note};
use super::{lexer, numbers, verbs};
use crate::recipe::change::NewIngredient;
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Quantity};
use crate::recipe::rational::Rational;
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

/// Whether the rest of the clause is a single ingredient that begins with an amount: no "and", "+" or comma in it leads to
/// another one.
/// Gives the end of it.
pub(super) fn single(start: Cursor<'_>) -> Option<Cursor<'_>> {
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
    let (mut depth, mut in_note) = (0_usize, false);
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
                if verbs::begin_here(after) || after.at_stop() || amounts::starts(after) {
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

/// "½ cup + 2 tablespoons" with nothing behind it: no other ingredient.
fn is_more_of_it(mut after: Cursor<'_>) -> bool {
    let measured = amounts::read(&mut after).ok().flatten();
    measured.is_some_and(|measured| measured.amount.unit.is_some()) && after.at_stop()
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

/// Whether all words between say how an ingredient is.
fn only_how(from: Cursor<'_>, to: Cursor<'_>) -> bool {
    let before = to.text_since(from).to_lowercase();
    before
        .split_whitespace()
        .all(|word| says_how(word) || matches!(word, "and" | "or"))
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
        while cursor.eat_mark(',') || cursor.eat_mark(';') {}
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

/// Whether the comma here stands between words that only say how the ingredient is: "boneless, skinless chicken thighs",
/// or between several of a kind: "chicken, vegetable, or mushroom broth".
fn name_goes_on(start: Cursor<'_>, comma: Cursor<'_>, name: &str) -> bool {
    let mut after = comma;
    after.advance();
    if !name.is_empty() || after.is_done() {
        return false;
    }
    let before = comma.text_since(start).to_lowercase();
    if before.contains(',') && after.eat("or") {
        return !ends_in_a_way(after);
    }
    let mut words = before
        .split_whitespace()
        .filter(|word| !matches!(*word, "and" | "or" | "&"));
    let last = before.split_whitespace().next_back().unwrap_or_default();
    // "Any sweet or tart, firm apples"
    let still_to_come = before.contains(" or ") && says_how(last) && !last.ends_with("ed");
    if still_to_come || (!before.trim().is_empty() && words.all(says_how)) {
        return !after.rest_is_short();
    }
    // "A, B, or C": B is one word or two.
    let mut next = after;
    for _ in 0..2 {
        if next.is_done() || !next.is_said() || says_how(next.word()) || next.word() == "or" {
            break;
        }
        next.advance();
    }
    let alternatives = next.position() > after.position()
        && {
            next.eat_mark(',');
            true
        }
        && next.eat("or")
        && !next.is_done()
        && !ends_in_a_way(next);
    alternatives && before.split_whitespace().count() <= 4
}

/// "…, diced or sliced": alternatives of how it is done are a note.
fn ends_in_a_way(mut cursor: Cursor<'_>) -> bool {
    let mut last = cursor.word();
    let mut words = 0;
    while !cursor.is_done() && cursor.mark() != Some(',') && cursor.mark() != Some('(') && words < 8
    {
        last = cursor.word();
        words += 1;
        cursor.advance();
    }
    says_how(last) || !(2..=5).contains(&words)
}

/// Words that say how an ingredient is, and never what it is.
fn says_how(word: &str) -> bool {
    const HOW: &str = "boneless skinless seedless bone-in skin-on skinned low-sodium low-fat nonfat fresh freshly frozen raw ripe \
        firm large small medium extra-large big fat thin thick hot cold warm lukewarm unsalted unsweetened plain whole \
        dry finely coarsely roughly lightly thinly thickly well very good-quality quality organic free-range reduced-sodium \
        reduced-fat full-fat italian french greek red green yellow white black light dark sweet tart sweet-tart \
        uncooked unpeeled unbleached all-natural best lean long short young tender soft hard day-old heavy about";
    let word = word.trim_matches([',', '.', '(', ')']);
    HOW.split_whitespace().any(|how| how == word)
        || (word.len() > 4
            && word.ends_with("ed")
            && !matches!(
                word,
                "seed"
                    | "linseed"
                    | "aniseed"
                    | "flaxseed"
                    | "bread"
                    | "seaweed"
                    | "shortbread"
                    | "gingerbread"
                    | "flatbread"
                    | "cornbread"
                    | "sweetbread"
                    | "rapeseed"
                    | "poppyseed"
            ))
        || word.ends_with("-free")
        || word.ends_with("-less")
}

/// Words that begin what is said about an ingredient without a comma before it.
fn begins_a_note(cursor: Cursor<'_>, start: Cursor<'_>) -> bool {
    const PHRASES: &[&str] = &[
        "cut into",
        "cut in",
        "peeled and",
        "such as",
        "preferably",
        "plus more",
        "plus extra",
        "plus additional",
        "at room temperature",
        "divided",
        "or more",
        "or to taste",
        "with around",
        "if needed",
        "if necessary",
        "if desired",
        "optional",
        "soaked in",
        "left over",
        "beaten with",
        "mixed with",
        "dissolved in",
        "melted and",
        "sliced into",
        "to garnish",
        "to serve",
        "to finish",
        "to decorate",
        "to drizzle",
        "for the",
        "rinsed and",
        "drained and",
        "for serving",
        "for garnish",
        "for brushing",
        "for frying",
        "for greasing",
        "for dusting",
        "cleaned and",
        "trimmed and",
        "seeded and",
        "chopped into",
        "in cubes",
        "in pieces",
        "in small",
        "in slices",
        "in chunks",
        "in strips",
        "in wedges",
    ];
    let mut after = cursor;
    let other = after.eat("or") && numbers::number_ahead(after);
    if cursor.position() > start.position() && other && !only_how(start, cursor) {
        return true;
    }
    if cursor.position() == start.position() || !PHRASES.iter().any(|phrase| cursor.stands(phrase))
    {
        return false;
    }
    // "Peeled and diced potatoes": the name is still to come.
    let before = cursor.text_since(start).to_lowercase();
    !before
        .split_whitespace()
        .all(|word| says_how(word) || matches!(word, "and" | "or" | "salt"))
}

/// The amount at the beginning, with what may stand before its number.
fn amount_before(cursor: &mut Cursor<'_>) -> Option<Measured> {
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
    cursor.eat_any(&["at most", "at least", "up to", "a total of", "or so"]);
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
    const LUMPS: [&str; 12] = [
        "ball", "bar", "batch", "block", "disk", "log", "rack", "slab", "square", "wedge", "wheel",
        "hunk",
    ];
    let lump = LUMPS.contains(&cursor.word());
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
fn part_of(cursor: &mut Cursor<'_>) -> Option<(String, Amount)> {
    if let Some((part, number)) = part_of_fruit(cursor) {
        return Some((part, Amount::of(Quantity::Exactly(number), None)));
    }
    let mut ahead = *cursor;
    let part = match ahead.word() {
        part @ ("leaves" | "seeds" | "stems") => part,
        _ => return None,
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
fn more_amounts(cursor: &mut Cursor<'_>, notes: &mut Vec<String>) {
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
    if amount.is_none()
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

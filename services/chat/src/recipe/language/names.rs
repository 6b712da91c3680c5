//! Reads the name of an ingredient, where it ends, and what stands in and behind it: notes, "to taste", "for serving".
//!
//! A comma or an "and" leads to more of the name, to a note ("finely chopped"), or to something new.

use super::cursor::Cursor;
use super::{amounts, numbers, politeness, verbs};
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Quantity, Vague};

/// Reads the name, and its notes on the way. "To taste" becomes the amount when there is no other.
pub(super) fn name(
    cursor: &mut Cursor<'_>,
    measured: bool,
    notes: &mut Vec<String>,
    amount: &mut Option<Amount>,
) -> String {
    let mut part = *cursor;
    let mut name = String::new();
    while !(cursor.at_stop() || politeness::is_reason(*cursor)) {
        if cursor.mark() == Some('(') {
            join(&mut name, &named(part, *cursor, notes, amount));
            bracketed(cursor, notes);
            part = *cursor;
        } else if cursor.stands("plus more") || cursor.stands("plus extra") {
            join(&mut name, &named(part, *cursor, notes, amount));
            note(cursor, notes, amount);
            part = *cursor;
        } else if cursor.stands("such as") && cursor.position() > part.position() {
            join(&mut name, &named(part, *cursor, notes, amount));
            let start = *cursor;
            while !(cursor.at_stop() || cursor.at_join() && verbs::begin_here(*cursor)) {
                cursor.advance();
            }
            push_note(cursor.text_since(start), notes);
            part = *cursor;
        } else if cursor.at_join() {
            match joined(*cursor, measured) {
                Joined::Name => cursor.advance(),
                Joined::Note if cursor.mark() == Some(',') => {
                    join(&mut name, &named(part, *cursor, notes, amount));
                    cursor.advance();
                    note(cursor, notes, amount);
                    part = *cursor;
                }
                Joined::Note | Joined::Another => break,
            }
        } else {
            cursor.advance();
        }
    }
    join(&mut name, &named(part, *cursor, notes, amount));
    name
}

/// "For the muffin tins" at the end of a name: what it is for is said about it.
fn for_what<'a>(from: Cursor<'a>, end: Cursor<'a>) -> Option<Cursor<'a>> {
    const MOST_WORDS: usize = 5;
    let mut at = end;
    for _ in 0..MOST_WORDS {
        if !at.step_back() || at.position() <= from.position() {
            return None;
        }
        if at.word() == "for" {
            let whose = matches!(at.word_ahead(1), "the" | "a" | "my" | "our" | "your");
            return whose.then_some(at);
        }
    }
    None
}

fn join(name: &mut String, more: &str) {
    if !(name.is_empty() || more.is_empty()) {
        name.push(' ');
    }
    name.push_str(more);
}

/// A piece of a name without politeness, and without "to taste" or "for serving", which become amount or note.
pub(super) fn named(
    from: Cursor<'_>,
    to: Cursor<'_>,
    notes: &mut Vec<String>,
    amount: &mut Option<Amount>,
) -> String {
    const ENDINGS: [&str; 13] = [
        "to the recipe",
        "to the list",
        "to the ingredients",
        "to this recipe",
        "to this",
        "to it",
        "to the mix",
        "to the dough",
        "to the batter",
        "to the sauce",
        "from the recipe",
        "in the recipe",
        "to ingredients",
    ];
    const PURPOSES: &[&str] = &[
        "for garnish",
        "for serving",
        "to serve",
        "for dusting",
        "for frying",
        "for topping",
        "as topping",
        "as a topping",
        "as garnish",
        "as a garnish",
        "as decoration",
        "for drizzling",
        "for crunch",
        "for texture",
        "for flavor",
        "for flavour",
        "for taste",
        "for color",
        "for colour",
        "for heat",
        "for sweetness",
        "for moisture",
        "for binding",
        "for extra crunch",
        "for extra flavor",
        "for extra flavour",
        "on the side",
        "for greasing",
        "for decoration",
        "for brushing",
        "for the topping",
        "if needed",
        "if desired",
        "if necessary",
        "if you like",
        "at room temperature",
        "in cubes",
        "in pieces",
        "in small pieces",
        "in slices",
        "in chunks",
        "in strips",
    ];
    const VAGUE: [(&str, Vague); 3] = [
        ("to taste", Vague::ToTaste),
        ("as needed", Vague::AsNeeded),
        ("as required", Vague::AsNeeded),
    ];
    let mut end = politeness::without_after(to, from);
    let beyond_name = |shorter: &Cursor<'_>| shorter.position() > from.position();
    if let Some(shorter) = ENDINGS
        .iter()
        .find_map(|ending| end.before_ending(from, ending))
        .filter(beyond_name)
    {
        end = politeness::without_after(shorter, from);
    }
    if let Some((shorter, vague)) = VAGUE.iter().find_map(|(ending, vague)| {
        end.before_ending(from, ending)
            .map(|shorter| (shorter, *vague))
    }) {
        end = shorter;
        take_vague(vague, notes, amount);
    }
    if let Some(purpose) = for_what(from, end) {
        notes.push(naming::one_line(end.text_since(purpose)));
        end = purpose;
    }
    if let Some((shorter, purpose)) = PURPOSES
        .iter()
        .find_map(|purpose| {
            end.before_ending(from, purpose)
                .map(|shorter| (shorter, *purpose))
        })
        .filter(|(shorter, _)| beyond_name(shorter))
    {
        end = shorter;
        notes.push(purpose.to_owned());
    }
    name_since(from, end)
}

pub(super) fn name_since(from: Cursor<'_>, end: Cursor<'_>) -> String {
    if end.position() < from.position() {
        return String::new();
    }
    naming::one_line(end.text_since(from))
}

pub(super) enum Joined {
    /// The name goes on.
    Name,
    Note,
    /// Another ingredient or another command begins.
    Another,
}

/// What a comma or an "and" behind a name leads to.
pub(super) fn joined(cursor: Cursor<'_>, measured: bool) -> Joined {
    let comma = cursor.mark() == Some(',');
    let after = cursor.behind_joins();
    if keeps_together(cursor) {
        return Joined::Name;
    }
    if verbs::begin_here(after) || after.at_stop() {
        return Joined::Another;
    }
    if cursor.word() == "then" {
        return Joined::Name;
    }
    if reads_like_note(after) {
        return if comma { Joined::Note } else { Joined::Name };
    }
    if amounts::starts(after) || !comma || !measured {
        return Joined::Another;
    }
    Joined::Note
}

/// Whether a new ingredient or command follows the join that stands inside a note.
pub(super) fn ends_note(cursor: Cursor<'_>) -> bool {
    let comma = cursor.mark() == Some(',');
    let cursor = cursor.behind_joins();
    let digits = numbers::starts_with_number(cursor) || amounts::starts(cursor);
    verbs::begin_here(cursor)
        || (digits && !reads_like_note(cursor))
        || (comma && reads_like_note(cursor))
}

/// Names that have an "and" in them. Others can be quoted.
pub(super) fn keeps_together(cursor: Cursor<'_>) -> bool {
    const PAIRS: [(&str, &str); 12] = [
        ("zest", "juice"),
        ("juice", "zest"),
        ("half", "half"),
        ("mac", "cheese"),
        ("macaroni", "cheese"),
        ("pork", "beans"),
        ("bread", "butter"),
        ("salt", "vinegar"),
        ("sweet", "sour"),
        ("peas", "carrots"),
        ("surf", "turf"),
        ("fish", "chips"),
    ];
    let joins = matches!(cursor.word(), "and") || cursor.mark() == Some('&');
    let pair = (cursor.word_before(), cursor.word_ahead(1));
    joins && (cursor.mark_ahead(1) == Some('/') || PAIRS.contains(&pair) || joins_parts(cursor))
}

/// "Parsley leaves and tender stems": two parts of one plant.
fn joins_parts(join: Cursor<'_>) -> bool {
    let mut after = join;
    after.advance();
    if is_a_part(join.word_before()) && !is_a_part(after.word()) {
        after.advance();
    }
    let part = is_a_part(join.word_before()) && is_a_part(after.word());
    after.advance();
    part && after.at_break()
}

/// Parts of a plant, which are not listed without it.
pub(super) fn is_a_part(word: &str) -> bool {
    matches!(
        word,
        "leaf"
            | "leaves"
            | "stem"
            | "stems"
            | "root"
            | "roots"
            | "frond"
            | "fronds"
            | "tops"
            | "greens"
    )
}

/// "finely chopped", "at room temperature", "optional"; but not "red onion" or "fresh basil".
fn reads_like_note(cursor: Cursor<'_>) -> bool {
    const OPENINGS: [&str; 32] = [
        "at",
        "to",
        "for",
        "plus",
        "or",
        "if",
        "not",
        "about",
        "into",
        "without",
        "with",
        "optional",
        "preferably",
        "such",
        "like",
        "from",
        "cut",
        "room",
        "very",
        "well",
        "as",
        "ground",
        "beaten",
        "frozen",
        "skin",
        "halved",
        "torn",
        "until",
        "in",
        "any",
        "warm",
        "cold",
    ];
    const ALONE: [&str; 10] = [
        "fresh", "dry", "dried", "large", "small", "medium", "hot", "ripe", "thin", "whole",
    ];
    const NO_PARTICIPLES: [&str; 6] = ["seed", "linseed", "aniseed", "flaxseed", "bread", "weed"];
    let word = cursor.word();
    let mut next = cursor;
    next.advance();
    let ends_here = next.at_break();
    let warm_milk = matches!(word, "warm" | "cold" | "ground" | "frozen") && !ends_here;
    let participle = word.len() > 4 && word.ends_with("ed") && !NO_PARTICIPLES.contains(&word);
    // "chopped onion" is an ingredient, "chopped" and "chopped and peeled" are notes.
    let goes_on = !ends_here
        && !matches!(
            next.word(),
            "into" | "in" | "with" | "for" | "to" | "or" | "at" | "well" | "thinly" | "finely"
        );
    (OPENINGS.contains(&word) && !warm_milk)
        || (participle && !goes_on)
        || (word.len() > 4 && word.ends_with("ly"))
        || (ALONE.contains(&word) && ends_here)
}

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
    let text = naming::one_line(text.trim_matches([' ', ',', ';']));
    let text = balanced(&text);
    if text.chars().any(char::is_alphanumeric) {
        notes.push(text);
    }
}

/// Without brackets that have no partner, and without a pair around the whole.
fn balanced(text: &str) -> String {
    let mut open = Vec::new();
    let mut alone = Vec::new();
    let mut around = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => open.push(at),
            ')' => match open.pop() {
                Some(0) => around = at + 1 == text.len(),
                Some(_) => {}
                None => alone.push(at),
            },
            _ => {}
        }
    }
    alone.extend(open);
    if around && alone.is_empty() {
        return text[1..text.len() - 1].trim().to_owned();
    }
    alone.sort_unstable();
    let kept = text
        .char_indices()
        .filter(|(at, _)| alone.binary_search(at).is_err());
    naming::one_line(&kept.map(|(_, letter)| letter).collect::<String>())
}

pub(super) fn take_vague(vague: Vague, notes: &mut Vec<String>, amount: &mut Option<Amount>) {
    if amount.is_none() {
        *amount = Some(Amount::of(Quantity::Vaguely(vague), None));
    } else {
        notes.push(vague.words().to_owned());
    }
}

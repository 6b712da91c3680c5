//! Reads ingredients as they are listed: "2 eggs, 1 cup milk (warm) and a pinch of salt".
//!
//! After a comma comes a note if it reads like one ("finely chopped"), a new ingredient if it begins with an amount,
//! and another command if it begins like one. "And" joins ingredients, except in a few names such as "half and half".

use super::amounts;
use super::cursor::Cursor;
use super::lexer;
use super::opening;
use super::outcome::Miss;
use super::politeness;
use crate::recipe::change::{NewIngredient, Which};
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Quantity, Vague};
use crate::recipe::unit::{Measure, Unit};

/// All the ingredients up to the end of the clause; at least one.
pub(super) fn list(cursor: &mut Cursor<'_>) -> Result<Vec<NewIngredient>, Miss> {
    let mut items = vec![item(cursor)?];
    while another(cursor) {
        items.push(item(cursor)?);
    }
    Ok(items)
}

/// Moves to the next item of a list, if there is one.
pub(super) fn another(cursor: &mut Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    ahead.skip_joins();
    let continues =
        ahead.position() > cursor.position() && !ahead.at_stop() && !opening::is_here(ahead);
    if continues {
        *cursor = ahead;
    }
    continues
}

/// One ingredient: its amount, its name, and what is said about it.
pub(super) fn item(cursor: &mut Cursor<'_>) -> Result<NewIngredient, Miss> {
    while cursor.eat_any(&["in", "the", "more", "back"]) {}
    let start = *cursor;
    let measured = amounts::read(cursor)?;
    let (mut amount, mut notes) = match measured {
        Some(measured) => (Some(measured.amount), measured.note.into_iter().collect()),
        None => (None, Vec::new()),
    };
    while cursor.eat_any(&["more", "extra"]) && cursor.at_break() {}
    if cursor.at_break() {
        give_back_a_unit(cursor, &mut amount);
    }
    let name = name(cursor, amount.is_some(), &mut notes, &mut amount);
    if name.is_empty() || is_no_ingredient(&name) {
        let said = cursor.text_since(start);
        return Err(Miss::Unclear(missing_name(said, amount.as_ref())));
    }
    let note = (!notes.is_empty()).then(|| notes.join(", "));
    Ok(NewIngredient { name, amount, note })
}

/// An ingredient that is already there: "the flour", "all the flour", "ingredient 3", "the last ingredient".
/// It ends before `until`, or at the end of the item.
pub(super) fn which(cursor: &mut Cursor<'_>, until: &[&str]) -> Result<Option<Which>, Miss> {
    let every = cursor.eat("all") && !matches!(cursor.word(), "");
    while cursor.eat_any(&["of", "the", "some", "our", "my"]) {}
    if cursor.eat("last ingredient") {
        return Ok(Some(Which::Last));
    }
    let mut ahead = *cursor;
    if ahead.eat_any(&["ingredient", "ingredient number"])
        && let Some(number) = amounts::whole(&mut ahead)?
    {
        *cursor = ahead;
        return Ok(Some(Which::Numbered(number)));
    }
    let start = *cursor;
    if is_a_person(cursor.word()) {
        return Ok(None);
    }
    while !cursor.at_stop()
        && !cursor
            .mark()
            .is_some_and(|mark| matches!(mark, ',' | ':' | '=' | '('))
    {
        let joined = cursor.at_join() && !keeps_together(*cursor);
        if joined || until.iter().any(|word| cursor.stands(word)) {
            break;
        }
        cursor.advance();
    }
    let name = name_since(start, politeness::without_after(*cursor, start));
    Ok((!name.is_empty()).then_some(if every {
        Which::EveryNamed(name)
    } else {
        Which::Named(name)
    }))
}

/// One line of an imported list: the amount, the name up to a comma or bracket, and the rest as its note.
pub(super) fn line(line: &str) -> NewIngredient {
    let tokens = lexer::tokens(line);
    let mut cursor = Cursor::new(line, &tokens);
    let measured = amounts::read(&mut cursor).ok().flatten();
    let (mut amount, mut notes) = match measured {
        Some(measured) => (Some(measured.amount), measured.note.into_iter().collect()),
        None => (None, Vec::new()),
    };
    if cursor.is_done() {
        give_back_a_unit(&mut cursor, &mut amount);
    }
    while cursor.mark() == Some('(') {
        bracketed(&mut cursor, &mut notes);
    }
    let start = cursor;
    while !cursor.is_done() && !matches!(cursor.mark(), Some(',' | '(')) {
        cursor.advance();
    }
    let name = named(start, cursor, &mut notes, &mut amount);
    while !cursor.is_done() {
        if cursor.mark() == Some('(') {
            bracketed(&mut cursor, &mut notes);
        } else {
            cursor.eat_mark(',');
            push_note(cursor.take_until_bracket(), &mut notes);
        }
    }
    let note = (!notes.is_empty()).then(|| notes.join(", "));
    if name.is_empty() {
        let name = naming::one_line(line);
        return NewIngredient {
            name,
            amount: None,
            note: None,
        };
    }
    NewIngredient { name, amount, note }
}

/// Reads the name, and its notes on the way. "To taste" becomes the amount when there is no other.
fn name(
    cursor: &mut Cursor<'_>,
    measured: bool,
    notes: &mut Vec<String>,
    amount: &mut Option<Amount>,
) -> String {
    let start = *cursor;
    let mut end = start;
    let mut name = String::new();
    while !cursor.at_stop() {
        if cursor.mark() == Some('(') {
            name = join(
                &name,
                &named(start_of_part(start, end, &name), *cursor, notes, amount),
            );
            bracketed(cursor, notes);
            end = *cursor;
        } else if cursor.stands("plus more") || cursor.stands("plus extra") {
            name = join(
                &name,
                &named(start_of_part(start, end, &name), *cursor, notes, amount),
            );
            note(cursor, notes, amount);
            end = *cursor;
        } else if cursor.at_join() {
            match joined(*cursor, measured) {
                Joined::Name => cursor.advance(),
                Joined::Note if cursor.mark() == Some(',') => {
                    name = join(
                        &name,
                        &named(start_of_part(start, end, &name), *cursor, notes, amount),
                    );
                    cursor.advance();
                    note(cursor, notes, amount);
                    end = *cursor;
                }
                Joined::Note | Joined::Another => break,
            }
        } else {
            cursor.advance();
        }
    }
    join(
        &name,
        &named(start_of_part(start, end, &name), *cursor, notes, amount),
    )
}

/// Where the part of the name begins that has not been taken yet.
fn start_of_part<'a>(start: Cursor<'a>, end: Cursor<'a>, name: &str) -> Cursor<'a> {
    if name.is_empty() && end.position() == start.position() {
        start
    } else {
        end
    }
}

fn join(name: &str, more: &str) -> String {
    naming::one_line(&format!("{name} {more}"))
}

/// A piece of a name without politeness, and without "to taste" or "for serving", which become amount or note.
fn named(
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
    const PURPOSES: [&str; 9] = [
        "for garnish",
        "for serving",
        "to serve",
        "for dusting",
        "for frying",
        "for greasing",
        "for decoration",
        "for brushing",
        "for the topping",
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

fn take_vague(vague: Vague, notes: &mut Vec<String>, amount: &mut Option<Amount>) {
    if amount.is_none() {
        *amount = Some(Amount::of(Quantity::Vaguely(vague), None));
    } else {
        notes.push(vague.words().to_owned());
    }
}

fn name_since(from: Cursor<'_>, end: Cursor<'_>) -> String {
    if end.position() < from.position() {
        return String::new();
    }
    naming::one_line(end.text_since(from))
}

/// "(sifted)"; without a closing bracket, all up to the end of the clause.
fn bracketed(cursor: &mut Cursor<'_>, notes: &mut Vec<String>) {
    cursor.advance();
    let start = *cursor;
    while !cursor.is_done() && cursor.mark() != Some(')') {
        cursor.advance();
    }
    push_note(cursor.text_since(start), notes);
    cursor.advance();
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
fn note(cursor: &mut Cursor<'_>, notes: &mut Vec<String>, amount: &mut Option<Amount>) {
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

fn push_note(text: &str, notes: &mut Vec<String>) {
    let text = naming::one_line(text.trim_matches([' ', ',']));
    if !text.is_empty() {
        notes.push(text);
    }
}

/// Whether a new ingredient or command follows the join that stands inside a note.
fn ends_note(mut cursor: Cursor<'_>) -> bool {
    let comma = cursor.mark() == Some(',');
    cursor.skip_joins();
    let digits = amounts::starts_with_number(cursor) || amounts::starts(cursor);
    opening::is_here(cursor)
        || (digits && !reads_like_note(cursor))
        || (comma && reads_like_note(cursor))
}

enum Joined {
    /// The name goes on.
    Name,
    Note,
    /// Another ingredient or another command begins.
    Another,
}

/// What a comma or an "and" behind a name leads to.
fn joined(cursor: Cursor<'_>, measured: bool) -> Joined {
    let comma = cursor.mark() == Some(',');
    let mut after = cursor;
    after.skip_joins();
    if keeps_together(cursor) {
        return Joined::Name;
    }
    if opening::is_here(after) || after.at_stop() {
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

/// Names that have an "and" in them. Others can be quoted.
fn keeps_together(cursor: Cursor<'_>) -> bool {
    const PAIRS: [(&str, &str); 10] = [
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
    joins && PAIRS.contains(&(cursor.word_before(), cursor.word_ahead(1)))
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
    const ALONE: [&str; 9] = [
        "fresh", "dry", "dried", "large", "small", "medium", "hot", "ripe", "thin",
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

/// "3 cloves" with nothing behind it: the cloves are the ingredient.
fn give_back_a_unit(cursor: &mut Cursor<'_>, amount: &mut Option<Amount>) {
    let counts = |unit: &Unit| matches!(unit.measure(), Measure::Count);
    if let Some(amount) = amount
        && amount.unit.as_ref().is_some_and(counts)
        && cursor.step_back()
    {
        amount.unit = None;
    }
}

/// "Drop me a line", "remove him": no ingredient begins like that.
fn is_a_person(word: &str) -> bool {
    matches!(
        word,
        "i" | "me" | "you" | "him" | "her" | "us" | "them" | "everyone"
    )
}

/// Words that stand for an ingredient without naming one.
fn is_no_ingredient(name: &str) -> bool {
    matches!(
        naming::one_line(&name.to_lowercase()).as_str(),
        "it" | "that"
            | "this"
            | "them"
            | "these"
            | "those"
            | "something"
            | "anything"
            | "everything"
            | "stuff"
            | "ingredient"
            | "ingredients"
            | "more"
            | "me"
            | "you"
            | "us"
    )
}

fn missing_name(said: &str, amount: Option<&Amount>) -> String {
    match amount {
        Some(amount) => {
            let example = if amount.unit.is_some() {
                "flour"
            } else {
                "eggs"
            };
            let amount = amount.in_words();
            format!("Say what it is {amount} of, as in \"add {amount} {example}\".")
        }
        None if said.is_empty() => "Say what to add, as in \"add 2 cups flour\".".to_owned(),
        None => "Name the ingredient, as in \"add 2 cups flour\".".to_owned(),
    }
}

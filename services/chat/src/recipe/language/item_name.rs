//! Reads the name of an ingredient, and what stands in and behind it: notes, "to taste", "for serving", "please".

use super::cursor::Cursor;
use super::joining::{Joined, joined};
use super::notes::{bracketed, note, take_vague};
use super::politeness;
use crate::recipe::naming;
use crate::recipe::quantity::{Amount, Vague};

/// Reads the name, and its notes on the way. "To taste" becomes the amount when there is no other.
pub(super) fn name(
    cursor: &mut Cursor<'_>,
    measured: bool,
    notes: &mut Vec<String>,
    amount: &mut Option<Amount>,
) -> String {
    let mut part = *cursor;
    let mut name = String::new();
    while !cursor.at_stop() {
        if cursor.mark() == Some('(') {
            join(&mut name, &named(part, *cursor, notes, amount));
            bracketed(cursor, notes);
            part = *cursor;
        } else if cursor.stands("plus more") || cursor.stands("plus extra") {
            join(&mut name, &named(part, *cursor, notes, amount));
            note(cursor, notes, amount);
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

pub(super) fn name_since(from: Cursor<'_>, end: Cursor<'_>) -> String {
    if end.position() < from.position() {
        return String::new();
    }
    naming::one_line(end.text_since(from))
}

//! Tells from the first words whether another command begins here, so that "double it and add 2 eggs" is two
//! changes while "salt and butter" is not. It looks at three words at most and never reads the whole clause.

use super::cursor::Cursor;
use super::numbers;
use super::politeness;

/// Whether a command begins here, politeness skipped.
pub(super) fn is_here(cursor: Cursor<'_>) -> bool {
    let cursor = politeness::behind(cursor.behind_joins());
    let next = cursor.word_ahead(1);
    let mut after = cursor;
    after.advance();
    let has_object = !after.at_stop();
    match cursor.word() {
        "add" | "remove" | "delete" | "replace" | "rename" | "scale" | "convert" | "insert"
        | "omit" | "swap" | "substitute" | "halve" | "triple" | "quadruple" | "untag" | "undo" => {
            has_object || next.is_empty()
        }
        "double" | "half" => after.at_stop() || is_whole_recipe(next) || next == "the",
        "change" | "set" | "adjust" | "increase" | "reduce" | "decrease" | "raise" | "lower" => {
            has_object
        }
        "make" => matches!(next, "it" | "that" | "this" | "the"),
        "use" => has_object,
        "move" => matches!(next, "step" | "the"),
        "call" | "name" => matches!(next, "it" | "this" | "the"),
        "cut" => matches!(next, "it" | "the"),
        "leave" | "take" => next == "out" || next == "the",
        "get" => next == "rid",
        "throw" | "put" | "toss" => next == "in",
        "title" | "description" | "tag" | "tags" | "step" | "note" | "servings" | "serves" => {
            has_object
        }
        "for" => is_for_people(after),
        _ => false,
    }
}

/// Whether a command begins here that can't be part of the text of a step.
pub(super) fn ends_a_text(cursor: Cursor<'_>) -> bool {
    let cursor = politeness::behind(cursor.behind_joins());
    let names_a_part = (0..3).any(|ahead| {
        matches!(
            cursor.word_ahead(ahead),
            "step" | "steps" | "title" | "tag" | "tags" | "servings" | "recipe"
        )
    });
    names_a_part && is_here(cursor)
}

pub(super) fn is_whole_recipe(word: &str) -> bool {
    matches!(
        word,
        "it" | "this"
            | "that"
            | "everything"
            | "all"
            | "recipe"
            | "batch"
            | "quantities"
            | "amounts"
            | "ingredients"
    )
}

fn is_for_people(mut cursor: Cursor<'_>) -> bool {
    matches!(numbers::whole(&mut cursor), Ok(Some(_))) && is_people(cursor.word())
}

pub(super) fn is_people(word: &str) -> bool {
    matches!(
        word,
        "people"
            | "persons"
            | "person"
            | "guests"
            | "guest"
            | "servings"
            | "serving"
            | "portions"
            | "portion"
            | "adults"
            | "diners"
            | "eaters"
            | "kids"
            | "children"
            | "friends"
    )
}

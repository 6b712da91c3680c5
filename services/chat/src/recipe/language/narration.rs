//! Steps that are told rather than commanded: "First, whisk the eggs, then bake".

use super::cursor::Cursor;
use super::steps::ends_text;
use super::verbs::{ORDER, is_kitchen_work};
use super::{Miss, Outcome};
use crate::recipe::change::{Change, Place, StepNumber};
use crate::recipe::word_list::WordList;

/// "First, whisk the eggs, then bake for 20 minutes", "finally, serve": only before a word for kitchen work.
/// What begins with "first" goes to the start, in order; anything else to the end.
pub(super) fn narrated(cursor: &mut Cursor<'_>) -> Outcome {
    let from_start = matches!(cursor.word(), "first" | "firstly");
    if !narrates(*cursor) {
        return Err(Miss::Talk);
    }
    let mut changes = Vec::new();
    let mut place = if from_start { Place::Start } else { Place::End };
    while narrates(*cursor) {
        cursor.advance();
        cursor.eat_mark(',');
        let text = narrated_text(cursor);
        changes.push(Change::AddStep { text, at: place });
        if from_start {
            let added = u64::try_from(changes.len()).unwrap_or(u64::MAX);
            place = Place::After(StepNumber::Number(added));
        }
        let ahead = cursor.behind(joins_sentences);
        if narrates(ahead) {
            *cursor = ahead;
        }
    }
    Ok(changes)
}

fn narrated_text(cursor: &mut Cursor<'_>) -> String {
    let start = *cursor;
    while !cursor.is_done() && !ends_text(*cursor) {
        if narrates(cursor.behind(joins_sentences)) {
            break;
        }
        cursor.advance();
    }
    sentence(cursor.text_since(start))
}

fn joins_sentences(cursor: Cursor<'_>) -> bool {
    matches!(cursor.mark(), Some(',' | '.' | ';')) || cursor.word() == "and"
}

/// "Then bake", "next, stir".
fn narrates(mut cursor: Cursor<'_>) -> bool {
    let tells_order = ORDER.contains(&cursor.word());
    cursor.advance();
    cursor.eat_mark(',');
    tells_order && is_kitchen_work(cursor.word())
}

/// "Bake for 25 minutes at 180C" is what a step says, but nobody said that it is one. Questions are talk, and so is a
/// word or two.
pub(super) fn unsaid(cursor: &mut Cursor<'_>) -> Outcome {
    const FEWEST_WORDS: usize = 3;
    static NO_KITCHEN: WordList = WordList::new(
        "sale party contest monday tuesday wednesday thursday friday saturday sunday weekend",
    );
    let work = is_kitchen_work(cursor.word()) && !matches!(cursor.word(), "let" | "cook");
    let said = cursor.take_rest();
    let elsewhere = said
        .to_lowercase()
        .split_whitespace()
        .any(|word| NO_KITCHEN.contains(word));
    let replaces = elsewhere || said.contains(" instead of ");
    if !work || replaces || said.ends_with('?') || said.split_whitespace().count() < FEWEST_WORDS {
        return Err(Miss::Talk);
    }
    Err(Miss::Unclear(format!(
        "To make it a step, write \"add step: {}\".",
        sentence(said)
    )))
}

pub(in crate::recipe) fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

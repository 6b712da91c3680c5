//! Commands about the title, the description and the tags.

use super::cursor::Cursor;
use super::opening;
use super::outcome::{Miss, Outcome, one};
use super::politeness::{self, finish};
use crate::recipe::change::Change;

/// A title runs to the end of the line, to ";", or to "and then" with another command.
pub(super) fn title(cursor: &mut Cursor<'_>) -> Outcome {
    while matches!(cursor.mark(), Some(':' | '=' | '-')) {
        cursor.advance();
    }
    let start = *cursor;
    while !cursor.is_done() && !ends_title(*cursor) {
        cursor.advance();
    }
    let title = cursor.text_since(start).trim_end_matches('.').trim();
    if title.is_empty() {
        return Err(Miss::unclear("Write the title, as in \"title: Pancakes\"."));
    }
    one(Change::SetTitle(title.to_owned()))
}

fn ends_title(cursor: Cursor<'_>) -> bool {
    let mut after = cursor;
    after.advance();
    (cursor.mark() == Some(';') && opening::is_here(after))
        || (cursor.stands("and then") && opening::is_here(cursor))
}

/// The description is the rest of the line.
pub(super) fn description(cursor: &mut Cursor<'_>) -> Outcome {
    while matches!(cursor.mark(), Some(':' | '=')) {
        cursor.advance();
    }
    let text = cursor.take_rest().trim_matches('"');
    if text.is_empty() {
        return Err(Miss::unclear(
            "Write the description, as in \"description: Light and quick.\"",
        ));
    }
    one(Change::SetDescription(Some(text.to_owned())))
}

/// After "tag": "it as vegan and quick", ": vegan".
pub(super) fn tag(cursor: &mut Cursor<'_>) -> Outcome {
    const PEOPLE: [&str; 8] = ["me", "him", "her", "us", "them", "you", "along", "team"];
    if PEOPLE.contains(&cursor.word()) {
        return Err(Miss::Talk);
    }
    cursor.eat_any(&["it", "this recipe", "the recipe", "this"]);
    cursor.eat_any(&["as", "with"]);
    let tags = tags(cursor)?;
    one(Change::AddTags(tags))
}

/// After "add": "tag vegan", "the tags quick and easy", "a vegan tag", "#vegan". `None`: it is not about tags.
pub(super) fn add_tags(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let read = tags_named(cursor)?;
    Some(read.and_then(|tags| one(Change::AddTags(tags))))
}

/// After "remove": as after "add".
pub(super) fn remove_tags(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let read = tags_named(cursor)?;
    Some(read.and_then(|tags| one(Change::RemoveTags(tags))))
}

fn tags_named(cursor: &mut Cursor<'_>) -> Option<Result<Vec<String>, Miss>> {
    let mut ahead = *cursor;
    ahead.eat_any(&["a", "the", "another"]);
    if ahead.eat_any(&["tags", "tag"]) || ahead.mark() == Some('#') {
        *cursor = ahead;
        return Some(tags(cursor));
    }
    let mut after = ahead;
    after.advance();
    if !ahead.word().is_empty() && after.eat("tag") && after.at_break() {
        *cursor = after;
        return Some(Ok(vec![ahead.word().to_owned()]));
    }
    None
}

/// Tags between commas, "and" or "#", up to the end of the clause.
pub(super) fn tags(cursor: &mut Cursor<'_>) -> Result<Vec<String>, Miss> {
    while matches!(cursor.mark(), Some(':' | '=')) {
        cursor.advance();
    }
    let mut tags = Vec::new();
    loop {
        while cursor.eat_mark('#') {}
        let start = *cursor;
        while !cursor.at_break() && cursor.mark() != Some('#') {
            cursor.advance();
        }
        let tag = politeness::without_after(*cursor, start)
            .text_since(start)
            .trim();
        if !tag.is_empty() {
            tags.push(tag.to_owned());
        }
        if cursor.at_stop() || (cursor.at_join() && opening::is_here(*cursor)) {
            break;
        }
        cursor.skip_joins();
    }
    if tags.is_empty() {
        return Err(Miss::unclear("Write the tag, as in \"tag: vegan\"."));
    }
    Ok(tags)
}

/// After "remove": "the description". `None`: it is not about that.
pub(super) fn remove_description(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let mut ahead = *cursor;
    ahead.eat("the");
    if !ahead.eat("description") || finish(&mut ahead).is_err() {
        return None;
    }
    *cursor = ahead;
    Some(one(Change::SetDescription(None)))
}

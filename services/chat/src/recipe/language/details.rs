//! Commands about the title, the description and the tags; about the history ("undo") and, with a slash, the members.

use super::cursor::Cursor;
use super::politeness::{self, finish};
use super::{Miss, Outcome, lexer, one, verbs};
use crate::recipe::change::{Change, Command, Parsed, Role, Visibility};

/// A title runs to the end of the line, or to where another command clearly begins: "call it Crêpes and double it".
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
    (cursor.mark() == Some(';') && verbs::begin_here(after))
        || (cursor.stands("and then") && verbs::begin_here(cursor))
        || ((cursor.at_join() || cursor.at_stop()) && verbs::clearly_begin_here(after))
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
    const PEOPLE: [&str; 9] = [
        "me", "him", "her", "us", "them", "you", "you're", "along", "team",
    ];
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

/// After "untag".
pub(super) fn untag(cursor: &mut Cursor<'_>) -> Outcome {
    one(Change::RemoveTags(tags(cursor)?))
}

/// After "remove": as after "add".
pub(super) fn remove_tags(cursor: &mut Cursor<'_>) -> Option<Outcome> {
    let read = tags_named(cursor)?;
    Some(read.and_then(|tags| one(Change::RemoveTags(tags))))
}

fn tags_named(cursor: &mut Cursor<'_>) -> Option<Result<Vec<String>, Miss>> {
    let mut ahead = *cursor;
    ahead.eat_any(&["a", "the", "another"]);
    if ahead.eat_any(&["tags", "tag"])
        || (ahead.mark() == Some('#') && !ahead.word_ahead(1).is_empty())
    {
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
        if cursor.at_stop() || (cursor.at_join() && verbs::begin_here(*cursor)) {
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

const HELP: &str = "Commands are /undo, /invite NAME, /invite NAME as viewer, /remove NAME, /owner NAME, /leave, \
    /private, /open and /public. \
    To change the recipe, write for example \"add 2 cups flour\", \"replace milk with oat milk\", \"double it\" or \
    \"add step: Whisk the eggs.\"";

/// A message that begins with a slash. A path or a fraction ("/2") is talk.
pub(super) fn slash(content: &str) -> Parsed {
    let tokens = lexer::tokens(content);
    let mut cursor = Cursor::new(content, &tokens);
    cursor.eat_mark('/');
    let verb = cursor.word();
    cursor.advance();
    match verb {
        "" => Parsed::Talk,
        "undo" => alone(cursor, Command::Undo),
        "private" => alone(cursor, Command::Show(Visibility::Private)),
        "open" => alone(cursor, Command::Show(Visibility::Open)),
        "public" => alone(cursor, Command::Show(Visibility::Public)),
        "leave" => alone(cursor, Command::Leave),
        "owner" => match name(&mut cursor) {
            Some(name) if cursor.is_done() => Parsed::Command(Command::HandOver { name }),
            _ => unclear("Name the person who shall own the recipe, as in \"/owner ada\"."),
        },
        "invite" => invite(cursor),
        "remove" | "uninvite" | "kick" => match name(&mut cursor) {
            Some(name) if cursor.is_done() => Parsed::Command(Command::Remove { name }),
            _ => unclear("Name one person, as in \"/remove ada\"."),
        },
        "help" => unclear(HELP),
        _ => unclear(&format!("There is no command /{verb}. {HELP}")),
    }
}

/// "undo", "please undo that", "revert the last change", "take that back".
pub(super) fn undo(content: &str) -> Option<Parsed> {
    let tokens = lexer::tokens(content);
    let mut cursor = Cursor::new(content, &tokens);
    politeness::skip_before(&mut cursor);
    let no = cursor.eat("no") && cursor.eat_mark(',');
    if no {
        politeness::skip_before(&mut cursor);
    }
    let mut redo = cursor;
    if redo.eat_any(&["redo that", "redo it", "redo"]) && redo.at_stop() {
        return Some(unclear(
            "What was undone does not come back by itself; write the change once more.",
        ));
    }
    if cursor.eat_any(&["scratch that", "i take that back"]) && cursor.is_done() {
        return Some(Parsed::Command(Command::Undo));
    }
    if !cursor.eat_any(&["undo", "revert", "take that back", "take it back"]) {
        return None;
    }
    cursor.eat_any(&[
        "that",
        "it",
        "this",
        "the last change",
        "last change",
        "my last change",
        "the last one",
        "last",
    ]);
    politeness::skip_after(&mut cursor);
    while cursor.at_stop() && !cursor.is_done() {
        cursor.advance();
    }
    Some(if cursor.is_done() {
        Parsed::Command(Command::Undo)
    } else {
        unclear("Undo takes back the last change and stands alone; say \"undo\" once for each.")
    })
}

fn alone(cursor: Cursor<'_>, command: Command) -> Parsed {
    if cursor.is_done() {
        Parsed::Command(command)
    } else {
        unclear(HELP)
    }
}

fn invite(mut cursor: Cursor<'_>) -> Parsed {
    let Some(name) = name(&mut cursor) else {
        return unclear("Name the person, as in \"/invite ada\" or \"/invite ada as viewer\".");
    };
    cursor.eat_any(&["as a", "as an", "as"]);
    let role = match cursor.word() {
        "viewer" | "reader" => Some(Role::Viewer),
        "editor" | "cook" => Some(Role::Editor),
        "" if cursor.is_done() => Some(Role::Editor),
        _ => None,
    };
    cursor.advance();
    match role {
        Some(role) if cursor.is_done() => Parsed::Command(Command::Invite { name, role }),
        _ => unclear("Someone is invited as editor or as viewer, as in \"/invite ada as viewer\"."),
    }
}

/// A user name runs to the next space; "@" may stand before it.
fn name(cursor: &mut Cursor<'_>) -> Option<String> {
    cursor.eat_mark('@');
    let start = *cursor;
    cursor.advance();
    while cursor.follows_closely() {
        cursor.advance();
    }
    let name = cursor.text_since(start);
    (!name.is_empty()).then(|| name.to_owned())
}

fn unclear(hint: &str) -> Parsed {
    Parsed::Unclear {
        hint: hint.to_owned(),
    }
}

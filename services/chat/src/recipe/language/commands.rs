//! Commands about the recipe's history and members: "undo", and those that begin with a slash.

use super::cursor::Cursor;
use super::lexer;
use super::politeness;
use crate::recipe::change::{Command, Parsed, Role};

const HELP: &str = "Commands are /undo, /invite NAME, /invite NAME as viewer, /remove NAME, /private and /public. \
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
        "private" => alone(cursor, Command::MakePrivate),
        "public" => alone(cursor, Command::MakePublic),
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
    if cursor.eat("redo") && cursor.at_stop() {
        return Some(unclear(
            "What was undone does not come back by itself; write the change once more.",
        ));
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

//! Reads a whole message: line by line, clause by clause, with headers ("ingredients:", "steps:") that say
//! what the lines below them are.

use super::cursor::Cursor;
use super::outcome::{Miss, Outcome, one};
use super::{clause, items, lexer, opening};
use crate::recipe::change::{Change, Place};

/// What the lines below a header are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    None,
    Ingredients,
    Steps,
}

/// The changes of all lines. Lines of talk are passed over, unless there is nothing else.
pub(super) fn read(content: &str) -> Outcome {
    let mut section = Section::None;
    let mut changes = Vec::new();
    for line in content
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        if let Some(next) = header(line) {
            section = next;
            continue;
        }
        match in_section(line, section) {
            Ok(more) => changes.extend(more),
            Err(Miss::Talk) => {}
            Err(Miss::Unclear(hint)) => return Err(Miss::Unclear(hint)),
        }
    }
    if changes.is_empty() {
        Err(Miss::Talk)
    } else {
        Ok(changes)
    }
}

fn header(line: &str) -> Option<Section> {
    let title = line
        .strip_suffix(':')?
        .trim_start_matches(['#', '*', ' '])
        .to_lowercase();
    match title.trim() {
        "ingredients" | "add" | "add these" | "add the following" | "please add" => {
            Some(Section::Ingredients)
        }
        "steps" | "method" | "instructions" | "directions" | "add steps" | "add these steps"
        | "preparation" => Some(Section::Steps),
        _ => None,
    }
}

fn in_section(line: &str, section: Section) -> Outcome {
    let bare = without_bullet(line);
    match section {
        Section::None => clauses(line),
        Section::Ingredients if is_other_command(bare) => clauses(bare),
        Section::Ingredients => ingredient(bare),
        Section::Steps if names_a_part(bare) => clauses(bare),
        Section::Steps => one(Change::AddStep {
            text: without_number(bare).to_owned(),
            at: Place::End,
        }),
    }
}

/// The clauses of a line. The first one decides whether the line is talk; talk behind a change is passed over.
fn clauses(line: &str) -> Outcome {
    let tokens = lexer::tokens(line);
    let mut cursor = Cursor::new(line, &tokens);
    let mut changes = clause::read(&mut cursor)?;
    loop {
        let here = cursor.position();
        cursor.skip_breaks();
        if cursor.is_done() || cursor.position() == here {
            return Ok(changes);
        }
        match clause::read(&mut cursor) {
            Ok(more) => changes.extend(more),
            Err(Miss::Talk) => return Ok(changes),
            Err(unclear) => return Err(unclear),
        }
    }
}

fn ingredient(line: &str) -> Outcome {
    let tokens = lexer::tokens(line);
    let mut cursor = Cursor::new(line, &tokens);
    one(Change::AddIngredient(items::item(&mut cursor)?))
}

fn is_other_command(line: &str) -> bool {
    let tokens = lexer::tokens(line);
    let cursor = Cursor::new(line, &tokens);
    opening::is_here(cursor)
}

/// In a list of steps only labels are commands: "Remove the pan from the heat" is a step.
fn names_a_part(line: &str) -> bool {
    let tokens = lexer::tokens(line);
    let cursor = Cursor::new(line, &tokens);
    let labelled = cursor.mark_ahead(1) == Some(':');
    (labelled
        && matches!(
            cursor.word(),
            "title" | "tags" | "tag" | "description" | "servings" | "serves"
        ))
        || (cursor.word() == "serves" && cursor.word_ahead(1).is_empty())
}

fn without_bullet(line: &str) -> &str {
    line.strip_prefix(['-', '*', '•', '–', '·'])
        .map_or(line, str::trim_start)
}

/// "1. Whisk" and "2) Fry".
fn without_number(line: &str) -> &str {
    let digits = line
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(line.len());
    match line[digits..].strip_prefix(['.', ')']) {
        Some(text) if digits > 0 => text.trim_start(),
        _ => line,
    }
}

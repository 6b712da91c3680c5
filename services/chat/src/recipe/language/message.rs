//! Reads a whole message: line by line, clause by clause, with headers ("ingredients:", "steps:") that say
//! what the lines below them are.

use super::cursor::Cursor;
use super::{Miss, Outcome, one};
use super::{clause, lexer, line, politeness, verbs, wholly};
use crate::recipe::change::{Change, Place};
use crate::recipe::model::limits;
use crate::recipe::refusal::Refusal;

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
    let mut allowance = Allowance::default();
    let mut changes = Vec::new();
    let mut lines = content
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .peekable();
    while let Some(line) = lines.next() {
        if let Some(next) = header(line).filter(|_| lines.peek().is_some()) {
            section = next;
            continue;
        }
        match in_section(line, section, &mut allowance) {
            Ok(more) => changes.extend(more),
            Err(Miss::Talk) => {}
            Err(other) => return Err(other),
        }
    }
    if changes.is_empty() {
        Err(Miss::Talk)
    } else {
        Ok(changes)
    }
}

/// "Ingredients:" or "add:" says that ingredients follow, one a line; "steps:" and its like say the same of steps.
fn header(line: &str) -> Option<Section> {
    let is_heading = line.ends_with(':') || line.starts_with("# ") || line.starts_with("## ");
    let title = line.trim_matches(['#', '*', ':', ' ']).to_lowercase();
    match title.as_str() {
        _ if !is_heading => None,
        "ingredients" | "add" | "add these" | "add the following" | "please add" => {
            Some(Section::Ingredients)
        }
        "steps" | "method" | "instructions" | "directions" | "preparation" | "add steps"
        | "add these steps" | "add step" | "add a step" => Some(Section::Steps),
        _ => None,
    }
}

fn in_section(line: &str, section: Section, allowance: &mut Allowance) -> Outcome {
    let bare = without_bullet(line);
    let outcome = match section {
        Section::Ingredients | Section::Steps if without_number(bare).is_empty() => Err(Miss::Talk),
        Section::None => return clauses(line, allowance),
        Section::Ingredients if is_other_command(bare) => return clauses(bare, allowance),
        Section::Ingredients => ingredient(bare),
        Section::Steps if names_a_part(bare) => return clauses(bare, allowance),
        Section::Steps => one(Change::AddStep {
            text: without_number(bare).to_owned(),
            at: Place::End,
        }),
    };
    let changes = outcome?;
    allowance.take(&changes)?;
    Ok(changes)
}

/// The clauses of a line. The first one decides whether the line is talk. What is tied to a change by "and" or a comma
/// has to be followed too; a sentence of its own may be talk.
/// The allowance is taken clause by clause: so a long line is not read on for changes that are too many.
fn clauses(line: &str, allowance: &mut Allowance) -> Outcome {
    let tokens = lexer::tokens(line);
    let mut cursor = Cursor::new(line, &tokens);
    let start = cursor;
    let mut changes = read_clause(&mut cursor, start)?;
    allowance.take(&changes)?;
    loop {
        let end = cursor;
        cursor.skip_breaks();
        if cursor.is_done() {
            return Ok(changes);
        }
        if cursor.position() == end.position() {
            return whole(end, changes);
        }
        let new_sentence = end.at_stop();
        if new_sentence {
            politeness::skip_before(&mut cursor);
        }
        let rest = cursor;
        match read_clause(&mut cursor, if new_sentence { rest } else { start }) {
            Ok(more) => {
                allowance.take(&more)?;
                changes.extend(more);
            }
            Err(Miss::Talk) if new_sentence => {
                cursor = rest;
                while !cursor.at_stop() {
                    cursor.advance();
                }
            }
            Err(Miss::Talk) if politeness::is_small_talk(rest) => return Ok(changes),
            Err(Miss::Talk) => return Err(unfollowed(start, rest)),
            Err(other) => return Err(other),
        }
    }
}

/// Nothing but marks may be left behind the last clause.
fn whole(mut end: Cursor<'_>, changes: Vec<Change>) -> Outcome {
    let start = end;
    while !end.is_done() && !end.is_said() {
        end.advance();
    }
    match end.is_done() {
        true => Ok(changes),
        false => Err(unfollowed(start, end)),
    }
}

fn read_clause(cursor: &mut Cursor<'_>, sentence: Cursor<'_>) -> Outcome {
    clause::read(cursor).map_err(|miss| match miss {
        Miss::LeftOver(words) => Miss::Unclear(wholly::hint({ sentence }.take_rest(), &words)),
        other => other,
    })
}

/// Leaving something out unsaid would do half of what was asked.
fn unfollowed(mut sentence: Cursor<'_>, mut rest: Cursor<'_>) -> Miss {
    let left_over = rest.take_rest();
    let whole = sentence.take_rest();
    match wholly::reads_like_a_step(whole, left_over) {
        true => Miss::Unclear(wholly::hint(whole, left_over)),
        false => Miss::Unclear(format!(
            "Nothing was changed, because \"{left_over}\" can't be followed; write it as a message of its own."
        )),
    }
}

fn ingredient(text: &str) -> Outcome {
    one(Change::AddIngredient(line::line(text)))
}

fn is_other_command(line: &str) -> bool {
    let tokens = lexer::tokens(line);
    let cursor = Cursor::new(line, &tokens);
    verbs::begin_here(cursor)
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

/// How many changes of what is there one message may make.
const MAX_CHANGES: usize = 50;
/// How often one message may turn the whole recipe into other units, which reads every step.
const MAX_CONVERSIONS: usize = 1;

/// What a message has asked for so far.
#[derive(Debug, Default)]
struct Allowance {
    ingredients: usize,
    steps: usize,
    conversions: usize,
    changes: usize,
}

impl Allowance {
    /// Counts changes; misses when they are too many for one message.
    fn take(&mut self, changes: &[Change]) -> Result<(), Miss> {
        for change in changes {
            match change {
                Change::AddIngredient(_) => self.ingredients += 1,
                Change::AddStep { .. } => self.steps += 1,
                Change::Convert(_) => self.conversions += 1,
                _ => self.changes += 1,
            }
        }
        let full = |what, limit| Miss::Unclear(Refusal::Full { what, limit }.to_string());
        if self.ingredients > limits::INGREDIENTS {
            return Err(full("ingredients", limits::INGREDIENTS));
        }
        if self.steps > limits::STEPS {
            return Err(full("steps", limits::STEPS));
        }
        if self.changes > MAX_CHANGES || self.conversions > MAX_CONVERSIONS {
            return Err(Miss::Unclear(format!(
                "Nothing was changed: one message makes at most {MAX_CHANGES} changes beside what it adds, and at most \
                 {MAX_CONVERSIONS} conversion of the whole recipe; send the others in another message."
            )));
        }
        Ok(())
    }
}

//! The language in which cooks change a recipe: reads a message into changes, a command, talk, or a hint.
//!
//! A hand-written lexer and a recursive descent over its tokens. `message` cuts a message into lines and clauses,
//! `verbs` is the table of what a clause may begin with, and each rule lives with its subject. Reading is total and linear but for short look-ahead, and never looks at the recipe: what
//! is there and what is not is for `apply` to say. `docs/recipe-language.md` is the page of examples for cooks.

mod amounts;
mod clause;
mod coverage;
mod cursor;
mod details;
mod differences;
mod ingredients;
mod items;
mod lexer;
mod line;
mod message;
mod names;
mod narration;
mod numbers;
mod pasted;
mod politeness;
mod quantities;
mod scaling;
mod servings;
mod steps;
mod timer;
mod verbs;
#[cfg(test)]
mod work;

use self::cursor::Cursor;
use super::change::{Change, NewIngredient, Parsed};
use super::html;
use super::naming;
use super::quantity::{Amount, Quantity};
use super::refusal::Refusal;

/// The changes that a clause asks for, or why it asks for none.
type Outcome = Result<Vec<Change>, Miss>;

/// Why a rule of the grammar did not read a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Miss {
    /// The words are no command: plain talk.
    Talk,
    /// They begin like a command and cannot be followed; the text says what would work.
    Unclear(String),
    /// They ask for a change, and these are left over: no rule says what they mean.
    LeftOver(String),
}

impl Miss {
    fn unclear(hint: &str) -> Self {
        Self::Unclear(hint.to_owned())
    }

    fn too_big() -> Self {
        Self::unclear("That number is too big to cook with.")
    }
}

/// The outcome of a clause that asks for a single change.
fn one(change: Change) -> Outcome {
    Ok(vec![change])
}

/// Reads a message. Never fails: what is neither a change nor a command is talk.
pub fn parse(content: &str) -> Parsed {
    let content = html::without_entities(content.trim());
    let content = content.trim();
    if content.starts_with('/') {
        return details::slash(content);
    }
    if let Some(undo) = details::undo(content) {
        return undo;
    }
    if let Some(command) = timer::read(content) {
        return Parsed::Timer(command);
    }
    match message::read(content) {
        Ok(changes) => Parsed::Changes(changes),
        Err(Miss::Talk) => Parsed::Talk,
        Err(Miss::Unclear(hint)) => Parsed::Unclear { hint },
        Err(Miss::LeftOver(words)) => Parsed::Unclear {
            hint: coverage::hint(content, &words),
        },
    }
}

/// A line of another program's ingredient list: "1 1/2 cups flour, sifted". Unlike `parse` it takes every comma for
/// the beginning of a note, and a line without a readable amount for a name.
pub(super) fn ingredient_line(line: &str) -> Result<NewIngredient, Refusal> {
    let line = naming::one_line(line);
    if line.chars().count() > LONGEST_LINE {
        return Err(Refusal::TooLong {
            what: "ingredient",
            limit: LONGEST_LINE,
        });
    }
    Ok(line::line(&line))
}

pub(super) use self::narration::sentence;
pub(super) use self::pasted::group as list_heading;
pub(super) use self::verbs::is_kitchen_work;

/// How many characters a line of an ingredient list may have: its name, note, amount and unit have fewer.
const LONGEST_LINE: usize = 1_000;
/// How many bytes an amount may have that stands alone.
const LONGEST_QUANTITY: usize = 100;

/// An amount with a unit on its own: "1/4 cup", "25g".
pub(super) fn amount(text: &str) -> Option<Amount> {
    (text.len() <= LONGEST_QUANTITY).then(|| amounts::alone(text))?
}

/// A quantity on its own: "1 1/2", "2-3", "to taste". `None` when there is more or something else.
pub(super) fn quantity(text: &str) -> Option<Quantity> {
    let text = text.trim();
    if text.len() > LONGEST_QUANTITY {
        return None;
    }
    let tokens = lexer::tokens(text);
    let mut cursor = Cursor::new(text, &tokens);
    if let Some(vague) = amounts::vague_after_name(&mut cursor) {
        return cursor.is_done().then_some(Quantity::Vaguely(vague));
    }
    let measured = amounts::read(&mut cursor).ok()??;
    let alone = cursor.is_done() && measured.amount.unit.is_none() && measured.note.is_none();
    alone.then_some(measured.amount.quantity)
}

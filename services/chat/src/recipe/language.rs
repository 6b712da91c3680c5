//! The language in which cooks change a recipe: reads a message into changes, a command, talk, or a hint.
//!
//! A hand-written lexer and a recursive descent over its tokens. `clause` is the root of the grammar; each rule
//! lives with its subject. Reading is total and linear but for short look-ahead, and never looks at the recipe: what
//! is there and what is not is for `apply` to say. `docs/recipe-language.md` is the page of examples for cooks.

mod amounts;
mod clause;
mod commands;
mod cursor;
mod details;
mod ingredients;
mod items;
mod lexer;
mod message;
mod opening;
mod outcome;
mod politeness;
mod scaling;
mod steps;

use self::outcome::Miss;
use super::change::Parsed;

/// Reads a message. Never fails: what is neither a change nor a command is talk.
pub fn parse(content: &str) -> Parsed {
    let content = content.trim();
    if content.starts_with('/') {
        return commands::slash(content);
    }
    if let Some(undo) = commands::undo(content) {
        return undo;
    }
    match message::read(content) {
        Ok(changes) => Parsed::Changes(changes),
        Err(Miss::Talk) => Parsed::Talk,
        Err(Miss::Unclear(hint)) => Parsed::Unclear { hint },
    }
}

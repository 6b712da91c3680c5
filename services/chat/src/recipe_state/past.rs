//! What a message of the past did, taken back, and a version of the past, made the newest again.

use std::sync::Arc;

use proto::ids::{MessageId, RecipeId, Revision};

use super::{Draft, Outcome, RecipeLimits, RecipeState, TooMuch, Undoable};
use crate::{
    message::{Content, Principal},
    recipe::{Parsed, Recipe, UndoConflict, take_back},
    refused::Refused,
};

/// What is asked for of a recipe's past.
#[derive(Debug)]
pub(crate) enum Past {
    /// That what a message did is taken back, and nothing else.
    TakenBack {
        /// What it did.
        change: Undoable,
        /// The recipe after it.
        after: Arc<Recipe>,
    },
    /// That the recipe becomes what it was.
    Restored {
        /// When.
        revision: Revision,
        /// What it was.
        recipe: Arc<Recipe>,
    },
}

impl Draft {
    /// Asks for something of the past, under the words by which it stands in the conversation.
    pub(crate) fn past(
        recipe: RecipeId,
        author: Principal,
        id: MessageId,
        content: Content,
        past: Past,
    ) -> Self {
        Self {
            past: Some(Arc::new(past)),
            ..Self::silent(recipe, author, id, content, Parsed::Talk)
        }
    }
}

impl RecipeState {
    /// Does what is asked for, as a change that can be undone itself.
    pub(super) fn follow_past(
        &mut self,
        past: &Past,
        author: &str,
        limits: &RecipeLimits,
    ) -> Result<Outcome, Refused> {
        let (recipe, effect) = match past {
            Past::TakenBack { change, after } => {
                let taken = take_back(&change.before, after, &self.recipe);
                let taken = taken.map_err(|conflict| match conflict {
                    UndoConflict::Elements(_) => Refused::ChangedSince,
                    UndoConflict::NoRoom => Refused::TooMuch(TooMuch::Bytes(limits.bytes)),
                })?;
                let effect = format!("Undid {}'s \"{}\"", change.author, change.effect);
                (taken, effect)
            }
            Past::Restored { revision, recipe } => {
                let effect = format!("Restored the recipe as it was at revision {revision}");
                (recipe.put_back_after(&self.recipe), effect)
            }
        };
        if recipe == *self.recipe {
            return Ok(Outcome::hint("The recipe is like that already."));
        }
        limits
            .check(&self.recipe, &recipe)
            .map_err(Refused::TooMuch)?;
        let undoable = Undoable {
            author: author.into(),
            effect: effect.as_str().into(),
            before: Arc::clone(&self.recipe),
        };
        self.undo.push(self.revision + 1, undoable);
        Ok(Outcome {
            recipe: Some(Arc::new(recipe)),
            ..Outcome::effect(effect)
        })
    }
}

//! What a shard decides together: each post against the recipe as the posts before it left it. Pure; everything
//! that it needs was read before, and what it decides counts only once it is committed.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use proto::ids::{Position, RecipeId};
use runtime::clock::Timestamp;

use super::Posted;
use crate::{
    ledger::{Accepted, Draft, Ledger},
    message::{Message, MessageKey},
    recipe::Recipe,
    refused::Refused,
    store::Write,
};

/// The recipes of a batch and what is decided about them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    desks: HashMap<RecipeId, Desk>,
    before: HashMap<MessageKey, Before>,
    fresh: HashSet<RecipeId>,
}

/// One recipe while it is worked on.
#[derive(Debug)]
struct Desk {
    stored: Position,
    ledger: Ledger,
    accepted: Vec<Accepted>,
}

/// A message that was accepted before, in this batch or long ago.
#[derive(Debug)]
struct Before {
    message: Arc<Message>,
    recipe: Option<Arc<Recipe>>,
}

impl Batch {
    /// Puts a recipe on its desk. `fresh` tells that it was read for this batch, not remembered.
    pub(super) fn lay(&mut self, ledger: Ledger, fresh: bool) {
        let id = ledger.id.clone();
        if fresh {
            self.fresh.insert(id.clone());
        }
        let desk = Desk {
            stored: ledger.position(),
            ledger,
            accepted: Vec::new(),
        };
        self.desks.insert(id, desk);
    }

    /// Notes a message that was accepted before.
    pub(super) fn accepted_before(&mut self, key: MessageKey, message: Arc<Message>) {
        let before = Before {
            message,
            recipe: None,
        };
        self.before.insert(key, before);
    }

    /// The ledger of a recipe, when there is one.
    pub(super) fn ledger_mut(&mut self, recipe: &RecipeId) -> Option<&mut Ledger> {
        self.desks.get_mut(recipe).map(|desk| &mut desk.ledger)
    }

    /// Whether a refusal may rest on something that has changed since it was read.
    pub(super) fn may_be_outdated(&self, recipe: &RecipeId) -> bool {
        self.desks.contains_key(recipe) && !self.fresh.contains(recipe)
    }

    /// What becomes of a post, given all those before it. `allowed` is whether its author may write something new.
    pub(super) fn decide(
        &mut self,
        draft: &Draft,
        now: Timestamp,
        allowed: Result<(), Refused>,
    ) -> Result<Posted, Refused> {
        let desk = self.desks.get_mut(&draft.recipe);
        let desk = desk.ok_or(Refused::NoSuchRecipe)?;
        desk.ledger.right_of(&draft.author)?;
        let key = draft.key();
        if let Some(before) = self.before.get(&key) {
            return again(before, draft, &desk.ledger);
        }
        if draft.not_after.is_some_and(|end| end < now) {
            return Err(Refused::TooLate);
        }
        allowed?;
        let accepted = desk.ledger.accept(draft, now)?;
        let before = Before {
            message: Arc::clone(&accepted.message),
            recipe: Some(Arc::clone(&accepted.recipe)),
        };
        let posted = Posted {
            message: Arc::clone(&accepted.message),
            duplicate: false,
            recipe: Some(Arc::clone(&accepted.recipe)),
            bytes: accepted.bytes(),
        };
        self.before.insert(key, before);
        desk.accepted.push(accepted);
        Ok(posted)
    }

    /// What has to be written, and the ledgers that stayed as they were.
    pub(super) fn conclude(self) -> (Vec<Write>, Vec<Ledger>) {
        let (changed, unchanged): (Vec<_>, Vec<_>) = self
            .desks
            .into_values()
            .partition(|desk| !desk.accepted.is_empty());
        let writes = changed.into_iter().map(|desk| Write {
            expected: desk.stored,
            ledger: desk.ledger,
            accepted: desk.accepted,
        });
        let unchanged = unchanged.into_iter().map(|desk| desk.ledger);
        (writes.collect(), unchanged.collect())
    }
}

/// The answer to a message that was accepted before.
fn again(before: &Before, draft: &Draft, ledger: &Ledger) -> Result<Posted, Refused> {
    if before.message.content != draft.content {
        return Err(Refused::MessageIdReused);
    }
    let still_so = before.message.revision >= ledger.recipe_revision;
    let now = || still_so.then(|| Arc::clone(&ledger.recipe));
    Ok(Posted {
        message: Arc::clone(&before.message),
        duplicate: true,
        recipe: before.recipe.clone().or_else(now),
        bytes: 0,
    })
}

//! What a shard decides together: each post against the recipe as the posts before it left it. Pure; everything
//! that it needs was read before, and what it decides counts only once it is committed.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use proto::ids::{Position, RecipeId};
use runtime::clock::Timestamp;

use crate::{
    message::{AcceptedBefore, MessageKey, Posted},
    recipe::Recipe,
    recipe_state::{Accepted, Draft, RecipeLimits, RecipeState},
    refused::Refused,
    store::Write,
};

/// The recipes of a batch and what is decided about them.
#[derive(Debug)]
pub(super) struct Batch {
    limits: RecipeLimits,
    recipes: HashMap<RecipeId, RecipeInBatch>,
    before: HashMap<MessageKey, Before>,
    fresh: HashSet<RecipeId>,
}

/// One recipe while it is worked on.
#[derive(Debug)]
struct RecipeInBatch {
    stored: Position,
    recipe_state: RecipeState,
    limits: RecipeLimits,
    accepted: Vec<Accepted>,
}

/// A message that was accepted before, in this batch or long ago.
#[derive(Debug)]
struct Before {
    accepted: AcceptedBefore,
    recipe: Option<Arc<Recipe>>,
}

impl Batch {
    /// One of recipes that may each hold so much.
    pub(super) fn new(limits: RecipeLimits) -> Self {
        Self {
            limits,
            recipes: HashMap::new(),
            before: HashMap::new(),
            fresh: HashSet::new(),
        }
    }

    /// Gives a recipe limits of its own.
    pub(super) fn limit(&mut self, recipe: &RecipeId, limits: RecipeLimits) {
        if let Some(in_batch) = self.recipes.get_mut(recipe) {
            in_batch.limits = limits;
        }
    }

    /// Puts a recipe on its in_batch. `fresh` tells that it was read for this batch, not remembered.
    pub(super) fn insert(&mut self, recipe_state: RecipeState, fresh: bool) {
        let id = recipe_state.id.clone();
        if fresh {
            self.fresh.insert(id.clone());
        }
        let in_batch = RecipeInBatch {
            stored: recipe_state.position(),
            recipe_state,
            limits: self.limits,
            accepted: Vec::new(),
        };
        self.recipes.insert(id, in_batch);
    }

    /// Notes a message that was accepted before.
    pub(super) fn accepted_before(&mut self, key: MessageKey, accepted: AcceptedBefore) {
        let before = Before {
            accepted,
            recipe: None,
        };
        self.before.insert(key, before);
    }

    /// The recipe state of a recipe, when there is one.
    pub(super) fn ledger_mut(&mut self, recipe: &RecipeId) -> Option<&mut RecipeState> {
        self.recipes
            .get_mut(recipe)
            .map(|in_batch| &mut in_batch.recipe_state)
    }

    /// Whether a refusal may rest on something that has changed since it was read.
    pub(super) fn may_be_outdated(&self, recipe: &RecipeId) -> bool {
        self.recipes.contains_key(recipe) && !self.fresh.contains(recipe)
    }

    /// What becomes of a post, given all those before it. `allowed` is whether its author may write something new.
    pub(super) fn decide(
        &mut self,
        draft: &Draft,
        now: Timestamp,
        allowed: Result<(), Refused>,
    ) -> Result<Posted, Refused> {
        let in_batch = self.recipes.get_mut(&draft.recipe);
        let in_batch = in_batch.ok_or(Refused::NoSuchRecipe)?;
        if draft.admits.is_none() {
            in_batch.recipe_state.right_of(&draft.author)?;
        }
        let key = draft.key();
        if let Some(before) = self.before.get(&key) {
            return again(before, &key, draft, &in_batch.recipe_state);
        }
        if draft.not_after.is_some_and(|end| end < now) {
            return Err(Refused::TooLate);
        }
        allowed?;
        let accepted = in_batch.recipe_state.accept(draft, &in_batch.limits, now)?;
        let before = Before {
            accepted: AcceptedBefore {
                message: Arc::clone(&accepted.message),
                digest: None,
            },
            recipe: Some(Arc::clone(&accepted.recipe)),
        };
        let posted = Posted {
            message: Arc::clone(&accepted.message),
            duplicate: false,
            recipe: Some(Arc::clone(&accepted.recipe)),
            bytes: accepted.bytes(),
        };
        self.before.insert(key, before);
        in_batch.accepted.push(accepted);
        Ok(posted)
    }

    /// What has to be written, and the recipe_states that stayed as they were.
    pub(super) fn finish(self) -> (Vec<Write>, Vec<RecipeState>) {
        let (changed, unchanged): (Vec<_>, Vec<_>) = self
            .recipes
            .into_values()
            .partition(|in_batch| !in_batch.accepted.is_empty());
        let writes = changed.into_iter().map(|in_batch| Write {
            expected: in_batch.stored,
            recipe_state: in_batch.recipe_state,
            accepted: in_batch.accepted,
        });
        let unchanged = unchanged.into_iter().map(|in_batch| in_batch.recipe_state);
        (writes.collect(), unchanged.collect())
    }
}

/// The answer to a message that was accepted before.
fn again(
    before: &Before,
    key: &MessageKey,
    draft: &Draft,
    recipe_state: &RecipeState,
) -> Result<Posted, Refused> {
    let repeated = before.accepted.repeated_by(key, &draft.content);
    let message = repeated.ok_or(Refused::MessageIdReused)?;
    let still_so = message.revision >= recipe_state.recipe_revision;
    let now = || still_so.then(|| Arc::clone(&recipe_state.recipe));
    Ok(Posted {
        message,
        duplicate: true,
        recipe: before.recipe.clone().or_else(now),
        bytes: 0,
    })
}

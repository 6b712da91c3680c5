//! The changes of a recipe that can be undone, newest last. Past versions lie in the store; the newest few are
//! kept at hand as well.

use std::{collections::VecDeque, sync::Arc};

use proto::ids::Revision;
use serde::{Deserialize, Serialize};

use crate::recipe::Recipe;

/// How many changes can be undone.
const DEPTH: usize = 50;
/// How many past versions are kept at hand.
const AT_HAND: usize = 4;

/// One change that can be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct UndoStep {
    /// The revision whose version stood before the change.
    pub before: Revision,
    /// Who made it.
    pub author: Arc<str>,
    /// What it did, in words.
    pub effect: Arc<str>,
    /// That version, when it is at hand.
    #[serde(skip)]
    recipe: Option<Arc<Recipe>>,
}

impl UndoStep {
    /// A change to a recipe that stood at `recipe` since `before`.
    pub(crate) fn new(before: Revision, author: &str, effect: &str, recipe: Arc<Recipe>) -> Self {
        Self {
            before,
            author: author.into(),
            effect: effect.into(),
            recipe: Some(recipe),
        }
    }

    /// The version before the change, when it is at hand.
    pub(crate) fn recipe(&self) -> Option<Arc<Recipe>> {
        self.recipe.clone()
    }
}

/// The changes that can be undone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct UndoStack(VecDeque<UndoStep>);

impl UndoStack {
    /// The change that an undo would take back.
    pub(crate) fn last(&self) -> Option<&UndoStep> {
        self.0.back()
    }

    /// Adds a change; the oldest is forgotten when there are too many.
    pub(crate) fn push(&mut self, step: UndoStep) {
        if self.0.len() == DEPTH {
            self.0.pop_front();
        }
        self.0.push_back(step);
    }

    /// Takes the newest change back.
    pub(crate) fn pop(&mut self) -> Option<UndoStep> {
        self.0.pop_back()
    }

    /// The versions among the newest `count` that are not at hand.
    pub(crate) fn missing(&self, count: usize) -> impl Iterator<Item = Revision> {
        let newest = self.0.iter().rev().take(count);
        newest
            .filter(|step| step.recipe.is_none())
            .map(|step| step.before)
    }

    /// Puts a past version at hand.
    pub(crate) fn put(&mut self, before: Revision, recipe: &Arc<Recipe>) {
        for step in self.0.iter_mut().filter(|step| step.before == before) {
            step.recipe = Some(Arc::clone(recipe));
        }
    }

    /// Lets go of all past versions but the newest few: they are in the store by now.
    pub(crate) fn let_go(&mut self) {
        for step in self.0.iter_mut().rev().skip(AT_HAND) {
            step.recipe = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_fifty_can_be_undone() {
        let mut stack = UndoStack::default();
        let recipe = Arc::new(Recipe::new("Pie"));
        for before in 0..60 {
            stack.push(UndoStep::new(before, "ada", "x", Arc::clone(&recipe)));
        }
        let popped: Vec<_> = std::iter::from_fn(|| stack.pop())
            .map(|step| step.before)
            .collect();
        assert_eq!(popped, (10..60).rev().collect::<Vec<_>>());
    }

    #[test]
    fn a_version_that_was_let_go_is_asked_for_again() {
        let mut stack = UndoStack::default();
        let recipe = Arc::new(Recipe::new("Pie"));
        for before in 0..6 {
            stack.push(UndoStep::new(before, "ada", "x", Arc::clone(&recipe)));
        }
        stack.let_go();
        assert_eq!(stack.missing(4).count(), 0);
        assert_eq!(stack.missing(6).collect::<Vec<_>>(), [1, 0]);
        stack.put(1, &recipe);
        assert_eq!(stack.missing(6).collect::<Vec<_>>(), [0]);
    }
}

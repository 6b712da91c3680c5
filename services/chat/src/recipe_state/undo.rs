//! The changes of a recipe that can be undone, newest last. They are remembered by their revisions; what they did
//! lies in the store, and of the newest few at hand as well.

use std::{collections::VecDeque, sync::Arc};

use proto::ids::Revision;
use serde::{Deserialize, Serialize};

use crate::{message::Message, recipe::Recipe};

/// How many changes can be undone.
const MAX_UNDO: usize = 50;
/// Of how many it is kept at hand what they did.
const MAX_IN_MEMORY: usize = 4;

/// What undoing a change needs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Undoable {
    /// Who made the change.
    pub author: Arc<str>,
    /// What it did, in words.
    pub effect: Arc<str>,
    /// The recipe before it.
    pub before: Arc<Recipe>,
}

impl Undoable {
    /// The change that a stored message made to a recipe.
    pub(crate) fn by(message: &Message, before: Arc<Recipe>) -> Self {
        Self {
            author: message.author.shown_name().into(),
            effect: message.effect.as_deref().unwrap_or_default().into(),
            before,
        }
    }
}

/// One change that can be undone. The store keeps its revision only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Revision", into = "Revision")]
struct Change {
    at: Revision,
    at_hand: Option<Undoable>,
}

impl From<Revision> for Change {
    fn from(at: Revision) -> Self {
        Self { at, at_hand: None }
    }
}

impl From<Change> for Revision {
    fn from(change: Change) -> Self {
        change.at
    }
}

/// The changes that can be undone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct UndoStack(VecDeque<Change>);

impl UndoStack {
    /// Whether nothing can be undone.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the change that revision `at` made; the oldest is forgotten when there are too many.
    pub(crate) fn push(&mut self, at: Revision, change: Undoable) {
        if self.0.len() == MAX_UNDO {
            self.0.pop_front();
        }
        self.0.push_back(Change {
            at,
            at_hand: Some(change),
        });
    }

    /// The newest change, if it is at hand.
    pub(crate) fn newest(&self) -> Option<&Undoable> {
        self.0.back()?.at_hand.as_ref()
    }

    /// Takes the newest change back, if it is at hand.
    pub(crate) fn pop(&mut self) -> Option<Undoable> {
        let undoable = self.0.back_mut()?.at_hand.take()?;
        self.0.pop_back();
        Some(undoable)
    }

    /// Those of the newest `count` changes that are not at hand.
    pub(crate) fn missing(&self, count: usize) -> Vec<Revision> {
        let newest = self.0.iter().rev().take(count);
        let missing = newest.filter(|change| change.at_hand.is_none());
        missing.map(|change| change.at).collect()
    }

    /// Puts at hand what the change at a revision did.
    pub(crate) fn put(&mut self, at: Revision, undoable: Undoable) {
        if let Some(change) = self.0.iter_mut().find(|change| change.at == at) {
            change.at_hand = Some(undoable);
        }
    }

    /// Drops all but the newest few: they are in the store by now.
    pub(crate) fn drop_older(&mut self) {
        for change in self.0.iter_mut().rev().skip(MAX_IN_MEMORY) {
            change.at_hand = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undoable(effect: &str) -> Undoable {
        Undoable {
            author: "ada".into(),
            effect: effect.into(),
            before: Arc::new(Recipe::new("Pie")),
        }
    }

    fn stack(changes: std::ops::Range<Revision>) -> UndoStack {
        let mut stack = UndoStack::default();
        for at in changes {
            stack.push(at, undoable(&at.to_string()));
        }
        stack
    }

    #[test]
    fn only_the_newest_fifty_can_be_undone() {
        let mut stack = stack(0..60);
        let popped = std::iter::from_fn(|| stack.pop()).map(|change| change.effect.to_string());
        let expected: Vec<_> = (10..60).rev().map(|at: u64| at.to_string()).collect();
        assert_eq!(popped.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_was_dropped_is_asked_for_again_and_stays_until_it_is_there() {
        let mut stack = stack(1..7);
        stack.drop_older();
        assert_eq!(stack.missing(4), [0; 0]);
        assert_eq!(stack.missing(6), [2, 1]);
        stack.put(2, undoable("back"));
        assert_eq!(stack.missing(6), [1]);
        for _ in 0..5 {
            assert!(stack.pop().is_some());
        }
        assert_eq!(stack.pop(), None);
        assert!(!stack.is_empty());
    }

    #[test]
    fn the_store_keeps_revisions_only() {
        let stored = serde_json::to_string(&stack(3..6)).unwrap();
        assert_eq!(stored, "[3,4,5]");
        let read: UndoStack = serde_json::from_str(&stored).unwrap();
        assert_eq!(read.missing(9), [5, 4, 3]);
    }
}

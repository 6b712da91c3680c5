//! What is read for those who come to a recipe, or come back to it.

use std::sync::Arc;

use proto::ids::{Position, RecipeId, Revision};

use crate::{
    access::{Access, Audience, Right},
    message::{Message, Update},
    recipe::{Recipe, Visibility},
};

/// The recipe as one who came in finds it.
#[derive(Debug, Clone)]
pub(crate) struct Joined {
    /// Which recipe.
    pub recipe_id: RecipeId,
    /// How far it has come.
    pub position: Position,
    /// The recipe.
    pub recipe: Arc<Recipe>,
    /// What they have missed, or the latest.
    pub page: MessagePage,
    /// Which of the two.
    pub recovery: Recovery,
    /// What they may do.
    pub right: Right,
    /// What they are called there.
    pub name: Arc<str>,
    /// Who may come in.
    pub visibility: Visibility,
}

/// What became of the position that somebody has named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// They named none.
    Unasked,
    /// All that came after it is there.
    Complete,
    /// It is of this history, but too much came after it.
    Truncated,
    /// The recipe has not come that far, or has another message there.
    Diverged,
}

/// Messages, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct MessagePage {
    /// The messages.
    pub messages: Vec<Arc<Message>>,
    /// Whether older ones exist that should be here.
    pub truncated: bool,
}

/// What a link has missed of a recipe, or the first piece of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaughtUp {
    /// How far the recipe has come.
    pub position: Position,
    /// How far the updates reach: what is between this and `position` has to be read next.
    pub upto: Position,
    /// Which position of the link's is not the recipe's: it has another history, and has to begin anew.
    pub diverged: Option<Position>,
    /// What came after, in order; only the newest when there is too much.
    pub updates: Vec<Arc<Update>>,
    /// Who may see the recipe; `None` unless it is private.
    pub audience: Option<Audience>,
    /// Whether whoever asks may not see it.
    pub unseen: bool,
}

impl CaughtUp {
    /// Nobody may see it, whenever they were let in.
    pub(crate) fn of_deleted() -> Self {
        Self {
            position: Position {
                revision: Revision::MAX,
                message: None,
            },
            audience: Some(Audience::default()),
            unseen: true,
            ..Self::default()
        }
    }

    /// Has the last update tell who may do what: one that was read may have changed it.
    pub(crate) fn tell_access(&mut self, access: Access) {
        if self.upto.revision < self.position.revision {
            return;
        }
        if let Some(last) = self.updates.last_mut() {
            *last = Arc::new(Update::clone(last).with_access(access));
        }
    }
}

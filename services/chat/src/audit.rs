//! What is noted for operators of recipes: who changed who may come in, made or took back a link, or deleted a recipe.

use proto::ids::{RecipeId, UserId};
use runtime::{audit::cut, clock::Timestamp};

/// How many events a page has where nobody says, and at most.
pub(crate) const DEFAULT_PAGE: u32 = 100;
pub(crate) const MAX_PAGE: u32 = 1000;

/// Somebody did something to a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuditEvent {
    pub(crate) at: Timestamp,
    /// `access`, `create_link`, `delete_link`, `create_webhook`, `delete_webhook`, `webhook_off` or `delete_recipe`.
    pub(crate) kind: &'static str,
    pub(crate) user: UserId,
    pub(crate) recipe: RecipeId,
    /// What it did, in words, or the id of the link or webhook.
    pub(crate) about: String,
}

impl AuditEvent {
    pub(crate) fn new(
        at: Timestamp,
        kind: &'static str,
        user: &UserId,
        recipe: &RecipeId,
        about: &str,
    ) -> Self {
        Self {
            at,
            kind,
            user: user.clone(),
            recipe: recipe.clone(),
            about: cut(about),
        }
    }
}

/// An event as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) id: u64,
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) user_id: String,
    pub(crate) recipe: String,
    pub(crate) about: String,
}

/// Which events are listed; what is empty does not matter.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuditFilter {
    pub(crate) user_id: String,
    pub(crate) recipe: String,
    pub(crate) kind: String,
    /// Only those since then.
    pub(crate) since: Timestamp,
    /// Only those before this one; 0: from the newest on.
    pub(crate) before: u64,
    /// At most so many; 0: as many as usual.
    pub(crate) limit: u32,
}

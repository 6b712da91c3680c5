//! Who asks or writes.

use std::sync::Arc;

use access_token::{Level, Scope};
use proto::ids::{RecipeId, UserId};

use crate::access::Right;

/// How many characters a user's name may have.
const MAX_NAME_CHARS: usize = 128;

/// A name that is empty, too long, or nothing that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name must have 1 to 128 characters, and no control characters")]
pub(crate) struct InvalidName;

/// Who asks, as verified by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// The user.
    pub(crate) user: UserId,
    name: Arc<str>,
    shown_name: Arc<str>,
    /// What they are limited to, where a program asks for them by an API token.
    scope: Option<Arc<Scope>>,
}

impl Principal {
    /// A user whom others see under their name.
    ///
    /// # Errors
    /// When the name is empty, too long, or cannot be shown.
    pub(crate) fn new(user: UserId, name: &str) -> Result<Self, InvalidName> {
        let name = checked(name)?;
        Ok(Self {
            user,
            shown_name: Arc::clone(&name),
            name,
            scope: None,
        })
    }

    /// The same, limited to a scope.
    pub(crate) fn within(self, scope: Option<Scope>) -> Self {
        let scope = scope.map(Arc::new);
        Self { scope, ..self }
    }

    /// Whether anything limits them beside what they may do.
    pub(crate) fn is_limited(&self) -> bool {
        self.scope.is_some()
    }

    /// What is left of what they may do with a recipe; `None`: nothing.
    pub(crate) fn limit(&self, right: Right, recipe: &RecipeId) -> Option<Right> {
        match &self.scope {
            None => Some(right),
            Some(scope) if !scope.includes(recipe) => None,
            Some(scope) => Some(right.min(match scope.level() {
                Level::Read => Right::Read,
                Level::Write => Right::Write,
                Level::Manage => Right::Own,
            })),
        }
    }

    /// Whether their scope counts for a recipe.
    pub(crate) fn is_for(&self, recipe: &RecipeId) -> bool {
        self.scope
            .as_ref()
            .is_none_or(|scope| scope.includes(recipe))
    }

    /// Whether they may make recipes.
    pub(crate) fn may_create(&self) -> bool {
        let scope = self.scope.as_ref();
        scope.is_none_or(|scope| scope.allows_everywhere(Level::Write))
    }

    /// Whether they may decide which recipes they belong to: become a member, or leave the recipe, if one is named.
    pub(crate) fn may_come_and_go(&self, recipe: Option<&RecipeId>) -> bool {
        self.scope.as_ref().is_none_or(|scope| match recipe {
            Some(recipe) => scope.allows(Level::Manage, recipe),
            None => scope.allows_everywhere(Level::Manage),
        })
    }

    /// The same, whom others see under that name; empty: their own.
    ///
    /// # Errors
    /// When the name is too long, or cannot be shown.
    pub(crate) fn shown_as(self, name: &str) -> Result<Self, InvalidName> {
        if name.is_empty() {
            return Ok(self);
        }
        let shown_name = checked(name)?;
        Ok(Self { shown_name, ..self })
    }

    /// What they sign in with, and are invited by. Of the author of a message that was stored: as others see it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name, as others see it.
    pub(crate) fn shown_name(&self) -> &str {
        &self.shown_name
    }
}

fn checked(name: &str) -> Result<Arc<str>, InvalidName> {
    let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
    match fits && !name.contains(char::is_control) {
        true => Ok(name.into()),
        false => Err(InvalidName),
    }
}

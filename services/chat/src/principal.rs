//! Who asks or writes.

use std::sync::Arc;

use proto::ids::UserId;

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

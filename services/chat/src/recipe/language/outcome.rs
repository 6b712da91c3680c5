//! What a rule of the grammar can come to.

use crate::recipe::change::Change;

/// The changes that a clause asks for, or why it asks for none.
pub(super) type Outcome = Result<Vec<Change>, Miss>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// Plain talk.
    Talk,
    /// It begins like a command; the text says what would work.
    Unclear(String),
}

impl Miss {
    pub(super) fn unclear(hint: &str) -> Self {
        Self::Unclear(hint.to_owned())
    }

    pub(super) fn too_big() -> Self {
        Self::unclear("That number is too big to cook with.")
    }
}

pub(super) fn one(change: Change) -> Outcome {
    Ok(vec![change])
}

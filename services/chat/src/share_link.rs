//! A link by which whoever has it becomes a member of a recipe, as it is kept.

use proto::ids::{RecipeId, UserId};
use runtime::clock::Timestamp;

use crate::recipe::Role;

/// A link as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// Names it to the owner.
    pub id: String,
    /// Where it leads.
    pub recipe: RecipeId,
    /// What it makes of whoever takes it.
    pub role: Role,
    /// Whose it is.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it leads nowhere any more.
    pub expires_at: Timestamp,
}

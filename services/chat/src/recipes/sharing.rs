//! Who may come in: told, and changed by the owner, with the same commands and the same order as in the chat.

use proto::ids::{MessageId, RecipeId};

use super::Recipes;
use crate::{
    access::{Member, Right},
    message::{Posted, Principal},
    recipe::{Command, Visibility},
    recipe_state::Draft,
    refused::{Declined, Refused},
};

/// Who may come into a recipe.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    /// Whether everyone may.
    pub visibility: Visibility,
    /// Who decides.
    pub owner: Principal,
    /// Who was invited, by name.
    pub members: Vec<Member>,
    /// What whoever asks may do.
    pub right: Right,
}

impl Recipes {
    /// Tells who may come in.
    ///
    /// # Errors
    /// When the recipe is not there, or not for `who`.
    pub(crate) async fn shared(
        &self,
        who: &Principal,
        recipe: &RecipeId,
    ) -> Result<Shared, Refused> {
        let recipe_state = self.visible(who, recipe).await?;
        let right = recipe_state.right_of(who)?;
        let access = recipe_state.access;
        let name = self.store.visitor_name(recipe, &access.owner);
        let name = self.ask(name).await?;
        // Databases from before creating counted as coming may not know it.
        let name = name.unwrap_or_else(|| access.owner.to_string());
        let owner = Principal::new(access.owner, &name).map_err(|_| Refused::Unavailable)?;
        Ok(Shared {
            visibility: access.visibility,
            owner,
            members: access.members,
            right,
        })
    }

    /// Follows an owner's command as if it had been written in the chat; `None` when it is so already.
    ///
    /// # Errors
    /// When `who` is not the owner, or it cannot be done.
    pub(crate) async fn command(
        &self,
        who: Principal,
        recipe: RecipeId,
        id: MessageId,
        command: &Command,
    ) -> Result<Option<Posted>, Declined> {
        let recipe_state = self.visible(&who, &recipe).await?;
        if recipe_state.right_of(&who)? < Right::Own {
            return Err(Refused::OwnerOnly.into());
        }
        if !recipe_state.would_change_by(command, &who)? {
            return Ok(None);
        }
        let draft = Draft::command(recipe, who, id, command)?;
        Ok(Some(self.post(draft).await?))
    }
}

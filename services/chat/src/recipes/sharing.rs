//! Who may come in: told, and changed by the owner, with the same commands and the same order as in the chat.

use proto::ids::{MessageId, RecipeId};

use super::Recipes;
use crate::{
    access::{KnownUsers, Member, Right},
    message::{Posted, Principal},
    recipe::{Command, Visibility},
    recipe_state::{Draft, RecipeLimits, RecipeState},
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
    /// Which of them have come in, in the same order.
    pub joined: Vec<bool>,
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
        let visitors = self.ask(self.store.visitors(recipe)).await?;
        let name = self.store.visitor_name(recipe, &access.owner);
        let name = self.ask(name).await?;
        // Databases from before creating counted as coming may not know it.
        let name = name.unwrap_or_else(|| access.owner.to_string());
        let owner = Principal::new(access.owner, &name).map_err(|_| Refused::Unavailable)?;
        Ok(Shared {
            visibility: access.visibility,
            owner,
            joined: access
                .members
                .iter()
                .map(|member| {
                    member
                        .user
                        .as_ref()
                        .is_some_and(|user| visitors.contains(user))
                })
                .collect(),
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
        known: KnownUsers,
    ) -> Result<Option<Posted>, Declined> {
        let recipe_state = self.owned(&who, &recipe).await?;
        let limits = self.limits_of(&recipe_state).await?;
        if !recipe_state.would_change_by(command, &who, &known, &limits)? {
            return Ok(None);
        }
        let mut draft = Draft::command(recipe, who, id, command)?;
        draft.known = known;
        Ok(Some(self.post(draft).await?))
    }

    /// What a recipe may hold, beside the members that its owner has elsewhere.
    async fn limits_of(&self, recipe_state: &RecipeState) -> Result<RecipeLimits, Refused> {
        if !self.quotas.limits_members() {
            return Ok(self.quotas.recipe());
        }
        let owner = &recipe_state.access.owner;
        let members = self.ask(self.store.count_members(owner)).await?;
        Ok(self.quotas.recipe_beside(members))
    }

    /// Ends somebody's membership as they wish, and the recipe is not among theirs any more.
    ///
    /// # Errors
    /// When the recipe is not there, or not for `who`, or is their own.
    pub(crate) async fn leave(
        &self,
        who: Principal,
        recipe: RecipeId,
        id: MessageId,
    ) -> Result<Option<Posted>, Declined> {
        let recipe_state = self.visible(&who, &recipe).await?;
        if !who.may_come_and_go(Some(&recipe)) {
            return Err(Refused::OutOfScope.into());
        }
        let is_member = recipe_state.access.own_right(&who).is_some();
        let posted = match is_member {
            true => {
                let known = KnownUsers::default();
                // The owner is told what to do instead.
                let limits = self.quotas.recipe();
                recipe_state.would_change_by(&Command::Leave, &who, &known, &limits)?;
                let draft = Draft::command(recipe.clone(), who.clone(), id, &Command::Leave)?;
                Some(self.post(draft).await?)
            }
            false => None,
        };
        self.ask(self.store.forget_visit(&recipe, &who.user))
            .await?;
        self.hub.names().forget(&recipe, &who.user);
        Ok(posted)
    }
}

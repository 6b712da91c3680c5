//! What a recipe was: who changed it and when, what one message did taken back, and a version made the newest again.

use std::sync::Arc;

use proto::ids::{MessageId, RecipeId, Revision};

use super::Recipes;
use crate::{
    access::Right,
    message::{Message, Posted, Principal},
    recipe::{Recipe, UndoConflict, changed_elements, take_back},
    recipe_state::{Draft, Past, RecipeState, Undoable},
    refused::{Declined, Refused},
};

/// How many bytes of later versions are looked through for the change that stands on one.
const MAX_LATER_BYTES: usize = 4 << 20;

/// What a message did to a recipe.
struct PastChange {
    message: Arc<Message>,
    before: Arc<Recipe>,
    after: Arc<Recipe>,
}

impl Recipes {
    /// Lists the messages before a revision that changed the recipe, newest first, and whether there are more.
    ///
    /// # Errors
    /// When the recipe is not there, or not for `who`.
    pub(crate) async fn changes(
        &self,
        who: &Principal,
        recipe: &RecipeId,
        before: Option<Revision>,
        limit: usize,
    ) -> Result<(Vec<Arc<Message>>, bool), Refused> {
        let recipe_state = self.visible(who, recipe).await?;
        let before = before.unwrap_or(recipe_state.revision + 1);
        let changes = self.store.changes(recipe, before, limit + 1);
        let mut changes = self.ask(changes).await?;
        let more = changes.len() > limit;
        changes.truncate(limit);
        Ok((changes, more))
    }

    /// Takes back what a message did, and nothing else.
    ///
    /// # Errors
    /// When later changes stand on it, the message changed nothing, or `who` may not change the recipe.
    pub(crate) async fn undo(
        &self,
        who: Principal,
        recipe: RecipeId,
        id: MessageId,
        revision: Revision,
    ) -> Result<Posted, Declined> {
        let recipe_state = self.writable(&who, &recipe).await?;
        let past = self.past_change(&recipe_state, revision).await?;
        let words = format!("Undo the change of message {revision}");
        let content = words.parse().map_err(|_| Refused::Unavailable)?;
        let asked = Past::TakenBack {
            change: Undoable::by(&past.message, Arc::clone(&past.before)),
            after: Arc::clone(&past.after),
        };
        let draft = Draft::past(recipe.clone(), who, id, content, asked);
        match self.post(draft).await {
            Err(Refused::ChangedSince) => Err(self.stood_on(&recipe, &past).await?),
            posted => Ok(posted?),
        }
    }

    /// Makes the recipe what it was at a revision.
    ///
    /// # Errors
    /// When it never was there, or `who` may not change the recipe.
    pub(crate) async fn restore(
        &self,
        who: Principal,
        recipe: RecipeId,
        id: MessageId,
        revision: Revision,
    ) -> Result<Posted, Declined> {
        let recipe_state = self.writable(&who, &recipe).await?;
        if revision > recipe_state.revision {
            return Err(Refused::NoSuchRevision.into());
        }
        let version = self.version(&recipe, revision).await?;
        let words = format!("Restore the recipe of revision {revision}");
        let content = words.parse().map_err(|_| Refused::Unavailable)?;
        let asked = Past::Restored {
            revision,
            recipe: version,
        };
        let draft = Draft::past(recipe, who, id, content, asked);
        Ok(self.post(draft).await?)
    }

    async fn writable(&self, who: &Principal, recipe: &RecipeId) -> Result<RecipeState, Refused> {
        let recipe_state = self.visible(who, recipe).await?;
        match recipe_state.right_of(who)? < Right::Write {
            true => Err(Refused::ReadOnly),
            false => Ok(recipe_state),
        }
    }

    async fn past_change(
        &self,
        recipe_state: &RecipeState,
        revision: Revision,
    ) -> Result<PastChange, Declined> {
        let recipe = &recipe_state.id;
        let message = self.message_at(recipe, revision).await?;
        let message = message.ok_or(Refused::NoSuchRevision)?;
        let before = self.version(recipe, revision.saturating_sub(1)).await?;
        let after = self.version(recipe, revision).await?;
        if changed_elements(&before, &after).is_empty() {
            return Err(Declined::Unworkable(
                "That message did not change the recipe".to_owned(),
            ));
        }
        Ok(PastChange {
            message,
            before,
            after,
        })
    }

    /// Says who stands on a change: the first message after it that touched the same part of the recipe.
    async fn stood_on(&self, recipe: &RecipeId, past: &PastChange) -> Result<Declined, Refused> {
        let revision = past.message.revision;
        let versions = self
            .store
            .versions(recipe, revision, Revision::MAX, MAX_LATER_BYTES);
        let (versions, _) = self.ask(versions).await?;
        let stands = |version: &Recipe| {
            matches!(
                take_back(&past.before, &past.after, version),
                Err(UndoConflict::Elements(_))
            )
        };
        let first = versions.iter().find(|(_, version)| stands(version));
        let message = match first {
            Some((at, _)) => self.message_at(recipe, *at).await?,
            None => None,
        };
        Ok(match message {
            Some(message) => Declined::StoodOn(format!(
                "{}'s change \"{}\" (revision {}) stands on it; take that back first",
                message.author.name(),
                message.effect.as_deref().unwrap_or_default(),
                message.revision
            )),
            None => Refused::ChangedSince.into(),
        })
    }
}

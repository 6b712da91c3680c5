//! Webhooks of a recipe, as its owner makes and removes them, and what they are to be told.

use std::sync::Arc;

use proto::ids::{MessageId, RecipeId, Revision};
use runtime::public_web::PublicWeb;
use url::Url;

use super::Recipes;
use crate::{
    audit::AuditEvent,
    message::{Message, Principal},
    recipe_state::RecipeState,
    refused::{Declined, Refused},
    store::Store,
    webhooks::{MAX_URL, Secret, Webhook},
};

/// What an owner wants to be told, and where.
#[derive(Debug)]
pub(crate) struct NewWebhook {
    pub(crate) url: String,
    /// Empty: one is made.
    pub(crate) secret: String,
    /// Whether messages that change nothing are told as well.
    pub(crate) talk: bool,
}

impl Recipes {
    /// Makes a webhook, which is told of what happens from now on.
    ///
    /// # Errors
    /// When `who` is not the owner, the recipe has as many as it may, or it cannot be one.
    pub(crate) async fn create_webhook(
        &self,
        who: &Principal,
        recipe: &RecipeId,
        new: NewWebhook,
    ) -> Result<Webhook, Declined> {
        let web = self.webhooks()?;
        let recipe_state = self.owned(who, recipe).await?;
        let unworkable = |words: &str| Declined::Unworkable(words.to_owned());
        let url = Url::parse(new.url.trim()).ok();
        let url = url.filter(|url| url.as_str().len() <= MAX_URL);
        let url = url.ok_or_else(|| unworkable("Write the address as https://example.org/hook"))?;
        web.check(&url)
            .map_err(|error| unworkable(&error.to_string()))?;
        let secret = match new.secret.as_str() {
            "" => Secret::random().ok_or(Refused::Unavailable)?,
            text => text
                .parse::<Secret>()
                .map_err(|error| unworkable(&error.to_string()))?,
        };
        let now = self.clock.now();
        let webhook = Webhook {
            id: MessageId::random().to_string(),
            recipe: recipe.clone(),
            url: url.to_string(),
            secret,
            talk: new.talk,
            created_by: who.user.clone(),
            created_at: now,
            told: recipe_state.revision,
            failures: 0,
            failing_since: None,
            off_at: None,
        };
        let limit = self.quotas.webhooks();
        if !self.ask(self.store.add_webhook(&webhook, limit)).await? {
            return Err(Refused::TooManyWebhooks.into());
        }
        self.note("create_webhook", who, recipe, &webhook.id);
        Ok(webhook)
    }

    /// Lists the webhooks of a recipe, the oldest first.
    ///
    /// # Errors
    /// When `who` is not the owner.
    pub(crate) async fn list_webhooks(
        &self,
        who: &Principal,
        recipe: &RecipeId,
    ) -> Result<Vec<Webhook>, Refused> {
        self.webhooks()?;
        self.owned(who, recipe).await?;
        self.ask(self.store.webhooks(recipe)).await
    }

    /// Removes a webhook.
    ///
    /// # Errors
    /// When `who` is not the owner, or there is no such webhook.
    pub(crate) async fn delete_webhook(
        &self,
        who: &Principal,
        recipe: &RecipeId,
        webhook: &str,
    ) -> Result<(), Refused> {
        self.webhooks()?;
        self.owned(who, recipe).await?;
        match self.ask(self.store.delete_webhook(recipe, webhook)).await? {
            true => {
                self.note("delete_webhook", who, recipe, webhook);
                Ok(())
            }
            false => Err(Refused::NoSuchWebhook),
        }
    }

    /// The first messages after a revision that a webhook is to be told; `None`: whoever made it does not own the recipe.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub(crate) async fn webhook_messages(
        &self,
        webhook: &Webhook,
        after: Revision,
    ) -> Result<Option<Vec<Arc<Message>>>, Refused> {
        let found = self.ask(self.store.load_one(&webhook.recipe)).await?;
        let own = |found: &RecipeState| found.access.owner == webhook.created_by;
        let Some(recipe_state) = found.filter(own) else {
            return Ok(None);
        };
        let (updates, _) = self.updates_after(recipe_state, after).await?;
        let messages = updates.into_iter().map(|update| update.message.clone());
        Ok(Some(messages.collect()))
    }

    /// Notes for operators that a webhook is turned off.
    pub(crate) fn note_webhook_off(&self, webhook: &Webhook) {
        let now = self.clock.now();
        let (user, recipe) = (&webhook.created_by, &webhook.recipe);
        let event = AuditEvent::new(now, "webhook_off", user, recipe, &webhook.id);
        self.audit.note(event);
    }

    /// Where recipes are kept.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    fn webhooks(&self) -> Result<&PublicWeb, Refused> {
        self.web.as_deref().ok_or(Refused::NoSuchWebhook)
    }
}

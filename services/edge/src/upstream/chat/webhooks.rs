//! Webhooks of a recipe: the calls of the chat service about them.

use proto::{
    chat::{self, CreateWebhookRequest, DeleteWebhookRequest, ListWebhooksRequest},
    ids::RecipeId,
};
use runtime::{clock::Timestamp, trace_context::request};
use secrecy::{ExposeSecret as _, SecretString};

use super::{ChatClient, ChatError, bounded};
use crate::upstream::{Principal, convert};

/// A webhook, as the recipe's owner sees it.
#[derive(Debug)]
pub struct Webhook {
    /// Names it to the owner.
    pub id: String,
    /// Where the receiver is.
    pub url: String,
    /// Whether messages that change nothing are told as well.
    pub talk: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Up to which revision the receiver was told.
    pub told: u64,
    /// How many deliveries have failed since the last one that did not.
    pub failures: u32,
    /// Since when they fail.
    pub failing_since: Option<Timestamp>,
    /// When it was turned off.
    pub off_at: Option<Timestamp>,
}

impl ChatClient {
    /// Makes a webhook; gives it with what its deliveries are signed with. An empty secret is made anew.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` when the caller is not the owner, `Invalid`, `TooMuch` or `Unavailable`.
    pub async fn create_webhook(
        &self,
        principal: &Principal,
        id: &RecipeId,
        url: String,
        secret: &SecretString,
        talk: bool,
    ) -> Result<(Webhook, SecretString), ChatError> {
        let question = CreateWebhookRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            url,
            secret: secret.expose_secret().to_owned(),
            talk,
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.create_webhook(request(question))).await?;
        let made = answer.webhook.ok_or(ChatError::Unavailable)?;
        Ok((made.into(), answer.secret.into()))
    }

    /// Lists the webhooks of a recipe.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` when the caller is not the owner, or `Unavailable`.
    pub async fn webhooks(
        &self,
        principal: &Principal,
        id: &RecipeId,
    ) -> Result<Vec<Webhook>, ChatError> {
        let question = ListWebhooksRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.list_webhooks(request(question))).await?;
        Ok(answer.webhooks.into_iter().map(Into::into).collect())
    }

    /// Removes a webhook.
    ///
    /// # Errors
    /// As [`ChatClient::webhooks`].
    pub async fn delete_webhook(
        &self,
        principal: &Principal,
        id: &RecipeId,
        webhook: String,
    ) -> Result<(), ChatError> {
        let question = DeleteWebhookRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            webhook_id: webhook,
        };
        let mut client = self.client(Some(id)).await?;
        bounded(client.delete_webhook(request(question))).await?;
        Ok(())
    }
}

impl From<chat::Webhook> for Webhook {
    fn from(webhook: chat::Webhook) -> Self {
        let optional =
            |at: Option<&prost_types::Timestamp>| at.map(|at| convert::timestamp(Some(at)));
        Self {
            created_at: convert::timestamp(webhook.created_at.as_ref()),
            failing_since: optional(webhook.failing_since.as_ref()),
            off_at: optional(webhook.off_at.as_ref()),
            id: webhook.id,
            url: webhook.url,
            talk: webhook.talk,
            told: webhook.told,
            failures: webhook.failures,
        }
    }
}

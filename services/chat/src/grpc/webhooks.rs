//! What the calls about webhooks carry, between protobuf and the domain.

use proto::chat as wire;
use tonic::{Response, Status};

use super::{
    Chat,
    requests::id,
    responses::timestamp,
    statuses::{declined, status},
};
use crate::{recipes::NewWebhook, webhooks::Webhook};

impl Chat {
    pub(super) async fn add_webhook(
        &self,
        request: wire::CreateWebhookRequest,
    ) -> Result<Response<wire::CreateWebhookResponse>, Status> {
        let owner = self.caller(request.principal).await?.who;
        let recipe = id(&request.recipe_id)?;
        let new = NewWebhook {
            url: request.url,
            secret: request.secret,
            talk: request.talk,
        };
        let made = self.recipes.create_webhook(&owner, &recipe, new).await;
        let made = made.map_err(declined)?;
        Ok(Response::new(wire::CreateWebhookResponse {
            secret: made.secret.text().to_owned(),
            webhook: Some(made.into()),
        }))
    }

    pub(super) async fn webhooks(
        &self,
        request: wire::ListWebhooksRequest,
    ) -> Result<Response<wire::ListWebhooksResponse>, Status> {
        let owner = self.caller(request.principal).await?.who;
        let recipe = id(&request.recipe_id)?;
        let listed = self.recipes.list_webhooks(&owner, &recipe).await;
        let listed = listed.map_err(status)?.into_iter();
        Ok(Response::new(wire::ListWebhooksResponse {
            webhooks: listed.map(Into::into).collect(),
        }))
    }

    pub(super) async fn remove_webhook(
        &self,
        request: wire::DeleteWebhookRequest,
    ) -> Result<Response<wire::DeleteWebhookResponse>, Status> {
        let owner = self.caller(request.principal).await?.who;
        let (recipe, webhook) = (id(&request.recipe_id)?, &request.webhook_id);
        let removed = self.recipes.delete_webhook(&owner, &recipe, webhook);
        removed.await.map_err(status)?;
        Ok(Response::new(wire::DeleteWebhookResponse {}))
    }
}

impl From<Webhook> for wire::Webhook {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            url: webhook.url,
            talk: webhook.talk,
            created_at: Some(timestamp(webhook.created_at)),
            told: webhook.told,
            failures: webhook.failures,
            failing_since: webhook.failing_since.map(timestamp),
            off_at: webhook.off_at.map(timestamp),
        }
    }
}

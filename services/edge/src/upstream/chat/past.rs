//! What a recipe was: who changed it, what one message did taken back, and a version made the newest again.

use std::sync::Arc;

use proto::{
    chat::{self, ListVersionsRequest, RestoreRevisionRequest, UndoRevisionRequest},
    ids::{MessageId, RecipeId, Revision},
    websocket::frames::Message,
};
use runtime::trace_context::request;

use super::{ChatClient, ChatError, RecipeAt, bounded};
use crate::upstream::{Principal, convert};

impl ChatClient {
    /// Gives a page of the messages that changed a recipe, newest first, and whether there are older ones.
    ///
    /// # Errors
    /// `NotFound` or `Unavailable`.
    pub async fn versions(
        &self,
        principal: &Principal,
        id: &RecipeId,
        before: Option<Revision>,
    ) -> Result<(Vec<Arc<Message>>, bool), ChatError> {
        let question = ListVersionsRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            before,
            limit: 0,
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.list_versions(request(question))).await?;
        let messages = convert::messages(answer.messages, &principal.user);
        Ok((messages, answer.more))
    }

    /// Takes back what a message did, and gives the recipe after that.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Conflict` when later changes stand on it, `Invalid` when it changed nothing, or
    /// `Unavailable`.
    pub async fn undo(
        &self,
        principal: &Principal,
        id: &RecipeId,
        message: &MessageId,
        revision: Revision,
    ) -> Result<RecipeAt, ChatError> {
        let question = UndoRevisionRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            message_id: message.to_string(),
            revision,
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.undo_revision(request(question))).await?;
        self.changed(id, answer.message, answer.recipe)
    }

    /// Makes a recipe what it was at a revision, and gives it.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Conflict` or `Unavailable`.
    pub async fn restore(
        &self,
        principal: &Principal,
        id: &RecipeId,
        message: &MessageId,
        revision: Revision,
    ) -> Result<RecipeAt, ChatError> {
        let question = RestoreRevisionRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            message_id: message.to_string(),
            revision,
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.restore_revision(request(question))).await?;
        self.changed(id, answer.message, answer.recipe)
    }

    fn changed(
        &self,
        id: &RecipeId,
        message: Option<chat::Message>,
        recipe: Option<chat::Recipe>,
    ) -> Result<RecipeAt, ChatError> {
        let message = message.ok_or(ChatError::Unavailable)?;
        self.found(id.to_string(), message.revision, recipe)
    }
}

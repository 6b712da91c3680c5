//! All that is a user's in the chat service: given to them, and removed when they leave for good.

use std::sync::Arc;

use proto::{
    chat::{ExportUserRequest, ExportUserResponse, ForgetUserRequest, export_user_response::Piece},
    ids::{Revision, UserId},
    websocket::frames::{Message, Recipe},
};
use runtime::{clock::Timestamp, trace_context::request};
use tokio::time::{Duration, timeout};
use tonic::Streaming;

use super::{ChatClient, ChatError, bounded};
use crate::upstream::{Principal, convert};

/// How long removing a user may take: they may have many recipes.
const FORGET_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the next piece of an export may take.
const PIECE_TIMEOUT: Duration = Duration::from_secs(10);

/// A piece of what is a user's.
#[derive(Debug)]
pub(crate) enum Exported {
    /// A recipe of theirs; its messages follow.
    Recipe(String, Revision, Arc<Recipe>),
    /// Messages of the recipe before, or, after all recipes, their own elsewhere.
    Messages(String, Vec<Arc<Message>>),
}

/// Everything that is a user's, piece by piece.
#[derive(Debug)]
pub(crate) struct UserExport {
    pieces: Streaming<ExportUserResponse>,
    user: UserId,
    now: Timestamp,
}

impl ChatClient {
    /// Removes a user from all recipes. Doing it again changes nothing.
    ///
    /// # Errors
    /// `Unavailable`: then some of it may be done.
    pub(crate) async fn forget_user(&self, principal: &Principal) -> Result<(), ChatError> {
        let call = ForgetUserRequest {
            principal: Some(convert::principal(principal)),
        };
        let mut client = self.client(None).await?;
        let answer = timeout(FORGET_TIMEOUT, client.forget_user(request(call))).await;
        match answer {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(status)) => Err(ChatError::read(status.code(), status.message(), None)),
            Err(_) => Err(ChatError::Unavailable),
        }
    }

    /// Gives everything that is a user's.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn export_user(&self, principal: &Principal) -> Result<UserExport, ChatError> {
        let call = ExportUserRequest {
            principal: Some(convert::principal(principal)),
        };
        let mut client = self.client(None).await?;
        Ok(UserExport {
            pieces: bounded(client.export_user(request(call))).await?,
            user: principal.user.clone(),
            now: self.0.now(),
        })
    }
}

impl UserExport {
    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// `Unavailable`: what was given is not all.
    pub(crate) async fn next(&mut self) -> Result<Option<Exported>, ChatError> {
        let unavailable = |_| ChatError::Unavailable;
        let next = timeout(PIECE_TIMEOUT, self.pieces.message()).await;
        let next = next
            .map_err(|_| ChatError::Unavailable)?
            .map_err(unavailable)?;
        let Some(next) = next else { return Ok(None) };
        Ok(Some(match next.piece.ok_or(ChatError::Unavailable)? {
            Piece::Recipe(recipe) => Exported::Recipe(
                recipe.recipe_id,
                recipe.revision,
                convert::recipe(recipe.recipe.unwrap_or_default(), self.now),
            ),
            Piece::Messages(messages) => Exported::Messages(
                messages.recipe_id,
                convert::messages(messages.messages, &self.user),
            ),
        }))
    }
}

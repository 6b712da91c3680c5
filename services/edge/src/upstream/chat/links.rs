//! Invitations by link: the calls of the chat service about them.

use std::time::Duration;

use proto::{
    chat::{
        self, AcceptLinkRequest, CreateLinkRequest, DeleteLinkRequest, DescribeLinkRequest,
        ListLinksRequest,
    },
    ids::RecipeId,
    websocket::frames::Role,
};
use runtime::{clock::Timestamp, trace_context::request};
use secrecy::{ExposeSecret as _, SecretString};

use super::{ChatClient, ChatError, bounded};
use crate::upstream::{Principal, convert};

/// A link, as its owner sees it.
#[derive(Debug)]
pub struct ShareLink {
    /// Names it to the owner.
    pub id: String,
    /// What it makes of whoever takes it.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it leads nowhere any more.
    pub expires_at: Timestamp,
}

/// What a link leads to.
#[derive(Debug)]
pub struct Invitation {
    /// The recipe's title.
    pub title: String,
    /// The name of whoever made the link.
    pub by: String,
    /// What it makes of whoever takes it.
    pub role: Role,
}

impl ChatClient {
    /// Makes a link to a recipe; gives it with its token.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` when the caller is not the owner, `TooMuch` or `Unavailable`.
    pub async fn create_link(
        &self,
        principal: &Principal,
        id: &RecipeId,
        role: Role,
        lifetime: Option<Duration>,
    ) -> Result<(ShareLink, SecretString), ChatError> {
        let millis = |lifetime: Duration| u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let question = CreateLinkRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            role: convert::sent_role(role).into(),
            expires_in_ms: lifetime.map(millis),
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.create_link(request(question))).await?;
        let link = answer.link.ok_or(ChatError::Unavailable)?;
        Ok((link.into(), answer.token.into()))
    }

    /// Lists the links to a recipe.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` when the caller is not the owner, or `Unavailable`.
    pub async fn links(
        &self,
        principal: &Principal,
        id: &RecipeId,
    ) -> Result<Vec<ShareLink>, ChatError> {
        let question = ListLinksRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.list_links(request(question))).await?;
        Ok(answer.links.into_iter().map(Into::into).collect())
    }

    /// Takes a link back.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` when the caller is not the owner, or `Unavailable`.
    pub async fn delete_link(
        &self,
        principal: &Principal,
        id: &RecipeId,
        link: String,
    ) -> Result<(), ChatError> {
        let question = DeleteLinkRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            link_id: link,
        };
        let mut client = self.client(Some(id)).await?;
        bounded(client.delete_link(request(question))).await?;
        Ok(())
    }

    /// Tells what a link leads to, for anybody who has its token.
    ///
    /// # Errors
    /// `NotFound` or `Unavailable`.
    pub async fn describe_link(&self, token: &SecretString) -> Result<Invitation, ChatError> {
        let question = DescribeLinkRequest {
            token: token.expose_secret().to_owned(),
        };
        let mut client = self.client(None).await?;
        let answer = bounded(client.describe_link(request(question))).await?;
        Ok(Invitation {
            role: convert::role(answer.role()).unwrap_or(Role::Viewer),
            title: answer.title,
            by: answer.by,
        })
    }

    /// Makes the caller a member by a link; tells of which recipe, and what they may do.
    ///
    /// # Errors
    /// `NotFound`, `TooMuch` or `Unavailable`.
    pub async fn accept_link(
        &self,
        principal: &Principal,
        token: &SecretString,
    ) -> Result<(String, Role), ChatError> {
        let question = AcceptLinkRequest {
            principal: Some(convert::principal(principal)),
            token: token.expose_secret().to_owned(),
        };
        let mut client = self.client(None).await?;
        let answer = bounded(client.accept_link(request(question))).await?;
        let role = convert::role(answer.role()).unwrap_or(Role::Viewer);
        Ok((answer.recipe_id, role))
    }
}

impl From<chat::Link> for ShareLink {
    fn from(link: chat::Link) -> Self {
        Self {
            role: convert::role(link.role()).unwrap_or(Role::Viewer),
            created_at: convert::timestamp(link.created_at.as_ref()),
            expires_at: convert::timestamp(link.expires_at.as_ref()),
            id: link.id,
        }
    }
}

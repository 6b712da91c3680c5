//! The chat service, as the edge sees it: joins and posts over the link, the rest by unary calls.

mod importing;
mod links;
mod past;
mod sharing;
mod user_data;
mod webhooks;

use std::{sync::Arc, time::Duration};

use proto::{
    chat::{
        self, CopyRecipeRequest, CreateRecipeRequest, DeleteRecipeRequest, ExportRecipeRequest,
        GetPublicRecipeRequest, GetRecipeRequest, ListMessagesRequest, ListRecipesRequest,
        RecipeFormat, chat_service_client::ChatServiceClient, list_messages_request::Page,
    },
    ids::{MessageId, RecipeId, Revision},
    text::MessageText,
};
use runtime::{
    clock::Timestamp, grpc::Channel, trace_context::request, warning_limiter::WarningLimiter,
};
use tokio::time::{Instant, timeout};
use tonic::{Code, Status};
use tracing::warn;

pub(crate) use self::{
    importing::{Document, Preview},
    links::{Invitation, ShareLink},
    sharing::{AccessChange, Member},
    user_data::{Exported, UserExport},
    webhooks::Webhook,
};
pub(crate) use super::joined::{Join, Joined, Recovery};
pub(crate) use super::link::{AccessNews, LinkTask};
pub use super::link::{Link, Replicas};
use super::{Principal, convert};
use proto::websocket::frames::{Author, Message, Recipe, Role, Visibility};

/// How long a call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it may take until a replica can be reached.
const OPEN_TIMEOUT: Duration = Duration::from_secs(2);

/// Why the chat service did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// No such recipe, or not for this user: the answer is the same.
    #[error("no such recipe")]
    NotFound,
    /// The user may read, not write.
    #[error("the user may not do that")]
    Forbidden(String),
    /// The id is taken, or was used with another content, or later changes stand against it.
    #[error("already used")]
    Conflict(String),
    /// The request is malformed.
    #[error("the request is malformed: {0}")]
    Invalid(String),
    /// It came after the author's token had ended.
    #[error("too late")]
    TooLate,
    /// The user has written too much, or has too many recipes.
    #[error("too much: {words}")]
    TooMuch {
        /// What is too much.
        words: String,
        /// When to try again, where that is known.
        retry_after: Option<Duration>,
    },
    /// The service cannot be asked, or has not accepted it.
    #[error("the chat service cannot be asked")]
    Unavailable,
}

/// During an outage each call would tell it.
static CANNOT_ASK: WarningLimiter = WarningLimiter::new();

impl ChatError {
    pub(super) fn read(code: Code, message: &str, retry_after: Option<Duration>) -> Self {
        match code {
            Code::NotFound => Self::NotFound,
            Code::PermissionDenied => Self::Forbidden(message.to_owned()),
            Code::AlreadyExists | Code::Aborted => Self::Conflict(message.to_owned()),
            Code::InvalidArgument => Self::Invalid(message.to_owned()),
            Code::DeadlineExceeded => Self::TooLate,
            Code::ResourceExhausted => Self::TooMuch {
                words: message.to_owned(),
                retry_after,
            },
            code => {
                if let Some(untold) = CANNOT_ASK.admit(Instant::now()) {
                    warn!(%code, untold, "the chat service cannot be asked");
                }
                Self::Unavailable
            }
        }
    }
}

/// A message to be accepted.
#[derive(Debug, Clone)]
pub struct Post {
    /// The author.
    pub principal: Arc<Principal>,
    /// Where.
    pub recipe: RecipeId,
    /// The idempotency key.
    pub id: MessageId,
    /// What was written.
    pub content: MessageText,
    /// When it can no longer be accepted, by the auth service's clock.
    pub not_after: Timestamp,
    /// Those of the users that it may name who exist; `None` when nobody has looked.
    pub known_users: Option<Vec<Author>>,
}

/// A message that is durable.
#[derive(Debug)]
pub struct Posted {
    /// The message.
    pub message: Arc<Message>,
    /// The recipe as it stood then, when the message had been accepted before.
    pub original: Option<Arc<Recipe>>,
}

/// A recipe in a list.
#[derive(Debug)]
pub struct Summary {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its newest revision.
    pub revision: Revision,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Whether the caller owns it.
    pub owned: bool,
    /// What the caller may do.
    pub role: Role,
    /// Whose it is.
    pub owner: Author,
    /// Its tags.
    pub tags: Vec<String>,
    /// How many it serves.
    pub servings: u32,
    /// The names of its first ingredients, at most three.
    pub first_ingredients: Vec<String>,
    /// Its first members who have come in, at most three.
    pub people: Vec<Author>,
    /// Who wrote the last message, if there is one.
    pub changed_by: Option<Author>,
}

/// Which of somebody's recipes are asked for.
#[derive(Debug, Default)]
pub struct ListQuery {
    /// Words that must be found; empty: all.
    pub query: String,
    /// Where the page before ended; empty: the first page.
    pub cursor: String,
    /// At most so many; 0: as many as usual.
    pub limit: u32,
}

/// A recipe that everybody may read.
#[derive(Debug)]
pub struct PublicRecipe {
    /// Its revision.
    pub revision: Revision,
    /// The recipe.
    pub recipe: Arc<Recipe>,
    /// The same as JSON-LD text.
    pub schema_org: String,
}

/// How recipes are exchanged with other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Cooklang.
    Cooklang,
    /// schema.org JSON-LD.
    SchemaOrg,
}

/// A recipe at a revision.
#[derive(Debug)]
pub struct RecipeAt {
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: Revision,
    /// The recipe.
    pub recipe: Arc<Recipe>,
}

/// The unary calls of the chat service, to the replica that knows the recipe best. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ChatClient(Link);

impl ChatClient {
    /// To the replicas that a link reaches.
    pub fn new(link: Link) -> Self {
        Self(link)
    }

    /// A client for a recipe's replica, or for any.
    async fn client(
        &self,
        recipe: Option<&RecipeId>,
    ) -> Result<ChatServiceClient<Channel>, ChatError> {
        self.0.opened_within(OPEN_TIMEOUT).await;
        let channel = self.0.channel(recipe).ok_or(ChatError::Unavailable)?;
        Ok(ChatServiceClient::new(channel))
    }

    fn found(
        &self,
        id: String,
        revision: Revision,
        recipe: Option<chat::Recipe>,
    ) -> Result<RecipeAt, ChatError> {
        let recipe = recipe.ok_or(ChatError::Unavailable)?;
        Ok(RecipeAt {
            id,
            revision,
            recipe: convert::recipe(recipe, self.0.now()),
        })
    }

    /// Creates a recipe; without an id, the service makes one that nobody guesses.
    ///
    /// # Errors
    /// `Conflict` when the id is taken, `Invalid` or `Unavailable`.
    pub async fn create(
        &self,
        principal: &Principal,
        id: Option<String>,
        title: String,
        visibility: Visibility,
    ) -> Result<RecipeAt, ChatError> {
        let call = CreateRecipeRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.unwrap_or_default(),
            title,
            visibility: convert::sent_visibility(visibility).into(),
        };
        let mut client = self.client(None).await?;
        let answer = bounded(client.create_recipe(request(call))).await?;
        self.found(answer.recipe_id, answer.revision, answer.recipe)
    }

    /// Gives a recipe.
    ///
    /// # Errors
    /// `NotFound` or `Unavailable`.
    pub async fn get(
        &self,
        principal: &Principal,
        id: &RecipeId,
        revision: Option<Revision>,
    ) -> Result<RecipeAt, ChatError> {
        let call = GetRecipeRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            revision,
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.get_recipe(request(call))).await?;
        self.found(answer.recipe_id, answer.revision, answer.recipe)
    }

    /// Gives a recipe as a document: its media type and text.
    ///
    /// # Errors
    /// `NotFound` or `Unavailable`.
    pub async fn export(
        &self,
        principal: &Principal,
        id: &RecipeId,
        format: Format,
        revision: Option<Revision>,
    ) -> Result<(String, String), ChatError> {
        let format = match format {
            Format::Cooklang => RecipeFormat::Cooklang,
            Format::SchemaOrg => RecipeFormat::SchemaOrg,
        };
        let call = ExportRecipeRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            format: format.into(),
            revision,
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.export_recipe(request(call))).await?;
        Ok((answer.media_type, answer.document))
    }

    /// Gives a page of messages, oldest first, and whether older ones exist.
    ///
    /// # Errors
    /// `NotFound` or `Unavailable`.
    pub async fn messages(
        &self,
        principal: &Principal,
        id: &RecipeId,
        before: Option<Revision>,
        limit: u32,
    ) -> Result<(Vec<Arc<Message>>, bool), ChatError> {
        let call = ListMessagesRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            page: before.map(Page::Before),
            limit,
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.list_messages(request(call))).await?;
        let messages = convert::messages(answer.messages, &principal.user);
        Ok((messages, answer.truncated))
    }

    /// Lists the recipes that somebody owns, is a member of or has come to, and where the next page begins.
    ///
    /// # Errors
    /// `Invalid` when the cursor is none, or `Unavailable`.
    pub async fn list(
        &self,
        principal: &Principal,
        wanted: ListQuery,
    ) -> Result<(Vec<Summary>, Option<String>), ChatError> {
        let call = ListRecipesRequest {
            principal: Some(convert::principal(principal)),
            limit: wanted.limit,
            query: wanted.query,
            cursor: wanted.cursor,
        };
        let mut client = self.client(None).await?;
        let answer = bounded(client.list_recipes(request(call))).await?;
        let summary = |recipe: chat::RecipeSummary| Summary {
            changed_at: convert::timestamp(recipe.changed_at.as_ref()),
            role: convert::role(recipe.role()).unwrap_or(match recipe.owned {
                true => Role::Owner,
                false => Role::Viewer,
            }),
            owner: convert::author(recipe.owner),
            changed_by: recipe.changed_by.map(|who| convert::author(Some(who))),
            tags: recipe.tags,
            servings: recipe.servings,
            first_ingredients: recipe.first_ingredients,
            people: recipe
                .people
                .into_iter()
                .map(|who| convert::author(Some(who)))
                .collect(),
            id: recipe.recipe_id,
            title: recipe.title,
            revision: recipe.revision,
            owned: recipe.owned,
        };
        let recipes = answer.recipes.into_iter().map(summary).collect();
        let next = Some(answer.next_cursor).filter(|next| !next.is_empty());
        Ok((recipes, next))
    }

    /// Makes a private copy of a recipe, the caller's own.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`, `TooMuch` or `Unavailable`.
    pub async fn copy(
        &self,
        principal: &Principal,
        id: &RecipeId,
        title: String,
    ) -> Result<RecipeAt, ChatError> {
        let call = CopyRecipeRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            title,
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.copy_recipe(request(call))).await?;
        self.found(answer.recipe_id, answer.revision, answer.recipe)
    }

    /// Deletes a recipe.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` when the caller is not the owner, or `Unavailable`.
    pub async fn delete(&self, principal: &Principal, id: &RecipeId) -> Result<(), ChatError> {
        let call = DeleteRecipeRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
        };
        let mut client = self.client(Some(id)).await?;
        bounded(client.delete_recipe(request(call))).await?;
        Ok(())
    }

    /// Gives a public recipe, to anybody.
    ///
    /// # Errors
    /// `NotFound` or `Unavailable`.
    pub async fn public(&self, id: &RecipeId) -> Result<PublicRecipe, ChatError> {
        let call = GetPublicRecipeRequest {
            recipe_id: id.to_string(),
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.get_public_recipe(request(call))).await?;
        Ok(PublicRecipe {
            revision: answer.revision,
            recipe: convert::recipe(answer.recipe.ok_or(ChatError::Unavailable)?, self.0.now()),
            schema_org: answer.schema_org,
        })
    }
}

async fn bounded<T>(
    call: impl Future<Output = Result<tonic::Response<T>, Status>>,
) -> Result<T, ChatError> {
    match timeout(CALL_TIMEOUT, call).await {
        Ok(Ok(answer)) => Ok(answer.into_inner()),
        Ok(Err(status)) => Err(ChatError::read(
            status.code(),
            status.message(),
            retry_after(&status),
        )),
        Err(_) => Err(ChatError::Unavailable),
    }
}

fn retry_after(status: &Status) -> Option<Duration> {
    let millis = status.metadata().get("retry-after-ms")?;
    Some(Duration::from_millis(millis.to_str().ok()?.parse().ok()?))
}

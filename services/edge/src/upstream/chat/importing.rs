//! Recipes from elsewhere: what a document makes of a recipe, and what it would make.

use std::sync::Arc;

use proto::{
    chat::{ImportRecipeRequest, PreviewImportRequest, import_recipe_request::Document as Sent},
    ids::{MessageId, RecipeId, Revision},
    websocket::frames::Recipe,
};
use runtime::trace_context::request;

use super::{ChatClient, ChatError, bounded};
use crate::upstream::{Principal, convert};

/// A recipe from elsewhere.
#[derive(Debug)]
pub enum Document {
    /// Cooklang text.
    Cooklang(String),
    /// JSON-LD text, or the HTML of a page that holds some.
    SchemaOrg(String),
    /// Plain text.
    Text(String),
    /// A recipe as the edge shows them; its ids do not matter.
    Recipe(Recipe),
}

/// A recipe after an import.
#[derive(Debug)]
pub struct Imported {
    /// The import's revision.
    pub revision: Revision,
    /// The recipe at it.
    pub recipe: Arc<Recipe>,
    /// Whether the recipe was missing before.
    pub created: bool,
}

/// What a document would make of a recipe.
#[derive(Debug)]
pub struct Preview {
    /// The recipe as it would be.
    pub recipe: Recipe,
    /// What of the document has no place in it, in words.
    pub left_out: Vec<String>,
}

impl ChatClient {
    /// Makes a recipe what a document says, and creates it when it is missing.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` when the caller may only read, `Invalid` when the document cannot be taken over,
    /// `Conflict` or `Unavailable`.
    pub async fn import(
        &self,
        principal: &Principal,
        id: &RecipeId,
        message: &MessageId,
        document: Document,
    ) -> Result<Imported, ChatError> {
        let question = ImportRecipeRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.to_string(),
            message_id: message.to_string(),
            document: Some(document.into()),
        };
        let mut client = self.client(Some(id)).await?;
        let answer = bounded(client.import_recipe(request(question))).await?;
        let message = answer.message.ok_or(ChatError::Unavailable)?;
        Ok(Imported {
            revision: message.revision,
            recipe: convert::recipe(answer.recipe.ok_or(ChatError::Unavailable)?, self.0.now()),
            created: answer.created,
        })
    }

    /// Says what a document would make of a recipe, or what recipe it holds when none is named.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` when the caller may only read, `Invalid` when the document cannot be taken over, or
    /// `Unavailable`.
    pub async fn preview(
        &self,
        principal: &Principal,
        id: Option<&RecipeId>,
        document: Document,
    ) -> Result<Preview, ChatError> {
        let import = ImportRecipeRequest {
            principal: Some(convert::principal(principal)),
            recipe_id: id.map(ToString::to_string).unwrap_or_default(),
            message_id: String::new(),
            document: Some(document.into()),
        };
        let question = PreviewImportRequest {
            import: Some(import),
        };
        let mut client = self.client(id).await?;
        let answer = bounded(client.preview_import(request(question))).await?;
        let recipe = answer.recipe.ok_or(ChatError::Unavailable)?;
        Ok(Preview {
            recipe: Arc::unwrap_or_clone(convert::recipe(recipe, self.0.now())),
            left_out: answer.left_out,
        })
    }
}

impl From<Document> for Sent {
    fn from(document: Document) -> Self {
        match document {
            Document::Cooklang(text) => Self::Cooklang(text),
            Document::SchemaOrg(text) => Self::SchemaOrg(text),
            Document::Text(text) => Self::Text(text),
            Document::Recipe(recipe) => Self::Recipe(convert::sent_recipe(recipe)),
        }
    }
}

//! Recipes from other programs: a document becomes one change of the recipe, in its order like a message.

use std::{fmt::Write as _, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use proto::ids::{MessageId, RecipeId};

use super::Recipes;
use crate::{
    access::Right,
    message::{Content, Posted, Principal},
    recipe::{
        ImportError, PlainRecipe, Recipe, Visibility, from_cooklang, from_plain, from_text,
        json_size, limits, read_schema_org, title_from_id,
    },
    recipe_state::Draft,
    refused::{Declined, Refused},
};

/// How many bytes of a document's digest are shown: enough that nobody meets two alike.
const DIGEST_LENGTH: usize = 8;

/// How many bytes a document of plain text may have.
const MAX_TEXT: usize = 64 << 10;
/// How many bytes a document of JSON may have.
const MAX_JSON: usize = 512 << 10;

/// A recipe as another program wrote it.
#[derive(Debug, Clone)]
pub(crate) enum Document {
    /// Cooklang text.
    Cooklang(String),
    /// JSON-LD text, or a page with some in it.
    SchemaOrg(String),
    /// Plain text.
    Text(String),
    /// Parts that come apart already.
    Plain(PlainRecipe),
}

/// What an import came to.
#[derive(Debug)]
pub(crate) struct Imported {
    /// The message that stands for it.
    pub posted: Posted,
    /// The recipe after it.
    pub recipe: Arc<Recipe>,
    /// Whether the recipe was missing before.
    pub created: bool,
}

impl Recipes {
    /// Makes the recipe what a document says, and creates it when it is missing.
    ///
    /// # Errors
    /// When the document cannot be taken over, `who` may not change the recipe or has another import under way, or too
    /// many documents are being read.
    pub(crate) async fn import(
        &self,
        who: Principal,
        recipe: RecipeId,
        id: MessageId,
        document: Document,
    ) -> Result<Imported, Declined> {
        document.check_size()?;
        let _permit = self.documents.import_permit(&who.user)?;
        let known = self.ask(self.store.load_one(&recipe)).await?;
        if let Some(recipe_state) = &known
            && recipe_state.right_of(&who)? < Right::Write
        {
            return Err(Refused::ReadOnly.into());
        }
        let has_title = matches!(document, Document::Plain(_));
        let read = self.documents.run(move || read(&document)).await?;
        let (mut imported, content) =
            read.map_err(|error| Declined::Unworkable(error.to_string()))?;
        if !has_title && imported.title == Recipe::new("").title {
            // Cooklang takes the title from the name of the file.
            imported.title = known.as_ref().map_or_else(
                || title_from_id(recipe.as_str()),
                |ledger| ledger.recipe.title.clone(),
            );
        }
        let content = content.ok_or(Refused::Unavailable)?;
        let created = match known {
            Some(_) => false,
            // The pipeline would refuse it too, and leave an empty recipe behind.
            None if json_size(&imported) > limits::JSON => {
                return Err(Refused::RecipeTooLarge.into());
            }
            None => self.create_for_import(&who, &recipe, &imported).await?,
        };
        let draft = Draft::import(recipe, who, id, content, imported);
        let posted = self.post(draft).await?;
        let recipe = posted.recipe.clone().ok_or(Refused::Unavailable)?;
        Ok(Imported {
            posted,
            recipe,
            created,
        })
    }

    /// Whoever creates the recipe at the same time is no obstacle: the pipeline decides about rights.
    async fn create_for_import(
        &self,
        who: &Principal,
        recipe: &RecipeId,
        imported: &Recipe,
    ) -> Result<bool, Refused> {
        let created = self
            .create(
                who,
                recipe.clone(),
                Some(&imported.title),
                Visibility::Private,
            )
            .await;
        match created {
            Ok(_) => Ok(true),
            Err(Refused::RecipeIdTaken) => Ok(false),
            Err(other) => Err(other),
        }
    }
}

impl Document {
    /// Checks the size before anything looks at the text.
    fn check_size(&self) -> Result<(), Declined> {
        let (length, most, format) = match self {
            Self::Cooklang(text) => (text.len(), MAX_TEXT, "Cooklang"),
            Self::SchemaOrg(text) => (text.len(), MAX_JSON, "JSON-LD"),
            Self::Text(text) => (text.len(), MAX_TEXT, "plain text"),
            // Comes apart already, in a message of bounded size.
            Self::Plain(_) => return Ok(()),
        };
        match length > most {
            false => Ok(()),
            true => Err(Declined::Unworkable(format!(
                "A {format} document may have {} KiB; this one has {length} bytes",
                most >> 10
            ))),
        }
    }
}

/// The recipe in a document, and how the import stands in the conversation.
fn read(document: &Document) -> Result<(Recipe, Option<Content>), ImportError> {
    let (recipe, format) = match document {
        Document::Cooklang(text) => (from_cooklang(text)?, "Cooklang"),
        Document::SchemaOrg(text) => (read_schema_org(text)?, "schema.org"),
        Document::Text(text) => (from_text(text)?, "plain text"),
        Document::Plain(plain) => (from_plain(plain)?, "JSON"),
    };
    let content = sentence(&recipe, format);
    Ok((recipe, content))
}

/// How an import stands in the conversation. The digest tells two documents apart that come under one id.
fn sentence(recipe: &Recipe, format: &str) -> Option<Content> {
    let stored = serde_json::to_vec(recipe).ok()?;
    let digest = digest(&SHA256, &stored);
    let mut sentence = format!("Here is the recipe from {format} (");
    for byte in &digest.as_ref()[..DIGEST_LENGTH] {
        write!(sentence, "{byte:02x}").ok()?;
    }
    sentence.push(')');
    sentence.parse().ok()
}

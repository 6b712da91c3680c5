//! Recipes from other programs: a document becomes one change of the recipe, in its order like a message.

use std::{fmt::Write as _, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use proto::ids::{MessageId, RecipeId};

use super::Recipes;
use crate::{
    access::Right,
    message::{Content, Posted, Principal},
    recipe::{
        ImportError, LeftOut, PlainRecipe, Reading, Recipe, Visibility, from_plain, from_text,
        read_cooklang, read_schema_org, title_from_id,
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
/// How many bytes a page of the web may have that is only looked at.
pub(crate) const MAX_PAGE_SIZE: usize = 2 << 20;

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

/// What a document would make of a recipe.
#[derive(Debug)]
pub(crate) struct Preview {
    /// The recipe as it would be.
    pub recipe: Recipe,
    /// What of the document has no place in it.
    pub left_out: LeftOut,
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
        document.check_size(MAX_JSON)?;
        let _permit = self.documents.import_permit(&who.user)?;
        let read = self.read(&who, Some(&recipe), document).await?;
        let (imported, content) = (read.preview.recipe, read.content);
        let created = match read.is_new {
            false => false,
            true => self.create_for_import(&who, &recipe, &imported).await?,
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

    /// Says what a document would make of a recipe, or what recipe it holds when none is named, and changes nothing.
    ///
    /// # Errors
    /// As [`Recipes::import`].
    pub(crate) async fn preview(
        &self,
        who: &Principal,
        recipe: Option<&RecipeId>,
        document: Document,
    ) -> Result<Preview, Declined> {
        document.check_size(MAX_PAGE_SIZE)?;
        let _permit = self.documents.import_permit(&who.user)?;
        let read = self.read(who, recipe, document).await?;
        Ok(read.preview)
    }

    async fn read(
        &self,
        who: &Principal,
        recipe: Option<&RecipeId>,
        document: Document,
    ) -> Result<Read, Declined> {
        let known = match recipe {
            Some(recipe) => self.ask(self.store.load_one(recipe)).await?,
            None => None,
        };
        if let Some(recipe_state) = &known
            && recipe_state.right_of(who)? < Right::Write
        {
            return Err(Refused::ReadOnly.into());
        }
        let has_title = matches!(document, Document::Plain(_));
        let read = self.documents.run(move || read(&document)).await?;
        let (read, content) = read.map_err(|error| Declined::Unworkable(error.to_string()))?;
        let (mut imported, left_out) = (read.recipe, read.left_out);
        if !has_title && imported.title == Recipe::new("").title {
            // Cooklang takes the title from the name of the file.
            imported.title = match (&known, recipe) {
                (Some(recipe_state), _) => recipe_state.recipe.title.clone(),
                (None, Some(id)) => title_from_id(id.as_str()),
                (None, None) => imported.title,
            };
        }
        let limits = self.quotas.recipe();
        let fits = limits.check(&Recipe::new(""), &imported);
        fits.map_err(Refused::TooMuch)?;
        Ok(Read {
            preview: Preview {
                recipe: imported,
                left_out,
            },
            content: content.ok_or(Refused::Unavailable)?,
            is_new: known.is_none(),
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

/// A document that was read for a recipe.
struct Read {
    preview: Preview,
    /// How the import stands in the conversation.
    content: Content,
    /// Whether the recipe is missing.
    is_new: bool,
}

impl Document {
    /// Checks the size before anything looks at the text.
    fn check_size(&self, max_json: usize) -> Result<(), Declined> {
        let (length, most, format) = match self {
            Self::Cooklang(text) => (text.len(), MAX_TEXT, "Cooklang"),
            Self::SchemaOrg(text) => (text.len(), max_json, "JSON-LD"),
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
fn read(document: &Document) -> Result<(Reading, Option<Content>), ImportError> {
    let (read, format) = match document {
        Document::Cooklang(text) => (read_cooklang(text)?, "Cooklang"),
        Document::SchemaOrg(text) => (read_schema_org(text)?, "schema.org"),
        Document::Text(text) => (from_text(text)?.into(), "plain text"),
        Document::Plain(plain) => (from_plain(plain)?.into(), "JSON"),
    };
    let content = sentence(&read.recipe, format);
    Ok((read, content))
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

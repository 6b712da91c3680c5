//! Texts of messages that need not be kept any more, the same for both databases.
//!
//! The rows stay, so that an id is remembered for ever and no revision is missing, with a digest of what was written. What
//! a message did to the recipe is told for as long as there is its version.

use proto::ids::RecipeId;
use runtime::clock::Timestamp;
use tokio::time::timeout;
use tracing::{Instrument as _, debug_span};

use super::{CALL_TIMEOUT, Error, Store, retention::Outdated, user_data::Statement};
use crate::message::{Content, ContentDigest};

/// Recipes after one, by id; at most as many as `MAX_OUTDATED`. Each with the first of its messages that has a text, when
/// that is older than then, and not of those that somebody may have missed.
const OUTDATED: &str = "SELECT r.id, CASE WHEN EXISTS (SELECT 1 FROM messages m \
         WHERE m.recipe = r.id AND m.revision = r.emptied_upto + 1 AND m.revision < r.revision - 500 \
             AND m.accepted_at < CAST($2 AS BIGINT)) THEN CAST(r.emptied_upto + 1 AS TEXT) ELSE '' END \
     FROM recipes r WHERE r.id > $1 ORDER BY r.id LIMIT 100";
/// The first messages with a text, but for those that somebody may have missed, and that a webhook was not told.
const OLDEST: &str = "SELECT CAST(m.revision AS TEXT), m.id, m.content, CAST(m.accepted_at AS TEXT) \
     FROM recipes r JOIN messages m ON m.recipe = r.id \
     WHERE r.id = $1 AND m.revision > r.emptied_upto AND m.revision < r.revision - 500 \
         AND m.revision < coalesce((SELECT min(told) FROM webhooks h \
             WHERE h.recipe = r.id AND h.off_at = 0), r.revision) \
     ORDER BY m.revision LIMIT 128";
/// SQLite gives no page back for a row that is made shorter, so the row is replaced there.
const EMPTY_IN_SQLITE: &str = "INSERT OR REPLACE INTO messages (recipe, revision, id, author, author_name, \
         content, effect, hint, accepted_at, content_digest) \
     SELECT recipe, revision, id, author, author_name, '', CASE WHEN EXISTS (SELECT 1 FROM stored_versions v \
             WHERE v.recipe = m.recipe AND v.revision = m.revision) THEN effect END, NULL, accepted_at, $3 \
     FROM messages m WHERE recipe = $1 AND revision = CAST($2 AS BIGINT) AND content_digest IS NULL";
const EMPTY_IN_POSTGRES: &str = "UPDATE messages m SET content = '', hint = NULL, content_digest = $3, \
         effect = CASE WHEN EXISTS (SELECT 1 FROM stored_versions v \
             WHERE v.recipe = m.recipe AND v.revision = m.revision) THEN effect END \
     WHERE recipe = $1 AND revision = CAST($2 AS BIGINT) AND content_digest IS NULL";
const EMPTIED: &str = "UPDATE recipes SET emptied_upto = CAST($2 AS BIGINT) \
     WHERE id = $1 AND emptied_upto < CAST($2 AS BIGINT)";

/// A message that still has its text.
struct Text {
    revision: String,
    accepted_at: Timestamp,
    digest: ContentDigest,
}

impl Store {
    /// Of the recipes after one, by id, the first text, when it is from before then and may go; at most `MAX_OUTDATED`.
    pub(crate) async fn outdated_texts(
        &self,
        after: &str,
        before: Timestamp,
    ) -> Result<Vec<Outdated>, Error> {
        self.outdated(OUTDATED, after, before).await
    }

    /// Empties the oldest messages of a recipe from before then; tells how many, some at most, 0 when none are left. Two
    /// replicas may do the same at once, and one that ends in between is followed by another.
    pub(crate) async fn empty_messages(
        &self,
        recipe: &RecipeId,
        before: Timestamp,
    ) -> Result<u64, Error> {
        let rows = ask!(self, texts(OLDEST, vec![recipe.to_string()], 4))?;
        let texts: Result<Vec<_>, _> = rows.into_iter().map(|row| text(recipe, row)).collect();
        let texts = texts?.into_iter();
        let old: Vec<_> = texts.take_while(|text| text.accepted_at < before).collect();
        let Some(last) = old.last() else {
            return Ok(0);
        };
        let empty = match self {
            Self::Sqlite(_) => EMPTY_IN_SQLITE,
            Self::Postgres(_) => EMPTY_IN_POSTGRES,
        };
        let statement = |text: &Text| -> Statement {
            let (revision, digest) = (text.revision.clone(), text.digest.as_str().to_owned());
            (empty, vec![recipe.to_string(), revision, digest])
        };
        let statements = old.iter().map(statement).collect();
        let upto = vec![recipe.to_string(), last.revision.clone()];
        ask!(self, execute(statements))?;
        // In a transaction of its own, so that nobody who writes to the recipe waits for the others.
        ask!(self, execute(vec![(EMPTIED, upto)]))?;
        Ok(old.len() as u64)
    }
}

fn text(recipe: &RecipeId, row: Vec<String>) -> Result<Text, Error> {
    let [revision, id, content, accepted_at]: [String; 4] = row
        .try_into()
        .map_err(|_| Error::malformed(std::fmt::Error))?;
    let accepted_at = accepted_at.parse().map_err(Error::malformed)?;
    let id = id.parse().map_err(Error::malformed)?;
    Ok(Text {
        digest: ContentDigest::of(recipe, &id, &Content::stored(&content)),
        accepted_at: Timestamp::from_unix_millis(accepted_at),
        revision,
    })
}

//! Versions that need not be kept any more, the same for both databases.
//!
//! What is deleted ends before a whole version, so that none is left that refers to one that is gone.

use proto::ids::{RecipeId, Revision};
use runtime::clock::Timestamp;
use tokio::time::timeout;
use tracing::{Instrument as _, debug_span};

use super::{CALL_TIMEOUT, Error, Store};

/// How many recipes are looked at in one step.
pub(crate) const MAX_OUTDATED: usize = 100;

/// Recipes after one, by id, each with the whole version that all before it may go: the newest one of before then. Nothing
/// goes that is needed to take back one of the changes that can be undone, to tell somebody of 500 messages that they
/// missed, or to tell a webhook what it was not told.
macro_rules! outdated {
    ($oldest_undo:literal) => {
        concat!(
            "SELECT r.id, coalesce(CAST((SELECT v.revision FROM stored_versions v \
                 JOIN messages m ON m.recipe = v.recipe AND m.revision = v.revision \
                 WHERE v.recipe = r.id AND v.number = 0 AND m.accepted_at < CAST($2 AS BIGINT) \
                     AND v.revision < r.state_revision AND v.revision < r.revision - 500 \
                     AND v.revision < coalesce(CAST(",
            $oldest_undo,
            " AS BIGINT), r.state_revision) \
                     AND v.revision <= coalesce((SELECT min(told) FROM webhooks h \
                         WHERE h.recipe = r.id AND h.off_at = 0), r.revision) \
                 ORDER BY v.revision DESC LIMIT 1) AS TEXT), '') \
             FROM recipes r WHERE r.id > $1 ORDER BY r.id LIMIT 100"
        )
    };
}
const OUTDATED_IN_SQLITE: &str = outdated!("r.undo ->> 0");
const OUTDATED_IN_POSTGRES: &str = outdated!("r.undo::json ->> 0");
/// The oldest whole version with those that refer to it.
macro_rules! of_oldest {
    ($statement:literal) => {
        concat!(
            $statement,
            " stored_versions WHERE recipe = $1 AND revision < \
                 (SELECT min(revision) FROM stored_versions WHERE recipe = $1 AND number = 0 \
                     AND revision <= CAST($2 AS BIGINT) \
                     AND revision > (SELECT min(revision) FROM stored_versions WHERE recipe = $1))"
        )
    };
}
const DELETE: &str = concat!(of_oldest!("DELETE FROM"), " RETURNING '1'");
/// What a message without a text did is told for as long as there is its version.
const FORGET_EFFECTS: &str = concat!(
    "UPDATE messages SET effect = NULL WHERE recipe = $1 AND content_digest IS NOT NULL AND revision IN (",
    of_oldest!("SELECT revision FROM"),
    ") RETURNING '1'"
);

/// A recipe, and if something of it may go: before which version its versions may, or the first message whose text may.
pub(crate) type Outdated = (RecipeId, Option<Revision>);

impl Store {
    /// Of the recipes after one, by id, the versions that were followed by others before then; at most [`MAX_OUTDATED`].
    pub(crate) async fn outdated_versions(
        &self,
        after: &str,
        before: Timestamp,
    ) -> Result<Vec<Outdated>, Error> {
        let sql = match self {
            Self::Sqlite(_) => OUTDATED_IN_SQLITE,
            Self::Postgres(_) => OUTDATED_IN_POSTGRES,
        };
        self.outdated(sql, after, before).await
    }

    /// What a statement finds that may go.
    pub(super) async fn outdated(
        &self,
        sql: &'static str,
        after: &str,
        before: Timestamp,
    ) -> Result<Vec<Outdated>, Error> {
        let asked = vec![after.to_owned(), before.unix_millis().to_string()];
        let rows = ask!(self, texts(sql, asked, 2))?;
        let outdated = rows.iter().map(|row| {
            let revision = row[1].parse().ok();
            Ok((row[0].parse().map_err(Error::malformed)?, revision))
        });
        outdated.collect()
    }

    /// Deletes the oldest versions of a recipe, of those before one of its whole versions; tells how many, some hundreds at
    /// most, 0 when none are left.
    pub(crate) async fn delete_versions(
        &self,
        recipe: &RecipeId,
        upto: Revision,
    ) -> Result<u64, Error> {
        let parameters = vec![recipe.to_string(), upto.to_string()];
        ask!(self, change(FORGET_EFFECTS, parameters.clone()))?;
        Ok(ask!(self, change(DELETE, parameters))? as u64)
    }
}

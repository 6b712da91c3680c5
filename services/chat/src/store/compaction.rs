//! Versions that were written whole become differences, some at a time, the same for both databases.
//!
//! Of the versions since a whole one, each refers to the one whose number is its own without the lowest bit: one half of
//! them to the last one, those whose number is a power of two to the whole one. So a version is put together from few
//! others, and most differences have only one change in them.

use std::collections::HashMap;

use tokio::{task::spawn_blocking, time::timeout};
use tracing::{Instrument as _, debug_span};

use super::{CALL_TIMEOUT, Error, Store, differences::difference, user_data::Statement};

/// How many versions there are to a whole one, itself included. None is put together from more than 8 differences.
const VERSIONS_PER_WHOLE: u64 = 256;

/// The oldest versions of each recipe that have no number, at most 128, and no more once they have 1 MiB. PostgreSQL would
/// take `revision` alone for the text of that name.
const WITHOUT_NUMBER: &str = "SELECT recipe, CAST(revision AS TEXT), state FROM \
     (SELECT recipe, revision, state, sum(octet_length(state)) OVER (ORDER BY recipe, revision) AS upto FROM \
         (SELECT recipe, revision, state FROM stored_versions WHERE number IS NULL \
          ORDER BY recipe, revision LIMIT 128) AS oldest) AS sized \
     WHERE upto - octet_length(state) < 1048576 ORDER BY sized.recipe, sized.revision";
const LAST_NUMBER: &str = "SELECT CAST(number AS TEXT) FROM stored_versions \
     WHERE recipe = $1 AND revision < CAST($2 AS BIGINT) AND number IS NOT NULL ORDER BY revision DESC LIMIT 1";
const BY_NUMBER: &str = "SELECT CAST(revision AS TEXT), coalesce(state, '') FROM versions \
     WHERE recipe = $1 AND revision = (SELECT revision FROM stored_versions \
         WHERE recipe = $1 AND revision < CAST($2 AS BIGINT) AND number = CAST($3 AS BIGINT) \
         ORDER BY revision DESC LIMIT 1)";

/// Only when the database itself makes the same version of it. SQLite gives no page back for a row that is made shorter,
/// so the row is replaced there.
const SHRINK_IN_SQLITE: &str = "INSERT OR REPLACE INTO stored_versions \
         (recipe, revision, state, base, difference, number, size) \
     SELECT recipe, revision, '', CAST($3 AS BIGINT), $4, CAST($5 AS BIGINT), octet_length(state) \
     FROM stored_versions WHERE recipe = $1 AND revision = CAST($2 AS BIGINT) AND number IS NULL AND state = \
     (WITH whole (state) AS MATERIALIZED \
         (SELECT state FROM versions WHERE recipe = $1 AND revision = CAST($3 AS BIGINT)) \
     SELECT group_concat(CASE type WHEN 'text' THEN value ELSE substr(base_state, value ->> 0, value ->> 1) END, '') \
     FROM (SELECT type, value, whole.state AS base_state FROM whole JOIN json_each($4) ORDER BY key))";
const SHRINK_IN_POSTGRES: &str = "UPDATE stored_versions SET state = '', base = CAST($3 AS BIGINT), \
         difference = $4, number = CAST($5 AS BIGINT), size = octet_length(state) \
     WHERE recipe = $1 AND revision = CAST($2 AS BIGINT) AND number IS NULL AND state = \
     version_rebuilt((SELECT state FROM versions WHERE recipe = $1 AND revision = CAST($3 AS BIGINT)), $4)";
const STAY_WHOLE: &str = "UPDATE stored_versions SET number = 0 \
     WHERE recipe = $1 AND revision = CAST($2 AS BIGINT) AND number IS NULL";

/// What became of versions that had no number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Compacted {
    /// How many are differences now.
    pub differences: u64,
    /// How many stay whole.
    pub whole: u64,
}

/// A version with its text.
#[derive(Debug, Clone)]
struct Whole {
    revision: String,
    state: String,
}

/// The versions of a recipe that were given a number.
#[derive(Debug)]
struct Numbered {
    recipe: String,
    /// That of the newest.
    last: Option<u64>,
    /// Those since the last whole one that were looked at.
    known: HashMap<u64, Whole>,
}

impl Store {
    /// Gives some of the versions without a number theirs. With none left, nothing is counted. Two replicas may do the
    /// same at once: whoever is later changes nothing.
    ///
    /// # Errors
    /// When the database failed; nothing has changed then.
    pub(crate) async fn compact_versions(&self) -> Result<Compacted, Error> {
        let mut compacted = Compacted::default();
        let mut statements = Vec::new();
        let mut numbered: Option<Numbered> = None;
        for row in ask!(self, texts(WITHOUT_NUMBER, Vec::new(), 3))? {
            let [recipe, revision, state] = columns(row)?;
            let mut of_recipe = match numbered.take() {
                Some(numbered) if numbered.recipe == recipe => numbered,
                _ => self.numbered(recipe, &revision).await?,
            };
            let version = Whole { revision, state };
            match self.shrunk(&mut of_recipe, &version).await? {
                Some(statement) => {
                    compacted.differences += 1;
                    statements.push(statement);
                }
                None => compacted.whole += 1,
            }
            // Also after the other: should that change nothing, the version stays whole.
            let which = vec![of_recipe.recipe.clone(), version.revision.clone()];
            statements.push((STAY_WHOLE, which));
            of_recipe.add(version);
            numbered = Some(of_recipe);
        }
        if !statements.is_empty() {
            ask!(self, execute(statements))?;
        }
        Ok(compacted)
    }

    async fn numbered(&self, recipe: String, before: &str) -> Result<Numbered, Error> {
        let asked = vec![recipe.clone(), before.to_owned()];
        let last = ask!(self, texts(LAST_NUMBER, asked, 1))?.pop();
        let last = last.map(|row| columns(row).map(|[number]| number));
        let last = last.transpose()?.map(|number| number.parse());
        Ok(Numbered {
            recipe,
            last: last.transpose().map_err(Error::malformed)?,
            known: HashMap::new(),
        })
    }

    /// What makes a difference of the next version, if that is worth it. Gives it its number in `numbered`.
    async fn shrunk(
        &self,
        numbered: &mut Numbered,
        version: &Whole,
    ) -> Result<Option<Statement>, Error> {
        let number = numbered.last.map_or(0, |last| last + 1) % VERSIONS_PER_WHOLE;
        numbered.last = Some(0);
        let Some(base_number) = base_of(number) else {
            return Ok(None);
        };
        let Some(base) = self.base(numbered, base_number, version).await? else {
            return Ok(None);
        };
        let (whole, state) = (base.state, version.state.clone());
        let found = spawn_blocking(move || difference(&whole, &state)).await;
        let Some(found) = found.map_err(Error::malformed)?? else {
            return Ok(None);
        };
        numbered.last = Some(number);
        let parameters = vec![
            numbered.recipe.clone(),
            version.revision.clone(),
            base.revision,
            found,
            number.to_string(),
        ];
        Ok(Some((self.shrink(), parameters)))
    }

    /// The statement that makes a difference of a version: of the recipe, the revision, that of the base, the difference
    /// and the number.
    pub(super) fn shrink(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => SHRINK_IN_SQLITE,
            Self::Postgres(_) => SHRINK_IN_POSTGRES,
        }
    }

    /// The newest version before another that has this number; `None` also when it cannot be put together.
    async fn base(
        &self,
        numbered: &Numbered,
        number: u64,
        before: &Whole,
    ) -> Result<Option<Whole>, Error> {
        if let Some(known) = numbered.known.get(&number) {
            return Ok(Some(known.clone()));
        }
        let recipe = numbered.recipe.clone();
        let asked = vec![recipe, before.revision.clone(), number.to_string()];
        let Some(row) = ask!(self, texts(BY_NUMBER, asked, 2))?.pop() else {
            return Ok(None);
        };
        let [revision, state] = columns(row)?;
        Ok((!state.is_empty()).then_some(Whole { revision, state }))
    }
}

impl Numbered {
    /// Knows a version by the number that it was given.
    fn add(&mut self, version: Whole) {
        let number = self.last.unwrap_or_default();
        if number == 0 {
            self.known.clear();
        }
        self.known.insert(number, version);
    }
}

/// Which of the versions since the last whole one a version refers to; `None`: it is whole.
fn base_of(number: u64) -> Option<u64> {
    Some(number & number.checked_sub(1)?)
}

fn columns<const COUNT: usize>(row: Vec<String>) -> Result<[String; COUNT], Error> {
    row.try_into()
        .map_err(|_| Error::malformed(std::fmt::Error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_put_together_from_eight_differences_at_most() {
        let bases = |number| std::iter::successors(base_of(number), |base| base_of(*base)).count();
        assert_eq!(base_of(0), None);
        assert_eq!(
            [base_of(1), base_of(6), base_of(7)],
            [Some(0), Some(4), Some(6)]
        );
        assert_eq!((0..VERSIONS_PER_WHOLE).map(bases).max(), Some(8));
    }
}

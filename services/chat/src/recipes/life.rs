//! The life of recipes beside what is said in them: lists, copies, what everybody may read, and the end.

use std::{fmt, str::FromStr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proto::ids::RecipeId;
use runtime::clock::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::{AtRevision, REFUSAL_TIME, Recipes, new_recipe_id};
use crate::{
    message::Principal,
    recipe::{Recipe, Visibility},
    recipe_state::RecipeState,
    refused::Refused,
    store::{Listing, Summary},
};

/// How many words of a query count.
const MAX_WORDS: usize = 10;
/// How many characters of a word count.
const MAX_WORD_LENGTH: usize = 50;

/// Which of somebody's recipes are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    /// What they must hold; empty: all.
    pub words: String,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: usize,
}

/// Where a page of a list ended. Opaque to whoever gives it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    changed_at: Timestamp,
    id: RecipeId,
}

/// A text that no list gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is none that a list has given out")]
pub(crate) struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = format!("{} {}", self.changed_at.unix_millis(), self.id);
        f.write_str(&URL_SAFE_NO_PAD.encode(plain))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let plain = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let plain = String::from_utf8(plain).map_err(|_| InvalidCursor)?;
        let (millis, id) = plain.split_once(' ').ok_or(InvalidCursor)?;
        Ok(Self {
            changed_at: Timestamp::from_unix_millis(millis.parse().map_err(|_| InvalidCursor)?),
            id: id.parse().map_err(|_| InvalidCursor)?,
        })
    }
}

impl Recipes {
    /// Lists what somebody owns, is a member of or has come to, newest change first, and where the next page begins.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub(crate) async fn list(
        &self,
        who: &Principal,
        query: Query,
    ) -> Result<(Vec<Summary>, Option<Cursor>), Refused> {
        let mut listing = Listing {
            who: who.clone(),
            words: words(&query.words),
            after: query.after.map(|cursor| (cursor.changed_at, cursor.id)),
            // One more tells whether there is a next page.
            limit: query.limit + 1,
        };
        let mut listed = Vec::new();
        // Where a scope leaves recipes out, the page goes on until it is full.
        loop {
            let found = self.ask(self.store.list(listing.clone())).await?;
            let last = found.last().filter(|_| found.len() == listing.limit);
            listing.after = last.map(|last| (last.changed_at, last.id.clone()));
            listed.extend(found.into_iter().filter(|found| who.is_for(&found.id)));
            if listing.after.is_none() || listed.len() >= listing.limit {
                break;
            }
        }
        let is_last = listed.len() <= query.limit;
        listed.truncate(query.limit);
        let last = listed.last().filter(|_| !is_last);
        let next = last.map(|last| Cursor {
            changed_at: last.changed_at,
            id: last.id.clone(),
        });
        Ok((listed, next))
    }

    /// Makes a private recipe of the caller's own that is what another one is now.
    ///
    /// # Errors
    /// When that one is not there, or not for `who`, or they have as many as they may.
    pub(crate) async fn copy(
        &self,
        who: &Principal,
        recipe: &RecipeId,
        title: Option<&str>,
    ) -> Result<RecipeState, Refused> {
        let original = self.visible(who, recipe).await?.recipe;
        let mut copied = Recipe::clone(&original);
        if let Some(title) = title {
            copied.title = Recipe::new(title).title;
        }
        let id = new_recipe_id(&copied.title)?;
        let now = self.clock.now();
        let user = who.user.clone();
        let copy = RecipeState {
            recipe: Arc::new(copied),
            ..RecipeState::new(id, user, Visibility::Private, "", now)
        };
        self.add_for(who, copy).await
    }

    /// Gives a recipe that everybody may read.
    ///
    /// # Errors
    /// When it is not there, or not for everybody: which of the two shows neither in the words nor in the time.
    pub(crate) async fn public(&self, recipe: &RecipeId) -> Result<AtRevision, Refused> {
        let asked = Instant::now();
        let found = self.ask(self.store.load_one(recipe)).await?;
        match found.filter(|found| found.access.visibility == Visibility::Public) {
            Some(found) => Ok(AtRevision {
                revision: found.revision,
                recipe: found.recipe,
            }),
            None => {
                sleep_until(asked + REFUSAL_TIME).await;
                Err(Refused::NoSuchRecipe)
            }
        }
    }

    /// Deletes a recipe with all that was said in it, and shows everybody out. Its id is never given again.
    ///
    /// # Errors
    /// When `who` is not the owner.
    pub(crate) async fn delete(&self, who: &Principal, recipe: &RecipeId) -> Result<(), Refused> {
        let recipe_state = self.owned(who, recipe).await?;
        if self.ask(self.store.delete(recipe)).await? {
            self.note("delete_recipe", who, recipe, "");
        }
        self.pipeline.forget(recipe).await;
        // Whoever is attached is behind what never comes, asks the store, and learns that the recipe is gone.
        let beyond = recipe_state.revision + 1;
        self.hub.notice(recipe, beyond);
        if let Some(hints) = &self.hints {
            hints.note(recipe, beyond);
        }
        Ok(())
    }
}

/// The words of a query: letters and digits, as titles are taken apart.
fn words(query: &str) -> Vec<String> {
    let words = query.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).take(MAX_WORDS);
    words
        .map(|word| word.chars().take(MAX_WORD_LENGTH).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor = Cursor {
            changed_at: Timestamp::from_unix_millis(1_234),
            id: "pie".parse().unwrap(),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "pie", "MTIz", "////", "MTIgYSBi"] {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text}");
        }
    }

    #[test]
    fn a_query_is_words_whatever_stands_between() {
        assert_eq!(words("crème-brûlée \"OR\" *"), ["crème", "brûlée", "OR"]);
        assert!(words("' \" * () :").is_empty());
        assert_eq!(words(&"a ".repeat(99)).len(), MAX_WORDS);
    }
}

//! The recipes that the chat service has sent lately. Most updates carry the same bytes again: then they are neither read
//! nor serialised anew.

use std::collections::HashMap;

use prost::{DecodeError, Message as _};
use proto::{chat, ids::RecipeId};
use runtime::clock::Timestamp;

use crate::{upstream::convert, wire::rendered::Rendered};

/// How many bytes of recipes and their JSON are remembered, over all rooms; then it begins anew.
const MAX_BYTES: usize = 8 << 20;

/// The newest recipe of each room, as it came and as it is shown.
#[derive(Debug, Default)]
pub(super) struct KnownRecipes {
    known: HashMap<RecipeId, Known>,
    bytes: usize,
}

#[derive(Debug)]
struct Known {
    encoded: Box<[u8]>,
    rendered: Rendered,
}

impl Known {
    fn bytes(&self) -> usize {
        self.encoded.len() + self.rendered.len()
    }
}

impl KnownRecipes {
    /// Reads an encoded recipe. `now` is for timers that ended too long ago to be shown.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn read(
        &mut self,
        id: &RecipeId,
        encoded: &[u8],
        now: Timestamp,
    ) -> Result<Rendered, DecodeError> {
        if let Some(known) = self.known.get(id)
            && *known.encoded == *encoded
        {
            return Ok(known.rendered.clone());
        }
        let recipe = chat::Recipe::decode(encoded)?;
        // Which timers are shown depends on the time.
        let lasts = recipe.timers.is_empty();
        let rendered = Rendered::new(convert::recipe(recipe, now));
        self.forget(id);
        if lasts {
            self.remember(id, encoded, &rendered);
        }
        Ok(rendered)
    }

    fn forget(&mut self, id: &RecipeId) {
        if let Some(known) = self.known.remove(id) {
            self.bytes -= known.bytes();
        }
    }

    fn remember(&mut self, id: &RecipeId, encoded: &[u8], rendered: &Rendered) {
        let known = Known {
            encoded: encoded.into(),
            rendered: rendered.clone(),
        };
        if self.bytes + known.bytes() > MAX_BYTES {
            *self = Self::default();
        }
        self.bytes += known.bytes();
        self.known.insert(id.clone(), known);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const HOUR: i64 = 60 * 60 * 1000;

    fn recipe(title: &str) -> chat::Recipe {
        chat::Recipe {
            title: title.to_owned(),
            ..chat::Recipe::default()
        }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_unix_millis(millis)
    }

    #[test]
    fn a_recipe_that_stays_as_it_is_is_read_once() {
        let (mut recipes, id) = (KnownRecipes::default(), "pie".parse().unwrap());
        let mut read = |title| {
            let encoded = recipe(title).encode_to_vec();
            recipes.read(&id, &encoded, at(0)).unwrap()
        };

        let (first, again, changed) = (read("Pie"), read("Pie"), read("Apple pie"));

        assert!(Arc::ptr_eq(first.recipe(), again.recipe()));
        assert_eq!(changed.recipe().title, "Apple pie");
        assert_eq!(read("Pie").recipe().title, "Pie");
        assert!(recipes.read(&id, b"no recipe", at(0)).is_err());
    }

    #[test]
    fn a_timer_is_shown_for_an_hour_after_its_end_whatever_came_before() {
        let (mut recipes, id) = (KnownRecipes::default(), "pie".parse().unwrap());
        let timed = chat::Recipe {
            timers: vec![chat::Timer {
                ends_at: Some(prost_types::Timestamp::default()),
                ..chat::Timer::default()
            }],
            ..recipe("Pie")
        };
        let encoded = timed.encode_to_vec();
        let mut timers = |now| {
            let read = recipes.read(&id, &encoded, at(now)).unwrap();
            read.recipe().timers.clone().unwrap().len()
        };

        assert_eq!([timers(0), timers(HOUR - 1), timers(HOUR)], [1, 1, 0]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut recipes = KnownRecipes::default();
        let encoded = recipe(&"x".repeat(MAX_BYTES / 8)).encode_to_vec();
        for number in 0..10 {
            let id = format!("pie-{number}").parse().unwrap();
            recipes.read(&id, &encoded, at(0)).unwrap();
            assert!(recipes.bytes <= MAX_BYTES && recipes.known.len() <= 4);
        }
    }
}

//! The recipes that a link has sent lately, as they lie in its messages. Most messages leave the recipe as it is: its update
//! carries the same bytes again, and nobody writes them anew.

use std::{collections::HashMap, sync::Arc};

use prost::{Message as _, bytes::Bytes};
use proto::{chat as wire, ids::RecipeId};

use crate::recipe::Recipe;

/// How many bytes of recipes a link remembers; then it begins anew.
const MAX_BYTES: usize = 2 << 20;

/// The newest recipe of each room that a link has sent, encoded.
#[derive(Debug, Default)]
pub(crate) struct EncodedRecipes {
    sent: HashMap<RecipeId, (Arc<Recipe>, Bytes)>,
    bytes: usize,
}

impl EncodedRecipes {
    /// The recipe as an encoded [`wire::Recipe`].
    pub(super) fn encode(&mut self, id: &RecipeId, recipe: &Arc<Recipe>) -> Bytes {
        // The same address is the same recipe: as long as it is remembered, no other one can get it.
        if let Some((sent, bytes)) = self.sent.get(id)
            && Arc::ptr_eq(sent, recipe)
        {
            return bytes.clone();
        }
        let bytes = Bytes::from(wire::Recipe::from(&**recipe).encode_to_vec());
        self.remember(id, recipe, &bytes);
        bytes
    }

    fn remember(&mut self, id: &RecipeId, recipe: &Arc<Recipe>, bytes: &Bytes) {
        if self.bytes + bytes.len() > MAX_BYTES {
            *self = Self::default();
        }
        self.bytes += bytes.len();
        let sent = (Arc::clone(recipe), bytes.clone());
        if let Some((_, earlier)) = self.sent.insert(id.clone(), sent) {
            self.bytes -= earlier.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(title: &str) -> Arc<Recipe> {
        Arc::new(Recipe::new(title))
    }

    fn title(bytes: &Bytes) -> String {
        wire::Recipe::decode(bytes.clone()).unwrap().title
    }

    #[test]
    fn a_recipe_that_stays_as_it_is_is_encoded_once() {
        let (mut recipes, id) = (EncodedRecipes::default(), "pie".parse().unwrap());
        let pie = recipe("Pie");

        let first = recipes.encode(&id, &pie);
        let again = recipes.encode(&id, &pie);
        let changed = recipes.encode(&id, &recipe("Apple pie"));

        assert_eq!(first.as_ptr(), again.as_ptr());
        assert_eq!(
            (title(&first), title(&changed)),
            ("Pie".into(), "Apple pie".into())
        );
        assert_eq!(recipes.bytes, changed.len());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut recipes = EncodedRecipes::default();
        let mut pie = Recipe::new("Pie");
        pie.description = Some("x".repeat(MAX_BYTES / 4));
        for number in 0..10 {
            let id = format!("pie-{number}").parse().unwrap();
            assert_eq!(title(&recipes.encode(&id, &Arc::new(pie.clone()))), "Pie");
            assert!(recipes.bytes <= MAX_BYTES && recipes.sent.len() <= 4);
        }
    }
}

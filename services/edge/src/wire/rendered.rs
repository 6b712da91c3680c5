//! A recipe with its JSON. Most messages leave the recipe as it is: it is serialised once, and goes word for word into the
//! frame of each update.

use std::sync::Arc;

use proto::websocket::frames::Recipe;
use serde_json::value::{RawValue, to_raw_value};

/// A recipe and its JSON.
#[derive(Debug, Clone)]
pub struct Rendered {
    recipe: Arc<Recipe>,
    json: Arc<RawValue>,
}

impl Rendered {
    /// Serialises a recipe.
    pub fn new(recipe: Arc<Recipe>) -> Self {
        // Serialising it cannot fail: every key is a string and no number is a float.
        let json = to_raw_value(&*recipe).unwrap_or_default();
        Self {
            recipe,
            json: json.into(),
        }
    }

    /// The recipe.
    pub fn recipe(&self) -> &Arc<Recipe> {
        &self.recipe
    }

    /// Its JSON.
    pub(super) fn json(&self) -> &RawValue {
        &self.json
    }

    /// How many bytes its JSON has.
    pub(crate) fn len(&self) -> usize {
        self.json.get().len()
    }
}

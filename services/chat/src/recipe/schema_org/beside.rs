//! What sites tell beside a recipe and a recipe of ours has no place for.

use serde_json::Value;

use super::is_filled;
use crate::recipe::reading::LeftOut;

/// Properties of a schema.org `Recipe`, and what cooks call them.
const PROPERTIES: [(&str, &str); 13] = [
    ("image", "pictures"),
    ("video", "the video"),
    ("author", "the author"),
    ("prepTime", "the time to prepare"),
    ("cookTime", "the time to cook"),
    ("totalTime", "the time in all"),
    ("recipeCategory", "the category"),
    ("recipeCuisine", "the cuisine"),
    ("cookingMethod", "the method"),
    ("suitableForDiet", "diets"),
    ("nutrition", "nutrition"),
    ("tool", "tools"),
    ("aggregateRating", "ratings"),
];

/// Tells of those that the document has.
pub(super) fn tell(found: &Value, left_out: &mut LeftOut) {
    for (property, words) in PROPERTIES {
        if is_filled(&found[property]) {
            left_out.tell(words);
        }
    }
}

//! A recipe from plain text, as it stands in a book or on a page: read as a message into which it was pasted.

use super::{
    apply::follow,
    change::Parsed,
    import::{ImportError, Placed as _},
    language::parse,
    model::Recipe,
};

/// A recipe from plain text.
///
/// # Errors
/// When no recipe is in the text, or something in it is beyond what a recipe can hold.
pub fn from_text(text: &str) -> Result<Recipe, ImportError> {
    let unreadable = |reason: String| ImportError::Unreadable {
        format: "plain text",
        reason,
    };
    match parse(text) {
        Parsed::Changes(changes) => follow(&Recipe::new(""), &changes)
            .map(|(recipe, _)| recipe)
            .at(|| "the text".to_owned()),
        Parsed::Unclear { hint } => Err(unreadable(hint)),
        Parsed::Talk | Parsed::Command(_) | Parsed::Timer(_) => Err(unreadable(
            "write \"Ingredients\" above its ingredients and \"Steps\" above its steps, each in a line of its own"
                .to_owned(),
        )),
    }
}

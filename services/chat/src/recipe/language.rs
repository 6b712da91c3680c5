//! The language in which cooks change a recipe.

use super::change::Parsed;

/// Every message is plain talk until the grammar is in.
pub fn parse(_content: &str) -> Parsed {
    Parsed::Talk
}

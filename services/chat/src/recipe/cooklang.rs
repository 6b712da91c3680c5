//! Recipes as Cooklang text, out and in, in its canonical form (no extensions).
//!
//! The reader is our own, so that a document costs no more than its size: `lexer`, `blocks` and `step` go over the text
//! once, `front_matter` reads four keys and no more of YAML, and `reading` makes the recipe.

mod blocks;
mod front_matter;
mod lexer;
mod marking;
mod metadata;
mod quantity;
mod reading;
mod step;
mod words;
mod writing;
mod yaml;

pub use self::reading::{from_cooklang, read_cooklang};
pub use self::writing::to_cooklang;

/// The section for ingredients that no step names.
const UNNAMED: &str = "Ingredients";
/// The section for the steps behind it.
const STEPS: &str = "Steps";

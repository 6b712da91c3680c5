//! What a document came to: the recipe, and what stood in the document beside it.

use super::model::Recipe;

/// How many parts that were left out are told, and how long each may be, in characters.
const MAX_TOLD: usize = 20;
const MAX_TEXT: usize = 80;

/// What a document came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What was understood.
    pub recipe: Recipe,
    /// What has no place in a recipe, in words for a cook.
    pub left_out: LeftOut,
}

/// The parts of a document that have no place in a recipe, each told once: as many as somebody reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut(Vec<String>);

impl LeftOut {
    /// Tells of one part.
    pub(super) fn tell(&mut self, part: &str) {
        let part: String = part.chars().take(MAX_TEXT).collect();
        if self.0.len() < MAX_TOLD && !part.is_empty() && !self.0.contains(&part) {
            self.0.push(part);
        }
    }
}

impl From<LeftOut> for Vec<String> {
    fn from(left_out: LeftOut) -> Self {
        left_out.0
    }
}

impl From<Recipe> for Reading {
    fn from(recipe: Recipe) -> Self {
        Self {
            recipe,
            left_out: LeftOut::default(),
        }
    }
}

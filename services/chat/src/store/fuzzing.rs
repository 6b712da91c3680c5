//! The readers of stored text, for `crate::fuzzing`.

use std::sync::Arc;

pub(crate) use super::rows::{role, visibility};
use super::{
    Error,
    rows::{from_json, json},
};
use crate::{
    recipe::Recipe,
    recipe_state::{RecipeState, UndoStack},
};

/// The recipe and the changes that can be undone.
pub(crate) fn state(recipe: &str, undo: &str) -> Result<(Arc<Recipe>, UndoStack), Error> {
    Ok((Arc::new(from_json(recipe)?), from_json(undo)?))
}

/// Whether what is written of a recipe and its changes is read back and written the same.
pub(crate) fn reads_back(recipe_state: &RecipeState) -> bool {
    let (Ok(recipe), Ok(undo)) = (json(&*recipe_state.recipe), json(&recipe_state.undo)) else {
        return false;
    };
    state(&recipe, &undo).is_ok_and(|(read, changes)| {
        read == recipe_state.recipe && json(&changes).is_ok_and(|again| again == undo)
    })
}

//! The readers of stored text, for `crate::fuzzing`.

use std::sync::Arc;

pub(crate) use super::rows::{role, visibility};
use super::{
    Error,
    rows::{from_json, json},
};
use crate::{
    ledger::{Ledger, UndoStack},
    recipe::Recipe,
};

/// The recipe and the changes that can be undone.
pub(crate) fn state(recipe: &str, undo: &str) -> Result<(Arc<Recipe>, UndoStack), Error> {
    Ok((Arc::new(from_json(recipe)?), from_json(undo)?))
}

/// Whether what is written of a recipe and its changes is read back and written the same.
pub(crate) fn reads_back(ledger: &Ledger) -> bool {
    let (Ok(recipe), Ok(undo)) = (json(&*ledger.recipe), json(&ledger.undo)) else {
        return false;
    };
    state(&recipe, &undo).is_ok_and(|(read, changes)| {
        read == ledger.recipe && json(&changes).is_ok_and(|again| again == undo)
    })
}

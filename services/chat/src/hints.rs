//! How far recipes have come here, to be told to the other replicas.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use proto::ids::{RecipeId, Revision};
use tokio::{sync::Notify, time::sleep};

/// How long hints are gathered before they are published together.
const GATHER_DELAY: Duration = Duration::from_millis(5);

/// What this replica tells the others. Only the newest revision of each recipe counts, so it stays small.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    waiting: Mutex<HashMap<RecipeId, Revision>>,
    some: Notify,
}

impl Hints {
    /// Notes that a recipe has come that far.
    pub(crate) fn note(&self, recipe: &RecipeId, revision: Revision) {
        self.waiting().insert(recipe.clone(), revision);
        self.some.notify_one();
    }

    /// Waits for some, and takes what comes within a few milliseconds.
    pub(crate) async fn gathered(&self) -> HashMap<RecipeId, Revision> {
        self.some.notified().await;
        sleep(GATHER_DELAY).await;
        std::mem::take(&mut *self.waiting())
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<RecipeId, Revision>> {
        // Nothing panics while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

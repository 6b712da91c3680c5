//! Who is attached to which recipe in this process, and the fan-out to them: of updates, and of who is there. It keeps no
//! updates and no state of recipes: each outbox knows how far it has come.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use proto::ids::{RecipeId, Revision};

use crate::{
    message::Update,
    metrics::Metrics,
    names::Names,
    outbox::Outbox,
    presence::{PresenceBoard, Present},
};

/// The outboxes that each attached recipe's updates go to.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    rooms: Mutex<HashMap<RecipeId, Vec<Arc<Outbox>>>>,
    presence: PresenceBoard,
    names: Names,
}

impl Hub {
    /// Lets updates of the recipe go to the outbox.
    pub(crate) fn enter(&self, recipe: &RecipeId, outbox: &Arc<Outbox>) {
        let mut rooms = self.rooms();
        let outboxes = rooms.entry(recipe.clone()).or_default();
        if !outboxes.iter().any(|known| Arc::ptr_eq(known, outbox)) {
            outboxes.push(Arc::clone(outbox));
        }
    }

    /// Ends that.
    pub(crate) fn leave(&self, recipe: &RecipeId, outbox: &Arc<Outbox>) {
        let mut rooms = self.rooms();
        if let Some(outboxes) = rooms.get_mut(recipe) {
            outboxes.retain(|known| !Arc::ptr_eq(known, outbox));
            if outboxes.is_empty() {
                rooms.remove(recipe);
            }
        }
    }

    /// Gives updates of one recipe, in order, to everyone attached.
    pub(crate) fn publish(&self, recipe: &RecipeId, updates: impl Iterator<Item = Update>) {
        let outboxes = self.outboxes(recipe);
        if outboxes.is_empty() {
            return;
        }
        for update in updates.map(Arc::new) {
            for outbox in &outboxes {
                outbox.offer(&update);
            }
        }
    }

    /// Tells everyone attached that the recipe has come at least that far: who is behind reads the rest.
    pub(crate) fn notice(&self, recipe: &RecipeId, revision: Revision) {
        for outbox in self.outboxes(recipe) {
            outbox.notice(recipe, revision);
        }
    }

    /// Has everyone attached show everybody out: the recipe is deleted.
    pub(crate) fn close(&self, recipe: &RecipeId) {
        for outbox in self.outboxes(recipe) {
            outbox.close(recipe);
        }
    }

    /// Tells everyone attached how far the recipe has come in the store, which may have gone back.
    pub(crate) fn compare(&self, recipe: &RecipeId, stored: Revision) {
        for outbox in self.outboxes(recipe) {
            outbox.compare(recipe, stored);
        }
    }

    /// Who is on which recipe.
    pub(crate) fn presence(&self) -> &PresenceBoard {
        &self.presence
    }

    /// What people are called on recipes.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Tells everyone attached who is there, when it has changed; never returns.
    pub(crate) async fn tell_presence(&self, metrics: &Metrics) {
        let tell = |recipe: &RecipeId, present: Present| {
            metrics.presence_told();
            let present = Arc::new(present);
            for outbox in self.outboxes(recipe) {
                outbox.tell_presence(recipe, &present);
            }
        };
        self.presence.run(tell).await;
    }

    /// Every attached recipe.
    pub(crate) fn attached(&self) -> Vec<RecipeId> {
        self.rooms().keys().cloned().collect()
    }

    /// How many recipes are attached.
    pub(crate) fn attached_count(&self) -> usize {
        self.rooms().len()
    }

    fn outboxes(&self, recipe: &RecipeId) -> Vec<Arc<Outbox>> {
        self.rooms().get(recipe).cloned().unwrap_or_default()
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<RecipeId, Vec<Arc<Outbox>>>> {
        // Nothing panics while it is held, and a map of outboxes is never half-way.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

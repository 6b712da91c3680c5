//! The recipes that a shard has at hand, at most so many: those that were not used for longest go first.

use std::collections::HashMap;

use proto::ids::RecipeId;

use crate::recipe_state::RecipeState;

/// Recipe states by recipe.
#[derive(Debug)]
pub(super) struct Cache {
    recipe_states: HashMap<RecipeId, (u64, RecipeState)>,
    capacity: usize,
    uses: u64,
}

impl Cache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            recipe_states: HashMap::new(),
            capacity: capacity.max(1),
            uses: 0,
        }
    }

    /// Takes a recipe state out: it comes back only after a commit.
    pub(super) fn take(&mut self, recipe: &RecipeId) -> Option<RecipeState> {
        self.recipe_states
            .remove(recipe)
            .map(|(_, recipe_state)| recipe_state)
    }

    pub(super) fn put(&mut self, recipe_state: RecipeState) {
        self.uses += 1;
        if self.recipe_states.len() >= self.capacity {
            self.evict();
        }
        self.recipe_states
            .insert(recipe_state.id.clone(), (self.uses, recipe_state));
    }

    /// Lets go of the older half at once, so that it costs little per recipe.
    fn evict(&mut self) {
        let mut uses: Vec<_> = self.recipe_states.values().map(|(used, _)| *used).collect();
        let (_, &mut middle, _) = uses.select_nth_unstable(self.recipe_states.len() / 2);
        self.recipe_states.retain(|_, (used, _)| *used > middle);
    }
}

#[cfg(test)]
mod tests {
    use runtime::clock::Timestamp;

    use super::*;
    use crate::recipe::Visibility;

    fn recipe_state(id: &str) -> RecipeState {
        RecipeState::new(
            id.parse().unwrap(),
            "ada".parse().unwrap(),
            Visibility::Private,
            id,
            Timestamp::default(),
        )
    }

    #[test]
    fn keeps_what_was_used_last_within_its_capacity() {
        let mut cache = Cache::new(4);
        for id in ["a", "b", "c", "d"] {
            cache.put(recipe_state(id));
        }
        let used_again = cache.take(&"a".parse().unwrap()).unwrap();
        cache.put(used_again);
        cache.put(recipe_state("e"));

        assert!(cache.recipe_states.len() <= 4);
        assert!(cache.take(&"a".parse().unwrap()).is_some());
        assert!(cache.take(&"e".parse().unwrap()).is_some());
        assert!(cache.take(&"b".parse().unwrap()).is_none());
    }

    #[test]
    fn a_cache_of_one_works() {
        let mut cache = Cache::new(1);
        cache.put(recipe_state("a"));
        cache.put(recipe_state("b"));
        assert!(cache.take(&"b".parse().unwrap()).is_some());
        assert!(cache.take(&"a".parse().unwrap()).is_none());
    }
}

//! The recipes that a shard has at hand, at most so many: those that were not used for longest go first.

use std::collections::HashMap;

use proto::ids::RecipeId;

use crate::ledger::Ledger;

/// Ledgers by recipe.
#[derive(Debug)]
pub(super) struct Cache {
    ledgers: HashMap<RecipeId, (u64, Ledger)>,
    capacity: usize,
    uses: u64,
}

impl Cache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            ledgers: HashMap::new(),
            capacity: capacity.max(1),
            uses: 0,
        }
    }

    /// Takes a ledger out: it comes back only after a commit.
    pub(super) fn take(&mut self, recipe: &RecipeId) -> Option<Ledger> {
        self.ledgers.remove(recipe).map(|(_, ledger)| ledger)
    }

    pub(super) fn put(&mut self, ledger: Ledger) {
        self.uses += 1;
        if self.ledgers.len() >= self.capacity {
            self.evict();
        }
        self.ledgers.insert(ledger.id.clone(), (self.uses, ledger));
    }

    /// Lets go of the older half at once, so that it costs little per recipe.
    fn evict(&mut self) {
        let mut uses: Vec<_> = self.ledgers.values().map(|(used, _)| *used).collect();
        let (_, &mut middle, _) = uses.select_nth_unstable(self.ledgers.len() / 2);
        self.ledgers.retain(|_, (used, _)| *used > middle);
    }
}

#[cfg(test)]
mod tests {
    use runtime::clock::Timestamp;

    use super::*;

    fn ledger(id: &str) -> Ledger {
        Ledger::new(
            id.parse().unwrap(),
            "ada".parse().unwrap(),
            id,
            Timestamp::default(),
        )
    }

    #[test]
    fn keeps_what_was_used_last_within_its_capacity() {
        let mut cache = Cache::new(4);
        for id in ["a", "b", "c", "d"] {
            cache.put(ledger(id));
        }
        let used_again = cache.take(&"a".parse().unwrap()).unwrap();
        cache.put(used_again);
        cache.put(ledger("e"));

        assert!(cache.ledgers.len() <= 4);
        assert!(cache.take(&"a".parse().unwrap()).is_some());
        assert!(cache.take(&"e".parse().unwrap()).is_some());
        assert!(cache.take(&"b".parse().unwrap()).is_none());
    }

    #[test]
    fn a_cache_of_one_works() {
        let mut cache = Cache::new(1);
        cache.put(ledger("a"));
        cache.put(ledger("b"));
        assert!(cache.take(&"b".parse().unwrap()).is_some());
        assert!(cache.take(&"a".parse().unwrap()).is_none());
    }
}

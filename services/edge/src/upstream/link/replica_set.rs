//! The replicas that lines are kept to, and whether each is still found. A line that is open is never given up: its
//! replica may only be hard to look up.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::router::ReplicaName;

/// By name, whether it was found when last looked up.
#[derive(Debug, Default)]
pub(super) struct ReplicaSet(Mutex<BTreeMap<ReplicaName, bool>>);

impl ReplicaSet {
    /// Notes what was found; gives the replicas that need a line.
    pub(super) fn update(&self, found: Vec<ReplicaName>) -> Vec<ReplicaName> {
        let mut replica_set = self.lock();
        replica_set.values_mut().for_each(|found| *found = false);
        let is_new = |name: &ReplicaName| replica_set.insert(name.clone(), true).is_none();
        found.into_iter().filter(is_new).collect()
    }

    /// Whether a line that is not open should be opened again. After `false` it counts as gone.
    pub(super) fn keeps(&self, name: &ReplicaName) -> bool {
        let mut replica_set = self.lock();
        let found = replica_set.get(name).is_some_and(|found| *found);
        if !found {
            replica_set.remove(name);
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ReplicaName, bool>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<ReplicaName> {
        names.iter().map(|name| (*name).into()).collect()
    }

    #[test]
    fn a_replica_gets_one_line_as_long_as_it_is_found() {
        let replica_set = ReplicaSet::default();
        assert_eq!(replica_set.update(names(&["a", "b"])), names(&["a", "b"]));
        assert_eq!(replica_set.update(names(&["b", "c"])), names(&["c"]));
        assert!(!replica_set.keeps(&"a".into()));
        assert!(replica_set.keeps(&"b".into()));
        assert_eq!(replica_set.update(names(&["a", "b", "c"])), names(&["a"]));
    }

    #[test]
    fn a_replica_that_is_found_again_before_its_line_broke_keeps_that_line() {
        let replica_set = ReplicaSet::default();
        replica_set.update(names(&["a"]));
        replica_set.update(names(&[]));
        assert!(replica_set.update(names(&["a"])).is_empty());
        assert!(replica_set.keeps(&"a".into()));
    }
}

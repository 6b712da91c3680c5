//! The replicas that lines are kept to, and whether each is still found. A line that is open is never given up: its
//! replica may only be hard to look up.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::router::ReplicaName;

/// By name, whether it was found when last looked up.
#[derive(Debug, Default)]
pub(super) struct Roster(Mutex<BTreeMap<ReplicaName, bool>>);

impl Roster {
    /// Notes what was found; gives the replicas that need a line.
    pub(super) fn update(&self, found: Vec<ReplicaName>) -> Vec<ReplicaName> {
        let mut roster = self.lock();
        roster.values_mut().for_each(|found| *found = false);
        let is_new = |name: &ReplicaName| roster.insert(name.clone(), true).is_none();
        found.into_iter().filter(is_new).collect()
    }

    /// Whether a line that is not open should be opened again. After `false` it counts as gone.
    pub(super) fn keeps(&self, name: &ReplicaName) -> bool {
        let mut roster = self.lock();
        let found = roster.get(name).is_some_and(|found| *found);
        if !found {
            roster.remove(name);
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
        let roster = Roster::default();
        assert_eq!(roster.update(names(&["a", "b"])), names(&["a", "b"]));
        assert_eq!(roster.update(names(&["b", "c"])), names(&["c"]));
        assert!(!roster.keeps(&"a".into()));
        assert!(roster.keeps(&"b".into()));
        assert_eq!(roster.update(names(&["a", "b", "c"])), names(&["a"]));
    }

    #[test]
    fn a_replica_that_is_found_again_before_its_line_broke_keeps_that_line() {
        let roster = Roster::default();
        roster.update(names(&["a"]));
        roster.update(names(&[]));
        assert!(roster.update(names(&["a"])).is_empty());
        assert!(roster.keeps(&"a".into()));
    }
}

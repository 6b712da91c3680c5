//! What subscriptions and streams are refused: each has a connection of its own and tells here, so that it counts
//! among what is wrong with Redis.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ::redis::RedisError;
use tracing::warn;

use super::problem::{Cause, Problem};

#[derive(Debug, Clone, Default)]
pub(super) struct Refusals(Arc<Mutex<BTreeMap<String, Problem>>>);

/// One subscription or stream, and whether it is refused. Forgotten when dropped.
#[derive(Debug)]
pub(super) struct Listener {
    what: String,
    refusals: Refusals,
}

impl Refusals {
    /// The first in the order of their names.
    pub(super) fn first(&self) -> Option<Problem> {
        self.lock().values().next().cloned()
    }

    /// Somebody who listens to `what`.
    pub(super) fn listener(&self, what: String) -> Listener {
        Listener {
            what,
            refusals: self.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Problem>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// It is heard.
    pub(super) fn accepted(&self) {
        self.refusals.lock().remove(&self.what);
    }

    /// It failed. A server that cannot be reached is noticed elsewhere; only what it refuses is noted.
    pub(super) fn failed(&self, error: &RedisError) {
        if matches!(Cause::of(error), None | Some(Cause::Unreachable)) {
            return;
        }
        let problem = Problem::of(error, "").while_trying(&self.what);
        let before = self
            .refusals
            .lock()
            .insert(self.what.clone(), problem.clone());
        if before.is_none() {
            warn!(%problem, "Redis refuses, trying on");
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepted();
    }
}

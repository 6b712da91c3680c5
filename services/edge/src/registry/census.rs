//! How many connections there are, by state, and when the tokens of their clients end.

use tokio::time::Instant;

use super::{Registry, lock};
use crate::deadlines::Phase;

/// Within how many seconds tokens end, for counting: up to each of these, and later.
pub(crate) const EXPIRY_BOUNDS: [u64; 7] = [30, 60, 120, 300, 600, 900, 3600];

/// The connections of an edge, counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Census {
    /// Those whose clients have not proved who they are.
    pub(crate) unauthenticated: usize,
    /// Those whose clients have.
    pub(crate) active: usize,
    /// Those whose clients must prove it again.
    pub(crate) asked: usize,
    /// How many tokens end within each of [`EXPIRY_BOUNDS`] and not within the one before; the last: later.
    pub(crate) expiries: [u64; EXPIRY_BOUNDS.len() + 1],
}

impl Registry {
    /// Counts the connections.
    pub(crate) fn census(&self, now: Instant) -> Census {
        let open = self.count();
        let mut census = Census::default();
        for entry in lock(&self.sessions).by_id.values() {
            match entry.record.phase {
                Phase::Active => census.active += 1,
                Phase::Asked => census.asked += 1,
            }
            let left = entry.record.expires.saturating_duration_since(now);
            let bounds = EXPIRY_BOUNDS.iter();
            let bound = bounds.take_while(|bound| left.as_secs() >= **bound).count();
            census.expiries[bound] += 1;
        }
        census.unauthenticated = open.saturating_sub(census.active + census.asked);
        census
    }
}

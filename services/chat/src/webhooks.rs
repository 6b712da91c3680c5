//! Webhooks: the owner of a recipe is told of its messages at an address of theirs. The log of messages is the queue: a
//! webhook keeps the revision up to which it was told, so that nothing is lost however long the receiver is away, and
//! nothing is kept twice. Each is told in order and at least once; one replica at a time tells it, by a lease.

mod body;
mod delivery;
mod signature;

use std::time::Duration;

use proto::ids::{RecipeId, Revision, UserId};
use runtime::clock::Timestamp;

pub(crate) use self::{delivery::Deliveries, signature::Secret};

/// How long the first wait after a failure is; each next one is twice as long.
const FIRST_RETRY: Duration = Duration::from_secs(5);
/// The longest wait.
const MAX_RETRY: Duration = Duration::from_secs(60 * 60);
/// The longest address.
pub(crate) const MAX_URL: usize = 2_000;

/// A webhook, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) recipe: RecipeId,
    /// Where the receiver is.
    pub(crate) url: String,
    /// What deliveries are signed with.
    pub(crate) secret: Secret,
    /// Whether it is told of messages that change nothing as well.
    pub(crate) talk: bool,
    /// Whoever made it; it is told as long as they own the recipe.
    pub(crate) created_by: UserId,
    pub(crate) created_at: Timestamp,
    /// Up to which revision it was told.
    pub(crate) told: Revision,
    /// How many deliveries have failed since the last one that did not.
    pub(crate) failures: u32,
    /// Since when they fail.
    pub(crate) failing_since: Option<Timestamp>,
    /// When it was turned off, after failing for too long.
    pub(crate) off_at: Option<Timestamp>,
}

/// How long a webhook waits after so many failures in a row, the last one included. `jitter` is between 0 and 1: half of
/// the wait is at random, so that receivers that come back are not all called at once.
fn retry_delay(failures: u32, jitter: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    let longest = FIRST_RETRY.saturating_mul(1 << doublings).min(MAX_RETRY);
    longest.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_are_spread() {
        let seconds = |failures, jitter| retry_delay(failures, jitter).as_secs_f64();
        assert_eq!((seconds(1, 0.0), seconds(1, 1.0)), (2.5, 5.0));
        assert_eq!((seconds(2, 1.0), seconds(3, 1.0)), (10.0, 20.0));
        assert_eq!(seconds(100, 1.0), 3600.0);
        assert_eq!(seconds(u32::MAX, 0.0), 1800.0);
    }
}

//! How much one user may have and write, so that nobody fills the disk for everybody else. Each process counts for
//! itself, in memory: with several replicas a user has the quota at each of them, and a restart begins anew.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use proto::ids::UserId;
use tokio::time::Instant;

use crate::{recipe_state::RecipeLimits, refused::Refused};

/// The time that a quota of bytes is for.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What is counted for a row beside the texts in it.
pub(crate) const ROW_OVERHEAD: u64 = 256;
/// How many users are remembered; past that, those who wrote long ago are forgotten.
const MAX_USERS: usize = 100_000;

/// The limits of one user; 0: no limit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    /// How many recipes they may own.
    pub recipes: u32,
    /// How many links to their recipes they may have at once.
    pub links: u32,
    /// How many bytes they may add to the database in a day.
    pub bytes: u64,
    /// How many members their recipes may have together.
    pub members: u32,
    /// How many webhooks one recipe may have.
    pub webhooks: u32,
    /// What one recipe may hold.
    pub recipe: RecipeLimits,
}

/// What each user has written.
#[derive(Debug, Default)]
pub(crate) struct Quotas {
    limits: ArcSwap<Limits>,
    /// When each user would have written nothing more, were the quota spread evenly over the day.
    even: Mutex<HashMap<UserId, Instant>>,
}

impl Quotas {
    /// Nobody has written anything.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits: ArcSwap::from_pointee(limits),
            even: Mutex::default(),
        }
    }

    /// Goes on with other limits; what was written counts at them.
    pub(crate) fn set(&self, limits: Limits) {
        self.limits.store(Arc::new(limits));
    }

    /// How many webhooks one recipe may have.
    pub(crate) fn webhooks(&self) -> u64 {
        match self.limits.load().webhooks {
            0 => u64::MAX,
            limit => limit.into(),
        }
    }

    /// Whether somebody who owns so many recipes may have one more.
    ///
    /// # Errors
    /// `TooManyRecipes`.
    pub(crate) fn check_recipes(&self, owned: u64) -> Result<(), Refused> {
        match u64::from(self.limits.load().recipes) {
            0 => Ok(()),
            limit if owned < limit => Ok(()),
            _ => Err(Refused::TooManyRecipes),
        }
    }

    /// Whether somebody who has so many links may have one more.
    ///
    /// # Errors
    /// `TooManyLinks`.
    pub(crate) fn check_links(&self, links: u64) -> Result<(), Refused> {
        match u64::from(self.limits.load().links) {
            0 => Ok(()),
            limit if links < limit => Ok(()),
            _ => Err(Refused::TooManyLinks),
        }
    }

    /// What one recipe may hold.
    pub(crate) fn recipe(&self) -> RecipeLimits {
        self.limits.load().recipe
    }

    /// The same for a recipe whose owner has so many members.
    pub(crate) fn recipe_beside(&self, members: u64) -> RecipeLimits {
        let left = u64::from(self.limits.load().members).saturating_sub(members);
        RecipeLimits {
            members_left: match self.limits_members() {
                true => usize::try_from(left).unwrap_or(usize::MAX),
                false => usize::MAX,
            },
            ..self.limits.load().recipe
        }
    }

    /// Whether the number of members of a user's recipes is limited at all.
    pub(crate) fn limits_members(&self) -> bool {
        self.limits.load().members > 0
    }

    /// Whether the number of links is limited at all.
    pub(crate) fn limits_links(&self) -> bool {
        self.limits.load().links > 0
    }

    /// Whether the number of recipes is limited at all.
    pub(crate) fn limits_recipes(&self) -> bool {
        self.limits.load().recipes > 0
    }

    /// Whether a user may write, who is about to have written `pending` bytes. One change may go beyond the quota.
    ///
    /// # Errors
    /// `WrittenTooMuch`, with the time until they may.
    pub(crate) fn check_bytes(
        &self,
        user: &UserId,
        pending: u64,
        now: Instant,
    ) -> Result<(), Refused> {
        let even = self.even().get(user).copied().unwrap_or(now).max(now);
        let ahead = even.saturating_duration_since(now) + self.time_for(pending);
        match ahead.checked_sub(DAY) {
            Some(retry_after) if !retry_after.is_zero() => {
                Err(Refused::WrittenTooMuch { retry_after })
            }
            _ => Ok(()),
        }
    }

    /// Notes that a user has written so many bytes.
    pub(crate) fn charge(&self, user: &UserId, bytes: u64, now: Instant) {
        let time = self.time_for(bytes);
        if time.is_zero() {
            return;
        }
        let mut even = self.even();
        if even.len() >= MAX_USERS && !even.contains_key(user) {
            even.retain(|_, even| *even > now);
            if even.len() >= MAX_USERS {
                return;
            }
        }
        let mine = even.entry(user.clone()).or_insert(now);
        *mine = (*mine).max(now) + time;
    }

    /// The part of the day that so many bytes are the quota of; nothing when there is no quota.
    fn time_for(&self, bytes: u64) -> Duration {
        match self.limits.load().bytes {
            0 => Duration::ZERO,
            #[expect(clippy::cast_precision_loss, reason = "a quota need not be exact")]
            quota => DAY.mul_f64((bytes as f64 / quota as f64).min(1_000.)),
        }
    }

    fn even(&self) -> MutexGuard<'_, HashMap<UserId, Instant>> {
        // Nothing panics while it is held.
        self.even.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> UserId {
        "ada".parse().unwrap()
    }

    fn quotas(recipes: u32, bytes: u64) -> Quotas {
        Quotas::new(Limits {
            recipes,
            bytes,
            ..Limits::default()
        })
    }

    #[test]
    fn a_user_may_write_the_quota_at_once_and_then_waits() {
        let (quotas, now) = (quotas(0, 1_000), Instant::now());
        quotas.charge(&ada(), 1_000, now);
        assert_eq!(quotas.check_bytes(&ada(), 0, now), Ok(()));
        quotas.charge(&ada(), 500, now);

        let refused = quotas.check_bytes(&ada(), 0, now).unwrap_err();
        let Refused::WrittenTooMuch { retry_after } = refused else {
            panic!("{refused}");
        };
        assert_eq!(retry_after, DAY / 2);
        assert_eq!(quotas.check_bytes(&ada(), 0, now + retry_after), Ok(()));
        let bob = "bob".parse().unwrap();
        assert_eq!(quotas.check_bytes(&bob, 0, now), Ok(()));
    }

    #[test]
    fn what_is_about_to_be_written_counts() {
        let (quotas, now) = (quotas(0, 1_000), Instant::now());
        assert_eq!(quotas.check_bytes(&ada(), 999, now), Ok(()));
        assert!(quotas.check_bytes(&ada(), 1_100, now).is_err());
    }

    #[test]
    fn zero_is_no_limit() {
        let (quotas, now) = (quotas(0, 0), Instant::now());
        quotas.charge(&ada(), u64::MAX, now);
        assert_eq!(quotas.check_bytes(&ada(), u64::MAX, now), Ok(()));
        assert_eq!(quotas.check_recipes(u64::MAX), Ok(()));
        assert!(!quotas.limits_recipes());
    }

    #[test]
    fn members_of_all_recipes_of_a_user_are_counted_together() {
        let limits = Limits {
            members: 10,
            ..Limits::default()
        };
        let left = |limits, members| Quotas::new(limits).recipe_beside(members).members_left;
        assert_eq!(left(limits, 7), 3);
        assert_eq!(left(limits, 12), 0);
        assert_eq!(left(Limits::default(), 12), usize::MAX, "0 is no limit");
    }

    #[test]
    fn recipes_are_counted_before_one_is_made() {
        let quotas = quotas(2, 0);
        assert_eq!(quotas.check_recipes(1), Ok(()));
        assert_eq!(quotas.check_recipes(2), Err(Refused::TooManyRecipes));
    }
}

//! The keys that sign access tokens, as operators change them, and what follows from a key that is revoked.

use std::sync::Arc;

use tracing::info;

use super::{Authority, Error, Event, PROPAGATION_TIME, RevocationEntry};
use crate::keys::{KeeperError, KeyInfo, Promotion, Revoke};

impl Authority {
    /// Brings the keys up to date. Once no replica takes a revoked key any more, everybody is asked to authenticate
    /// again: whoever came in by a token that it signed cannot.
    pub(crate) async fn update_keys(&self) -> Result<(), KeeperError> {
        let now = self.clock.now();
        self.keys.update(now).await?;
        let settled = |revoked_at| revoked_at + PROPAGATION_TIME;
        let ring = self.keys.ring();
        let times = ring.revoked().iter().map(|key| settled(key.revoked_at));
        let recent = times.filter(|at| *at <= now && now.since(*at) <= self.marks_matter_for());
        if let Some(at) = recent.max() {
            let mark = RevocationEntry {
                event: Event::AllReviewed,
                at,
            };
            if self.revocations.add(mark.clone()) {
                info!("a signing key was revoked: everybody is asked to authenticate again");
                self.feed.publish(&mark).await;
            }
        }
        Ok(())
    }

    /// Every signing key, and those that were revoked of late.
    pub(crate) async fn list_keys(&self) -> Result<Vec<KeyInfo>, Error> {
        self.update_keys().await?;
        let (ring, now) = (self.keys.ring(), self.clock.now());
        Ok(ring.list(now, self.keys.max_age))
    }

    /// Has the next key sign, as soon as every replica knows it.
    pub(crate) async fn rotate_keys(&self, operator: &Arc<str>) -> Result<Promotion, Error> {
        let answer = self
            .keys
            .rotate(self.clock.now())
            .await
            .map_err(Error::from);
        let order = self.order("rotate_keys");
        let order = match &answer {
            Ok(promotion) => order.about(&promotion.kid),
            Err(_) => order,
        };
        self.note_order(operator, order, &answer);
        answer
    }

    /// Throws a signing key away: its tokens are good nowhere any more.
    pub(crate) async fn revoke_key(&self, operator: &Arc<str>, kid: &str) -> Result<(), Error> {
        let answer = self.try_revoke_key(kid).await;
        self.note_order(operator, self.order("revoke_key").about(kid), &answer);
        answer
    }

    async fn try_revoke_key(&self, kid: &str) -> Result<(), Error> {
        match self.keys.revoke(kid, self.clock.now()).await? {
            Revoke::Revoked => Ok(()),
            Revoke::Unknown => Err(Error::NoSuchKey),
        }
    }
}

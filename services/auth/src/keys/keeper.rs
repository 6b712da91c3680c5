//! Keeps the ring in memory in step with where they are kept, so that keys rotate without a restart and every replica
//! knows each key long before it signs.

use std::{sync::Arc, time::Duration};

use runtime::clock::Timestamp;
use tokio::sync::watch;
use tracing::{info, warn};

use super::{Change, KeyError, KeyRing, KeyStore, KeyStoreError, Promotion, RevokedKey, StoredKey};

/// Enough for the first start (two keys) and for a long sleep; a loop without an end would hide a bug.
const MAX_ATTEMPTS: usize = 8;

/// The ring could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Store(#[from] KeyStoreError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("there is no next key")]
    NoNextKey,
}

/// What became of a key that was to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revoke {
    /// It is revoked, now or from before.
    Revoked,
    /// There is no key of that name.
    Unknown,
}

/// The current ring, and how long keys sign and are kept.
#[derive(Debug)]
pub(crate) struct KeyKeeper {
    store: KeyStore,
    ring: watch::Sender<Arc<KeyRing>>,
    pub(crate) max_age: Duration,
    kept_for: Duration,
}

impl KeyKeeper {
    /// A keeper without keys: [`KeyKeeper::update`] fetches or makes them.
    pub(crate) fn new(store: KeyStore, max_age: Duration, kept_for: Duration) -> Self {
        Self {
            store,
            ring: watch::Sender::default(),
            max_age,
            kept_for,
        }
    }

    /// The ring as it is now.
    pub(crate) fn ring(&self) -> Arc<KeyRing> {
        self.ring.borrow().clone()
    }

    /// Reads the keys, makes the next one and forgets old ones when it is time.
    pub(crate) async fn update(&self, now: Timestamp) -> Result<(), Error> {
        for _ in 0..MAX_ATTEMPTS {
            let revoked = self.store.revoked_keys().await?;
            let ring = KeyRing::load(&self.store.signing_keys().await?, revoked)?;
            let changes = ring.changes(now, self.max_age, self.kept_for);
            self.ring.send_replace(Arc::new(ring));
            if changes.is_empty() {
                break;
            }
            for change in changes {
                self.carry_out(change, now).await?;
            }
        }
        Ok(())
    }

    /// Has the next key sign as soon as every replica knows it.
    pub(crate) async fn rotate(&self, now: Timestamp) -> Result<Promotion, Error> {
        self.update(now).await?;
        let promotion = self.ring().promotion(now, self.max_age);
        let promotion = promotion.ok_or(Error::NoNextKey)?;
        let Promotion {
            generation,
            signs_from,
            ..
        } = promotion;
        self.store.promote(generation, signs_from).await?;
        info!(generation, %signs_from, "an operator has a new key sign");
        self.update(now).await?;
        Ok(promotion)
    }

    /// Throws a key away; when it is the one that signs, the next one takes its place.
    pub(crate) async fn revoke(&self, kid: &str, now: Timestamp) -> Result<Revoke, Error> {
        self.update(now).await?;
        let ring = self.ring();
        let Some(key) = ring.find(kid) else {
            let is_known = ring.revoked().iter().any(|key| key.kid == kid);
            return Ok(if is_known {
                Revoke::Revoked
            } else {
                Revoke::Unknown
            });
        };
        let signer = ring.signer(now, self.max_age);
        if signer.is_some_and(|signer| signer.kid == kid)
            && let Some(next) = ring.promotion(now, self.max_age)
        {
            self.store.promote(next.generation, next.signs_from).await?;
        }
        let generation = key.generation;
        let revoked = RevokedKey {
            generation,
            kid: kid.to_owned(),
            revoked_at: now,
        };
        self.store.revoke(revoked).await?;
        warn!(generation, kid, "an operator has revoked a signing key");
        self.update(now).await?;
        Ok(Revoke::Revoked)
    }

    async fn carry_out(&self, change: Change, now: Timestamp) -> Result<(), Error> {
        match change {
            Change::Make { generation } => {
                let key = StoredKey::generate(generation, now)?;
                // Another replica may have made this generation first: then its key stands.
                self.store.add_signing_key(key).await?;
                info!(
                    generation,
                    "made a signing key, published now and used later"
                );
            }
            Change::Forget { generation } => {
                self.store.forget_signing_key(generation).await?;
                info!(generation, "forgot a signing key whose tokens are gone");
            }
            Change::ForgetRevoked { generation } => {
                self.store.forget_revoked_key(generation).await?;
            }
        }
        Ok(())
    }
}

//! Keeps the ring in memory in step with the store, so that keys rotate without a restart and every replica
//! knows each key long before it signs.

use std::{sync::Arc, time::Duration};

use runtime::clock::Timestamp;
use tokio::sync::watch;
use tracing::info;

use super::{Change, KeyError, KeyRing, StoredKey};
use crate::store::{self, Store};

/// Enough for the first start (two keys) and for a long sleep; a loop without an end would hide a bug.
const ROUNDS: usize = 8;

/// The ring could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The current ring, and how long keys sign and are kept.
#[derive(Debug)]
pub(crate) struct KeyKeeper {
    ring: watch::Sender<Arc<KeyRing>>,
    pub(crate) max_age: Duration,
    kept_for: Duration,
}

impl KeyKeeper {
    /// A keeper without keys: [`KeyKeeper::update`] fetches or makes them.
    pub(crate) fn new(max_age: Duration, kept_for: Duration) -> Self {
        Self {
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
    pub(crate) async fn update(&self, store: &Store, now: Timestamp) -> Result<(), Error> {
        for _ in 0..ROUNDS {
            let ring = KeyRing::load(&store.signing_keys().await?)?;
            let changes = ring.changes(now, self.max_age, self.kept_for);
            self.ring.send_replace(Arc::new(ring));
            if changes.is_empty() {
                break;
            }
            for change in changes {
                carry_out(store, change, now).await?;
            }
        }
        Ok(())
    }
}

async fn carry_out(store: &Store, change: Change, now: Timestamp) -> Result<(), Error> {
    match change {
        Change::Make { generation } => {
            let key = StoredKey::generate(generation, now)?;
            // Another replica may have made this generation first: then its key stands.
            store.add_signing_key(key).await?;
            info!(
                generation,
                "made a signing key, published now and used later"
            );
        }
        Change::Forget { generation } => {
            store.forget_signing_key(generation).await?;
            info!(generation, "forgot a signing key whose tokens are gone");
        }
    }
    Ok(())
}

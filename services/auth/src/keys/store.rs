//! Where signing keys and the server's secret are kept: in the database, or in a folder apart from it, so that a copy
//! of the database alone makes nobody.

use std::{path::Path, sync::Arc};

use runtime::clock::Timestamp;
use secrecy::SecretSlice;
use tokio::task::spawn_blocking;
use tracing::info;

use super::{
    RevokedKey, StoredKey,
    folder::{self, KeyFolder},
};
use crate::store::{self, Store};

/// Keys could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("--key-dir: {0}")]
    Folder(#[from] folder::Error),
    #[error("--key-dir: a file operation has failed")]
    Aborted,
}

/// Where keys are kept.
#[derive(Debug)]
pub(crate) struct KeyStore {
    database: Arc<Store>,
    folder: Option<KeyFolder>,
}

impl KeyStore {
    /// In that folder, else in the database. What the database has moves to the folder when that has nothing yet.
    pub(crate) async fn open(
        database: Arc<Store>,
        folder: Option<&Path>,
        secrets: &[&'static str],
    ) -> Result<Self, Error> {
        let Some(path) = folder else {
            let folder = None;
            return Ok(Self { database, folder });
        };
        let path = path.to_owned();
        let folder = blocking(move || KeyFolder::open(&path)).await?;
        move_keys(&database, &folder).await?;
        for name in secrets {
            move_secret(&database, &folder, name).await?;
        }
        Ok(Self {
            database,
            folder: Some(folder),
        })
    }

    pub(crate) async fn signing_keys(&self) -> Result<Vec<StoredKey>, Error> {
        match self.folder.clone() {
            Some(folder) => blocking(move || folder.signing_keys()).await,
            None => Ok(self.database.signing_keys().await?),
        }
    }

    /// Adds a signing key, unless there is one of that generation.
    pub(crate) async fn add_signing_key(&self, key: StoredKey) -> Result<(), Error> {
        match self.folder.clone() {
            Some(folder) => blocking(move || folder.add_signing_key(&key)).await,
            None => Ok(self.database.add_signing_key(key).await?),
        }
    }

    pub(crate) async fn forget_signing_key(&self, generation: u32) -> Result<(), Error> {
        match self.folder.clone() {
            Some(folder) => blocking(move || folder.forget_signing_key(generation)).await,
            None => Ok(self.database.forget_signing_key(generation).await?),
        }
    }

    /// Has a key sign from then on.
    pub(crate) async fn promote(
        &self,
        generation: u32,
        signs_from: Timestamp,
    ) -> Result<(), Error> {
        match self.folder.clone() {
            Some(folder) => blocking(move || folder.promote(generation, signs_from)).await,
            None => Ok(self
                .database
                .promote_signing_key(generation, signs_from)
                .await?),
        }
    }

    /// Throws a key away; only that it was revoked is remembered.
    pub(crate) async fn revoke(&self, key: RevokedKey) -> Result<(), Error> {
        match self.folder.clone() {
            Some(folder) => blocking(move || folder.revoke(&key)).await,
            None => Ok(self.database.revoke_signing_key(key).await?),
        }
    }

    pub(crate) async fn revoked_keys(&self) -> Result<Vec<RevokedKey>, Error> {
        match self.folder.clone() {
            Some(folder) => blocking(move || folder.revoked_keys()).await,
            None => Ok(self.database.revoked_keys().await?),
        }
    }

    pub(crate) async fn forget_revoked_key(&self, generation: u32) -> Result<(), Error> {
        match self.folder.clone() {
            Some(folder) => blocking(move || folder.forget_revoked_key(generation)).await,
            None => Ok(self.database.forget_revoked_key(generation).await?),
        }
    }

    /// The secret of that name; `fresh` becomes it when there is none.
    pub(crate) async fn secret(
        &self,
        name: &'static str,
        fresh: SecretSlice<u8>,
    ) -> Result<SecretSlice<u8>, Error> {
        match self.folder.clone() {
            Some(folder) => blocking(move || folder.secret(name, &fresh)).await,
            None => Ok(self.database.secret(name, fresh).await?),
        }
    }
}

async fn move_keys(database: &Store, folder: &KeyFolder) -> Result<(), Error> {
    let keys = database.signing_keys().await?;
    let generations: Vec<u32> = keys.iter().map(|key| key.generation).collect();
    let to = folder.clone();
    blocking(move || {
        if to.signing_keys()?.is_empty() {
            keys.iter().try_for_each(|key| to.add_signing_key(key))?;
        }
        Ok(())
    })
    .await?;
    for generation in generations {
        database.forget_signing_key(generation).await?;
        info!(generation, "a signing key is no longer in the database");
    }
    Ok(())
}

async fn move_secret(
    database: &Store,
    folder: &KeyFolder,
    name: &'static str,
) -> Result<(), Error> {
    if let Some(secret) = database.find_secret(name).await? {
        let to = folder.clone();
        blocking(move || to.secret(name, &secret).map(drop)).await?;
        database.forget_secret(name).await?;
        info!(name, "a secret is no longer in the database");
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, folder::Error> + Send + 'static,
) -> Result<T, Error> {
    Ok(spawn_blocking(work).await.map_err(|_| Error::Aborted)??)
}

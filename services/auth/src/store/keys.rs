//! Signing keys and the server's secrets.

use runtime::clock::Timestamp;
use secrecy::SecretSlice;

use super::{Error, Row, Statement, Store, read_generation, read_time};
use crate::keys::{RevokedKey, StoredKey};

const FIND_SECRET: &str = "SELECT value FROM secrets WHERE name = $1";

impl Store {
    /// All signing keys.
    pub(crate) async fn signing_keys(&self) -> Result<Vec<StoredKey>, Error> {
        const SQL: &str = "SELECT generation, published_at, signs_from, pkcs8 FROM signing_keys ORDER BY generation";
        let rows = self.rows("signing_keys", Statement::new(SQL, [])).await?;
        let read = |row: Row| {
            Ok(StoredKey {
                generation: read_generation(row.integer(0)?)?,
                published_at: Timestamp::from_unix_millis(row.integer(1)?),
                signs_from: read_time(&row, 2)?,
                pkcs8: row.secret(3)?,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Adds a signing key, unless there is one of that generation.
    pub(crate) async fn add_signing_key(&self, key: StoredKey) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO signing_keys (generation, published_at, signs_from, pkcs8) \
                           VALUES ($1, $2, $3, $4) ON CONFLICT (generation) DO NOTHING";
        let parameters = [
            key.generation.into(),
            key.published_at.into(),
            key.signs_from.into(),
            key.pkcs8.into(),
        ];
        let added = Statement::new(SQL, parameters);
        self.rows("add_signing_key", added).await?;
        Ok(())
    }

    /// Has a signing key sign from then on. Nothing happens when it is gone.
    pub(crate) async fn promote_signing_key(
        &self,
        generation: u32,
        signs_from: Timestamp,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE signing_keys SET signs_from = $1 WHERE generation = $2";
        let promoted = Statement::new(SQL, [signs_from.into(), generation.into()]);
        self.rows("promote_signing_key", promoted).await?;
        Ok(())
    }

    /// Throws a signing key away; only that it was revoked is remembered.
    pub(crate) async fn revoke_signing_key(&self, key: RevokedKey) -> Result<(), Error> {
        const REMEMBER: &str = "INSERT INTO revoked_keys (generation, kid, revoked_at) VALUES ($1, $2, $3) \
                                ON CONFLICT (generation) DO NOTHING";
        let generation = key.generation.into();
        let parameters = [generation, key.kid.into(), key.revoked_at.into()];
        let statements = [
            Statement::new(REMEMBER, parameters),
            remove_signing_key(key.generation),
        ];
        self.transact("revoke_signing_key", statements).await?;
        Ok(())
    }

    /// The signing keys that were revoked and not forgotten.
    pub(crate) async fn revoked_keys(&self) -> Result<Vec<RevokedKey>, Error> {
        const SQL: &str =
            "SELECT generation, kid, revoked_at FROM revoked_keys ORDER BY generation";
        let rows = self.rows("revoked_keys", Statement::new(SQL, [])).await?;
        let read = |row: &Row| {
            Ok(RevokedKey {
                generation: read_generation(row.integer(0)?)?,
                kid: row.text(1)?.to_owned(),
                revoked_at: Timestamp::from_unix_millis(row.integer(2)?),
            })
        };
        rows.iter().map(read).collect()
    }

    /// Forgets that a signing key was revoked.
    pub(crate) async fn forget_revoked_key(&self, generation: u32) -> Result<(), Error> {
        const SQL: &str = "DELETE FROM revoked_keys WHERE generation = $1";
        let forgotten = Statement::new(SQL, [generation.into()]);
        self.rows("forget_revoked_key", forgotten).await?;
        Ok(())
    }

    /// Forgets a signing key.
    pub(crate) async fn forget_signing_key(&self, generation: u32) -> Result<(), Error> {
        let removed = remove_signing_key(generation);
        self.rows("forget_signing_key", removed).await?;
        Ok(())
    }

    /// The server's secret of that name; `fresh` becomes it when there is none.
    pub(crate) async fn secret(
        &self,
        name: &'static str,
        fresh: SecretSlice<u8>,
    ) -> Result<SecretSlice<u8>, Error> {
        const ADD: &str =
            "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        let statements = [
            Statement::new(ADD, [name.into(), fresh.into()]),
            Statement::new(FIND_SECRET, [name.into()]),
        ];
        let [_, found] = self.transact("secret", statements).await?;
        value_in(found)?.ok_or(Error::Malformed("secrets.value"))
    }

    /// The server's secret of that name, if there is one.
    pub(crate) async fn find_secret(
        &self,
        name: &'static str,
    ) -> Result<Option<SecretSlice<u8>>, Error> {
        let find = Statement::new(FIND_SECRET, [name.into()]);
        value_in(self.rows("find_secret", find).await?)
    }

    /// Forgets the server's secret of that name.
    pub(crate) async fn forget_secret(&self, name: &'static str) -> Result<(), Error> {
        const SQL: &str = "DELETE FROM secrets WHERE name = $1";
        let forgotten = Statement::new(SQL, [name.into()]);
        self.rows("forget_secret", forgotten).await?;
        Ok(())
    }
}

fn remove_signing_key(generation: u32) -> Statement {
    const SQL: &str = "DELETE FROM signing_keys WHERE generation = $1";
    Statement::new(SQL, [generation.into()])
}

fn value_in(rows: Vec<Row>) -> Result<Option<SecretSlice<u8>>, Error> {
    rows.into_iter().next().map(|row| row.secret(0)).transpose()
}

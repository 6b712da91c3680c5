//! Users and their passwords.

use runtime::clock::Timestamp;

use super::{Error, Statement, Store, read_user};
use crate::{
    passwords::StoredPassword,
    pseudonyms::Source,
    user::{User, Username},
};

/// A user and what proves them.
#[derive(Debug, Clone)]
pub(crate) struct StoredUser {
    pub(crate) user: User,
    pub(crate) password: StoredPassword,
}

impl Store {
    /// Adds a user; `false` when the name is taken.
    pub(crate) async fn add_user(&self, added: StoredUser, now: Timestamp) -> Result<bool, Error> {
        const SQL: &str = "INSERT INTO users (id, name, name_key, password, created_at) \
                           VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name_key) DO NOTHING RETURNING id";
        let StoredUser { user, password } = added;
        let parameters = [
            user.id.as_str().into(),
            user.name.as_str().into(),
            user.name.key().into(),
            password.phc().into(),
            now.into(),
        ];
        let added = self.rows("add_user", Statement::new(SQL, parameters));
        Ok(!added.await?.is_empty())
    }

    /// The user of that name, in any case.
    pub(crate) async fn user(&self, name: &Username) -> Result<Option<StoredUser>, Error> {
        const SQL: &str = "SELECT id, name, password FROM users WHERE name_key = $1";
        let found = Statement::new(SQL, [name.key().into()]);
        let rows = self.rows("user", found).await?;
        rows.first()
            .map(|row| {
                Ok(StoredUser {
                    user: read_user(row.text(0)?, row.text(1)?)?,
                    password: StoredPassword::from_phc(row.text(2)?.to_owned()),
                })
            })
            .transpose()
    }

    /// Whether the account was signed in to, or refreshed, from there in a session that is remembered.
    pub(crate) async fn knows_source(
        &self,
        name: &Username,
        source: Source,
    ) -> Result<bool, Error> {
        const SQL: &str = "SELECT u.id FROM users u JOIN sessions s ON s.user_id = u.id \
                           WHERE u.name_key = $1 AND s.source = $2 LIMIT 1";
        let parameters = [name.key().into(), source.0.as_slice().into()];
        let known = self.rows("knows_source", Statement::new(SQL, parameters));
        Ok(!known.await?.is_empty())
    }
}

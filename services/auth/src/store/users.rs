//! Users: by name, by id and page by page.

use proto::ids::{LoginSessionId, UserId};
use runtime::clock::Timestamp;

use super::{
    Error, Row, Statement, Store, accounts::ResetCode, read_session_id, read_time, read_user,
};
use crate::{
    passwords::StoredPassword,
    pseudonyms::Source,
    refresh::SecretHash,
    user::{DisplayName, User, Username},
};

/// A user and what proves them.
#[derive(Debug, Clone)]
pub(crate) struct StoredUser {
    pub(crate) user: User,
    pub(crate) password: StoredPassword,
}

/// Everything about a user.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) password: StoredPassword,
    pub(crate) created_at: Timestamp,
    /// When they last signed in or refreshed, to within a day.
    pub(crate) seen_at: Timestamp,
    /// When an operator shut them out.
    pub(crate) disabled_at: Option<Timestamp>,
    /// What stands for a lost password.
    pub(crate) reset: Option<ResetCode>,
}

/// The columns that [`read_account`] reads, of users who are not being deleted.
macro_rules! select_accounts {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, coalesce(display_name, ''), guest, password, created_at, \
             coalesce(seen_at, created_at), disabled_at, reset_code, reset_until, coalesce(reset_session, '') \
             FROM users WHERE deleting_at IS NULL AND ",
            $rest
        )
    };
}

impl Store {
    /// Adds a user; `false` when the name is taken.
    pub(crate) async fn add_user(&self, added: StoredUser, now: Timestamp) -> Result<bool, Error> {
        const SQL: &str = "INSERT INTO users (id, name, name_key, password, created_at, display_name, guest, seen_at) \
                           VALUES ($1, $2, $3, $4, $5, nullif($6, ''), $7, $5) \
                           ON CONFLICT (name_key) DO NOTHING RETURNING id";
        let StoredUser { user, password } = added;
        let display_name = user.display_name.as_ref();
        let parameters = [
            user.id.as_str().into(),
            user.name.as_str().into(),
            user.name.key().into(),
            password.phc().into(),
            now.into(),
            display_name.map_or("", DisplayName::as_str).into(),
            user.guest.into(),
        ];
        let added = self.rows("add_user", Statement::new(SQL, parameters));
        Ok(!added.await?.is_empty())
    }

    /// The user of that name, in any case.
    pub(crate) async fn user(&self, name: &Username) -> Result<Option<Account>, Error> {
        const SQL: &str = select_accounts!("name_key = $1");
        let found = Statement::new(SQL, [name.key().into()]);
        let rows = self.rows("user", found).await?;
        rows.first().map(read_account).transpose()
    }

    /// The user of that id.
    pub(crate) async fn user_by_id(&self, id: &UserId) -> Result<Option<Account>, Error> {
        const SQL: &str = select_accounts!("id = $1");
        let found = Statement::new(SQL, [id.as_str().into()]);
        let rows = self.rows("user_by_id", found).await?;
        rows.first().map(read_account).transpose()
    }

    /// At most so many users whose names come after that text, by name.
    pub(crate) async fn users_after(&self, after: &str, limit: u32) -> Result<Vec<Account>, Error> {
        const SQL: &str = select_accounts!("name_key > $1 ORDER BY name_key LIMIT $2");
        let listed = Statement::new(SQL, [after.to_ascii_lowercase().into(), limit.into()]);
        let rows = self.rows("users_after", listed).await?;
        rows.iter().map(read_account).collect()
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

fn read_account(row: &Row) -> Result<Account, Error> {
    let reset = match (row.optional_bytes(8)?, read_time(row, 9)?) {
        (Some(hash), Some(until)) => Some(ResetCode {
            hash: SecretHash(
                hash.try_into()
                    .map_err(|_| Error::Malformed("users.reset_code"))?,
            ),
            until,
            session: read_optional_session(row.text(10)?)?,
        }),
        (_, _) => None,
    };
    Ok(Account {
        user: read_user(row, 0)?,
        password: StoredPassword::from_phc(row.text(4)?.to_owned()),
        created_at: Timestamp::from_unix_millis(row.integer(5)?),
        seen_at: Timestamp::from_unix_millis(row.integer(6)?),
        disabled_at: read_time(row, 7)?,
        reset,
    })
}

fn read_optional_session(id: &str) -> Result<Option<LoginSessionId>, Error> {
    (!id.is_empty()).then(|| read_session_id(id)).transpose()
}

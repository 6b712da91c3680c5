//! What changes in the life of a user: names, passwords, and being shut out. Whatever ends login sessions writes the
//! user's row first, so that no session begins beside it.

use proto::ids::{LoginSessionId, UserId};
use runtime::clock::Timestamp;

use super::{Error, Row, Statement, Store, read_session_id};
use crate::{
    passwords::StoredPassword,
    refresh::SecretHash,
    user::{DisplayName, Username},
};

/// What stands for a lost password.
#[derive(Debug, Clone)]
pub(crate) struct ResetCode {
    pub(crate) hash: SecretHash,
    pub(crate) until: Timestamp,
    /// The session that it has opened.
    pub(crate) session: Option<LoginSessionId>,
}

/// A change of a password.
#[derive(Debug, Clone)]
pub(crate) struct NewPassword {
    pub(crate) user: UserId,
    /// The one before; another one in the store means that somebody was first.
    pub(crate) before: StoredPassword,
    pub(crate) password: StoredPassword,
    /// The session that goes on.
    pub(crate) kept: LoginSessionId,
}

/// Login sessions that a change has ended, each with when it was last refreshed.
pub(crate) type Ended = Vec<(LoginSessionId, Timestamp)>;

const END_OTHER_SESSIONS: &str = "UPDATE sessions SET revoked_at = $1 WHERE user_id = $2 AND id <> $3 \
                                  AND revoked_at IS NULL AND expires_at > $1 \
                                  AND EXISTS (SELECT 1 FROM users WHERE id = $2 AND password = $4) \
                                  RETURNING id, rotated_at";
pub(super) const END_SESSIONS: &str = "UPDATE sessions SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL \
                            AND expires_at > $1 RETURNING id, rotated_at";

impl Store {
    /// Notes that a user is there.
    pub(crate) async fn note_seen(&self, user: &UserId, now: Timestamp) -> Result<(), Error> {
        const SQL: &str = "UPDATE users SET seen_at = $1 WHERE id = $2";
        let seen = Statement::new(SQL, [now.into(), user.as_str().into()]);
        self.rows("note_seen", seen).await.map(drop)
    }

    /// Gives a user another display name, or none of their own.
    pub(crate) async fn rename(
        &self,
        user: &UserId,
        name: Option<&DisplayName>,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE users SET display_name = nullif($1, '') WHERE id = $2";
        let name = name.map_or("", DisplayName::as_str);
        let renamed = Statement::new(SQL, [name.into(), user.as_str().into()]);
        self.rows("rename", renamed).await.map(drop)
    }

    /// Gives a user another password and ends all sessions but one; `None` when somebody else was first.
    pub(crate) async fn change_password(
        &self,
        new: NewPassword,
        now: Timestamp,
    ) -> Result<Option<Ended>, Error> {
        const SQL: &str = "UPDATE users SET password = $1, reset_code = NULL, reset_until = NULL, \
                           reset_session = NULL WHERE id = $2 AND password = $3 AND disabled_at IS NULL \
                           AND deleting_at IS NULL RETURNING id";
        let changed = [
            new.password.phc().into(),
            new.user.as_str().into(),
            new.before.phc().into(),
        ];
        let ended = [
            now.into(),
            new.user.as_str().into(),
            new.kept.as_str().into(),
            new.password.phc().into(),
        ];
        let statements = [
            Statement::new(SQL, changed),
            Statement::new(END_OTHER_SESSIONS, ended),
        ];
        let [changed, ended] = self.transact("change_password", statements).await?;
        if changed.is_empty() {
            return Ok(None);
        }
        read_ended(&ended).map(Some)
    }

    /// Makes an account of a guest; `false` when the name is taken, or they are no guest any more.
    pub(crate) async fn claim(
        &self,
        guest: &UserId,
        name: &Username,
        password: &StoredPassword,
    ) -> Result<bool, Error> {
        const SQL: &str = "UPDATE users SET name = $1, name_key = $2, password = $3, guest = 0 WHERE id = $4 \
                           AND guest = 1 AND disabled_at IS NULL AND deleting_at IS NULL \
                           AND NOT EXISTS (SELECT 1 FROM users WHERE name_key = $2) RETURNING id";
        let parameters = [
            name.as_str().into(),
            name.key().into(),
            password.phc().into(),
            guest.as_str().into(),
        ];
        let claimed = self.rows("claim", Statement::new(SQL, parameters));
        Ok(!claimed.await?.is_empty())
    }

    /// Shuts a user out and ends all their sessions.
    pub(crate) async fn disable(&self, user: &UserId, now: Timestamp) -> Result<Ended, Error> {
        const SQL: &str = "UPDATE users SET disabled_at = coalesce(disabled_at, $1) WHERE id = $2";
        let disabled = Statement::new(SQL, [now.into(), user.as_str().into()]);
        let ended = Statement::new(END_SESSIONS, [now.into(), user.as_str().into()]);
        let [_, ended] = self.transact("disable", [disabled, ended]).await?;
        read_ended(&ended)
    }

    /// Lets a user in again.
    pub(crate) async fn enable(&self, user: &UserId) -> Result<(), Error> {
        const SQL: &str = "UPDATE users SET disabled_at = NULL WHERE id = $1";
        let enabled = Statement::new(SQL, [user.as_str().into()]);
        self.rows("enable", enabled).await.map(drop)
    }

    /// Puts a code in the place of a user's password and ends all their sessions.
    pub(crate) async fn reset_password(
        &self,
        user: &UserId,
        code: &ResetCode,
        now: Timestamp,
    ) -> Result<Ended, Error> {
        const SQL: &str = "UPDATE users SET password = $1, reset_code = $2, reset_until = $3, reset_session = NULL \
                           WHERE id = $4";
        let parameters = [
            StoredPassword::none().phc().into(),
            code.hash.0.as_slice().into(),
            code.until.into(),
            user.as_str().into(),
        ];
        let reset = Statement::new(SQL, parameters);
        let ended = Statement::new(END_SESSIONS, [now.into(), user.as_str().into()]);
        let [_, ended] = self.transact("reset_password", [reset, ended]).await?;
        read_ended(&ended)
    }
}

pub(super) fn read_ended(rows: &[Row]) -> Result<Ended, Error> {
    rows.iter()
        .map(|row| {
            let rotated_at = Timestamp::from_unix_millis(row.integer(1)?);
            Ok((read_session_id(row.text(0)?)?, rotated_at))
        })
        .collect()
}

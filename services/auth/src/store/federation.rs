//! Users of other issuers: whose account an identity there is, and the login sessions that its tokens have opened.

use proto::ids::{LoginSessionId, UserId};
use runtime::clock::Timestamp;

use super::{Error, Row, Statement, Store, StoredUser, read_session_id, read_time, read_user};
use crate::{
    refresh::LoginSession,
    user::{DisplayName, User},
};

/// A sign-in at an issuer, as far as the issuer tells them apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FederatedLogin<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    /// Stands for issuer and subject.
    pub(crate) identity_hash: &'a str,
    /// Stands for issuer, subject and sign-in.
    pub(crate) hash: &'a str,
}

/// A user of an issuer.
#[derive(Debug, Clone)]
pub(crate) struct FederatedUser {
    pub(crate) user: User,
    /// Whether an operator has shut them out, or they are being deleted.
    pub(crate) is_shut_out: bool,
    /// The newest login session of the sign-in.
    pub(crate) session: Option<FederatedSession>,
    /// When one of its login sessions was last revoked.
    pub(crate) revoked_at: Option<Timestamp>,
}

/// A login session that tokens of an issuer have opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FederatedSession {
    pub(crate) id: LoginSessionId,
    /// When a token of it was last shown, to within half a minute.
    pub(crate) rotated_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// Whether it was revoked.
    pub(crate) is_revoked: bool,
}

/// What became of a user who was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    New,
    /// Somebody else has the name.
    NameTaken,
    /// The identity has an account since a moment ago.
    Known,
    /// The user was deleted after the token was issued.
    Left,
}

impl Store {
    /// Whose account an identity is, and the newest login session of the sign-in.
    pub(crate) async fn federated_user(
        &self,
        login: FederatedLogin<'_>,
    ) -> Result<Option<FederatedUser>, Error> {
        const SQL: &str = "SELECT u.id, u.name, coalesce(u.display_name, ''), u.guest, \
                           coalesce(u.disabled_at, u.deleting_at), coalesce(s.id, ''), s.rotated_at, s.expires_at, \
                           s.revoked_at, (SELECT max(revoked_at) FROM sessions WHERE federated_login = $3) \
                           FROM federated_identities i JOIN users u ON u.id = i.user_id \
                           LEFT JOIN sessions s ON s.user_id = u.id AND s.id = \
                           (SELECT max(id) FROM sessions WHERE federated_login = $3) \
                           WHERE i.issuer = $1 AND i.subject = $2";
        let parameters = [login.issuer.into(), login.subject.into(), login.hash.into()];
        let found = Statement::new(SQL, parameters);
        let rows = self.rows("federated_user", found).await?;
        rows.first().map(read).transpose()
    }

    /// Adds a user together with their identity, by a token that was issued then.
    pub(crate) async fn add_federated_user(
        &self,
        added: StoredUser,
        login: FederatedLogin<'_>,
        issued_at: Timestamp,
        now: Timestamp,
    ) -> Result<Added, Error> {
        const STATEMENTS: [&str; 4] = [
            "SELECT hash FROM left_identities WHERE hash = $1 AND left_at >= $2",
            "INSERT INTO users (id, name, name_key, password, created_at, display_name, guest, seen_at) \
             SELECT $1, $2, $3, $4, $5, nullif($6, ''), 0, $5 WHERE NOT EXISTS \
             (SELECT 1 FROM left_identities WHERE hash = $7 AND left_at >= $8) \
             ON CONFLICT (name_key) DO NOTHING RETURNING id",
            "INSERT INTO federated_identities (issuer, subject, hash, user_id, linked_at) SELECT $3, $4, $5, $1, $2 \
             WHERE EXISTS (SELECT 1 FROM users WHERE id = $1) ON CONFLICT (issuer, subject) DO NOTHING \
             RETURNING user_id",
            // Whose identity was added by somebody else meanwhile is not left without one.
            "DELETE FROM users WHERE id = $1 \
             AND NOT EXISTS (SELECT 1 FROM federated_identities WHERE user_id = $1) RETURNING id",
        ];
        let StoredUser { user, password } = added;
        let display_name = user.display_name.as_ref();
        let display_name = display_name.map_or("", DisplayName::as_str);
        let [left_sql, user_sql, identity_sql, leftover_sql] = STATEMENTS;
        let statements = [
            Statement::new(left_sql, [login.identity_hash.into(), issued_at.into()]),
            Statement::new(
                user_sql,
                [
                    user.id.as_str().into(),
                    user.name.as_str().into(),
                    user.name.key().into(),
                    password.phc().into(),
                    now.into(),
                    display_name.into(),
                    login.identity_hash.into(),
                    issued_at.into(),
                ],
            ),
            Statement::new(
                identity_sql,
                [
                    user.id.as_str().into(),
                    now.into(),
                    login.issuer.into(),
                    login.subject.into(),
                    login.identity_hash.into(),
                ],
            ),
            Statement::new(leftover_sql, [user.id.as_str().into()]),
        ];
        let added = self.transact("add_federated_user", statements);
        let [left, added, linked, _] = added.await?;
        Ok(
            match (left.is_empty(), added.is_empty(), linked.is_empty()) {
                (false, _, _) => Added::Left,
                (true, false, false) => Added::New,
                (true, false, true) => Added::Known,
                (true, true, _) => Added::NameTaken,
            },
        )
    }

    /// Opens a login session for a sign-in at an issuer, by a token that was issued then; `false` when there is one that
    /// is used since `used_since`, one that was revoked after the token was issued, or the user is shut out.
    pub(crate) async fn add_federated_session(
        &self,
        session: &LoginSession,
        login: FederatedLogin<'_>,
        issued_at: Timestamp,
        used_since: Timestamp,
    ) -> Result<bool, Error> {
        // The user's row is written first: whoever else opens a session, or disables the user, waits, or is seen.
        const STATEMENTS: [&str; 2] = [
            "UPDATE users SET seen_at = $2 WHERE id = $1 AND disabled_at IS NULL AND deleting_at IS NULL",
            "INSERT INTO sessions (id, user_id, generation, newest, rotated_at, expires_at, federated_login) \
             SELECT $3, $1, $4, $5, $2, $6, $7 WHERE EXISTS \
             (SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL AND deleting_at IS NULL) \
             AND NOT EXISTS (SELECT 1 FROM sessions WHERE federated_login = $7 AND (revoked_at >= $8 \
             OR (revoked_at IS NULL AND expires_at > $2 AND rotated_at > $9))) RETURNING id",
        ];
        let (user, now) = (session.user.id.as_str(), session.rotated_at);
        let [seen_sql, session_sql] = STATEMENTS;
        let statements = [
            Statement::new(seen_sql, [user.into(), now.into()]),
            Statement::new(
                session_sql,
                [
                    user.into(),
                    now.into(),
                    session.id.as_str().into(),
                    session.generation.into(),
                    session.newest.0.as_slice().into(),
                    session.expires_at.into(),
                    login.hash.into(),
                    issued_at.into(),
                    used_since.into(),
                ],
            ),
        ];
        let [_, added] = self.transact("add_federated_session", statements).await?;
        Ok(!added.is_empty())
    }

    /// Notes that a login session is used; `false` when it is revoked.
    pub(crate) async fn note_session_used(
        &self,
        session: &LoginSessionId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        const SQL: &str =
            "UPDATE sessions SET rotated_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id";
        let used = Statement::new(SQL, [session.as_str().into(), now.into()]);
        let noted = self.rows("note_session_used", used).await?;
        Ok(!noted.is_empty())
    }

    /// Whether a user is one of an issuer.
    pub(crate) async fn is_federated(&self, user: &UserId) -> Result<bool, Error> {
        const SQL: &str = "SELECT user_id FROM federated_identities WHERE user_id = $1 LIMIT 1";
        let found = Statement::new(SQL, [user.as_str().into()]);
        Ok(!self.rows("is_federated", found).await?.is_empty())
    }
}

fn read(row: &Row) -> Result<FederatedUser, Error> {
    let session = match row.text(5)? {
        "" => None,
        id => Some(FederatedSession {
            id: read_session_id(id)?,
            rotated_at: Timestamp::from_unix_millis(row.integer(6)?),
            expires_at: Timestamp::from_unix_millis(row.integer(7)?),
            is_revoked: read_time(row, 8)?.is_some(),
        }),
    };
    Ok(FederatedUser {
        user: read_user(row, 0)?,
        is_shut_out: read_time(row, 4)?.is_some(),
        session,
        revoked_at: read_time(row, 9)?,
    })
}

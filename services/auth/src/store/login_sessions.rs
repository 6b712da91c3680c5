//! Login sessions: their refresh tokens, revocations and reviews.

use proto::ids::{LoginSessionId, UserId};
use runtime::clock::Timestamp;

use super::{
    Error, MAX_PAGE, Row, Statement, Store, read_generation, read_session_id, read_time, read_user,
};
use crate::{
    passwords::StoredPassword,
    pseudonyms::Source,
    refresh::{LoginSession, SecretHash},
    revocations::{Event, RevocationEntry},
};

/// A change of a login session to its next refresh token.
#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    pub(crate) session: LoginSessionId,
    /// The generation that is spent; another one in the store means that somebody was first.
    pub(crate) spent: u32,
    pub(crate) newest: SecretHash,
    pub(crate) at: Timestamp,
    /// From where, if that is known.
    pub(crate) source: Option<Source>,
}

/// What somebody has shown to sign in. It must still be so when the session begins: who is disabled meanwhile, or
/// whose password is changed, is not let in.
#[derive(Debug, Clone)]
pub(crate) enum Proof {
    /// The password that is stored so.
    Password(StoredPassword),
    /// The code of that hash, which is good for one session.
    ResetCode(SecretHash),
    /// A token of a trusted issuer for the identity of that hash.
    Identity(String),
}

impl Store {
    /// Opens a login session; `false` when what was shown is not good any more.
    pub(crate) async fn add_session(
        &self,
        session: LoginSession,
        proof: Proof,
        source: Option<Source>,
    ) -> Result<bool, Error> {
        // The user's row is written first: whoever disables the user or changes the password waits, or is seen.
        const BY_PASSWORD: [&str; 2] = [
            "UPDATE users SET seen_at = $5 WHERE id = $2 AND password = $8 AND disabled_at IS NULL \
             AND deleting_at IS NULL",
            "INSERT INTO sessions (id, user_id, generation, newest, rotated_at, expires_at, source) \
             SELECT $1, $2, $3, $4, $5, $6, $7 WHERE EXISTS (SELECT 1 FROM users WHERE id = $2 AND password = $8 \
             AND disabled_at IS NULL AND deleting_at IS NULL) RETURNING id",
        ];
        const BY_CODE: [&str; 2] = [
            "UPDATE users SET seen_at = $5, reset_session = $1 WHERE id = $2 AND reset_code = $8 \
             AND reset_until > $5 AND reset_session IS NULL AND disabled_at IS NULL AND deleting_at IS NULL",
            "INSERT INTO sessions (id, user_id, generation, newest, rotated_at, expires_at, source) \
             SELECT $1, $2, $3, $4, $5, $6, $7 WHERE EXISTS (SELECT 1 FROM users WHERE id = $2 \
             AND reset_code = $8 AND reset_session = $1) RETURNING id",
        ];
        const BY_IDENTITY: [&str; 2] = [
            "UPDATE users SET seen_at = $5 WHERE id = $2 AND disabled_at IS NULL AND deleting_at IS NULL",
            "INSERT INTO sessions (id, user_id, generation, newest, rotated_at, expires_at, source) \
             SELECT $1, $2, $3, $4, $5, $6, $7 WHERE EXISTS (SELECT 1 FROM users u JOIN federated_identities i \
             ON i.user_id = u.id WHERE u.id = $2 AND i.hash = $8 AND u.disabled_at IS NULL \
             AND u.deleting_at IS NULL) RETURNING id",
        ];
        let statements = match &proof {
            Proof::Password(_) => BY_PASSWORD,
            Proof::ResetCode(_) => BY_CODE,
            Proof::Identity(_) => BY_IDENTITY,
        };
        let statements = statements.map(|sql| {
            let shown = match &proof {
                Proof::Password(password) => password.phc().into(),
                Proof::ResetCode(hash) => hash.0.as_slice().into(),
                Proof::Identity(hash) => hash.as_str().into(),
            };
            let parameters = [
                session.id.as_str().into(),
                session.user.id.as_str().into(),
                session.generation.into(),
                session.newest.0.as_slice().into(),
                session.rotated_at.into(),
                session.expires_at.into(),
                source.as_ref().map(|source| source.0.as_slice()).into(),
                shown,
            ];
            Statement::new(sql, parameters)
        });
        let [_, added] = self.transact("add_session", statements).await?;
        Ok(!added.is_empty())
    }

    /// The login session of that id.
    pub(crate) async fn session(&self, id: &LoginSessionId) -> Result<Option<LoginSession>, Error> {
        const SQL: &str = "SELECT s.id, u.id, u.name, coalesce(u.display_name, ''), u.guest, s.generation, \
                           s.newest, s.rotated_at, s.expires_at, s.revoked_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1";
        let found = Statement::new(SQL, [id.as_str().into()]);
        let rows = self.rows("session", found).await?;
        rows.first().map(read_session).transpose()
    }

    /// Moves a login session to its next refresh token; `false` when somebody was first or it is revoked.
    pub(crate) async fn rotate(&self, rotation: Rotation) -> Result<bool, Error> {
        const SQL: &str = "UPDATE sessions SET generation = generation + 1, newest = $1, rotated_at = $2, \
                           source = coalesce($5, source) WHERE id = $3 AND generation = $4 AND revoked_at IS NULL \
                           RETURNING id";
        let parameters = [
            rotation.newest.0.as_slice().into(),
            rotation.at.into(),
            rotation.session.as_str().into(),
            rotation.spent.into(),
            rotation
                .source
                .as_ref()
                .map(|source| source.0.as_slice())
                .into(),
        ];
        let rotated = self.rows("rotate", Statement::new(SQL, parameters));
        Ok(!rotated.await?.is_empty())
    }

    /// Revokes a login session. Says when it was first revoked; `None` when there is no such session.
    pub(crate) async fn revoke(
        &self,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        const SQL: &str = "UPDATE sessions SET revoked_at = coalesce(revoked_at, $1) WHERE id = $2 \
                           RETURNING revoked_at";
        self.mark("revoke", SQL, id, now).await
    }

    /// Puts a login session under review. Says since when; `None` when there is no such session or it has ended.
    pub(crate) async fn review(
        &self,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        const SQL: &str = "UPDATE sessions SET reviewed_at = CASE WHEN reviewed_at > $1 THEN reviewed_at ELSE $1 END \
                           WHERE id = $2 AND revoked_at IS NULL AND expires_at > $1 RETURNING reviewed_at";
        self.mark("review", SQL, id, now).await
    }

    /// Runs a statement that puts a time on a session; gives the time that stands there now.
    async fn mark(
        &self,
        operation: &'static str,
        sql: &'static str,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let marked = Statement::new(sql, [now.into(), id.as_str().into()]);
        let rows = self.rows(operation, marked).await?;
        let at = rows.first().map(|row| row.integer(0)).transpose()?;
        Ok(at.map(Timestamp::from_unix_millis))
    }

    /// The login sessions that were revoked or put under review since then.
    pub(crate) async fn marks_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<RevocationEntry>, Error> {
        const REVOKED: &str = "SELECT id, revoked_at FROM sessions WHERE revoked_at >= $1 \
                               UNION ALL SELECT id, revoked_at FROM ended_sessions WHERE revoked_at >= $1";
        const REVIEWED: &str = "SELECT id, reviewed_at FROM sessions WHERE reviewed_at >= $1";
        let statements = [REVOKED, REVIEWED].map(|sql| Statement::new(sql, [since.into()]));
        let [revoked, reviewed] = self.transact("marks_since", statements).await?;
        let marks = |rows: Vec<Row>, event: fn(LoginSessionId) -> Event| {
            rows.into_iter().map(move |row| {
                Ok(RevocationEntry {
                    event: event(read_session_id(row.text(0)?)?),
                    at: Timestamp::from_unix_millis(row.integer(1)?),
                })
            })
        };
        marks(revoked, Event::Revoked)
            .chain(marks(reviewed, Event::Reviewed))
            .collect()
    }

    /// The login sessions of a user that have not ended, the one refreshed last first; at most [`MAX_PAGE`].
    pub(crate) async fn sessions_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<LoginSession>, Error> {
        const SQL: &str = "SELECT s.id, u.id, u.name, coalesce(u.display_name, ''), u.guest, s.generation, \
                           s.newest, s.rotated_at, s.expires_at, s.revoked_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.id = $1 \
                           AND s.scope IS NULL AND s.revoked_at IS NULL AND s.expires_at > $2 ORDER BY s.rotated_at DESC LIMIT $3";
        let parameters = [user.as_str().into(), now.into(), MAX_PAGE.into()];
        let listed = Statement::new(SQL, parameters);
        let rows = self.rows("sessions_of", listed).await?;
        rows.iter().map(read_session).collect()
    }

    /// Forgets login sessions that ended before then, at most [`MAX_PAGE`]; says how many.
    pub(crate) async fn forget_sessions(&self, before: Timestamp) -> Result<u64, Error> {
        const SQL: &str = "DELETE FROM sessions WHERE id IN \
                           (SELECT id FROM sessions WHERE expires_at < $1 LIMIT $2) RETURNING id";
        let forgotten = Statement::new(SQL, [before.into(), MAX_PAGE.into()]);
        Ok(self.rows("forget_sessions", forgotten).await?.len() as u64)
    }
}

fn read_session(row: &Row) -> Result<LoginSession, Error> {
    let newest = row.bytes(6)?.try_into();
    Ok(LoginSession {
        id: read_session_id(row.text(0)?)?,
        user: read_user(row, 1)?,
        generation: read_generation(row.integer(5)?)?,
        newest: SecretHash(newest.map_err(|_| Error::Malformed("sessions.newest"))?),
        rotated_at: Timestamp::from_unix_millis(row.integer(7)?),
        expires_at: Timestamp::from_unix_millis(row.integer(8)?),
        revoked_at: read_time(row, 9)?,
    })
}

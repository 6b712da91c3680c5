//! Users who leave for good. The row of a user stays until nothing of theirs is left elsewhere, so that whoever goes on
//! with the deletion finds it, and their name is nobody else's meanwhile.

use proto::ids::UserId;
use runtime::clock::Timestamp;

use super::{
    Error, MAX_PAGE, Statement, Store,
    accounts::{END_SESSIONS, Ended, read_ended},
    read_user,
};
use crate::user::User;

impl Store {
    /// Shuts a user out for good and ends all their sessions.
    pub(crate) async fn begin_deletion(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Ended, Error> {
        const SQL: &str = "UPDATE users SET deleting_at = coalesce(deleting_at, $1) WHERE id = $2";
        let begun = Statement::new(SQL, [now.into(), user.as_str().into()]);
        let ended = Statement::new(END_SESSIONS, [now.into(), user.as_str().into()]);
        let [_, ended] = self.transact("begin_deletion", [begun, ended]).await?;
        read_ended(&ended)
    }

    /// At most so many users whose deletion has begun, the oldest first.
    pub(crate) async fn deletions(&self, limit: u32) -> Result<Vec<User>, Error> {
        const SQL: &str = "SELECT id, name, coalesce(display_name, ''), guest FROM users \
                           WHERE deleting_at IS NOT NULL ORDER BY deleting_at LIMIT $1";
        let listed = Statement::new(SQL, [limit.into()]);
        let rows = self.rows("deletions", listed).await?;
        rows.iter().map(|row| read_user(row, 0)).collect()
    }

    /// Removes a user whose deletion has begun; `false` when it has not. That their sessions are over stays known, and what
    /// was noted of them stays without saying of whom, from where.
    pub(crate) async fn finish_deletion(&self, user: &UserId) -> Result<bool, Error> {
        const STATEMENTS: [&str; 7] = [
            "INSERT INTO ended_sessions (id, revoked_at) SELECT id, revoked_at FROM sessions WHERE user_id = $1 \
             AND revoked_at IS NOT NULL \
             AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND deleting_at IS NOT NULL) ON CONFLICT (id) DO NOTHING",
            "DELETE FROM sessions WHERE user_id = $1 \
             AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND deleting_at IS NOT NULL)",
            "UPDATE audit SET user_id = '', session = '', address = '' WHERE user_id = $1 \
             AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND deleting_at IS NOT NULL)",
            "INSERT INTO left_identities (hash, left_at) SELECT i.hash, u.deleting_at FROM federated_identities i \
             JOIN users u ON u.id = i.user_id WHERE u.id = $1 AND u.deleting_at IS NOT NULL \
             ON CONFLICT (hash) DO UPDATE SET left_at = excluded.left_at",
            "DELETE FROM federated_identities WHERE user_id = $1 \
             AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND deleting_at IS NOT NULL)",
            "DELETE FROM users WHERE id = $1 AND deleting_at IS NOT NULL",
            "SELECT id FROM users WHERE id = $1",
        ];
        let statements = STATEMENTS.map(|sql| Statement::new(sql, [user.as_str().into()]));
        let [.., left] = self.transact("finish_deletion", statements).await?;
        Ok(left.is_empty())
    }

    /// At most so many guests who were not seen since then.
    pub(crate) async fn guests_not_seen_since(
        &self,
        then: Timestamp,
        limit: u32,
    ) -> Result<Vec<UserId>, Error> {
        const SQL: &str = "SELECT id FROM users WHERE guest = 1 AND seen_at < $1 AND deleting_at IS NULL \
                           ORDER BY seen_at LIMIT $2";
        let listed = Statement::new(SQL, [then.into(), limit.into()]);
        let rows = self.rows("guests_not_seen_since", listed).await?;
        let id = |text: &str| text.parse().map_err(|_| Error::Malformed("users.id"));
        rows.iter().map(|row| id(row.text(0)?)).collect()
    }

    /// Forgets login sessions that were revoked before then, at most [`MAX_PAGE`] of users and as many of those who are
    /// gone, and what was kept of their identities; says how many.
    pub(crate) async fn forget_revoked_sessions(&self, before: Timestamp) -> Result<u64, Error> {
        const STATEMENTS: [&str; 3] = [
            "DELETE FROM sessions WHERE id IN \
             (SELECT id FROM sessions WHERE revoked_at < $1 LIMIT $2) RETURNING id",
            "DELETE FROM ended_sessions WHERE id IN \
             (SELECT id FROM ended_sessions WHERE revoked_at < $1 LIMIT $2) RETURNING id",
            "DELETE FROM left_identities WHERE hash IN \
             (SELECT hash FROM left_identities WHERE left_at < $1 LIMIT $2) RETURNING hash",
        ];
        let statements =
            STATEMENTS.map(|sql| Statement::new(sql, [before.into(), MAX_PAGE.into()]));
        let forgotten = self.transact("forget_revoked_sessions", statements);
        let [of_users, of_others, _] = forgotten.await?;
        Ok((of_users.len() + of_others.len()) as u64)
    }
}

//! API tokens: login sessions with a scope. Whatever ends login sessions ends them as well.

use proto::ids::{LoginSessionId, UserId};
use runtime::clock::Timestamp;

use super::{Error, MAX_PAGE, Row, Statement, Store, read_session_id, read_user};
use crate::{api_token::ApiToken, refresh::SecretHash};

/// The columns that [`read_api_token`] reads.
macro_rules! select_api_tokens {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, u.id, u.name, coalesce(u.display_name, ''), u.guest, s.api_name, s.scope, \
             s.generation, s.rotated_at, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.scope IS NOT NULL AND s.revoked_at IS NULL AND ",
            $rest
        )
    };
}

impl Store {
    /// Adds an API token; `false` when its user has `limit` of them, or is not here any more.
    pub(crate) async fn add_api_token(
        &self,
        token: &ApiToken,
        hash: SecretHash,
        limit: u32,
        now: Timestamp,
    ) -> Result<bool, Error> {
        // The user's row is written first: whoever adds one at the same time waits, and is counted.
        const LOCK: &str = "UPDATE users SET name = name WHERE id = $1";
        const ADD: &str = "INSERT INTO sessions (id, user_id, generation, newest, rotated_at, expires_at, scope, \
                           api_name) SELECT $2, $1, 0, $3, $4, $5, $6, $7 WHERE EXISTS (SELECT 1 FROM users \
                           WHERE id = $1 AND disabled_at IS NULL AND deleting_at IS NULL) \
                           AND (SELECT count(*) FROM sessions WHERE user_id = $1 AND scope IS NOT NULL \
                           AND revoked_at IS NULL AND expires_at > $4) < $8 RETURNING id";
        let parameters = [
            token.user.id.as_str().into(),
            token.id.as_str().into(),
            hash.0.as_slice().into(),
            now.into(),
            token.expires_at.into(),
            token.scope.to_string().into(),
            token.name.clone().into(),
            limit.into(),
        ];
        let statements = [
            Statement::new(LOCK, [token.user.id.as_str().into()]),
            Statement::new(ADD, parameters),
        ];
        let [_, added] = self.transact("add_api_token", statements).await?;
        Ok(!added.is_empty())
    }

    /// The API tokens of a user that have not ended, the oldest first; at most [`MAX_PAGE`].
    pub(crate) async fn api_tokens(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<ApiToken>, Error> {
        const SQL: &str =
            select_api_tokens!("u.id = $1 AND s.expires_at > $2 ORDER BY s.id LIMIT $3");
        let parameters = [user.as_str().into(), now.into(), MAX_PAGE.into()];
        let rows = self.rows("api_tokens", Statement::new(SQL, parameters));
        rows.await?.iter().map(read_api_token).collect()
    }

    /// Notes that an API token is used, and gives it; `None` when it is not good.
    pub(crate) async fn use_api_token(
        &self,
        id: &LoginSessionId,
        hash: SecretHash,
        now: Timestamp,
    ) -> Result<Option<ApiToken>, Error> {
        const USE: &str = "UPDATE sessions SET rotated_at = $3, generation = 1 WHERE id = $1 AND newest = $2 \
                           AND scope IS NOT NULL AND revoked_at IS NULL AND expires_at > $3 RETURNING id";
        const FIND: &str = select_api_tokens!(
            "s.id = $1 AND s.newest = $2 AND s.expires_at > $3 AND u.disabled_at IS NULL AND u.deleting_at IS NULL"
        );
        let statements = [USE, FIND].map(|sql| {
            let parameters = [id.as_str().into(), hash.0.as_slice().into(), now.into()];
            Statement::new(sql, parameters)
        });
        let [_, found] = self.transact("use_api_token", statements).await?;
        found.first().map(read_api_token).transpose()
    }
}

fn read_api_token(row: &Row) -> Result<ApiToken, Error> {
    let scope = row.text(6)?.parse();
    let used_at = Timestamp::from_unix_millis(row.integer(8)?);
    Ok(ApiToken {
        id: read_session_id(row.text(0)?)?,
        user: read_user(row, 1)?,
        name: row.text(5)?.to_owned(),
        scope: scope.map_err(|_| Error::Malformed("sessions.scope"))?,
        used_at: (row.integer(7)? > 0).then_some(used_at),
        expires_at: Timestamp::from_unix_millis(row.integer(9)?),
    })
}

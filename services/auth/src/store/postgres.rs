//! The store in PostgreSQL, in a schema of its own, shared by all replicas of the auth service.

use std::time::Duration;

use proto::ids::{LoginSessionId, UserId};
use runtime::{
    clock::Timestamp,
    config::SecretUrl,
    database,
    schema::{Unusable, migrate},
};
use secrecy::{ExposeSecret, SecretSlice};
use sqlx::{
    Connection, PgPool, Row,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
};

use super::{
    Error, OpenError, PIECE, Rotation, SessionRow, StoredUser, read_generation, read_mark,
    read_user,
};
use crate::{
    keys::{RevokedKey, StoredKey},
    passwords::StoredPassword,
    pseudonyms::Source,
    refresh::LoginSession,
    revocations::Mark,
    user::Username,
};

/// Holds every table, the migrations' own included, so that other programs can share the database.
const SCHEMA: &str = "recipe_chat_auth";
const MIGRATIONS: [(&str, &str); 3] = [
    (
        "users, sessions and keys",
        include_str!("migrations/postgres_1.sql"),
    ),
    (
        "reviews of sessions",
        include_str!("migrations/postgres_2.sql"),
    ),
    (
        "revoked keys and known sources",
        include_str!("migrations/postgres_3.sql"),
    ),
];
/// How many connections one replica holds at most.
const CONNECTIONS: u32 = 16;
/// How long one may wait for a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// Users, sessions and keys in one database.
#[derive(Debug)]
pub(super) struct PostgresStore(PgPool);

impl PostgresStore {
    pub(super) async fn open(url: &SecretUrl, wait: Duration) -> Result<Self, OpenError> {
        let refused = |cause| OpenError::Postgres {
            name: url.to_string(),
            cause,
        };
        let options: PgConnectOptions = url.expose().parse().map_err(refused)?;
        let options = options.options([("search_path", SCHEMA), ("statement_timeout", "5s")]);
        // One connection first: the pool would try again in silence, and then only tell of a time-out.
        let mut first = database::connect(&options, wait, url)
            .await
            .map_err(refused)?;
        let name = url.to_string();
        migrate(&mut first, SCHEMA, &MIGRATIONS)
            .await
            .map_err(|unusable| match unusable {
                Unusable::TooNew(cause) => OpenError::TooNew { name, cause },
                Unusable::Refused(cause) => OpenError::Postgres { name, cause },
                Unusable::Migration(cause) => OpenError::Migration { name, cause },
            })?;
        first.close().await.map_err(refused)?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(options);
        Ok(Self(pool))
    }

    pub(super) async fn add_user(&self, added: StoredUser, now: Timestamp) -> Result<bool, Error> {
        const SQL: &str = "INSERT INTO users (id, name, name_key, password, created_at) \
                           VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name_key) DO NOTHING";
        let StoredUser { user, password } = &added;
        let done = sqlx::query(SQL)
            .bind(user.id.as_str())
            .bind(user.name.as_str())
            .bind(user.name.key())
            .bind(password.phc())
            .bind(now.unix_millis())
            .execute(&self.0)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(super) async fn user(&self, name: &Username) -> Result<Option<StoredUser>, Error> {
        const SQL: &str = "SELECT id, name, password FROM users WHERE name_key = $1";
        let row = sqlx::query(SQL)
            .bind(name.key())
            .fetch_optional(&self.0)
            .await?;
        row.map(|row| {
            Ok(StoredUser {
                user: read_user(row.try_get(0)?, row.try_get(1)?)?,
                password: StoredPassword::from_phc(row.try_get(2)?),
            })
        })
        .transpose()
    }

    pub(super) async fn add_session(
        &self,
        session: LoginSession,
        source: Option<Source>,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO sessions (id, user_id, generation, newest, rotated_at, expires_at, source) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7)";
        sqlx::query(SQL)
            .bind(session.id.as_str())
            .bind(session.user.id.as_str())
            .bind(i64::from(session.generation))
            .bind(session.newest.0.as_slice())
            .bind(session.rotated_at.unix_millis())
            .bind(session.expires_at.unix_millis())
            .bind(source.map(|source| source.0.to_vec()))
            .execute(&self.0)
            .await?;
        Ok(())
    }

    pub(super) async fn knows_source(
        &self,
        name: &Username,
        source: Source,
    ) -> Result<bool, Error> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM users u JOIN sessions s ON s.user_id = u.id \
                           WHERE u.name_key = $1 AND s.source = $2)";
        let row = sqlx::query(SQL)
            .bind(name.key())
            .bind(source.0.as_slice())
            .fetch_one(&self.0)
            .await?;
        Ok(row.try_get(0)?)
    }

    pub(super) async fn session(&self, id: &LoginSessionId) -> Result<Option<LoginSession>, Error> {
        const SQL: &str = "SELECT s.id, u.id, u.name, s.generation, s.newest, s.rotated_at, s.expires_at, \
                           s.revoked_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1";
        let row = sqlx::query(SQL)
            .bind(id.as_str())
            .fetch_optional(&self.0)
            .await?;
        row.map(|row| read_session(&row)?.try_into()).transpose()
    }

    pub(super) async fn rotate(&self, rotation: Rotation) -> Result<bool, Error> {
        const SQL: &str = "UPDATE sessions SET generation = generation + 1, newest = $1, rotated_at = $2, \
                           source = coalesce($5, source) WHERE id = $3 AND generation = $4 AND revoked_at IS NULL";
        let done = sqlx::query(SQL)
            .bind(rotation.newest.0.as_slice())
            .bind(rotation.at.unix_millis())
            .bind(rotation.session.as_str())
            .bind(i64::from(rotation.spent))
            .bind(rotation.source.map(|source| source.0.to_vec()))
            .execute(&self.0)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(super) async fn revoke(
        &self,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        const SQL: &str = "UPDATE sessions SET revoked_at = coalesce(revoked_at, $1) WHERE id = $2 \
                           RETURNING revoked_at";
        self.mark(SQL, id, now).await
    }

    pub(super) async fn review(
        &self,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        const SQL: &str = "UPDATE sessions SET reviewed_at = greatest(coalesce(reviewed_at, 0), $1) \
                           WHERE id = $2 AND revoked_at IS NULL AND expires_at > $1 RETURNING reviewed_at";
        self.mark(SQL, id, now).await
    }

    /// Runs a statement that puts a time on a session; gives the time that stands there now.
    async fn mark(
        &self,
        sql: &'static str,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let row = sqlx::query(sql)
            .bind(now.unix_millis())
            .bind(id.as_str())
            .fetch_optional(&self.0)
            .await?;
        row.map(|row| Ok(Timestamp::from_unix_millis(row.try_get(0)?)))
            .transpose()
    }

    pub(super) async fn marks_since(&self, since: Timestamp) -> Result<Vec<Mark>, Error> {
        const SQL: &str = "SELECT id, revoked_at, true FROM sessions WHERE revoked_at >= $1 UNION ALL \
                           SELECT id, reviewed_at, false FROM sessions WHERE reviewed_at >= $1";
        let rows = sqlx::query(SQL)
            .bind(since.unix_millis())
            .fetch_all(&self.0)
            .await?;
        rows.iter()
            .map(|row| read_mark(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
            .collect()
    }

    pub(super) async fn sessions_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<LoginSession>, Error> {
        const SQL: &str = "SELECT s.id, u.id, u.name, s.generation, s.newest, s.rotated_at, s.expires_at, \
                           s.revoked_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.id = $1 \
                           AND s.revoked_at IS NULL AND s.expires_at > $2 ORDER BY s.rotated_at DESC LIMIT $3";
        let rows = sqlx::query(SQL)
            .bind(user.as_str())
            .bind(now.unix_millis())
            .bind(i64::from(PIECE))
            .fetch_all(&self.0)
            .await?;
        rows.iter()
            .map(|row| read_session(row)?.try_into())
            .collect()
    }

    pub(super) async fn forget_sessions(&self, before: Timestamp) -> Result<u64, Error> {
        const SQL: &str = "DELETE FROM sessions WHERE id IN \
                           (SELECT id FROM sessions WHERE expires_at < $1 LIMIT $2)";
        let done = sqlx::query(SQL)
            .bind(before.unix_millis())
            .bind(i64::from(PIECE))
            .execute(&self.0)
            .await?;
        Ok(done.rows_affected())
    }

    pub(super) async fn signing_keys(&self) -> Result<Vec<StoredKey>, Error> {
        const SQL: &str = "SELECT generation, published_at, signs_from, pkcs8 FROM signing_keys ORDER BY generation";
        let rows = sqlx::query(SQL).fetch_all(&self.0).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredKey {
                    generation: read_generation(row.try_get(0)?)?,
                    published_at: Timestamp::from_unix_millis(row.try_get(1)?),
                    signs_from: row
                        .try_get::<Option<i64>, _>(2)?
                        .map(Timestamp::from_unix_millis),
                    pkcs8: row.try_get::<Vec<u8>, _>(3)?.into(),
                })
            })
            .collect()
    }

    pub(super) async fn add_signing_key(&self, key: StoredKey) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO signing_keys (generation, published_at, signs_from, pkcs8) \
                           VALUES ($1, $2, $3, $4) ON CONFLICT (generation) DO NOTHING";
        sqlx::query(SQL)
            .bind(i64::from(key.generation))
            .bind(key.published_at.unix_millis())
            .bind(key.signs_from.map(Timestamp::unix_millis))
            .bind(key.pkcs8.expose_secret())
            .execute(&self.0)
            .await?;
        Ok(())
    }

    pub(super) async fn promote_signing_key(
        &self,
        generation: u32,
        signs_from: Timestamp,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE signing_keys SET signs_from = $1 WHERE generation = $2";
        sqlx::query(SQL)
            .bind(signs_from.unix_millis())
            .bind(i64::from(generation))
            .execute(&self.0)
            .await?;
        Ok(())
    }

    pub(super) async fn revoke_signing_key(&self, key: RevokedKey) -> Result<(), Error> {
        const SQL: &str = "WITH removed AS (DELETE FROM signing_keys WHERE generation = $1) \
                           INSERT INTO revoked_keys (generation, kid, revoked_at) VALUES ($1, $2, $3) \
                           ON CONFLICT (generation) DO NOTHING";
        sqlx::query(SQL)
            .bind(i64::from(key.generation))
            .bind(key.kid)
            .bind(key.revoked_at.unix_millis())
            .execute(&self.0)
            .await?;
        Ok(())
    }

    pub(super) async fn revoked_keys(&self) -> Result<Vec<RevokedKey>, Error> {
        const SQL: &str =
            "SELECT generation, kid, revoked_at FROM revoked_keys ORDER BY generation";
        let rows = sqlx::query(SQL).fetch_all(&self.0).await?;
        rows.iter()
            .map(|row| {
                Ok(RevokedKey {
                    generation: read_generation(row.try_get(0)?)?,
                    kid: row.try_get(1)?,
                    revoked_at: Timestamp::from_unix_millis(row.try_get(2)?),
                })
            })
            .collect()
    }

    pub(super) async fn forget_revoked_key(&self, generation: u32) -> Result<(), Error> {
        const SQL: &str = "DELETE FROM revoked_keys WHERE generation = $1";
        sqlx::query(SQL)
            .bind(i64::from(generation))
            .execute(&self.0)
            .await?;
        Ok(())
    }

    pub(super) async fn find_secret(
        &self,
        name: &'static str,
    ) -> Result<Option<SecretSlice<u8>>, Error> {
        const SQL: &str = "SELECT value FROM secrets WHERE name = $1";
        let row = sqlx::query(SQL).bind(name).fetch_optional(&self.0).await?;
        row.map(|row| Ok(row.try_get::<Vec<u8>, _>(0)?.into()))
            .transpose()
    }

    pub(super) async fn forget_secret(&self, name: &'static str) -> Result<(), Error> {
        const SQL: &str = "DELETE FROM secrets WHERE name = $1";
        sqlx::query(SQL).bind(name).execute(&self.0).await?;
        Ok(())
    }

    pub(super) async fn forget_signing_key(&self, generation: u32) -> Result<(), Error> {
        const SQL: &str = "DELETE FROM signing_keys WHERE generation = $1";
        sqlx::query(SQL)
            .bind(i64::from(generation))
            .execute(&self.0)
            .await?;
        Ok(())
    }

    pub(super) async fn secret(
        &self,
        name: &'static str,
        fresh: SecretSlice<u8>,
    ) -> Result<SecretSlice<u8>, Error> {
        const ADD: &str =
            "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        const READ: &str = "SELECT value FROM secrets WHERE name = $1";
        sqlx::query(ADD)
            .bind(name)
            .bind(fresh.expose_secret())
            .execute(&self.0)
            .await?;
        let row = sqlx::query(READ).bind(name).fetch_one(&self.0).await?;
        Ok(row.try_get::<Vec<u8>, _>(0)?.into())
    }
}

fn read_session(row: &PgRow) -> Result<SessionRow, sqlx::Error> {
    Ok(SessionRow {
        id: row.try_get(0)?,
        user_id: row.try_get(1)?,
        user_name: row.try_get(2)?,
        generation: row.try_get(3)?,
        newest: row.try_get(4)?,
        rotated_at: row.try_get(5)?,
        expires_at: row.try_get(6)?,
        revoked_at: row.try_get(7)?,
    })
}

//! The store in one SQLite file, for one process. The statements are here; the thread that runs them, and the
//! file itself, are in `writer`.

mod writer;

use proto::ids::{LoginSessionId, UserId};
use runtime::clock::Timestamp;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use secrecy::{ExposeSecret, SecretSlice};

use self::writer::Writer;
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

/// Users, sessions and keys in one file.
#[derive(Debug)]
pub(super) struct SqliteStore(Writer);

impl SqliteStore {
    pub(super) async fn open(path: &str) -> Result<Self, OpenError> {
        Writer::open(path).await.map(Self)
    }

    pub(super) async fn add_user(&self, added: StoredUser, now: Timestamp) -> Result<bool, Error> {
        const SQL: &str = "INSERT INTO users (id, name, name_key, password, created_at) \
                           VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name_key) DO NOTHING";
        self.0
            .run(move |db| {
                let StoredUser { user, password } = &added;
                let added = db.prepare_cached(SQL)?.execute(params![
                    user.id.as_str(),
                    user.name.as_str(),
                    user.name.key(),
                    password.phc(),
                    now.unix_millis(),
                ])?;
                Ok(added == 1)
            })
            .await
    }

    pub(super) async fn user(&self, name: &Username) -> Result<Option<StoredUser>, Error> {
        const SQL: &str = "SELECT id, name, password FROM users WHERE name_key = ?1";
        let key = name.key();
        let row = self
            .0
            .run(move |db| {
                let read = |row: &Row<'_>| {
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, String>(2)?,
                    ))
                };
                Ok(db.prepare_cached(SQL)?.query_row([key], read).optional()?)
            })
            .await?;
        row.map(|(id, name, password)| {
            Ok(StoredUser {
                user: read_user(&id, &name)?,
                password: StoredPassword::from_phc(password),
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
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.0
            .run(move |db| {
                db.prepare_cached(SQL)?.execute(params![
                    session.id.as_str(),
                    session.user.id.as_str(),
                    session.generation,
                    session.newest.0,
                    session.rotated_at.unix_millis(),
                    session.expires_at.unix_millis(),
                    source.map(|source| source.0),
                ])?;
                Ok(())
            })
            .await
    }

    pub(super) async fn knows_source(
        &self,
        name: &Username,
        source: Source,
    ) -> Result<bool, Error> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM users u JOIN sessions s ON s.user_id = u.id \
                           WHERE u.name_key = ?1 AND s.source = ?2)";
        let key = name.key();
        self.0
            .run(move |db| {
                let mut statement = db.prepare_cached(SQL)?;
                Ok(statement.query_row(params![key, source.0], |row| row.get(0))?)
            })
            .await
    }

    pub(super) async fn session(&self, id: &LoginSessionId) -> Result<Option<LoginSession>, Error> {
        const SQL: &str = "SELECT s.id, u.id, u.name, s.generation, s.newest, s.rotated_at, s.expires_at, \
                           s.revoked_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?1";
        let id = id.clone();
        let row = self
            .0
            .run(move |db| {
                let row = db
                    .prepare_cached(SQL)?
                    .query_row([id.as_str()], read_session);
                Ok(row.optional()?)
            })
            .await?;
        row.map(LoginSession::try_from).transpose()
    }

    pub(super) async fn rotate(&self, rotation: Rotation) -> Result<bool, Error> {
        const SQL: &str = "UPDATE sessions SET generation = generation + 1, newest = ?1, rotated_at = ?2, \
                           source = coalesce(?5, source) WHERE id = ?3 AND generation = ?4 AND revoked_at IS NULL";
        self.0
            .run(move |db| {
                let changed = db.prepare_cached(SQL)?.execute(params![
                    rotation.newest.0,
                    rotation.at.unix_millis(),
                    rotation.session.as_str(),
                    rotation.spent,
                    rotation.source.map(|source| source.0),
                ])?;
                Ok(changed == 1)
            })
            .await
    }

    pub(super) async fn revoke(
        &self,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        const SQL: &str = "UPDATE sessions SET revoked_at = coalesce(revoked_at, ?1) WHERE id = ?2 \
                           RETURNING revoked_at";
        self.mark(SQL, id, now).await
    }

    pub(super) async fn review(
        &self,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        const SQL: &str = "UPDATE sessions SET reviewed_at = max(coalesce(reviewed_at, 0), ?1) \
                           WHERE id = ?2 AND revoked_at IS NULL AND expires_at > ?1 RETURNING reviewed_at";
        self.mark(SQL, id, now).await
    }

    /// Runs a statement that puts a time on a session; gives the time that stands there now.
    async fn mark(
        &self,
        sql: &'static str,
        id: &LoginSessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let id = id.clone();
        self.0
            .run(move |db| {
                let at = db
                    .prepare_cached(sql)?
                    .query_row(params![now.unix_millis(), id.as_str()], |row| row.get(0))
                    .optional()?;
                Ok(at.map(Timestamp::from_unix_millis))
            })
            .await
    }

    pub(super) async fn sessions_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<LoginSession>, Error> {
        const SQL: &str = "SELECT s.id, u.id, u.name, s.generation, s.newest, s.rotated_at, s.expires_at, \
                           s.revoked_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.id = ?1 \
                           AND s.revoked_at IS NULL AND s.expires_at > ?2 ORDER BY s.rotated_at DESC LIMIT ?3";
        let user = user.clone();
        let rows = self
            .0
            .run(move |db| {
                let mut statement = db.prepare_cached(SQL)?;
                let rows = statement.query_map(
                    params![user.as_str(), now.unix_millis(), PIECE],
                    read_session,
                )?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await?;
        rows.into_iter().map(LoginSession::try_from).collect()
    }

    pub(super) async fn marks_since(&self, since: Timestamp) -> Result<Vec<Mark>, Error> {
        const SQL: &str = "SELECT id, revoked_at, true FROM sessions WHERE revoked_at >= ?1 UNION ALL \
                           SELECT id, reviewed_at, false FROM sessions WHERE reviewed_at >= ?1";
        let rows = self
            .0
            .run(move |db| {
                let mut statement = db.prepare_cached(SQL)?;
                let rows = statement.query_map([since.unix_millis()], |row| {
                    Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
                })?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await?;
        rows.iter()
            .map(|(id, at, revoked)| read_mark(id, *at, *revoked))
            .collect()
    }

    pub(super) async fn forget_sessions(&self, before: Timestamp) -> Result<u64, Error> {
        const SQL: &str = "DELETE FROM sessions WHERE id IN \
                           (SELECT id FROM sessions WHERE expires_at < ?1 LIMIT ?2)";
        self.0
            .run(move |db| {
                let gone = db
                    .prepare_cached(SQL)?
                    .execute(params![before.unix_millis(), PIECE])?;
                Ok(gone as u64)
            })
            .await
    }

    pub(super) async fn signing_keys(&self) -> Result<Vec<StoredKey>, Error> {
        const SQL: &str = "SELECT generation, published_at, signs_from, pkcs8 FROM signing_keys ORDER BY generation";
        let rows = self
            .0
            .run(move |db| {
                let mut statement = db.prepare_cached(SQL)?;
                let rows = statement.query_map([], |row| {
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get::<_, Option<i64>>(2)?,
                        SecretSlice::from(row.get::<_, Vec<u8>>(3)?),
                    ))
                })?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await?;
        rows.into_iter()
            .map(|(generation, published_at, signs_from, pkcs8)| {
                Ok(StoredKey {
                    generation: read_generation(generation)?,
                    published_at: Timestamp::from_unix_millis(published_at),
                    signs_from: signs_from.map(Timestamp::from_unix_millis),
                    pkcs8,
                })
            })
            .collect()
    }

    pub(super) async fn add_signing_key(&self, key: StoredKey) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO signing_keys (generation, published_at, signs_from, pkcs8) \
                           VALUES (?1, ?2, ?3, ?4) ON CONFLICT (generation) DO NOTHING";
        self.0
            .run(move |db| {
                db.prepare_cached(SQL)?.execute(params![
                    key.generation,
                    key.published_at.unix_millis(),
                    key.signs_from.map(Timestamp::unix_millis),
                    key.pkcs8.expose_secret(),
                ])?;
                Ok(())
            })
            .await
    }

    pub(super) async fn promote_signing_key(
        &self,
        generation: u32,
        signs_from: Timestamp,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE signing_keys SET signs_from = ?1 WHERE generation = ?2";
        self.change(
            SQL,
            params_from_iter([signs_from.unix_millis(), generation.into()]),
        )
        .await
    }

    pub(super) async fn revoke_signing_key(&self, key: RevokedKey) -> Result<(), Error> {
        const REMEMBER: &str = "INSERT INTO revoked_keys (generation, kid, revoked_at) VALUES (?1, ?2, ?3) \
                                ON CONFLICT (generation) DO NOTHING";
        const REMOVE: &str = "DELETE FROM signing_keys WHERE generation = ?1";
        self.0
            .run(move |db| {
                db.prepare_cached(REMEMBER)?.execute(params![
                    key.generation,
                    key.kid,
                    key.revoked_at.unix_millis()
                ])?;
                db.prepare_cached(REMOVE)?.execute([key.generation])?;
                Ok(())
            })
            .await
    }

    pub(super) async fn revoked_keys(&self) -> Result<Vec<RevokedKey>, Error> {
        const SQL: &str =
            "SELECT generation, kid, revoked_at FROM revoked_keys ORDER BY generation";
        let rows = self
            .0
            .run(move |db| {
                let mut statement = db.prepare_cached(SQL)?;
                let rows =
                    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await?;
        rows.into_iter()
            .map(|(generation, kid, revoked_at)| {
                Ok(RevokedKey {
                    generation: read_generation(generation)?,
                    kid,
                    revoked_at: Timestamp::from_unix_millis(revoked_at),
                })
            })
            .collect()
    }

    pub(super) async fn forget_revoked_key(&self, generation: u32) -> Result<(), Error> {
        const SQL: &str = "DELETE FROM revoked_keys WHERE generation = ?1";
        self.change(SQL, params_from_iter([generation])).await
    }

    pub(super) async fn forget_signing_key(&self, generation: u32) -> Result<(), Error> {
        const SQL: &str = "DELETE FROM signing_keys WHERE generation = ?1";
        self.change(SQL, params_from_iter([generation])).await
    }

    pub(super) async fn find_secret(
        &self,
        name: &'static str,
    ) -> Result<Option<SecretSlice<u8>>, Error> {
        const SQL: &str = "SELECT value FROM secrets WHERE name = ?1";
        self.0
            .run(move |db| {
                let value = db
                    .prepare_cached(SQL)?
                    .query_row([name], |row| row.get::<_, Vec<u8>>(0))
                    .optional()?;
                Ok(value.map(SecretSlice::from))
            })
            .await
    }

    pub(super) async fn forget_secret(&self, name: &'static str) -> Result<(), Error> {
        const SQL: &str = "DELETE FROM secrets WHERE name = ?1";
        self.change(SQL, params_from_iter([name])).await
    }

    /// Runs a statement whose answer does not matter.
    async fn change(
        &self,
        sql: &'static str,
        parameters: impl rusqlite::Params + Send + 'static,
    ) -> Result<(), Error> {
        self.0
            .run(move |db| {
                db.prepare_cached(sql)?.execute(parameters)?;
                Ok(())
            })
            .await
    }

    pub(super) async fn secret(
        &self,
        name: &'static str,
        fresh: SecretSlice<u8>,
    ) -> Result<SecretSlice<u8>, Error> {
        const ADD: &str =
            "INSERT INTO secrets (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
        const READ: &str = "SELECT value FROM secrets WHERE name = ?1";
        self.0
            .run(move |db| {
                db.prepare_cached(ADD)?
                    .execute(params![name, fresh.expose_secret()])?;
                let value: Vec<u8> = db
                    .prepare_cached(READ)?
                    .query_row([name], |row| row.get(0))?;
                Ok(value.into())
            })
            .await
    }
}

fn read_session(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        id: row.get(0)?,
        user_id: row.get(1)?,
        user_name: row.get(2)?,
        generation: row.get(3)?,
        newest: row.get(4)?,
        rotated_at: row.get(5)?,
        expires_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}

//! Invitations by link in SQLite.

use proto::ids::{RecipeId, UserId};
use runtime::clock::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{
    super::{
        Error,
        rows::{role, role_text, unsigned},
    },
    queries::{parsed, text},
};
use crate::share_link::Link;

const LINK: &str = "SELECT id, recipe, role, created_by, created_at, expires_at FROM links";

pub(super) fn add(db: &Connection, link: &Link, token_hash: &str) -> Result<(), Error> {
    db.prepare_cached(
        "INSERT INTO links (id, recipe, token_hash, role, created_by, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        link.id,
        link.recipe.as_str(),
        token_hash,
        role_text(link.role),
        link.created_by.as_str(),
        link.created_at.unix_millis(),
        link.expires_at.unix_millis()
    ])?;
    Ok(())
}

pub(super) fn of(db: &Connection, recipe: &RecipeId, now: Timestamp) -> Result<Vec<Link>, Error> {
    let mut select = db.prepare_cached(&format!(
        "{LINK} WHERE recipe = ?1 AND expires_at > ?2 ORDER BY created_at, id"
    ))?;
    let mut rows = select.query(params![recipe.as_str(), now.unix_millis()])?;
    let mut links = Vec::new();
    while let Some(row) = rows.next()? {
        links.push(link(row)?);
    }
    Ok(links)
}

pub(super) fn count(db: &Connection, user: &UserId, now: Timestamp) -> Result<u64, Error> {
    let count = db
        .prepare_cached("SELECT count(*) FROM links WHERE created_by = ?1 AND expires_at > ?2")?
        .query_row(params![user.as_str(), now.unix_millis()], |row| row.get(0))?;
    Ok(unsigned(count))
}

pub(super) fn find(db: &Connection, token_hash: &str) -> Result<Option<Link>, Error> {
    let mut select = db.prepare_cached(&format!("{LINK} WHERE token_hash = ?1"))?;
    let mut rows = select.query([token_hash])?;
    rows.next()?.map(link).transpose()
}

pub(super) fn delete(db: &Connection, recipe: &RecipeId, id: &str) -> Result<bool, Error> {
    let deleted = db
        .prepare_cached("DELETE FROM links WHERE recipe = ?1 AND id = ?2")?
        .execute([recipe.as_str(), id])?;
    Ok(deleted > 0)
}

pub(super) fn delete_expired(db: &Connection, now: Timestamp, limit: u32) -> Result<u64, Error> {
    let deleted = db
        .prepare_cached(
            "DELETE FROM links WHERE id IN
                 (SELECT id FROM links WHERE expires_at <= ?1 LIMIT ?2)",
        )?
        .execute(params![now.unix_millis(), limit])?;
    Ok(deleted as u64)
}

fn link(row: &Row<'_>) -> Result<Link, Error> {
    Ok(Link {
        id: row.get(0)?,
        recipe: parsed(row, 1)?,
        role: role(text(row, 2)?),
        created_by: parsed(row, 3)?,
        created_at: Timestamp::from_unix_millis(row.get(4)?),
        expires_at: Timestamp::from_unix_millis(row.get(5)?),
    })
}

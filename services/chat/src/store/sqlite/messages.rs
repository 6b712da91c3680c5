//! The messages of recipes, read in SQLite.

use std::sync::Arc;

use proto::ids::{RecipeId, Revision};
use runtime::clock::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{
    super::{
        Error, Page, Prefer,
        rows::{signed, unsigned},
    },
    queries::{parsed, text},
};
use crate::message::{
    AcceptedBefore, Content, ContentDigest, Message, MessageKey, Principal, shortened,
};

const MESSAGE: &str = "SELECT revision, id, author, author_name, content, effect, hint, accepted_at, content_digest \
                       FROM messages";

pub(super) fn find(
    db: &Connection,
    keys: &[MessageKey],
) -> Result<Vec<(MessageKey, AcceptedBefore)>, Error> {
    let mut select = db.prepare_cached(&format!(
        "{MESSAGE} WHERE recipe = ?1 AND author = ?2 AND id = ?3"
    ))?;
    let mut found = Vec::new();
    for key in keys {
        let mut rows = select.query([key.recipe.as_str(), key.author.as_str(), key.id.as_str()])?;
        if let Some(row) = rows.next()? {
            let accepted = AcceptedBefore {
                message: Arc::new(message(row)?),
                digest: row.get::<_, Option<_>>(8)?.map(ContentDigest::stored),
            };
            found.push((key.clone(), accepted));
        }
    }
    Ok(found)
}

pub(super) fn of_page(
    db: &Connection,
    recipe: &RecipeId,
    page: Page,
) -> Result<Vec<Arc<Message>>, Error> {
    let order = match page.prefer {
        Prefer::Oldest => "",
        Prefer::Newest => "DESC",
    };
    let mut select = db.prepare_cached(&format!(
        "{MESSAGE} WHERE recipe = ?1 AND revision <= ?3 AND content_digest IS NULL AND revision >
             max(?2, coalesce((SELECT emptied_upto FROM recipes WHERE id = ?1), 0))
         ORDER BY revision {order} LIMIT ?4"
    ))?;
    let mut rows = select.query(params![
        recipe.as_str(),
        signed(page.after),
        signed(page.upto),
        page.limit as i64
    ])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(Arc::new(message(row)?));
    }
    if page.prefer == Prefer::Newest {
        messages.reverse();
    }
    Ok(messages)
}

pub(super) fn at(
    db: &Connection,
    recipe: &RecipeId,
    revision: Revision,
) -> Result<Option<Arc<Message>>, Error> {
    let mut select =
        db.prepare_cached(&format!("{MESSAGE} WHERE recipe = ?1 AND revision = ?2"))?;
    let mut rows = select.query(params![recipe.as_str(), signed(revision)])?;
    let found = rows.next()?.map(message).transpose()?;
    Ok(found.map(Arc::new))
}

pub(super) fn changes(
    db: &Connection,
    recipe: &RecipeId,
    before: Revision,
    limit: usize,
) -> Result<Vec<Arc<Message>>, Error> {
    let mut select = db.prepare_cached(&format!(
        "{MESSAGE} WHERE recipe = ?1 AND revision IN (SELECT revision FROM stored_versions
             WHERE recipe = ?1 AND revision > 0 AND revision < ?2
             ORDER BY revision DESC LIMIT ?3)
         ORDER BY revision DESC"
    ))?;
    let mut rows = select.query(params![recipe.as_str(), signed(before), limit as i64])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(Arc::new(message(row)?));
    }
    Ok(messages)
}

fn message(row: &Row<'_>) -> Result<Message, Error> {
    let user = parsed(row, 2)?;
    Ok(Message {
        revision: unsigned(row.get(0)?),
        id: parsed(row, 1)?,
        author: Principal::new(user, text(row, 3)?).map_err(Error::malformed)?,
        content: Content::stored(text(row, 4)?),
        effect: row.get::<_, Option<String>>(5)?.map(shortened),
        hint: row.get::<_, Option<String>>(6)?.map(shortened),
        accepted_at: Timestamp::from_unix_millis(row.get(7)?),
        suggestions: Vec::new(),
        changes: Vec::new(),
    })
}

//! The statements that SQLite runs, each inside the transaction of its thread.

use std::{str::FromStr, sync::Arc};

use proto::ids::{RecipeId, Revision, UserId};
use runtime::clock::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    super::{
        Error, Snapshot, Tail, Version,
        rows::{RecipeRow, from_json, role, role_text, signed, unsigned, visibility},
    },
    messages, visits,
};
use crate::{
    access::{Access, Member},
    recipe_state::RecipeState,
};

pub(super) fn create(db: &Connection, row: &RecipeRow) -> Result<bool, Error> {
    let state = row.versions.last().map(|(_, state)| state);
    let created = db
        .prepare_cached(
            "INSERT INTO recipes (id, owner, visibility, title, revision, state, state_revision,
                 undo, created_at, changed_at, published)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10
             WHERE NOT EXISTS (SELECT 1 FROM retired_ids WHERE id = ?1) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            row.id,
            row.owner,
            row.visibility,
            row.title,
            row.revision,
            state,
            row.state_revision,
            row.undo,
            row.changed_at,
            row.published
        ])?;
    if created == 0 {
        return Ok(false);
    }
    insert_versions(db, row)?;
    Ok(true)
}

/// Writes what is new about a recipe, unless it is no longer at the expected position.
pub(super) fn advance(db: &Connection, row: &RecipeRow) -> Result<bool, Error> {
    let advanced = match row.is_talk {
        true => advance_by_talk(db, row)?,
        false => advance_by_change(db, row)?,
    };
    if advanced == 0 {
        return Ok(false);
    }
    insert_messages(db, row)?;
    insert_versions(db, row)?;
    write_members(db, row)?;
    Ok(true)
}

/// Most messages change nothing but how far the recipe has come: no index and no trigger has to do with that.
fn advance_by_talk(db: &Connection, row: &RecipeRow) -> rusqlite::Result<usize> {
    db.prepare_cached(
        "UPDATE recipes SET revision = ?3, changed_at = ?4
         WHERE id = ?1 AND revision = ?2 AND (?5 IS NULL OR ?5 =
             (SELECT id FROM messages WHERE recipe = ?1 AND revision = ?2))",
    )?
    .execute(params![
        row.id,
        row.expected,
        row.revision,
        row.changed_at,
        row.expected_message
    ])
}

fn advance_by_change(db: &Connection, row: &RecipeRow) -> rusqlite::Result<usize> {
    let state = row.versions.last().map(|(_, state)| state);
    let undo = state.map(|_| &row.undo);
    db.prepare_cached(
        "UPDATE recipes SET revision = ?3, visibility = ?4, changed_at = ?5, title = ?6,
             state_revision = ?7, state = coalesce(?8, state), undo = coalesce(?9, undo),
             published = ?11, owner = ?12
         WHERE id = ?1 AND revision = ?2 AND (?10 IS NULL OR ?10 =
             (SELECT id FROM messages WHERE recipe = ?1 AND revision = ?2))",
    )?
    .execute(params![
        row.id,
        row.expected,
        row.revision,
        row.visibility,
        row.changed_at,
        row.title,
        row.state_revision,
        state,
        undo,
        row.expected_message,
        row.published,
        row.owner
    ])
}

fn insert_messages(db: &Connection, row: &RecipeRow) -> Result<(), Error> {
    let mut insert = db.prepare_cached(
        "INSERT INTO messages (recipe, revision, id, author, author_name, content, effect, hint,
             accepted_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for message in &row.messages {
        insert.execute(params![
            row.id,
            signed(message.revision),
            message.id.as_str(),
            message.author.user.as_str(),
            message.author.shown_name(),
            message.content.as_str(),
            message.effect,
            message.hint,
            message.accepted_at.unix_millis()
        ])?;
    }
    Ok(())
}

fn insert_versions(db: &Connection, row: &RecipeRow) -> Result<(), Error> {
    let mut insert = db.prepare_cached(
        "INSERT INTO stored_versions (recipe, revision, state) VALUES (?1, ?2, ?3)",
    )?;
    for (revision, state) in &row.versions {
        insert.execute(params![row.id, revision, state])?;
    }
    Ok(())
}

fn write_members(db: &Connection, row: &RecipeRow) -> Result<(), Error> {
    for (name, member) in &row.members {
        match member {
            Some(member) => db
                .prepare_cached(
                    "INSERT INTO members (recipe, name, user_id, role, since)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (recipe, name) DO UPDATE SET role = excluded.role,
                         user_id = coalesce(user_id, excluded.user_id)",
                )?
                .execute(params![
                    row.id,
                    name,
                    member.user.as_ref().map(UserId::as_str),
                    role_text(member.role),
                    row.changed_at
                ])?,
            None => db
                .prepare_cached("DELETE FROM members WHERE recipe = ?1 AND name = ?2")?
                .execute(params![row.id, name])?,
        };
    }
    Ok(())
}

pub(super) fn load(db: &Connection, recipes: &[RecipeId]) -> Result<Vec<RecipeState>, Error> {
    let mut found = Vec::with_capacity(recipes.len());
    for recipe in recipes {
        found.extend(load_one(db, recipe)?);
    }
    Ok(found)
}

fn load_one(db: &Connection, recipe: &RecipeId) -> Result<Option<RecipeState>, Error> {
    let mut select = db.prepare_cached(
        "SELECT owner, visibility, revision, state, state_revision, undo, changed_at,
             (SELECT m.id FROM messages m WHERE m.recipe = r.id AND m.revision = r.revision),
             published, emptied_upto
         FROM recipes r WHERE id = ?1",
    )?;
    let mut rows = select.query([recipe.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(RecipeState {
        id: recipe.clone(),
        access: Access {
            owner: parsed(row, 0)?,
            visibility: visibility(text(row, 1)?, row.get(8)?),
            members: members(db, recipe)?,
        },
        revision: unsigned(row.get(2)?),
        last_message: row
            .get::<_, Option<String>>(7)?
            .map(|id| parse(&id))
            .transpose()?,
        recipe: Arc::new(from_json(text(row, 3)?)?),
        recipe_revision: unsigned(row.get(4)?),
        undo: from_json(text(row, 5)?)?,
        changed_at: Timestamp::from_unix_millis(row.get(6)?),
        emptied_upto: unsigned(row.get(9)?),
    }))
}

fn members(db: &Connection, recipe: &RecipeId) -> Result<Vec<Member>, Error> {
    let mut select = db.prepare_cached(
        "SELECT name, user_id, role FROM members WHERE recipe = ?1 ORDER BY name",
    )?;
    let mut rows = select.query([recipe.as_str()])?;
    let mut members = Vec::new();
    while let Some(row) = rows.next()? {
        let user: Option<String> = row.get(1)?;
        members.push(Member {
            name: row.get(0)?,
            user: user.map(|user| parse(&user)).transpose()?,
            role: role(text(row, 2)?),
        });
    }
    Ok(members)
}

/// All of one moment: the thread has one transaction for it.
pub(super) fn snapshot(
    db: &Connection,
    recipe: &RecipeId,
    user: &UserId,
    tail: Tail,
) -> Result<Option<Snapshot>, Error> {
    let Some(recipe_state) = load_one(db, recipe)? else {
        return Ok(None);
    };
    let messages = match tail.page(recipe_state.revision) {
        Some(page) => messages::of_page(db, recipe, page)?,
        None => Vec::new(),
    };
    Ok(Some(Snapshot {
        called: visits::called_at(db, recipe, user)?,
        messages,
        recipe_state,
    }))
}

pub(super) fn versions(
    db: &Connection,
    recipe: &RecipeId,
    from: Revision,
    upto: Revision,
    bytes: usize,
) -> Result<(Vec<Version>, Revision), Error> {
    let mut select = db.prepare_cached(
        "SELECT revision, state FROM versions
         WHERE recipe = ?1 AND revision <= ?3 AND revision >=
             (SELECT max(revision) FROM stored_versions WHERE recipe = ?1 AND revision <= ?2)
         ORDER BY revision",
    )?;
    let mut rows = select.query(params![recipe.as_str(), signed(from), signed(upto)])?;
    let (mut versions, mut read) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let revision = unsigned(row.get(0)?);
        if versions.len() >= 2 && read >= bytes {
            return Ok((versions, revision - 1));
        }
        let state = text(row, 1)?;
        read += state.len();
        versions.push((revision, Arc::new(from_json(state)?)));
    }
    Ok((versions, upto))
}

pub(super) fn count_members(db: &Connection, owner: &UserId) -> Result<u64, Error> {
    let count = db
        .prepare_cached(
            "SELECT count(*) FROM recipes r JOIN members m ON m.recipe = r.id WHERE r.owner = ?1",
        )?
        .query_row([owner.as_str()], |row| row.get(0))?;
    Ok(unsigned(count))
}

pub(super) fn owned(db: &Connection, owner: &UserId) -> Result<u64, Error> {
    let count = db
        .prepare_cached("SELECT count(*) FROM recipes WHERE owner = ?1")?
        .query_row([owner.as_str()], |row| row.get(0))?;
    Ok(unsigned(count))
}

pub(super) fn bind(
    db: &Connection,
    recipe: &RecipeId,
    name: &str,
    user: &UserId,
) -> Result<(), Error> {
    db.prepare_cached(
        "UPDATE members SET user_id = ?3 WHERE recipe = ?1 AND name = ?2 AND user_id IS NULL",
    )?
    .execute([recipe.as_str(), name, user.as_str()])?;
    Ok(())
}

/// Nothing of it is left but its id, which is never given again.
pub(super) fn delete(db: &Connection, recipe: &RecipeId) -> Result<bool, Error> {
    let deleted = db
        .prepare_cached("DELETE FROM recipes WHERE id = ?1")?
        .execute([recipe.as_str()])?;
    if deleted == 0 {
        return Ok(false);
    }
    for statement in [
        "DELETE FROM messages WHERE recipe = ?1",
        "DELETE FROM stored_versions WHERE recipe = ?1",
        "DELETE FROM members WHERE recipe = ?1",
        "DELETE FROM visits WHERE recipe = ?1",
        "DELETE FROM links WHERE recipe = ?1",
        "DELETE FROM webhooks WHERE recipe = ?1",
        "INSERT INTO retired_ids (id) VALUES (?1) ON CONFLICT DO NOTHING",
    ] {
        db.prepare_cached(statement)?.execute([recipe.as_str()])?;
    }
    Ok(true)
}

pub(super) fn is_retired(db: &Connection, recipe: &RecipeId) -> Result<bool, Error> {
    Ok(db
        .prepare_cached("SELECT 1 FROM retired_ids WHERE id = ?1")?
        .exists([recipe.as_str()])?)
}

pub(super) fn revisions(
    db: &Connection,
    recipes: &[RecipeId],
) -> Result<Vec<(RecipeId, Revision)>, Error> {
    let mut select = db.prepare_cached("SELECT revision FROM recipes WHERE id = ?1")?;
    let mut found = Vec::with_capacity(recipes.len());
    for recipe in recipes {
        let revision = select
            .query_row([recipe.as_str()], |row| row.get(0))
            .optional()?;
        found.extend(revision.map(|revision| (recipe.clone(), unsigned(revision))));
    }
    Ok(found)
}

pub(super) fn text<'row>(row: &'row Row<'_>, column: usize) -> Result<&'row str, Error> {
    let value = row.get_ref(column)?;
    value.as_str().map_err(Error::malformed)
}

pub(super) fn parsed<T>(row: &Row<'_>, column: usize) -> Result<T, Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    parse(text(row, column)?)
}

fn parse<T>(text: &str) -> Result<T, Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.parse().map_err(Error::malformed)
}

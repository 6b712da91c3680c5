//! Who has come to a recipe, and what they are called there.

use std::collections::HashSet;

use proto::ids::{RecipeId, UserId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::queries::parsed;
use crate::{
    message::Principal,
    names::{Called, Candidate},
    store::{Error, Visit},
};

/// The look is told not to be empty, so that the index serves which holds only those that are not.
const IS_TAKEN: &str = "
    SELECT 1 FROM visits WHERE recipe = ?1 AND look = ?2 AND look <> '' AND user_id <> ?3";

const VISIT: &str = "
    INSERT INTO visits (user_id, recipe, user_name, chosen_name, shown_name, look)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (user_id, recipe) DO UPDATE SET user_name = excluded.user_name,
        chosen_name = excluded.chosen_name, shown_name = excluded.shown_name, look = excluded.look";

pub(super) fn visit(
    db: &Connection,
    recipe: &RecipeId,
    who: &Principal,
    names: &[Candidate],
) -> Result<Visit, Error> {
    let first = !db
        .prepare_cached("SELECT 1 FROM visits WHERE user_id = ?1 AND recipe = ?2")?
        .exists([who.user.as_str(), recipe.as_str()])?;
    let mut is_taken = db.prepare_cached(IS_TAKEN)?;
    let mut name = None;
    for candidate in names {
        if !is_taken.exists([recipe.as_str(), &candidate.look, who.user.as_str()])? {
            name = Some(candidate);
            break;
        }
    }
    let name = name.ok_or(Error::Repeated)?;
    db.prepare_cached(VISIT)?.execute(params![
        who.user.as_str(),
        recipe.as_str(),
        who.name(),
        who.shown_name(),
        name.name,
        name.look
    ])?;
    Ok(Visit {
        first,
        name: name.name.as_str().into(),
    })
}

pub(super) fn called(
    db: &Connection,
    people: &[(RecipeId, UserId)],
) -> Result<Vec<(RecipeId, UserId, Called)>, Error> {
    let mut found = Vec::new();
    for (recipe, user) in people {
        let called = called_at(db, recipe, user)?;
        found.extend(called.map(|called| (recipe.clone(), user.clone(), called)));
    }
    Ok(found)
}

pub(super) fn called_at(
    db: &Connection,
    recipe: &RecipeId,
    user: &UserId,
) -> Result<Option<Called>, Error> {
    let mut select = db.prepare_cached(
        "SELECT chosen_name, shown_name FROM visits WHERE user_id = ?1 AND recipe = ?2",
    )?;
    let called = select.query_row([user.as_str(), recipe.as_str()], |row| {
        let (chosen, name): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(Called {
            chosen: chosen.into(),
            name: name.into(),
        })
    });
    Ok(called.optional()?)
}

pub(super) fn visitor_name(
    db: &Connection,
    recipe: &RecipeId,
    user: &UserId,
) -> Result<Option<String>, Error> {
    let mut select = db.prepare_cached(
        "SELECT coalesce(nullif(shown_name, ''), user_name) FROM visits
         WHERE user_id = ?1 AND recipe = ?2",
    )?;
    let name = select.query_row([user.as_str(), recipe.as_str()], |row| row.get(0));
    Ok(name.optional()?)
}

pub(super) fn forget_visit(db: &Connection, recipe: &RecipeId, user: &UserId) -> Result<(), Error> {
    db.prepare_cached("DELETE FROM visits WHERE user_id = ?1 AND recipe = ?2")?
        .execute([user.as_str(), recipe.as_str()])?;
    Ok(())
}

pub(super) fn visitors(db: &Connection, recipe: &RecipeId) -> Result<HashSet<UserId>, Error> {
    let mut select = db.prepare_cached("SELECT user_id FROM visits WHERE recipe = ?1")?;
    let mut rows = select.query([recipe.as_str()])?;
    let mut visitors = HashSet::new();
    while let Some(row) = rows.next()? {
        visitors.insert(parsed(row, 0)?);
    }
    Ok(visitors)
}

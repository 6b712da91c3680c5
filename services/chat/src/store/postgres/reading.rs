//! Rows of PostgreSQL as domain values.

use std::{str::FromStr, sync::Arc};

use proto::ids::MessageId;
use runtime::clock::Timestamp;
use sqlx::{Row, postgres::PgRow};

use super::super::{
    Error,
    rows::{from_json, role, unsigned, visibility},
};
use crate::{
    access::{Access, Member},
    message::{Content, Message, Principal, shortened},
    recipe_state::RecipeState,
};

pub(super) fn recipe_state(row: &PgRow) -> Result<RecipeState, Error> {
    Ok(RecipeState {
        id: parsed(row, 0)?,
        access: Access {
            owner: parsed(row, 1)?,
            visibility: visibility(row.try_get(2)?, row.try_get(12)?),
            members: members(row)?,
        },
        revision: unsigned(row.try_get(3)?),
        last_message: last_message(row)?,
        recipe: Arc::new(from_json(row.try_get(4)?)?),
        recipe_revision: unsigned(row.try_get(5)?),
        undo: from_json(row.try_get(6)?)?,
        changed_at: Timestamp::from_unix_millis(row.try_get(7)?),
        emptied_upto: unsigned(row.try_get(13)?),
    })
}

fn last_message(row: &PgRow) -> Result<Option<MessageId>, Error> {
    let id: Option<&str> = row.try_get(11)?;
    id.map(parse).transpose()
}

fn members(row: &PgRow) -> Result<Vec<Member>, Error> {
    let names: Vec<String> = row.try_get(8)?;
    let users: Vec<Option<String>> = row.try_get(9)?;
    let roles: Vec<String> = row.try_get(10)?;
    let members = names.into_iter().zip(users).zip(roles);
    members
        .map(|((name, user), stored)| {
            Ok(Member {
                name,
                user: user.map(|user| parse(&user)).transpose()?,
                role: role(&stored),
            })
        })
        .collect()
}

pub(super) fn message(row: &PgRow) -> Result<Message, Error> {
    Ok(Message {
        revision: unsigned(row.try_get(0)?),
        id: parsed(row, 1)?,
        author: principal(row, 2)?,
        content: Content::stored(row.try_get(4)?),
        effect: row.try_get::<Option<String>, _>(5)?.map(shortened),
        hint: row.try_get::<Option<String>, _>(6)?.map(shortened),
        accepted_at: Timestamp::from_unix_millis(row.try_get(7)?),
        suggestions: Vec::new(),
        changes: Vec::new(),
    })
}

/// A user's id, and the name beside it.
fn principal(row: &PgRow, column: usize) -> Result<Principal, Error> {
    Principal::new(parsed(row, column)?, row.try_get(column + 1)?).map_err(Error::malformed)
}

pub(super) fn parsed<T>(row: &PgRow, column: usize) -> Result<T, Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    parse(row.try_get(column)?)
}

fn parse<T>(text: &str) -> Result<T, Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.parse().map_err(Error::malformed)
}

//! What a commit sends: the rows of each table, one array for each column.

use runtime::database::postgres::Statement;

use super::super::rows::{RecipeRow, role_text, signed};
use crate::{access::Member, message::Message};

pub(super) fn bind_messages<'q>(query: Statement<'q>, rows: &[RecipeRow]) -> Statement<'q> {
    let messages: Vec<(&str, &Message)> = rows
        .iter()
        .flat_map(|row| row.messages.iter().map(|m| (row.id.as_str(), &**m)))
        .collect();
    query
        .bind(column(&messages, |(recipe, _)| (*recipe).to_owned()))
        .bind(column(&messages, |(_, m)| signed(m.revision)))
        .bind(column(&messages, |(_, m)| m.id.to_string()))
        .bind(column(&messages, |(_, m)| m.author.user.to_string()))
        .bind(column(&messages, |(_, m)| m.author.shown_name().to_owned()))
        .bind(column(&messages, |(_, m)| m.content.as_str().to_owned()))
        .bind(column(&messages, |(_, m)| m.effect.clone()))
        .bind(column(&messages, |(_, m)| m.hint.clone()))
        .bind(column(&messages, |(_, m)| m.accepted_at.unix_millis()))
}

pub(super) fn bind_versions<'q>(query: Statement<'q>, rows: &[RecipeRow]) -> Statement<'q> {
    let versions: Vec<_> = rows
        .iter()
        .flat_map(|row| row.versions.iter().map(|version| (row.id.clone(), version)))
        .collect();
    query
        .bind(column(&versions, |(recipe, _)| recipe.clone()))
        .bind(column(&versions, |(_, (revision, _))| *revision))
        .bind(column(&versions, |(_, (_, state))| state.clone()))
}

/// Those who are members now, then those who are not any more.
pub(super) fn bind_members<'q>(query: Statement<'q>, rows: &[RecipeRow]) -> Statement<'q> {
    let members = || {
        rows.iter().flat_map(|row| {
            row.members
                .iter()
                .map(move |(name, member)| (row, name, member))
        })
    };
    let present: Vec<(&str, &Member)> = members()
        .filter_map(|(row, _, member)| Some((row.id.as_str(), member.as_ref()?)))
        .collect();
    let gone: Vec<(&str, &str)> = members()
        .filter(|(_, _, member)| member.is_none())
        .map(|(row, name, _)| (row.id.as_str(), name.as_str()))
        .collect();
    query
        .bind(column(&present, |(recipe, _)| (*recipe).to_owned()))
        .bind(column(&present, |(_, member)| member.name.clone()))
        .bind(column(&present, |(_, member)| {
            member.user.as_ref().map(ToString::to_string)
        }))
        .bind(column(&present, |(_, member)| role_text(member.role)))
        .bind(column(&gone, |(recipe, _)| (*recipe).to_owned()))
        .bind(column(&gone, |(_, name)| (*name).to_owned()))
}

/// One column of what is sent: a statement takes many rows as one array for each.
pub(super) fn column<'a, R, T>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

//! Lists of somebody's recipes in PostgreSQL.

use proto::ids::UserId;
use runtime::clock::Timestamp;
use sqlx::{Row as _, postgres::PgRow};

use super::{
    super::{
        Error, Listing, Summary,
        rows::{from_json, owner_named, people, person, right_in_list, unsigned, visibility},
    },
    Postgres,
    reading::parsed,
    statements,
};
use crate::{access::folded, message::Principal};

impl Postgres {
    pub(in crate::store) async fn list(&self, listing: Listing) -> Result<Vec<Summary>, Error> {
        let who = &listing.who;
        let after = listing.after.as_ref();
        let query = sqlx::query(statements::LIST)
            .bind(who.user.as_str())
            .bind(folded(who.name()))
            .bind(after.map(|(changed_at, _)| changed_at.unix_millis()))
            .bind(after.map(|(_, id)| id.as_str()))
            .bind(matching(&listing.words))
            .bind(i64::try_from(listing.limit).unwrap_or(i64::MAX));
        let rows = self.rows(query).await?;
        rows.iter().map(|row| summary(row, who)).collect()
    }
}

/// Every word must be there, each perhaps as the beginning of one. Words are letters and digits.
fn matching(words: &[String]) -> Option<String> {
    let quoted: Vec<_> = words.iter().map(|word| format!("'{word}':*")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" & "))
}

fn summary(row: &PgRow, who: &Principal) -> Result<Summary, Error> {
    let owner: UserId = parsed(row, 4)?;
    let visibility = visibility(row.try_get(8)?, row.try_get(9)?);
    let member: Option<&str> = row.try_get(10)?;
    let servings: Option<i64> = row.try_get(11)?;
    let tags: Option<&str> = row.try_get(12)?;
    let first_ingredients: Option<&str> = row.try_get(13)?;
    let is_of_it = owner == who.user || member.is_some();
    let people_there: Option<&str> = row.try_get(14)?;
    Ok(Summary {
        id: parsed(row, 0)?,
        title: row.try_get(1)?,
        revision: unsigned(row.try_get(2)?),
        changed_at: Timestamp::from_unix_millis(row.try_get(3)?),
        right: right_in_list(&owner, visibility, member, who),
        changed_by: person(row.try_get(6)?, row.try_get(7)?)?,
        owner: owner_named(owner, row.try_get(5)?)?,
        servings: servings
            .and_then(|servings| u32::try_from(servings).ok())
            .unwrap_or_default(),
        tags: tags.map_or(Ok(Vec::new()), from_json)?,
        first_ingredients: first_ingredients.map_or(Ok(Vec::new()), from_json)?,
        people: people_there
            .filter(|_| is_of_it)
            .map_or(Ok(Vec::new()), people)?,
    })
}

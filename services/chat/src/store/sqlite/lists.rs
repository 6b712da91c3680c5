//! Lists of somebody's recipes in SQLite.

use proto::ids::UserId;
use runtime::clock::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{
    super::{
        Error, Listing, Summary,
        rows::{from_json, owner_named, people, person, right_in_list, unsigned, visibility},
    },
    queries::{parsed, text},
};
use crate::{access::folded, message::Principal};

pub(super) fn list(db: &Connection, listing: &Listing) -> Result<Vec<Summary>, Error> {
    let mut select = db.prepare_cached(
        "SELECT id, title, revision, changed_at, owner,
             (SELECT coalesce(nullif(shown_name, ''), user_name)
                 FROM visits WHERE user_id = r.owner AND recipe = r.id),
             (SELECT author FROM messages WHERE recipe = r.id AND revision = r.revision),
             (SELECT author_name FROM messages WHERE recipe = r.id AND revision = r.revision),
             visibility, published,
             (SELECT role FROM members m WHERE m.recipe = r.id
                 AND (m.user_id = ?1 OR m.user_id IS NULL AND m.name = ?2)),
             state ->> '$.servings', state -> '$.tags',
             (SELECT json_group_array(value ->> '$.name' ORDER BY key)
                 FROM json_each(state, '$.ingredients') WHERE key < 3),
             (SELECT json_group_array(json_array(user_id, name_there) ORDER BY since, name)
                 FROM (SELECT m.user_id, coalesce(nullif(v.shown_name, ''), v.user_name) AS name_there,
                         m.since, m.name
                     FROM members m JOIN visits v
                         ON v.user_id = m.user_id AND v.recipe = m.recipe
                     WHERE m.recipe = r.id ORDER BY m.since, m.name LIMIT 3))
         FROM recipes r
         WHERE id IN (
                 SELECT id FROM recipes WHERE owner = ?1
                 UNION SELECT recipe FROM visits WHERE user_id = ?1
                 UNION SELECT recipe FROM members WHERE user_id = ?1
                 UNION SELECT recipe FROM members WHERE user_id IS NULL AND name = ?2)
             AND (owner = ?1 OR visibility = 'public' OR published OR EXISTS
                 (SELECT 1 FROM members m WHERE m.recipe = r.id
                     AND (m.user_id = ?1 OR m.user_id IS NULL AND m.name = ?2)))
             AND (?3 IS NULL OR changed_at < ?3 OR changed_at = ?3 AND id > ?4)
             AND (?5 IS NULL OR id IN
                 (SELECT recipe FROM search_rows WHERE number IN
                     (SELECT rowid FROM search WHERE search MATCH ?5)))
         ORDER BY changed_at DESC, id LIMIT ?6",
    )?;
    let who = &listing.who;
    let after = listing.after.as_ref();
    let mut rows = select.query(params![
        who.user.as_str(),
        folded(who.name()),
        after.map(|(changed_at, _)| changed_at.unix_millis()),
        after.map(|(_, id)| id.as_str()),
        matching(&listing.words),
        listing.limit as i64
    ])?;
    let mut summaries = Vec::new();
    while let Some(row) = rows.next()? {
        summaries.push(summary(row, who)?);
    }
    Ok(summaries)
}

/// Every word must be there, each perhaps as the beginning of one. Words are letters and digits.
fn matching(words: &[String]) -> Option<String> {
    let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"*")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" "))
}

fn summary(row: &Row<'_>, who: &Principal) -> Result<Summary, Error> {
    let owner: UserId = parsed(row, 4)?;
    let visibility = visibility(text(row, 8)?, row.get(9)?);
    let member: Option<String> = row.get(10)?;
    let tags: Option<String> = row.get(12)?;
    let first_ingredients: String = row.get(13)?;
    let is_of_it = owner == who.user || member.is_some();
    let people_there: String = row.get(14)?;
    Ok(Summary {
        id: parsed(row, 0)?,
        title: row.get(1)?,
        revision: unsigned(row.get(2)?),
        changed_at: Timestamp::from_unix_millis(row.get(3)?),
        right: right_in_list(&owner, visibility, member.as_deref(), who),
        changed_by: person(row.get(6)?, row.get(7)?)?,
        owner: owner_named(owner, row.get(5)?)?,
        servings: row.get::<_, Option<u32>>(11)?.unwrap_or_default(),
        tags: tags.map_or(Ok(Vec::new()), |tags| from_json(&tags))?,
        first_ingredients: from_json(&first_ingredients)?,
        people: if is_of_it {
            people(&people_there)?
        } else {
            Vec::new()
        },
    })
}

//! What is noted of recipes for operators, the same for both databases.

use proto::ids::UserId;
use runtime::clock::Timestamp;
use tokio::time::timeout;
use tracing::{Instrument as _, debug_span};

use super::{CALL_TIMEOUT, Error, Store};
use crate::audit::{AuditEvent, AuditFilter, Noted};

/// How many columns a listed event has.
const COLUMNS: usize = 6;

const ADD: &str = "INSERT INTO audit (at, kind, user_id, recipe, about) \
                   VALUES (CAST($1 AS BIGINT), $2, $3, $4, $5)";
/// An event of one user or recipe is found by its index, of anybody by its number.
macro_rules! list {
    ($which:literal) => {
        concat!(
            "SELECT CAST(id AS TEXT), CAST(at AS TEXT), kind, user_id, recipe, about FROM audit \
             WHERE at >= CAST($1 AS BIGINT) AND id < CAST($2 AS BIGINT) AND (kind = $3 OR $3 = '') AND ",
            $which,
            " ORDER BY audit.id DESC LIMIT CAST($6 AS BIGINT)"
        )
    };
}
const ALL: &str = list!("$4 = '' AND $5 = ''");
const OF_USER: &str = list!("user_id = $4 AND (recipe = $5 OR $5 = '')");
const OF_RECIPE: &str = list!("recipe = $5 AND $4 = ''");
const FORGET: &str = "DELETE FROM audit WHERE id IN \
                      (SELECT id FROM audit WHERE at < CAST($1 AS BIGINT) ORDER BY at LIMIT CAST($2 AS BIGINT)) \
                      RETURNING CAST(id AS TEXT)";
const FORGET_USER: &str = "UPDATE audit SET user_id = '' WHERE user_id = $1";

impl Store {
    /// Keeps events, all or none of them.
    pub(crate) async fn add_audit_events(&self, events: Vec<AuditEvent>) -> Result<(), Error> {
        let statements = events.into_iter().map(|event| {
            let parameters = vec![
                event.at.unix_millis().to_string(),
                event.kind.to_owned(),
                event.user.to_string(),
                event.recipe.to_string(),
                event.about,
            ];
            (ADD, parameters)
        });
        ask!(self, execute(statements.collect()))
    }

    /// Events that pass a filter, the newest first.
    pub(crate) async fn audit_events(&self, filter: AuditFilter) -> Result<Vec<Noted>, Error> {
        let sql = match (filter.user_id.as_str(), filter.recipe.as_str()) {
            ("", "") => ALL,
            ("", _) => OF_RECIPE,
            (_, _) => OF_USER,
        };
        let before = match i64::try_from(filter.before) {
            Ok(0) | Err(_) => i64::MAX,
            Ok(before) => before,
        };
        let parameters = vec![
            filter.since.unix_millis().to_string(),
            before.to_string(),
            filter.kind,
            filter.user_id,
            filter.recipe,
            filter.limit.to_string(),
        ];
        let rows = ask!(self, texts(sql, parameters, COLUMNS))?;
        rows.into_iter().map(read_event).collect()
    }

    /// Forgets events from before then, at most so many; tells how many there were.
    pub(crate) async fn delete_old_audit_events(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, Error> {
        let parameters = vec![before.unix_millis().to_string(), limit.to_string()];
        let rows = ask!(self, change(FORGET, parameters))?;
        Ok(rows as u64)
    }

    /// Keeps what a user did, and not that it was them.
    pub(crate) async fn forget_in_audit(&self, user: &UserId) -> Result<(), Error> {
        ask!(self, execute(vec![(FORGET_USER, vec![user.to_string()])]))
    }
}

fn read_event(columns: Vec<String>) -> Result<Noted, Error> {
    let [id, at, kind, user_id, recipe, about]: [String; COLUMNS] = columns
        .try_into()
        .map_err(|_| Error::malformed(std::fmt::Error))?;
    Ok(Noted {
        id: id.parse().map_err(Error::malformed)?,
        at: Timestamp::from_unix_millis(at.parse().map_err(Error::malformed)?),
        kind,
        user_id,
        recipe,
        about,
    })
}

//! Webhooks, the same for both databases.

use proto::ids::{RecipeId, Revision};
use runtime::clock::Timestamp;
use tokio::time::timeout;
use tracing::{Instrument as _, debug_span};

use super::{CALL_TIMEOUT, Error, Store};
use crate::webhooks::Webhook;

/// How many columns a webhook has.
const COLUMNS: usize = 11;

/// What becomes of a webhook under a lease.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Progress {
    /// It was told up to that revision, and goes on.
    Told(Revision),
    /// It is for whoever takes it next.
    Released,
    /// It was not told, and is tried again later.
    Failed {
        failures: u32,
        since: Timestamp,
        due: Timestamp,
    },
    /// It is told nothing more.
    Off(Timestamp),
}

/// The columns that [`read`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT w.id, w.recipe, w.url, w.secret, w.created_by, CAST(w.talk AS TEXT), \
             CAST(w.created_at AS TEXT), CAST(w.told AS TEXT), CAST(w.failures AS TEXT), \
             CAST(w.failing_since AS TEXT), CAST(w.off_at AS TEXT) FROM webhooks w ",
            $rest
        )
    };
}
const ADD: &str = "INSERT INTO webhooks (id, recipe, url, secret, created_by, talk, created_at, told) \
                   SELECT $1, $2, $3, $4, $5, CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT) \
                   WHERE (SELECT count(*) FROM webhooks WHERE recipe = $2) < CAST($9 AS BIGINT) RETURNING '1'";
const OF_RECIPE: &str = select!("WHERE w.recipe = $1 ORDER BY w.created_at, w.id");
const DELETE: &str = "DELETE FROM webhooks WHERE recipe = $1 AND id = $2 RETURNING '1'";
const DUE: &str = select!(
    "JOIN recipes r ON r.id = w.recipe WHERE w.off_at = 0 AND w.due_at <= CAST($1 AS BIGINT) \
     AND w.leased_until <= CAST($1 AS BIGINT) AND r.revision > w.told ORDER BY w.due_at LIMIT CAST($2 AS BIGINT)"
);
const CLAIM: &str = "UPDATE webhooks SET lease = $2, leased_until = CAST($4 AS BIGINT) \
                     WHERE id = $1 AND leased_until <= CAST($3 AS BIGINT) AND told = CAST($5 AS BIGINT) \
                     AND off_at = 0 AND due_at <= CAST($3 AS BIGINT) RETURNING '1'";
const TOLD: &str = "UPDATE webhooks SET told = CAST($3 AS BIGINT), failures = 0, failing_since = 0, due_at = 0 \
                    WHERE id = $1 AND lease = $2 RETURNING '1'";
const RELEASE: &str =
    "UPDATE webhooks SET lease = '', leased_until = 0 WHERE id = $1 AND lease = $2 RETURNING '1'";
const RELEASE_ALL: &str =
    "UPDATE webhooks SET lease = '', leased_until = 0 WHERE lease = $1 RETURNING '1'";
const FAILED: &str = "UPDATE webhooks SET failures = CAST($3 AS BIGINT), failing_since = CAST($4 AS BIGINT), \
                      due_at = CAST($5 AS BIGINT), lease = '', leased_until = 0 \
                      WHERE id = $1 AND lease = $2 RETURNING '1'";
const OFF: &str = "UPDATE webhooks SET off_at = CAST($3 AS BIGINT), lease = '', leased_until = 0 \
                   WHERE id = $1 AND lease = $2 RETURNING '1'";

impl Store {
    /// Adds a webhook; `false` when its recipe has `limit` of them.
    pub(crate) async fn add_webhook(&self, webhook: &Webhook, limit: u64) -> Result<bool, Error> {
        let parameters = vec![
            webhook.id.clone(),
            webhook.recipe.to_string(),
            webhook.url.clone(),
            webhook.secret.text().to_owned(),
            webhook.created_by.to_string(),
            u8::from(webhook.talk).to_string(),
            webhook.created_at.unix_millis().to_string(),
            webhook.told.to_string(),
            i64::try_from(limit).unwrap_or(i64::MAX).to_string(),
        ];
        Ok(ask!(self, change(ADD, parameters))? > 0)
    }

    /// The webhooks of a recipe, the oldest first.
    pub(crate) async fn webhooks(&self, recipe: &RecipeId) -> Result<Vec<Webhook>, Error> {
        let rows = ask!(self, texts(OF_RECIPE, vec![recipe.to_string()], COLUMNS))?;
        rows.into_iter().map(read).collect()
    }

    /// Removes a webhook of a recipe; tells whether there was such a one.
    pub(crate) async fn delete_webhook(&self, recipe: &RecipeId, id: &str) -> Result<bool, Error> {
        let parameters = vec![recipe.to_string(), id.to_owned()];
        Ok(ask!(self, change(DELETE, parameters))? > 0)
    }

    /// Takes webhooks that are due and were not told everything, at most so many, for `holder` alone until then.
    pub(crate) async fn claim_webhooks(
        &self,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Webhook>, Error> {
        let now = now.unix_millis().to_string();
        // Looked for by a reader first, so that nobody waits for the writer while there is nothing to tell.
        let rows = ask!(
            self,
            texts(DUE, vec![now.clone(), limit.to_string()], COLUMNS)
        )?;
        let mut claimed = Vec::new();
        for webhook in rows.into_iter().map(read) {
            let webhook = webhook?;
            let parameters = vec![
                webhook.id.clone(),
                holder.to_owned(),
                now.clone(),
                until.unix_millis().to_string(),
                webhook.told.to_string(),
            ];
            if ask!(self, change(CLAIM, parameters))? > 0 {
                claimed.push(webhook);
            }
        }
        Ok(claimed)
    }

    /// Gives back all that `holder` has.
    pub(crate) async fn release_webhooks(&self, holder: &str) -> Result<(), Error> {
        ask!(self, change(RELEASE_ALL, vec![holder.to_owned()]))?;
        Ok(())
    }

    /// Writes what became of a webhook; `false` when `holder` does not have it any more.
    pub(crate) async fn progress_webhook(
        &self,
        id: &str,
        holder: &str,
        progress: Progress,
    ) -> Result<bool, Error> {
        let millis = |at: Timestamp| at.unix_millis().to_string();
        let (sql, more) = match progress {
            Progress::Told(revision) => (TOLD, vec![revision.to_string()]),
            Progress::Released => (RELEASE, Vec::new()),
            Progress::Failed {
                failures,
                since,
                due,
            } => (
                FAILED,
                vec![failures.to_string(), millis(since), millis(due)],
            ),
            Progress::Off(at) => (OFF, vec![millis(at)]),
        };
        let mut parameters = vec![id.to_owned(), holder.to_owned()];
        parameters.extend(more);
        Ok(ask!(self, change(sql, parameters))? > 0)
    }
}

fn read(columns: Vec<String>) -> Result<Webhook, Error> {
    let [
        id,
        recipe,
        url,
        secret,
        created_by,
        talk,
        created_at,
        told,
        failures,
        since,
        off,
    ]: [String; COLUMNS] = columns
        .try_into()
        .map_err(|_| Error::malformed(std::fmt::Error))?;
    let moment = |millis: &str| {
        let millis = millis.parse().map_err(Error::malformed)?;
        Ok::<_, Error>(Timestamp::from_unix_millis(millis))
    };
    // 0: never.
    let optional = |millis: String| match millis.as_str() {
        "0" => Ok(None),
        millis => moment(millis).map(Some),
    };
    Ok(Webhook {
        id,
        recipe: recipe.parse().map_err(Error::malformed)?,
        url,
        secret: secret.parse().map_err(Error::malformed)?,
        talk: talk != "0",
        created_by: created_by.parse().map_err(Error::malformed)?,
        created_at: moment(&created_at)?,
        told: told.parse().map_err(Error::malformed)?,
        failures: failures.parse().map_err(Error::malformed)?,
        failing_since: optional(since)?,
        off_at: optional(off)?,
    })
}

//! What is left of a user in recipes, and its removal.

use proto::ids::{RecipeId, UserId};
use rusqlite::params_from_iter;
use sqlx::Row as _;
use tokio::time::timeout;
use tracing::{Instrument as _, debug_span};

use super::{CALL_TIMEOUT, Error, Postgres, Sqlite, Store};

/// Under which name the messages of somebody stay who is gone.
pub(crate) const FORMER_MEMBER: &str = "former member";
/// How many recipes are looked at in one step.
pub(crate) const MAX_TRACES: usize = 100;

/// A recipe in which something of a user is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) recipe: RecipeId,
    /// Whether it is theirs.
    pub(crate) owned: bool,
    /// Who has been an editor for longest and has come in.
    pub(crate) successor: Option<UserId>,
}

/// The same for both databases; SQLite writes parameters with a question mark.
pub(super) type Statement = (&'static str, Vec<String>);

const TRACES: &str = "SELECT r.id, r.owner = $1, coalesce((SELECT m.user_id FROM members m WHERE m.recipe = r.id \
                      AND m.role = 'editor' AND m.user_id IS NOT NULL AND m.user_id <> $1 \
                      ORDER BY m.since, m.name LIMIT 1), '') FROM recipes r WHERE (r.owner = $1 \
                      OR r.id IN (SELECT recipe FROM visits WHERE user_id = $1) \
                      OR r.id IN (SELECT recipe FROM members WHERE user_id = $1 OR (user_id IS NULL AND name = $2))) \
                      AND r.id > $3 ORDER BY r.id LIMIT 100";

const DELETE_RECIPE: [&str; 8] = [
    "INSERT INTO retired_ids (id) VALUES ($1) ON CONFLICT DO NOTHING",
    "DELETE FROM messages WHERE recipe = $1",
    "DELETE FROM stored_versions WHERE recipe = $1",
    "DELETE FROM members WHERE recipe = $1",
    "DELETE FROM visits WHERE recipe = $1",
    "DELETE FROM links WHERE recipe = $1",
    "DELETE FROM webhooks WHERE recipe = $1",
    "DELETE FROM recipes WHERE id = $1",
];

impl Store {
    /// Recipes after that one in which something of a user is left, by id; at most [`MAX_TRACES`].
    pub(crate) async fn traces(
        &self,
        user: &UserId,
        name: &str,
        after: &str,
    ) -> Result<Vec<Trace>, Error> {
        let asked = vec![user.to_string(), name.to_owned(), after.to_owned()];
        ask!(self, traces(asked))
    }

    /// Deletes a recipe that is a user's, and all that belongs to it. Its id is never given again.
    pub(crate) async fn delete_recipe(&self, recipe: &RecipeId) -> Result<(), Error> {
        let statements = DELETE_RECIPE.map(|sql| (sql, vec![recipe.to_string()]));
        ask!(self, execute(statements.to_vec()))
    }

    /// Removes a user from a recipe: what they wrote stays under another id and no name, and what they owned is
    /// the successor's.
    pub(crate) async fn forget_in(
        &self,
        trace: &Trace,
        user: &UserId,
        name: &str,
    ) -> Result<(), Error> {
        let (recipe, user) = (trace.recipe.to_string(), user.to_string());
        let by = |others: &[&str]| {
            let others = others.iter().map(|text| (*text).to_owned());
            [recipe.clone(), user.clone()]
                .into_iter()
                .chain(others)
                .collect::<Vec<_>>()
        };
        let nobody = UserId::random();
        let mut statements: Vec<Statement> = vec![
            (
                // Nobody sends those again: a digest of what was written is of no use any more.
                "UPDATE messages SET author_name = $4, author = $3, \
                     content_digest = CASE WHEN content_digest IS NOT NULL THEN '' END \
                 WHERE recipe = $1 AND author = $2",
                by(&[nobody.as_str(), FORMER_MEMBER]),
            ),
            (
                "DELETE FROM members WHERE recipe = $1 AND (user_id = $2 OR (user_id IS NULL AND name = $3))",
                by(&[name]),
            ),
            (
                "DELETE FROM visits WHERE recipe = $1 AND user_id = $2",
                by(&[]),
            ),
            (
                "DELETE FROM links WHERE recipe = $1 AND created_by = $2",
                by(&[]),
            ),
            (
                "DELETE FROM webhooks WHERE recipe = $1 AND created_by = $2",
                by(&[]),
            ),
        ];
        if let Some(successor) = trace.successor.as_ref().filter(|_| trace.owned) {
            let successor = successor.to_string();
            statements.push((
                "UPDATE recipes SET owner = $3 WHERE id = $1 AND owner = $2",
                by(&[&successor]),
            ));
            statements.push((
                "DELETE FROM members WHERE recipe = $1 AND user_id = $2",
                vec![recipe.clone(), successor],
            ));
        }
        ask!(self, execute(statements))
    }
}

impl Sqlite {
    async fn traces(&self, asked: Vec<String>) -> Result<Vec<Trace>, Error> {
        let read = move |db: &rusqlite::Connection| {
            let mut select = db.prepare_cached(&numbered(TRACES))?;
            let mut rows = select.query(params_from_iter(&asked))?;
            let mut traces = Vec::new();
            while let Some(row) = rows.next()? {
                let (recipe, successor): (String, String) = (row.get(0)?, row.get(2)?);
                traces.push(trace(&recipe, row.get(1)?, &successor)?);
            }
            Ok(traces)
        };
        self.0.read(read).await
    }

    /// Runs one statement that reads texts.
    pub(super) async fn texts(
        &self,
        sql: &'static str,
        parameters: Vec<String>,
        columns: usize,
    ) -> Result<Vec<Vec<String>>, Error> {
        let read = move |db: &rusqlite::Connection| -> Result<_, Error> {
            let mut statement = db.prepare_cached(&numbered(sql))?;
            let texts = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
            let rows = statement.query_map(params_from_iter(&parameters), texts)?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        self.0.read(read).await
    }

    /// Runs one statement that gives a row for each that it changed; tells how many.
    pub(super) async fn change(
        &self,
        sql: &'static str,
        parameters: Vec<String>,
    ) -> Result<usize, Error> {
        let write = move |db: &rusqlite::Connection| -> Result<_, Error> {
            let mut statement = db.prepare_cached(&numbered(sql))?;
            let rows = statement.query_map(params_from_iter(&parameters), |_| Ok(()))?;
            Ok(rows.collect::<Result<Vec<()>, _>>()?.len())
        };
        self.0.write(write).await
    }

    pub(super) async fn execute(&self, statements: Vec<Statement>) -> Result<(), Error> {
        let write = move |db: &rusqlite::Connection| {
            for (sql, parameters) in &statements {
                db.prepare_cached(&numbered(sql))?
                    .execute(params_from_iter(parameters))?;
            }
            Ok(())
        };
        self.0.write(write).await
    }
}

impl Postgres {
    async fn traces(&self, asked: Vec<String>) -> Result<Vec<Trace>, Error> {
        let mut query = sqlx::query(TRACES);
        for parameter in &asked {
            query = query.bind(parameter);
        }
        let rows = self.0.fetch_all(query).await?;
        rows.iter()
            .map(|row| trace(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
            .collect()
    }

    pub(super) async fn texts(
        &self,
        sql: &'static str,
        parameters: Vec<String>,
        columns: usize,
    ) -> Result<Vec<Vec<String>>, Error> {
        let mut query = sqlx::query(sql);
        for parameter in &parameters {
            query = query.bind(parameter);
        }
        let rows = self.0.fetch_all(query).await?;
        rows.iter()
            .map(|row| (0..columns).map(|at| Ok(row.try_get(at)?)).collect())
            .collect()
    }

    pub(super) async fn change(
        &self,
        sql: &'static str,
        parameters: Vec<String>,
    ) -> Result<usize, Error> {
        Ok(self.texts(sql, parameters, 0).await?.len())
    }

    pub(super) async fn execute(&self, statements: Vec<Statement>) -> Result<(), Error> {
        let mut transaction = self.0.begin().await?;
        for (sql, parameters) in &statements {
            let mut query = sqlx::query(*sql);
            for parameter in parameters {
                query = query.bind(parameter);
            }
            transaction.fetch_all(query).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

fn trace(recipe: &str, owned: bool, successor: &str) -> Result<Trace, Error> {
    let successor = (!successor.is_empty()).then(|| successor.parse());
    Ok(Trace {
        recipe: recipe.parse().map_err(Error::malformed)?,
        owned,
        successor: successor.transpose().map_err(Error::malformed)?,
    })
}

//! Connections to PostgreSQL, straight or through a pooler such as PgBouncer, which may give each transaction another
//! connection. Behind one, nothing that belongs to a connection is relied on: settings are made anew in each transaction,
//! which also holds all steps of a statement together, and no statement is prepared under a name.

use std::sync::Arc;

use sqlx::{
    AssertSqlSafe, PgConnection, PgPool, Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};

/// A statement with its parameters.
pub type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// How a transaction begins that has these settings.
pub(super) fn begin_with(settings: &[(&str, &str)]) -> Arc<str> {
    let settings = settings
        .iter()
        .map(|(name, value)| format!("; SET LOCAL {name} = '{value}'"));
    format!("BEGIN{}", settings.collect::<String>()).into()
}

/// The connections of a process to a server.
#[derive(Debug, Clone)]
pub struct Pool {
    connections: PgPool,
    /// Behind a pooler, how each transaction begins.
    pooled: Option<Arc<str>>,
}

impl Pool {
    pub(super) fn new(connections: PgPool, pooled: Option<Arc<str>>) -> Self {
        Self {
            connections,
            pooled,
        }
    }

    /// Whether there is a pooler in between.
    pub fn is_pooled(&self) -> bool {
        self.pooled.is_some()
    }

    /// Runs one statement, which is a transaction of its own; gives its rows.
    ///
    /// # Errors
    /// What the database says against it.
    pub async fn fetch_all(&self, statement: Statement<'_>) -> Result<Vec<PgRow>, sqlx::Error> {
        if self.pooled.is_none() {
            return statement.fetch_all(&self.connections).await;
        }
        let mut transaction = self.begin().await?;
        let rows = transaction.fetch_all(statement).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    /// Begins a transaction; it is rolled back unless it is committed.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        let begun = match &self.pooled {
            Some(begin) => {
                let begin = AssertSqlSafe(Arc::clone(begin));
                self.connections.begin_with(begin).await?
            }
            None => self.connections.begin().await?,
        };
        Ok(Transaction {
            begun,
            is_pooled: self.is_pooled(),
        })
    }
}

/// Statements that happen together or not at all.
#[derive(Debug)]
pub struct Transaction {
    begun: sqlx::Transaction<'static, Postgres>,
    is_pooled: bool,
}

impl Transaction {
    /// Runs one statement; gives its rows.
    ///
    /// # Errors
    /// What the database says against it.
    pub async fn fetch_all(&mut self, statement: Statement<'_>) -> Result<Vec<PgRow>, sqlx::Error> {
        let connection: &mut PgConnection = &mut self.begun;
        let statement = statement.persistent(!self.is_pooled);
        statement.fetch_all(connection).await
    }

    /// Makes what was done last.
    ///
    /// # Errors
    /// When it could not be written, or nobody knows whether it was.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.begun.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_transaction_behind_a_pooler_has_the_settings() {
        let begin = begin_with(&[("search_path", "soups"), ("jit", "off")]);
        assert_eq!(
            &*begin,
            "BEGIN; SET LOCAL search_path = 'soups'; SET LOCAL jit = 'off'"
        );
    }
}

//! The databases that tests run on, each case with an empty one of its own.

use std::time::Duration;

use tempfile::TempDir;
use test_servers::Postgres;

use super::super::Store;

/// How many connections a store under test may have.
const CONNECTIONS: u32 = 8;

/// Stores on real databases, which end with it.
pub(crate) struct Databases {
    folder: TempDir,
    server: Option<Postgres>,
}

impl Databases {
    /// Runs a case on each kind of database.
    pub(crate) async fn each(case: impl AsyncFn(Store)) {
        for databases in [Self::sqlite(), Self::postgres()] {
            Box::pin(case(databases.open().await)).await;
        }
    }

    /// An empty SQLite database.
    pub(crate) fn sqlite() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            server: None,
        }
    }

    /// An empty PostgreSQL server.
    pub(crate) fn postgres() -> Self {
        Self {
            server: Some(Postgres::start()),
            ..Self::sqlite()
        }
    }

    pub(crate) fn url(&self) -> String {
        match &self.server {
            Some(server) => server.url(),
            None => format!("sqlite:{}/data/chat.db", self.folder.path().display()),
        }
    }

    /// Opens it; more than once at a time only for PostgreSQL.
    pub(crate) async fn open(&self) -> Store {
        let url = self.url().parse().unwrap();
        Store::open(&url, CONNECTIONS, Duration::ZERO)
            .await
            .unwrap()
    }
}

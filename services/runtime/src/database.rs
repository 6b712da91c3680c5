//! The databases of a service: how one is opened, brought up to date and kept connected. Which tables there are is known
//! to the services alone.

mod connect;
mod migrations;
mod online;
pub mod plan;
pub mod postgres;
pub mod sqlite;

pub use self::{migrations::TooNew, online::Online};
use crate::config::SecretUrl;

/// Which database a URL names.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind<'url> {
    /// A file of this process, at a path.
    Sqlite(&'url str),
    /// A server, for all replicas.
    Postgres,
}

impl<'url> Kind<'url> {
    /// Reads `sqlite:PATH`, `sqlite://PATH` and `postgres://…`.
    ///
    /// # Errors
    /// When the URL names another kind of database, or none.
    pub fn of(url: &'url SecretUrl) -> Result<Self, OpenError> {
        if url.is_in_doubt() {
            return Err(OpenError::InDoubt(url.clone()));
        }
        let text = url.expose();
        if let Some(path) = text.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(path.strip_prefix("//").unwrap_or(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres);
        }
        Err(OpenError::UnknownScheme(url.clone()))
    }
}

/// Why a database cannot be opened. Prints as one line, without a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its user or password is not escaped.
    #[error("{0}")]
    InDoubt(SecretUrl),
    /// Neither SQLite nor PostgreSQL.
    #[error("{0}: write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    UnknownScheme(SecretUrl),
    /// The folder or the file cannot be made or opened, or a thread not be started.
    #[error("{url}: {cause}")]
    File {
        /// The address without its password.
        url: SecretUrl,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Another process has it.
    #[error("{0}: another process uses this database; end it first")]
    InUse(SecretUrl),
    /// A newer program has changed it so that this one cannot work with it.
    #[error("{url}: {cause}")]
    TooNew {
        /// The address without its password.
        url: SecretUrl,
        /// By how much.
        cause: TooNew,
    },
    /// SQLite refused.
    #[error("{url}: {cause}")]
    Sqlite {
        /// The address without its password.
        url: SecretUrl,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// PostgreSQL refused, or cannot be reached.
    #[error("{url}: {}", postgres::told(.cause))]
    Postgres {
        /// The address without its password.
        url: SecretUrl,
        /// What went wrong.
        cause: sqlx::Error,
    },
    /// The tables cannot be brought up to date.
    #[error("{url}: cannot bring the tables up to date: {}", migration_failed(.cause))]
    Migration {
        /// The address without its password.
        url: SecretUrl,
        /// What went wrong.
        cause: sqlx::migrate::MigrateError,
    },
}

impl OpenError {
    /// Whether the address is wrong, as it is written, rather than what is there.
    pub fn is_of_address(&self) -> bool {
        match self {
            Self::InDoubt(_) | Self::UnknownScheme(_) => true,
            Self::Postgres { cause, .. } => matches!(cause, sqlx::Error::Configuration(_)),
            _ => false,
        }
    }
}

/// What a failed migration means. The library names a table of its own, which is not there.
fn migration_failed(cause: &sqlx::migrate::MigrateError) -> String {
    match cause {
        sqlx::migrate::MigrateError::Dirty(version) => format!(
            "migration {version} was broken off half way: mend what it left, and delete its row from the table `migrations` \
             of the service's schema (recipe_chat_auth or recipe_chat_chat)"
        ),
        sqlx::migrate::MigrateError::ExecuteMigration(cause, version) => {
            format!("migration {version}: {}", postgres::told(cause))
        }
        cause => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_which_database_it_is() {
        let kind = |url: &str| match Kind::of(&url.parse().unwrap()) {
            Ok(Kind::Sqlite(path)) => format!("file {path}"),
            Ok(Kind::Postgres) => "server".to_owned(),
            Err(refused) => refused.to_string(),
        };
        assert_eq!(kind("sqlite:data/a.db"), "file data/a.db");
        assert_eq!(kind("sqlite:///var/a.db"), "file /var/a.db");
        assert_eq!(kind("postgres://db/a"), "server");
        assert_eq!(kind("postgresql://db/a"), "server");
        assert!(kind("postgres://ada:hun/ter2@db/a").contains("%2F"));
        let half = migration_failed(&sqlx::migrate::MigrateError::Dirty(2));
        assert!(
            half.starts_with("migration 2 ") && half.contains("`migrations`"),
            "{half}"
        );
        assert!(!half.contains("sqlx"), "{half}");
        assert!(kind("mysql://ada:hunter2@db/a").starts_with("mysql://db/a: write sqlite:PATH"));
    }
}

//! A pool of connections to PostgreSQL, in a schema of the service's own.

mod pool;

use std::time::Duration;

use opentelemetry::{KeyValue, global};
use secrecy::ExposeSecret as _;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, PgPool, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tracing::info;

use self::pool::begin_with;
pub use self::pool::{Pool, Statement, Transaction};
use super::{
    OpenError, connect,
    migrations::{self, Unusable, Way},
    online::Online,
};
use crate::config::SecretUrl;

/// How long a caller waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the server works on one statement; a migration takes the time that it takes.
const STATEMENT_TIMEOUT: &str = "5s";
/// How long a migration waits for a table that is in use, while everybody else waits behind it.
const LOCK_TIMEOUT: &str = "2s";
/// How PgBouncer says that it cannot make settings at the start of a connection, and its code for that.
const NO_SETTINGS: (&str, &str) = ("08P01", "unsupported startup parameter");

/// What a service wants of its database.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Holds every table, the migrations' own included, so that other programs can share the database.
    pub schema: &'static str,
    /// Description and statements of each migration, oldest first.
    pub migrations: &'static [(&'static str, &'static str)],
    /// Other ways to what some of them do, for tables that are large and in use.
    pub online: &'static [Online],
    /// Settings of each connection, beside the usual ones.
    pub settings: &'static [(&'static str, &'static str)],
    /// How many connections this process holds at most.
    pub max_connections: u32,
    /// For how long a server that cannot be reached yet is tried.
    pub wait: Duration,
}

impl Config {
    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        let usual = [
            ("search_path", self.schema),
            ("statement_timeout", STATEMENT_TIMEOUT),
        ];
        [usual.as_slice(), self.settings].concat()
    }

    /// Those of a migration.
    fn migrating(&self) -> [(&'static str, &'static str); 3] {
        [
            ("search_path", self.schema),
            ("statement_timeout", "0"),
            ("lock_timeout", LOCK_TIMEOUT),
        ]
    }
}

/// Reads the address of a server, also one whose host is a parameter. It names no setting that poolers refuse.
///
/// # Errors
/// What is wrong with it.
pub fn options(url: &SecretUrl) -> Result<PgConnectOptions, sqlx::Error> {
    let options: PgConnectOptions = match url.with_host() {
        Some(complete) => complete.expose_secret().parse()?,
        None => url.expose().parse()?,
    };
    // Numbers with a fraction are not stored.
    Ok(options.extra_float_digits(None))
}

/// What went wrong, in the words of the database. The library adds a line of PostgreSQL's own source, which tells nobody
/// anything.
pub fn told(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(refused) => refused.message().to_owned(),
        None => error.to_string(),
    }
}

/// Connects and brings the tables up to date, under a lock that replicas share.
///
/// # Errors
/// When the server cannot be reached within `wait`, refuses, or has tables of a newer program.
pub async fn open(url: &SecretUrl, config: Config) -> Result<Pool, OpenError> {
    let refused = |cause| OpenError::Postgres {
        url: url.clone(),
        cause,
    };
    let plain = options(url).map_err(refused)?;
    let settled = plain.clone().options(config.settings());
    // The first connection is made here, so that the reason is told when it fails; a pool would only say that it waited.
    let first = match connect::connect(&settled, config.wait, url).await {
        Err(error) if takes_no_settings(&error) => {
            let first = connect::connect(&plain, config.wait, url).await;
            first.map(|first| (first, true))
        }
        Ok(mut first) => {
            let kept = keeps_settings(&mut first, config.schema).await;
            kept.map(|kept| (first, !kept))
        }
        Err(error) => Err(error),
    };
    let (mut first, is_pooled) = first.map_err(refused)?;
    let begin = begin_with(&config.migrating());
    let way = Way {
        schema: config.schema,
        migrations: config.migrations,
        online: if is_pooled { &[] } else { config.online },
        begin: &begin,
        lock_timeout: LOCK_TIMEOUT,
    };
    migrations::migrate(&mut first, &way)
        .await
        .map_err(|unusable| {
            let url = url.clone();
            match unusable {
                Unusable::TooNew(cause) => OpenError::TooNew { url, cause },
                Unusable::Refused(cause) => OpenError::Postgres { url, cause },
                Unusable::Migration(cause) => OpenError::Migration { url, cause },
            }
        })?;
    // What the server thinks of the goodbye does not matter.
    first.close().await.ok();
    if is_pooled {
        info!(database = %url, "the database is behind a pooler, each transaction makes its own settings");
    }
    let connections = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(if is_pooled { plain } else { settled });
    export(&connections, config);
    let pooled = is_pooled.then(|| begin_with(&config.settings()));
    Ok(Pool::new(connections, pooled))
}

/// Lets the pool's connections be counted for as long as it is open.
fn export(pool: &PgPool, config: Config) {
    let meter = global::meter("runtime");
    let schema = KeyValue::new("schema", config.schema);
    let (counted, schema_of_counted) = (pool.clone(), schema.clone());
    meter
        .u64_observable_gauge("database_pool_connections")
        .with_description("Connections to PostgreSQL, by whether they are in use")
        .with_callback(move |gauge| {
            if counted.is_closed() {
                return;
            }
            let (all, idle) = (u64::from(counted.size()), counted.num_idle() as u64);
            for (state, count) in [("idle", idle), ("in_use", all.saturating_sub(idle))] {
                let labels = [schema_of_counted.clone(), KeyValue::new("state", state)];
                gauge.observe(count, &labels);
            }
        })
        .build();
    let most = u64::from(config.max_connections);
    meter
        .u64_observable_gauge("database_pool_max_connections")
        .with_description("How many connections to PostgreSQL there may be")
        .with_callback(move |gauge| gauge.observe(most, std::slice::from_ref(&schema)))
        .build();
}

/// Whether it is a pooler that cannot make settings.
fn takes_no_settings(error: &sqlx::Error) -> bool {
    let (code, words) = NO_SETTINGS;
    error.as_database_error().is_some_and(|refused| {
        refused.code().as_deref() == Some(code) && refused.message().contains(words)
    })
}

/// Whether the connection has the settings that it began with: a pooler may have been told to ignore them.
async fn keeps_settings(
    connection: &mut PgConnection,
    schema: &'static str,
) -> Result<bool, sqlx::Error> {
    let sql = format!(
        "SELECT current_setting('search_path') = '{schema}'
            AND current_setting('statement_timeout') = '{STATEMENT_TIMEOUT}'"
    );
    // Sent as a text, since what is prepared may be gone by the next step.
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection);
    row.await?.try_get(0)
}

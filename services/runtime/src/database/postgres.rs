//! A pool of connections to PostgreSQL, in a schema of the service's own.

use std::time::Duration;

use opentelemetry::{KeyValue, global};
use secrecy::ExposeSecret as _;
use sqlx::{
    Connection as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{
    OpenError, connect,
    migrations::{self, Unusable},
};
use crate::config::SecretUrl;

/// How long a caller waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the server works on one statement; a migration takes the time that it takes.
const STATEMENT_TIMEOUT: &str = "5s";
/// How long a migration waits for a table that is in use, while everybody else waits behind it.
const LOCK_TIMEOUT: &str = "2s";

/// What a service wants of its database.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Holds every table, the migrations' own included, so that other programs can share the database.
    pub schema: &'static str,
    /// Description and statements of each migration, oldest first.
    pub migrations: &'static [(&'static str, &'static str)],
    /// Settings of each connection, beside the usual ones.
    pub settings: &'static [(&'static str, &'static str)],
    /// How many connections this process holds at most.
    pub max_connections: u32,
    /// For how long a server that cannot be reached yet is tried.
    pub wait: Duration,
}

/// Reads the address of a server, also one whose host is a parameter.
///
/// # Errors
/// What is wrong with it.
pub fn options(url: &SecretUrl) -> Result<PgConnectOptions, sqlx::Error> {
    match url.with_host() {
        Some(complete) => complete.expose_secret().parse(),
        None => url.expose().parse(),
    }
}

/// Connects and brings the tables up to date, under a lock that replicas share.
///
/// # Errors
/// When the server cannot be reached within `wait`, refuses, or has tables of a newer program.
pub async fn open(url: &SecretUrl, config: Config) -> Result<PgPool, OpenError> {
    let refused = |cause| OpenError::Postgres {
        url: url.clone(),
        cause,
    };
    let options = options(url)
        .map_err(refused)?
        .options([("search_path", config.schema)])
        .options(config.settings.iter().copied());
    let migrating = options
        .clone()
        .options([("statement_timeout", "0"), ("lock_timeout", LOCK_TIMEOUT)]);
    let options = options.options([("statement_timeout", STATEMENT_TIMEOUT)]);
    // The first connection is made here, so that the reason is told when it fails; a pool would only say that it waited.
    let mut first = connect::connect(&migrating, config.wait, url)
        .await
        .map_err(refused)?;
    migrations::migrate(&mut first, config.schema, config.migrations)
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
    let pool = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options);
    export(&pool, config);
    Ok(pool)
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

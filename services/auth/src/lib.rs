//! Who somebody is: registers users, signs them in, and issues, validates, refreshes and revokes the tokens
//! that prove it. It knows nothing of recipes, and calls no other service.

mod api_token;
mod attempts;
mod audit;
mod authority;
mod config;
mod derived_key;
mod device;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod grpc;
mod issuers;
mod keys;
mod metrics;
mod passwords;
mod pseudonyms;
mod random;
mod refresh;
mod reset_code;
mod revocation_feed;
mod revocations;
mod store;
mod token;
mod user;

use std::sync::{Arc, Weak};

use runtime::{
    audit::Backlog,
    clock::SharedClock,
    config::SecretUrl,
    database::{self, plan::Step},
    grpc::Access,
    lifecycle::Lifecycle,
    redis::SelfTest,
};
use tokio::net::TcpListener;

pub use crate::{
    authority::OpenError,
    config::{Config, Faults, Reloadable},
    issuers::{TrustedIssuer, TrustedIssuers},
};

/// The auth service, opened and ready to serve.
#[derive(Debug)]
pub struct Auth {
    authority: Arc<authority::Authority>,
    /// What is noted and not yet written.
    audit: Backlog<audit::AuditEvent>,
}

/// What the service does with Redis, to be tried before it is relied on.
pub fn redis_self_test() -> SelfTest {
    authority::redis_self_test()
}

/// The migrations that the service would apply to this database before it serves. Changes nothing.
///
/// # Errors
/// When the database cannot be looked at.
pub async fn missing_migrations(database: &SecretUrl) -> Result<Vec<Step>, database::OpenError> {
    store::missing_migrations(database).await
}

/// Applies them.
///
/// # Errors
/// When the database cannot be used, or a running service has it alone.
pub async fn migrate(database: &SecretUrl) -> Result<(), database::OpenError> {
    store::migrate(database).await
}

/// Gives an auth service other settings while it runs.
#[derive(Debug, Clone)]
pub struct Reloader(Weak<authority::Authority>);

impl Reloader {
    /// Has the service go on with these settings, in which there are no faults; nothing once it has ended.
    pub fn reload(&self, settings: &Reloadable) {
        if let Some(authority) = self.0.upgrade() {
            authority.reload(settings);
        }
    }
}

impl Auth {
    /// By which its settings change while it serves.
    pub fn reloader(&self) -> Reloader {
        Reloader(Arc::downgrade(&self.authority))
    }

    /// Opens the store, makes the keys when there are none, and reads the revocations that still matter.
    ///
    /// `database` is `sqlite:PATH` (created when missing) or `postgres://…`. Without `redis`, revocations
    /// reach the edges only over `WatchRevocations`.
    ///
    /// # Errors
    /// When the configuration is at odds with itself, or the store cannot be used.
    pub async fn open(
        config: Config,
        database: &SecretUrl,
        redis: Option<&SecretUrl>,
        clock: SharedClock,
    ) -> Result<Self, OpenError> {
        let opened = authority::Authority::open(config, database, redis, clock);
        let (authority, audit) = opened.await?;
        Ok(Self {
            authority: Arc::new(authority),
            audit,
        })
    }

    /// Serves gRPC to callers that have `access`, until the lifecycle stops it.
    ///
    /// # Errors
    /// When the transport fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        access: Access,
        lifecycle: &Lifecycle,
    ) -> anyhow::Result<()> {
        authority::spawn_audit(&self.authority, self.audit, lifecycle);
        authority::spawn_upkeep(&self.authority, lifecycle);
        self.authority.follow_issuers(lifecycle);
        let store = authority::store_probe(&self.authority);
        let service = grpc::service(self.authority, lifecycle.clone());
        runtime::grpc::serve(
            listener,
            service,
            proto::auth::FILE_DESCRIPTOR_SET,
            access,
            store,
            lifecycle,
        )
        .await
    }
}

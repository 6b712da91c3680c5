//! Who somebody is: registers users, signs them in, and issues, validates, refreshes and revokes the tokens
//! that prove it. It knows nothing of recipes, and calls no other service.

mod attempts;
mod authority;
mod config;
mod derived_key;
mod device;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod grpc;
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

use std::sync::Arc;

use runtime::{
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
    config::{Config, Faults},
};

/// The auth service, opened and ready to serve.
#[derive(Debug)]
pub struct Auth(Arc<authority::Authority>);

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

impl Auth {
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
        authority::Authority::open(config, database, redis, clock)
            .await
            .map(|authority| Self(Arc::new(authority)))
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
        authority::spawn_upkeep(&self.0, lifecycle);
        let store = authority::store_probe(&self.0);
        let service = grpc::service(self.0, lifecycle.clone());
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

//! The domain of the auth service: everything that may be asked of it, apart from how it is asked (`grpc`) and
//! where it is kept (`store`). Here is what all of that shares; the questions are in the modules below.

mod error;
mod sessions;
mod sign_in;
mod upkeep;

use std::{sync::Mutex, time::Duration};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    rand::{SecureRandom, SystemRandom},
};
use runtime::{
    clock::{SharedClock, Timestamp},
    config::SecretUrl,
};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use tokio::time::Instant;

pub use self::error::OpenError;
use self::error::outcome;
pub(crate) use self::{
    error::Error, sessions::SessionName, sign_in::Credentials, upkeep::spawn_upkeep,
};
use crate::{
    attempts::{Attempts, Limits},
    config::Config,
    keys::{self, KeyKeeper},
    metrics::Metrics,
    passwords::Passwords,
    refresh::{LoginSession, Minter, RefreshToken},
    revocation_feed::RevocationFeed,
    revocations::{Revocations, Watch},
    store::{self, Store},
    token::Rules,
    user::User,
};

/// Added to the life of access tokens wherever something must outlast them: clocks of replicas differ.
const SLACK: Duration = Duration::from_secs(60);
/// The name of the secret that refresh tokens are derived with.
const REFRESH_SECRET: &str = "refresh";

/// Decides who somebody is.
#[derive(Debug)]
pub(crate) struct Authority {
    clock: SharedClock,
    config: Config,
    rules: Rules,
    store: Store,
    keys: KeyKeeper,
    minter: Minter,
    passwords: Passwords,
    accounts: Mutex<Attempts>,
    addresses: Mutex<Attempts>,
    revocations: Revocations,
    feed: RevocationFeed,
    metrics: Metrics,
}

/// What a signed-in client holds.
#[derive(Debug)]
pub(crate) struct TokenPair {
    pub(crate) access: SecretString,
    pub(crate) expires_in: Duration,
    pub(crate) refresh: SecretString,
    pub(crate) refresh_expires_in: Duration,
    pub(crate) session: LoginSession,
}

impl Authority {
    pub(crate) async fn open(
        config: Config,
        database: &SecretUrl,
        redis: Option<&SecretUrl>,
        clock: SharedClock,
    ) -> Result<Self, OpenError> {
        config.check()?;
        let unusable = |error: &dyn std::fmt::Display| OpenError::Unusable(error.to_string());
        let metrics = Metrics::new();
        let feed = RevocationFeed::new(redis, metrics.clone())?;
        let store = Store::open(database, metrics.clone()).await?;
        let fresh = random_secret().map_err(|error| unusable(&error))?;
        let secret = store
            .secret(REFRESH_SECRET, fresh)
            .await
            .map_err(|error| unusable(&error))?;
        let now = Instant::now();
        let authority = Self {
            rules: Rules::new(
                config.issuer.clone(),
                config.audience.clone(),
                config.access_ttl,
            ),
            keys: KeyKeeper::new(config.key_max_age, config.access_ttl + SLACK),
            minter: Minter::new(&secret),
            passwords: Passwords::new(metrics.clone()).map_err(|error| unusable(&error))?,
            accounts: Mutex::new(Attempts::new(account_limits(&config), now)),
            addresses: Mutex::new(Attempts::new(address_limits(&config), now)),
            revocations: Revocations::new(),
            clock,
            config,
            store,
            feed,
            metrics,
        };
        authority
            .update_keys()
            .await
            .map_err(|error| unusable(&error))?;
        authority
            .read_revocations()
            .await
            .map_err(|error| unusable(&error))?;
        Ok(authority)
    }

    /// The public keys as a JSON Web Key Set.
    pub(crate) fn jwks(&self) -> serde_json::Result<String> {
        self.keys.ring().jwks()
    }

    /// Whether an operators' token is configured.
    pub(crate) fn has_operators(&self) -> bool {
        self.config.operator_token.is_some()
    }

    /// Whether this is the operators' token. It takes as long whatever is wrong with it.
    pub(crate) fn is_operator(&self, token: &str) -> bool {
        let expected = self.config.operator_token.as_ref();
        expected.is_some_and(|expected| {
            let expected = expected.expose_secret().as_bytes();
            verify_slices_are_equal(expected, token.as_bytes()).is_ok()
        })
    }

    /// Begins to watch revocations; `None` when too many do.
    pub(crate) fn watch_revocations(&self) -> Option<Watch> {
        self.revocations.watch()
    }

    async fn update_keys(&self) -> Result<(), keys::KeeperError> {
        self.keys.update(&self.store, self.clock.now()).await
    }

    /// Reads every revocation and review that still matters from the store.
    async fn read_revocations(&self) -> Result<(), store::Error> {
        let since = self.clock.now().before(self.marks_matter_for());
        self.read_revocations_since(since).await
    }

    async fn read_revocations_since(&self, since: Timestamp) -> Result<(), store::Error> {
        for mark in self.store.marks_since(since).await? {
            self.revocations.add(mark);
        }
        Ok(())
    }

    /// A revoked session has no living access token after this time.
    fn marks_matter_for(&self) -> Duration {
        self.config.access_ttl + SLACK
    }

    /// The pair that a client gets whose newest refresh token is `refresh`.
    fn tokens(
        &self,
        session: LoginSession,
        refresh: &RefreshToken,
        now: Timestamp,
    ) -> Result<TokenPair, Error> {
        let ring = self.keys.ring();
        let key = ring.signer(now, self.keys.max_age).ok_or(Error::NoKey)?;
        let LoginSession {
            id,
            user,
            expires_at,
            ..
        } = &session;
        let access = self.rules.issue(key, user, id, now, *expires_at)?;
        Ok(TokenPair {
            expires_in: access.expires_at.since(now),
            access: access.text,
            refresh: self.minter.write(refresh),
            refresh_expires_in: expires_at.since(now),
            session,
        })
    }

    /// Opens a login session for a user who has proved themselves.
    async fn open_session(&self, user: User) -> Result<TokenPair, Error> {
        let now = self.clock.now();
        let first = RefreshToken::first(uuid::Uuid::now_v7()).map_err(|_| Error::NoRandomness)?;
        let session = LoginSession {
            id: first.session(),
            user,
            generation: first.generation(),
            newest: first.hash(),
            rotated_at: now,
            expires_at: now + self.config.refresh_ttl,
            revoked_at: None,
        };
        self.store.add_session(session.clone()).await?;
        self.tokens(session, &first, now)
    }
}

fn account_limits(config: &Config) -> Limits {
    let failures = unless_zero(config.sign_in_failures);
    Limits {
        free: failures,
        at_once: failures,
        max_delay: config.sign_in_max_delay,
    }
}

fn address_limits(config: &Config) -> Limits {
    Limits {
        free: unless_zero(config.sign_in_failures_per_address),
        // Many people may sign in from one address at the same time.
        at_once: u32::MAX,
        max_delay: config.sign_in_max_delay,
    }
}

/// In the configuration, 0 means no limit.
fn unless_zero(limit: u32) -> u32 {
    if limit == 0 { u32::MAX } else { limit }
}

fn random_secret() -> Result<SecretSlice<u8>, Error> {
    let mut secret = vec![0; 32];
    SystemRandom::new()
        .fill(&mut secret)
        .map_err(|_| Error::NoRandomness)?;
    Ok(secret.into())
}

#[cfg(test)]
mod tests;

//! The domain of the auth service: everything that may be asked of it, apart from how it is asked (`grpc`) and
//! where it is kept (`store`). Here is what all of that shares; the questions are in the modules below.

mod account;
mod api_tokens;
mod auditing;
mod client;
mod deletion;
mod error;
mod federation;
mod issuer_sign_in;
mod keys;
mod sessions;
mod sign_in;
mod upkeep;
mod users;

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use runtime::{
    audit::{self, Audit, Backlog},
    clock::{SharedClock, Timestamp},
    config::SecretUrl,
    operators::Operators,
    rate_limiter::{self, RateLimiter},
    redis::{InvalidUrl, Redis, SelfTest},
    warning_limiter::WarningLimiter,
};
use secrecy::{SecretSlice, SecretString};

pub use self::error::OpenError;
use self::error::outcome;
pub(crate) use self::{
    account::{Claim, PasswordChange},
    api_tokens::NewApiToken,
    auditing::{AuditQuery, OrderAtAnEdge, OrderKind},
    client::Client,
    deletion::Deletion,
    error::Error,
    federation::Validated,
    issuer_sign_in::IssuerCallback,
    sessions::SessionName,
    sign_in::{Credentials, SignedIn},
    upkeep::{spawn_audit, spawn_upkeep, store_probe},
};
use crate::{
    attempts::Attempts,
    audit::AuditEvent,
    config::{Config, Reloadable},
    device::DeviceTokens,
    issuers::Issuers,
    keys::{KeyKeeper, KeyStore, PROPAGATION_TIME},
    metrics::{self, Metrics},
    passwords::Passwords,
    pseudonyms::{Pseudonyms, Source},
    refresh::{Lifetimes, LoginSession, Minter, RefreshToken},
    revocation_feed::{self, RevocationFeed},
    revocations::{Event, RevocationEntry, Revocations, Watch},
    store::{self, Proof, Store},
    token::TokenPolicy,
    user::User,
};

/// Added to the life of access tokens wherever something must outlast them: clocks of replicas differ.
const REVOCATION_SLACK: Duration = Duration::from_secs(60);
/// The name of the secret that refresh tokens are derived with.
const REFRESH_SECRET: &str = "refresh";

/// Decides who somebody is.
#[derive(Debug)]
pub(crate) struct Authority {
    clock: SharedClock,
    config: Config,
    rules: TokenPolicy,
    store: Arc<Store>,
    audit: Audit<AuditEvent>,
    operators: ArcSwap<Operators>,
    refused_operators: WarningLimiter,
    keys: KeyKeeper,
    minter: Minter,
    passwords: Passwords,
    attempts: Attempts,
    devices: DeviceTokens,
    pseudonyms: Pseudonyms,
    revocations: Revocations,
    issuers: Issuers,
    feed: RevocationFeed,
    metrics: Metrics,
}

/// What whoever verifies access tokens must know beside the keys.
#[derive(Debug)]
pub(crate) struct TokenClaims<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) longest_life: Duration,
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

/// What the service does with Redis, to be tried before it is relied on.
pub(crate) fn redis_self_test() -> SelfTest {
    rate_limiter::self_test(revocation_feed::self_test())
}

fn open_redis(url: &SecretUrl) -> Result<Redis, InvalidUrl> {
    let redis = Redis::open_tested(url, redis_self_test())?;
    metrics::export_health(&redis);
    Ok(redis)
}

impl Authority {
    pub(crate) async fn open(
        config: Config,
        database: &SecretUrl,
        redis: Option<&SecretUrl>,
        clock: SharedClock,
    ) -> Result<(Self, Backlog<AuditEvent>), OpenError> {
        config.check()?;
        let unusable = |error: &dyn std::fmt::Display| OpenError::Unusable(error.to_string());
        let metrics = Metrics::new();
        let redis = redis.map(open_redis).transpose()?;
        let limiter = RateLimiter::new(redis.as_ref());
        let feed = RevocationFeed::new(redis, metrics.clone());
        let store =
            Arc::new(Store::open(database, config.auth_database_wait, metrics.clone()).await?);
        let key_dir = config.key_dir.as_deref();
        let key_store = KeyStore::open(Arc::clone(&store), key_dir, &[REFRESH_SECRET])
            .await
            .map_err(|error| unusable(&error))?;
        let fresh = random_secret().map_err(|error| unusable(&error))?;
        let secret = key_store
            .secret(REFRESH_SECRET, fresh)
            .await
            .map_err(|error| unusable(&error))?;
        let operators = config.reloadable.operators();
        let operators = operators.map_err(|error| unusable(&error))?;
        let counts = metrics.clone();
        let count = Arc::new(move |outcome, count| counts.audit(outcome, count));
        let (audit, backlog) = audit::queue(audit::QUEUE_LENGTH, count);
        let authority = Self {
            audit,
            operators: ArcSwap::from_pointee(operators),
            refused_operators: WarningLimiter::new(),
            rules: TokenPolicy::new(
                config.issuer.clone(),
                config.audience.clone(),
                config.access_ttl,
                config.longest_life(),
            ),
            keys: KeyKeeper::new(
                key_store,
                config.key_max_age,
                config.longest_life() + REVOCATION_SLACK,
            ),
            minter: Minter::new(&secret),
            passwords: Passwords::new(config.password_threads, metrics.clone())
                .map_err(|error| unusable(&error))?,
            attempts: Attempts::new(&config.reloadable, limiter),
            devices: DeviceTokens::new(&secret),
            pseudonyms: Pseudonyms::new(&secret),
            revocations: Revocations::new(),
            issuers: Issuers::new(&config.trusted_issuers, &metrics)
                .map_err(|error| unusable(&error))?,
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
        Ok((authority, backlog))
    }

    /// The public keys as a JSON Web Key Set.
    pub(crate) fn jwks(&self) -> serde_json::Result<String> {
        self.keys.ring().jwks()
    }

    /// What every access token of this service says.
    pub(crate) fn claims(&self) -> TokenClaims<'_> {
        TokenClaims {
            issuer: &self.config.issuer,
            audience: &self.config.audience,
            longest_life: self.config.longest_life(),
        }
    }

    /// Whether an operators' token is configured.
    pub(crate) fn has_operators(&self) -> bool {
        self.operators.load().are_any()
    }

    /// Whose operator token this is. It takes as long whatever is wrong with it.
    pub(crate) fn operator(&self, token: &str) -> Option<Arc<str>> {
        self.operators.load().name_of(token)
    }

    /// Goes on with other settings, in which there are no faults.
    pub(crate) fn reload(&self, settings: &Reloadable) {
        if let Ok(operators) = settings.operators() {
            self.operators.store(Arc::new(operators));
        }
        self.attempts.set(settings);
    }

    /// Begins to watch revocations; `None` when too many do.
    pub(crate) fn watch_revocations(&self) -> Option<Watch> {
        self.revocations.watch()
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
        self.config.longest_life() + REVOCATION_SLACK
    }

    fn lifetimes(&self) -> Lifetimes {
        let idle = self.config.refresh_idle_ttl;
        Lifetimes {
            grace: self.config.refresh_grace,
            idle: (!idle.is_zero()).then_some(idle),
        }
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
        let ends_at = session.ends_at(self.lifetimes());
        let access = self.rules.issue(key, user, id, now, *expires_at)?;
        Ok(TokenPair {
            expires_in: access.expires_at.since(now),
            access: access.text,
            refresh: self.minter.write(refresh),
            refresh_expires_in: ends_at.since(now),
            session,
        })
    }

    /// What stands beside a login session for where its client is.
    fn source(&self, user: &User, client: &Client) -> Option<Source> {
        let block = client.block()?;
        Some(self.pseudonyms.source(&user.name, block))
    }

    /// Opens a login session for a user who has proved themselves; refuses when that proof is not good any more.
    async fn open_session(
        &self,
        user: User,
        proof: Proof,
        source: Option<Source>,
    ) -> Result<TokenPair, Error> {
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
        let opened = self.store.add_session(session.clone(), proof, source);
        if !opened.await? {
            return Err(Error::BadCredentials);
        }
        self.tokens(session, &first, now)
    }
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

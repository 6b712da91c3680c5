//! The public keys of the auth service: asked for again and again, kept while it is away, and asked for at once when a
//! token names one that is not among them.

use std::{
    str::FromStr as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use access_token::{KnownTokens, PublicKeys, Rejection, TokenPolicy, Verified};
use proto::auth::{GetJwksRequest, GetJwksResponse, auth_service_client::AuthServiceClient};
use runtime::{
    clock::Timestamp,
    grpc::{Credentials, DialError, Dialer, Pool, Repeat},
    lifecycle::Lifecycle,
    replicas::ServiceAddress,
    trace_context::request,
};
use tokio::{
    select,
    time::{Instant, sleep},
};
use tracing::{info, warn};

use crate::refused::Refused;

/// How often the keys are asked for: a revoked one counts for so much longer here than at the auth service.
const INTERVAL: Duration = Duration::from_secs(10);
/// How long to wait after the auth service did not answer, at first and at most.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How long one question may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long no unknown key leads to another question.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// How far the clocks of this service and the auth service may be apart for a token to count as issued; when it ends is
/// judged without it.
const SLACK: Duration = Duration::from_secs(60);

/// Where the auth service is.
#[derive(Debug)]
pub struct AuthService {
    address: ServiceAddress,
    dialer: Dialer,
}

impl AuthService {
    /// At the addresses of its replicas, separated by commas; a host name stands for every replica that it resolves to.
    ///
    /// # Errors
    /// When that is no address, or asks for TLS without the files for it.
    pub fn at(address: &str, credentials: &Credentials) -> Result<Self, DialError> {
        let address = ServiceAddress::from_str(address)?;
        let dialer = address.dialer("auth", credentials)?;
        Ok(Self { address, dialer })
    }
}

/// The keys, as far as they are known.
#[derive(Debug)]
pub(super) struct Keys {
    auth: Pool,
    known: Mutex<Known>,
    known_tokens: Arc<KnownTokens>,
    /// Held by whoever asks.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    published: Option<Arc<Published>>,
    /// When the auth service was last asked, and whether it answered.
    asked: Option<(Instant, bool)>,
}

/// What the auth service has published.
#[derive(Debug)]
struct Published {
    keys: PublicKeys,
    rules: TokenPolicy,
}

/// Keys to verify one token with.
#[derive(Debug)]
pub(super) struct KeysForToken {
    published: Arc<Published>,
    known_tokens: Arc<KnownTokens>,
    /// Whether these are what the auth service publishes now, as far as that can be told.
    pub(super) newest: bool,
}

impl KeysForToken {
    pub(super) fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, Rejection> {
        let Published { keys, rules } = &*self.published;
        rules.verify(|name| keys.find(name), &self.known_tokens, token, now)
    }
}

impl Keys {
    /// Follows the keys until the lifecycle stops.
    pub(super) fn follow(auth: AuthService, lifecycle: &Lifecycle) -> Arc<Self> {
        let replicas = auth.address.follow(lifecycle);
        let keys = Arc::new(Self::of(Pool::new(replicas, auth.dialer)));
        let (followed, until) = (Arc::clone(&keys), lifecycle.clone());
        lifecycle.spawn(async move {
            select! {
                () = followed.keep_up() => {}
                () = until.stopping() => {}
            }
        });
        keys
    }

    fn of(auth: Pool) -> Self {
        Self {
            auth,
            known: Mutex::default(),
            known_tokens: Arc::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    async fn keep_up(&self) {
        let mut backoff = BACKOFF.0;
        loop {
            let asking = self.asking.lock().await;
            let answered = self.ask().await;
            drop(asking);
            if answered {
                backoff = BACKOFF.0;
                sleep(INTERVAL).await;
            } else {
                sleep(backoff).await;
                backoff = (backoff * 2).min(BACKOFF.1);
            }
        }
    }

    /// The keys to verify a token with: asked for anew when the one that it names is not among them.
    pub(super) async fn for_token(&self, token: &str) -> Result<KeysForToken, Refused> {
        let known = self.published();
        let has_key = |published: &Arc<Published>| published.keys.know_key_of(token) != Some(false);
        if let Some(published) = known.filter(has_key) {
            return Ok(self.keys_for_token(published, true));
        }
        let newest = self.ask_soon().await;
        let published = self.published().ok_or(Refused::Unavailable)?;
        Ok(self.keys_for_token(published, newest))
    }

    fn keys_for_token(&self, published: Arc<Published>, newest: bool) -> KeysForToken {
        KeysForToken {
            published,
            known_tokens: Arc::clone(&self.known_tokens),
            newest,
        }
    }

    /// Asks, unless that was done a moment ago or the auth service is away; tells whether the keys are the newest.
    async fn ask_soon(&self) -> bool {
        if let Some(answered) = self.lately() {
            return answered;
        }
        let _asking = self.asking.lock().await;
        // Somebody else may have asked meanwhile.
        match self.lately() {
            Some(answered) => answered,
            None => self.ask().await,
        }
    }

    /// What came of the last question, unless it is time for another.
    fn lately(&self) -> Option<bool> {
        let (at, answered) = self.known().asked?;
        (!answered || at.elapsed() < MIN_INTERVAL).then_some(answered)
    }

    /// Asks the auth service; tells whether it answered.
    async fn ask(&self) -> bool {
        let call = |channel| async move {
            let mut client = AuthServiceClient::new(channel);
            client.get_jwks(request(GetJwksRequest {})).await
        };
        let answer = self.auth.call(Repeat::Idempotent, TIMEOUT, call).await;
        let read = answer
            .map_err(|status| status.code().to_string())
            .and_then(|answer| read(&answer).map_err(ToOwned::to_owned));
        let mut known = self.known();
        let worked = known.asked.is_none_or(|(_, answered)| answered);
        let first = known.asked.is_none();
        known.asked = Some((Instant::now(), read.is_ok()));
        match read {
            Ok(published) => {
                if first || !worked {
                    info!("the public keys of the auth service are known");
                }
                known.published = Some(Arc::new(published));
                true
            }
            Err(cause) => {
                if worked {
                    warn!(%cause, "the auth service's public keys cannot be asked for; those that are known still count");
                }
                false
            }
        }
    }

    fn published(&self) -> Option<Arc<Published>> {
        self.known().published.clone()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        // Nothing panics while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(answer: &GetJwksResponse) -> Result<Published, &'static str> {
    if answer.issuer.is_empty() || answer.audience.is_empty() {
        return Err("it does not say what its tokens must say; it is of an older build");
    }
    let ttl = answer
        .access_ttl
        .and_then(|ttl| Duration::try_from(ttl).ok());
    let ttl = ttl.ok_or("it does not say how long its tokens live")?;
    Ok(Published {
        keys: PublicKeys::read(&answer.jwks_json).map_err(|_| "its key set cannot be read")?,
        rules: TokenPolicy::new(&answer.issuer, &answer.audience, ttl, SLACK),
    })
}

//! The keys of one issuer: fetched again and again, kept while it is away, and fetched at once when a token names one
//! that is not among them, though never more often than [`MIN_INTERVAL`]. One task fetches, so there is one fetch at a
//! time and no caller that hangs up breaks it off.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{
    select,
    sync::{Notify, watch},
    time::{Instant, sleep, timeout},
};
use tracing::{info, warn};

use super::{
    discovery::FetchError,
    key_set::{KeySet, VerifyingKey},
};
use crate::metrics::Metrics;

/// How often keys are fetched that nobody misses: a key that the issuer withdraws counts for so much longer here.
const REFRESH_INTERVAL: Duration = Duration::from_secs(300);
/// How soon an issuer is asked again that did not answer.
const RETRY_INTERVAL: Duration = Duration::from_secs(15);
/// How long after a fetch no unknown key leads to another.
const MIN_INTERVAL: Duration = Duration::from_secs(10);
/// How long a fetch may take, discovery included: callers wait for it, and theirs do for 5 s.
const FETCH_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a caller waits for a fetch.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(3_500);

/// Where keys are fetched.
pub(super) trait Source: fmt::Debug + Send + Sync {
    fn fetch(&self) -> BoxFuture<'_, Result<KeySet, FetchError>>;
}

/// Why there is no key of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The issuer has none.
    Unknown,
    /// The issuer does not answer, or was asked a moment ago and may not be asked again.
    CannotTell,
}

/// The keys, as far as they are known.
#[derive(Debug)]
pub(super) struct Keys {
    name: Arc<str>,
    source: Box<dyn Source>,
    progress: watch::Sender<Progress>,
    /// The number of the newest fetch that a caller waits for.
    wanted: AtomicU64,
    demand: Notify,
    /// Whether the last fetch failed, so that an outage is told once.
    is_away: AtomicBool,
    metrics: Metrics,
}

/// What has become of the fetches so far.
#[derive(Debug, Clone, Default)]
struct Progress {
    begun: u64,
    ended: u64,
    begun_at: Option<Instant>,
    /// Whether the last one brought keys.
    answered: bool,
    known: Arc<KeySet>,
}

impl Progress {
    /// The number of the fetch to wait for; `None` when none may begin yet.
    fn next_fetch(&self, now: Instant) -> Option<u64> {
        let may_begin = self
            .begun_at
            .is_none_or(|begun_at| now.duration_since(begun_at) >= MIN_INTERVAL);
        match self.begun > self.ended {
            true => Some(self.begun),
            false => may_begin.then_some(self.begun + 1),
        }
    }
}

impl Keys {
    pub(super) fn new(name: Arc<str>, source: Box<dyn Source>, metrics: Metrics) -> Self {
        metrics.issuer_known(&name);
        Self {
            name,
            source,
            progress: watch::Sender::default(),
            wanted: AtomicU64::new(0),
            demand: Notify::new(),
            is_away: AtomicBool::new(false),
            metrics,
        }
    }

    /// The key of that name; waits for a fetch when it is not among those that are known.
    pub(super) async fn find(&self, kid: &str) -> Result<Arc<VerifyingKey>, NoKey> {
        let mut progress = self.progress.subscribe();
        let wanted = {
            let now = progress.borrow();
            if let Some(key) = now.known.find(kid) {
                return Ok(key);
            }
            let wanted = now.next_fetch(Instant::now());
            let wanted = wanted.ok_or(NoKey::CannotTell)?;
            if wanted > now.begun {
                self.wanted.fetch_max(wanted, Ordering::SeqCst);
                self.demand.notify_one();
            }
            wanted
        };
        let done = progress.wait_for(|progress| progress.ended >= wanted);
        match timeout(ANSWER_TIMEOUT, done).await {
            Ok(Ok(done)) => match done.known.find(kid) {
                Some(key) => Ok(key),
                None if done.answered => Err(NoKey::Unknown),
                None => Err(NoKey::CannotTell),
            },
            Ok(Err(_)) | Err(_) => Err(NoKey::CannotTell),
        }
    }

    /// Fetches keys for ever.
    pub(super) async fn follow(&self) {
        loop {
            let pause = match self.fetch(Instant::now()).await {
                true => REFRESH_INTERVAL,
                false => RETRY_INTERVAL,
            };
            select! {
                () = sleep(pause) => {}
                () = self.demanded() => {}
            }
        }
    }

    /// Resolves when a caller waits for a fetch that has not begun. Many may have asked for the one before.
    async fn demanded(&self) {
        while self.wanted.load(Ordering::SeqCst) <= self.progress.borrow().begun {
            self.demand.notified().await;
        }
    }

    async fn fetch(&self, now: Instant) -> bool {
        self.progress.send_modify(|progress| {
            progress.begun += 1;
            progress.begun_at = Some(now);
        });
        let fetched = timeout(FETCH_TIMEOUT, self.source.fetch()).await;
        let fetched = fetched.unwrap_or(Err(FetchError::TimedOut));
        self.tell(&fetched);
        let answered = fetched.is_ok();
        self.progress.send_modify(|progress| {
            progress.ended = progress.begun;
            progress.answered = answered;
            if let Ok(keys) = fetched {
                progress.known = Arc::new(keys);
            }
        });
        answered
    }

    fn tell(&self, fetched: &Result<KeySet, FetchError>) {
        let outcome = if fetched.is_ok() { "ok" } else { "failed" };
        self.metrics.issuer_fetch(&self.name, outcome);
        let was_away = self.is_away.swap(fetched.is_err(), Ordering::Relaxed);
        match fetched {
            Ok(keys) if was_away || self.progress.borrow().known.len() == 0 => {
                info!(issuer = %self.name, keys = keys.len(), "the keys of a trusted issuer are known");
            }
            Err(error) if !was_away => {
                warn!(issuer = %self.name, %error, "the keys of a trusted issuer cannot be fetched; those that are known \
                      are kept");
            }
            Ok(_) | Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;

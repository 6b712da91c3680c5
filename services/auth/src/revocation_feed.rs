//! Tells the edges of revocations over a Redis stream. The store holds the truth: whatever Redis loses is
//! written again, and a Redis that is away delays nobody.
//!
//! `rc:revocations` is a stream of `session <id> at <milliseconds>`, with the latest 100,000 entries and at
//! least those that still matter. `{rc:revocations}:epoch`, in the same slot, is a random text set by whoever
//! finds it missing: when it changes, Redis has lost its data and every replica writes its marks anew.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use redis::{
    Client, ErrorKind, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use runtime::config::SecretUrl;
use tokio::time::timeout;
use tracing::{info, warn};
use uuid::Uuid;

use crate::{metrics::Metrics, revocations::Mark};

const STREAM: &str = "rc:revocations";
const EPOCH: &str = "{rc:revocations}:epoch";
/// About how many entries the stream keeps.
const LENGTH: usize = 100_000;
/// How many marks go out in one round trip when they are written anew.
const CHUNK: usize = 500;
/// How long a revocation waits for Redis; after that the next repair writes it.
const PATIENCE: Duration = Duration::from_millis(300);
/// How long one step of a repair may take.
const REPAIR_PATIENCE: Duration = Duration::from_secs(5);

/// The Redis URL makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("the Redis URL must look like redis://HOST:PORT: {0}")]
pub struct InvalidRedisUrl(String);

/// Where marks are published, if anywhere.
#[derive(Debug)]
pub(crate) struct RevocationFeed {
    stream: Option<Stream>,
    metrics: Metrics,
}

/// The stream in Redis, and what is known of it.
struct Stream {
    connection: ConnectionManager,
    /// A mark could not be written.
    behind: AtomicBool,
    /// The epoch in which all marks were written.
    written_in: Mutex<Option<String>>,
}

impl RevocationFeed {
    /// A feed to Redis, which need not be there yet; without an address, a feed to nobody.
    pub(crate) fn new(url: Option<&SecretUrl>, metrics: Metrics) -> Result<Self, InvalidRedisUrl> {
        let stream = url.map(Stream::open).transpose().map_err(|error| {
            // The words of a malformed URL's error may hold the URL.
            InvalidRedisUrl(error.category().to_owned())
        })?;
        Ok(Self { stream, metrics })
    }

    /// Publishes a new mark. Never fails and never takes long: what is missed is repaired.
    pub(crate) async fn publish(&self, mark: &Mark) {
        let Some(stream) = &self.stream else { return };
        let written = bounded(PATIENCE, stream.write(std::slice::from_ref(mark))).await;
        if let Err(error) = &written {
            stream.behind.store(true, Ordering::Release);
            warn!(%error, "a revocation did not reach Redis and will be written again");
        }
        self.count(written.is_ok());
    }

    /// Writes all marks anew when Redis missed one or lost its data, and trims what no longer matters.
    pub(crate) async fn repair(&self, marks: impl FnOnce() -> Vec<Mark>, kept_for: Duration) {
        let Some(stream) = &self.stream else { return };
        match stream.repair(marks, kept_for).await {
            Ok(0) => {}
            Ok(written) => {
                info!(written, "wrote the live revocations to Redis anew");
                self.count(true);
            }
            Err(error) => {
                stream.behind.store(true, Ordering::Release);
                warn!(%error, "the revocation stream in Redis could not be checked");
                self.count(false);
            }
        }
    }

    fn count(&self, written: bool) {
        self.metrics
            .feed_write(if written { "ok" } else { "failed" });
    }
}

impl Stream {
    fn open(url: &SecretUrl) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new().set_max_delay(Duration::from_secs(1));
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(
                Client::open(url.expose())?,
                config,
            )?,
            behind: AtomicBool::new(false),
            written_in: Mutex::new(None),
        })
    }

    async fn write(&self, marks: &[Mark]) -> Result<(), RedisError> {
        let mut pipeline = redis::pipe();
        for mark in marks {
            pipeline
                .cmd("XADD")
                .arg(&[STREAM, "MAXLEN", "~"])
                .arg(LENGTH)
                .arg(&["*", "session", mark.session.as_str(), "at"])
                .arg(mark.revoked_at.unix_millis())
                .ignore();
        }
        pipeline.query_async(&mut self.connection.clone()).await
    }

    /// Says how many marks were written.
    async fn repair(
        &self,
        marks: impl FnOnce() -> Vec<Mark>,
        kept_for: Duration,
    ) -> Result<usize, RedisError> {
        let epoch = bounded(REPAIR_PATIENCE, self.epoch()).await?;
        // Taken before the marks are read: a mark that fails meanwhile raises it again.
        let behind = self.behind.swap(false, Ordering::AcqRel);
        if !behind && self.written_in().as_ref() == Some(&epoch) {
            bounded(REPAIR_PATIENCE, self.trim(kept_for)).await?;
            return Ok(0);
        }
        let marks = marks();
        for chunk in marks.chunks(CHUNK) {
            bounded(REPAIR_PATIENCE, self.write(chunk)).await?;
        }
        *self.written_in() = Some(epoch);
        Ok(marks.len())
    }

    async fn epoch(&self) -> Result<String, RedisError> {
        let (epoch,): (String,) = redis::pipe()
            .atomic()
            .cmd("SET")
            .arg(&[EPOCH, &Uuid::now_v7().to_string(), "NX"])
            .ignore()
            .cmd("GET")
            .arg(EPOCH)
            .query_async(&mut self.connection.clone())
            .await?;
        Ok(epoch)
    }

    /// Entries are named by Redis' clock, so that is the clock they are trimmed by.
    async fn trim(&self, kept_for: Duration) -> Result<(), RedisError> {
        let mut connection = self.connection.clone();
        let (seconds, _micros): (u64, u64) =
            redis::cmd("TIME").query_async(&mut connection).await?;
        let oldest = seconds.saturating_sub(kept_for.as_secs()) * 1000;
        redis::cmd("XTRIM")
            .arg(&[STREAM, "MINID", "~"])
            .arg(oldest)
            .query_async(&mut connection)
            .await
    }

    fn written_in(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        // A text is replaced as a whole: it cannot be left half changed.
        self.written_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(STREAM)
    }
}

async fn bounded<T>(
    patience: Duration,
    call: impl Future<Output = Result<T, RedisError>>,
) -> Result<T, RedisError> {
    timeout(patience, call)
        .await
        .unwrap_or_else(|_| Err((ErrorKind::Io, "no answer in time").into()))
}

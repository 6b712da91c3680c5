//! Tells the edges of revocations over a Redis stream. The store holds the truth: whatever Redis loses is
//! written again, and a Redis that is away delays nobody.
//!
//! `rc:revocations` is a stream of `session <id> at <milliseconds>` for revocations, `review <id> at <milliseconds>`
//! for reviews and `review_all * at <milliseconds>` for reviews of everybody; readers that know only the first skip the
//! others. It has about the latest 100,000
//! entries and, of those, the ones that still matter. `{rc:revocations}:epoch`, in the same slot, is a random text set by
//! whoever finds it missing: when it changes, Redis has lost its data and every replica writes its marks anew.

use std::{
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use runtime::redis::{Cmd, Failure, Redis, Script, SelfTest, Value, cmd};
use tracing::{info, warn};
use uuid::Uuid;

use crate::{
    metrics::Metrics,
    revocations::{Event, RevocationEntry},
};

const STREAM: &str = "rc:revocations";
const EPOCH: &str = "{rc:revocations}:epoch";
/// About how many entries the stream keeps.
const MAX_STREAM_LENGTH: usize = 100_000;
/// How many marks go out in one round trip when they are written anew.
const MAX_BATCH: usize = 500;
/// How long a revocation waits for Redis; after that the next repair writes it.
const ADD_TIMEOUT: Duration = Duration::from_millis(300);
/// How long one step of a repair may take.
const REPAIR_STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// Sets the epoch when there is none, and reads it.
const READ_EPOCH: &str =
    "redis.call('SET', KEYS[1], ARGV[1], 'NX') return redis.call('GET', KEYS[1])";
/// Forgets entries older than so many seconds. Redis names them by its own clock, so that one counts.
const TRIM: &str = "local now = redis.call('TIME')[1] \
    return redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%d000', now - ARGV[1]))";
/// What the two do, to a key that lasts a second, and to no entry.
const SELF_TEST_EPOCH: &str =
    "redis.call('SET', KEYS[1], '', 'NX', 'PX', 1000) return redis.call('GET', KEYS[1])";
const SELF_TEST_TRIM: &str =
    "redis.call('TIME') return redis.call('XTRIM', KEYS[1], 'MINID', '~', '0')";

/// Where marks are published, if anywhere.
#[derive(Debug)]
pub(crate) struct RevocationFeed {
    stream: Option<Stream>,
    metrics: Metrics,
}

/// The stream in Redis, and what is known of it.
struct Stream {
    redis: Redis,
    read_epoch: Script,
    trim: Script,
    /// A mark could not be written.
    behind: AtomicBool,
    /// The epoch in which all marks were written.
    written_in: Mutex<Option<String>>,
}

/// What the feed does with Redis, to be tried before it is relied on. It leaves nothing behind.
pub(crate) fn self_test() -> SelfTest {
    let epoch = Script::new(SELF_TEST_EPOCH);
    let trim = Script::new(SELF_TEST_TRIM);
    let mut add = cmd("XADD");
    // No entry may have this id: what has the right to add one is told so.
    add.arg(&[STREAM, "NOMKSTREAM", "0-0", "session", ""]);
    SelfTest::default()
        .command("revocation stream (XADD rc:revocations)", add)
        .script(
            "revocation stream (script on rc:revocations)",
            &trim.call().key(STREAM),
        )
        .script(
            "revocation epoch (script on {rc:revocations}:…)",
            &epoch.call().key("{rc:revocations}:self-test"),
        )
}

impl RevocationFeed {
    /// A feed to Redis, which need not be there yet; without one, a feed to nobody.
    pub(crate) fn new(redis: Option<Redis>, metrics: Metrics) -> Self {
        let stream = redis.map(Stream::new);
        Self { stream, metrics }
    }

    /// Publishes a new mark. Never fails and never takes long: what is missed is repaired.
    pub(crate) async fn publish(&self, mark: &RevocationEntry) {
        let Some(stream) = &self.stream else { return };
        let written = stream.write(std::slice::from_ref(mark), ADD_TIMEOUT).await;
        if let Err(error) = &written {
            stream.behind.store(true, Ordering::Release);
            warn!(%error, "a revocation did not reach Redis and will be written again");
        }
        self.count(written.is_ok());
    }

    /// Writes all marks anew when Redis missed one or lost its data, and trims what no longer matters.
    pub(crate) async fn repair(
        &self,
        marks: impl FnOnce() -> Vec<RevocationEntry>,
        kept_for: Duration,
    ) {
        let Some(stream) = &self.stream else { return };
        match stream.repair(marks, kept_for).await {
            Ok(0) => {}
            Ok(written) => {
                info!(written, "wrote the live revocations to Redis anew");
                self.count(true);
            }
            // Told by the connection, once: this comes round again until Redis is back.
            Err(Failure::Down) => stream.behind.store(true, Ordering::Release),
            Err(error) => {
                stream.behind.store(true, Ordering::Release);
                warn!(%error, "the revocation stream in Redis could not be repaired");
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
    fn new(redis: Redis) -> Self {
        Self {
            redis,
            read_epoch: Script::new(READ_EPOCH),
            trim: Script::new(TRIM),
            behind: AtomicBool::new(false),
            written_in: Mutex::new(None),
        }
    }

    async fn write(&self, marks: &[RevocationEntry], timeout: Duration) -> Result<(), Failure> {
        let commands: Vec<Cmd> = marks.iter().map(add).collect();
        let answers = self.redis.with_timeout(timeout).run_all(&commands).await?;
        answers.into_iter().try_for_each(|answer| answer.map(drop))
    }

    /// Says how many marks were written.
    async fn repair(
        &self,
        marks: impl FnOnce() -> Vec<RevocationEntry>,
        kept_for: Duration,
    ) -> Result<usize, Failure> {
        let redis = self.redis.with_timeout(REPAIR_STEP_TIMEOUT);
        let fresh = Uuid::now_v7().to_string();
        let epoch: String = redis
            .script(&self.read_epoch.call().key(EPOCH).arg(fresh))
            .await?;
        // Taken before the marks are read: a mark that fails meanwhile raises it again.
        let behind = self.behind.swap(false, Ordering::AcqRel);
        if !behind && self.written_in().as_ref() == Some(&epoch) {
            let trim = self.trim.call().key(STREAM).arg(kept_for.as_secs());
            redis.script::<Value>(&trim).await?;
            return Ok(0);
        }
        let marks = marks();
        for chunk in marks.chunks(MAX_BATCH) {
            self.write(chunk, REPAIR_STEP_TIMEOUT).await?;
        }
        *self.written_in() = Some(epoch);
        Ok(marks.len())
    }

    fn written_in(&self) -> MutexGuard<'_, Option<String>> {
        // A text is replaced as a whole: it cannot be left half changed.
        self.written_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("redis", &self.redis)
            .finish_non_exhaustive()
    }
}

fn add(mark: &RevocationEntry) -> Cmd {
    let (kind, session) = match &mark.event {
        Event::Revoked(session) => ("session", session.as_str()),
        Event::Reviewed(session) => ("review", session.as_str()),
        Event::AllReviewed => ("review_all", "*"),
    };
    let mut command = cmd("XADD");
    command
        .arg(&[STREAM, "MAXLEN", "~"])
        .arg(MAX_STREAM_LENGTH)
        .arg(&["*", kind, session, "at"])
        .arg(mark.at.unix_millis());
    command
}

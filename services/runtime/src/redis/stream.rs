//! A stream, read forward entry by entry. Nothing is lost while Redis keeps it; what is promised beyond that is to
//! tell when the connection was lost, since Redis may have been emptied meanwhile.

use std::time::Duration;

use ::redis::{Cmd, FromRedisValue, Value, streams::StreamReadReply};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::task::AbortOnDropHandle;

use super::{
    address::Target,
    connection::{Connection, ConnectionOptions},
    link::Backoff,
    refusals::{Listener, Refusals},
};

/// How long Redis holds a question until an entry comes, and how long its answer may take beyond that.
const BLOCK_TIMEOUT: Duration = Duration::from_secs(2);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);
/// How many entries come with one answer.
const MAX_BATCH: usize = 100;

/// What comes from a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// The next entry.
    Entry(StreamEntry),
    /// Reading began, or began again after the connection was lost. It goes on after the last entry, but
    /// Redis may have come back without what it had.
    Gap,
}

/// One entry of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEntry {
    /// Its place in the stream.
    pub id: String,
    /// Its fields, in no order.
    pub fields: Vec<(String, Vec<u8>)>,
}

/// A stream that is followed, for as long as this is kept.
#[derive(Debug)]
pub struct Stream {
    entries: mpsc::Receiver<Followed>,
    _reader: AbortOnDropHandle<()>,
}

impl Stream {
    pub(super) fn open(
        target: Target,
        key: String,
        from: String,
        capacity: usize,
        refusals: &Refusals,
    ) -> Self {
        let (sender, entries) = mpsc::channel(capacity.max(1));
        let refusals = refusals.listener(format!("reading the stream {key}"));
        let place = Place { key, after: from };
        let reader = tokio::spawn(follow(target, place, sender, refusals));
        Self {
            entries,
            _reader: AbortOnDropHandle::new(reader),
        }
    }

    /// The next entry or gap; waits while there is none, also while Redis is away. Cancel-safe.
    pub async fn next(&mut self) -> Followed {
        match self.entries.recv().await {
            Some(followed) => followed,
            None => std::future::pending().await,
        }
    }
}

struct Place {
    key: String,
    after: String,
}

async fn follow(
    target: Target,
    mut place: Place,
    entries: mpsc::Sender<Followed>,
    refusals: Listener,
) {
    let wiring = ConnectionOptions {
        slowest: ANSWER_TIMEOUT,
        on_push: None,
    };
    let mut pause = Backoff::default();
    loop {
        if let Ok(Ok(mut connection)) = timeout(ANSWER_TIMEOUT, target.connect(&wiring)).await {
            // One that may not be read must not be asked again at once, and no gap is told for it.
            match timeout(ANSWER_TIMEOUT, connection.run(&place.first_question())).await {
                Ok(Ok(first)) => {
                    refusals.accepted();
                    pause = Backoff::default();
                    if entries.send(Followed::Gap).await.is_err() {
                        return;
                    }
                    if pass_on(first, &mut place, &entries).await.is_ok() {
                        read_on(connection, &mut place, &entries).await;
                    }
                }
                Ok(Err(error)) => refusals.failed(&error),
                Err(_) => {}
            }
        }
        pause.wait().await;
    }
}

/// Reads until the connection is lost.
async fn read_on(mut connection: Connection, place: &mut Place, entries: &mpsc::Sender<Followed>) {
    while let Ok(Ok(value)) = timeout(ANSWER_TIMEOUT, connection.run(&place.question())).await {
        if pass_on(value, place, entries).await.is_err() {
            return;
        }
    }
}

/// The answer is none, or nobody reads on.
struct Ended;

async fn pass_on(
    value: Value,
    place: &mut Place,
    entries: &mpsc::Sender<Followed>,
) -> Result<(), Ended> {
    // No answer: no entry came while Redis held the question.
    let answer = Option::<StreamReadReply>::from_redis_value(value).map_err(|_| Ended)?;
    let found = answer.into_iter().flat_map(|answer| answer.keys);
    for entry in found.flat_map(|key| key.ids) {
        place.after.clone_from(&entry.id);
        let fields = entry
            .map
            .into_iter()
            .filter_map(|(name, value)| Some((name, Vec::from_redis_value(value).ok()?)))
            .collect();
        let entry = StreamEntry {
            id: entry.id,
            fields,
        };
        let sent = entries.send(Followed::Entry(entry)).await;
        sent.map_err(|_| Ended)?;
    }
    Ok(())
}

impl Place {
    /// Answered at once.
    fn first_question(&self) -> Cmd {
        let mut command = read();
        self.name(&mut command);
        command
    }

    fn question(&self) -> Cmd {
        let mut command = read();
        command.arg("BLOCK").arg(BLOCK_TIMEOUT.as_millis() as u64);
        self.name(&mut command);
        command
    }

    fn name(&self, command: &mut Cmd) {
        command.arg("STREAMS").arg(&self.key).arg(&self.after);
    }
}

fn read() -> Cmd {
    let mut command = ::redis::cmd("XREAD");
    command.arg("COUNT").arg(MAX_BATCH);
    command
}

//! A bounded queue for what is noted of what happens: no request waits for it or fails by it. One task writes, many notes in a
//! transaction; what finds no room, or cannot be written, is counted. What a note says is known to the services alone.

use std::{fmt, sync::Arc};

use tokio::{sync::mpsc, time::Instant};
use tracing::warn;

use crate::{lifecycle::Lifecycle, warning_limiter::WarningLimiter};

/// How many notes may wait to be written.
pub const QUEUE_LENGTH: usize = 4096;
/// How many are written in one transaction.
const MAX_BATCH: usize = 100;
/// How many characters a text may have that comes from outside.
const MAX_TEXT: usize = 64;

/// Counts notes, by what became of them: `written`, `failed` or `dropped`.
pub type Count = Arc<dyn Fn(&'static str, u64) + Send + Sync>;

/// Where notes are put.
#[derive(Clone)]
pub struct Audit<N> {
    queue: mpsc::Sender<N>,
    count: Count,
}

/// The notes that were put there.
pub struct Backlog<N> {
    notes: mpsc::Receiver<N>,
    count: Count,
}

/// A queue of that length.
pub fn queue<N>(length: usize, count: Count) -> (Audit<N>, Backlog<N>) {
    let (queue, notes) = mpsc::channel(length);
    let backlog = Backlog {
        notes,
        count: Arc::clone(&count),
    };
    (Audit { queue, count }, backlog)
}

/// A text from outside, as far as it fits into a note.
pub fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

impl<N> Audit<N> {
    /// Puts a note into the queue; says whether there was room.
    pub fn note(&self, note: N) -> bool {
        static FULL: WarningLimiter = WarningLimiter::new();
        let has_room = self.queue.try_send(note).is_ok();
        if !has_room {
            (self.count)("dropped", 1);
            if let Some(untold) = FULL.admit(Instant::now()) {
                warn!(
                    untold,
                    "more happens than can be written to the audit, events are missing there"
                );
            }
        }
        has_room
    }
}

impl<N: Send + 'static> Backlog<N> {
    /// Writes until nobody can note anything any more, or the lifecycle is killed.
    pub fn spawn<F, E>(
        self,
        lifecycle: &Lifecycle,
        write: impl Fn(Vec<N>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<(), E>> + Send,
        E: fmt::Display + Send,
    {
        let killed = lifecycle.clone();
        lifecycle.spawn(async move {
            tokio::select! {
                () = self.write_all(write) => {}
                () = killed.killed() => {}
            }
        });
    }

    async fn write_all<F, E>(mut self, write: impl Fn(Vec<N>) -> F + Send + Sync)
    where
        F: Future<Output = Result<(), E>> + Send,
        E: fmt::Display + Send,
    {
        static FAILED: WarningLimiter = WarningLimiter::new();
        let mut batch = Vec::new();
        while self.notes.recv_many(&mut batch, MAX_BATCH).await > 0 {
            let many = batch.len() as u64;
            match write(std::mem::take(&mut batch)).await {
                Ok(()) => (self.count)("written", many),
                Err(error) => {
                    (self.count)("failed", many);
                    if let Some(untold) = FAILED.admit(Instant::now()) {
                        warn!(%error, untold, "what happened could not be written to the audit, events are missing there");
                    }
                }
            }
        }
    }
}

impl<N> fmt::Debug for Audit<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Audit")
    }
}

impl<N> fmt::Debug for Backlog<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backlog")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn what_finds_no_room_is_counted_and_the_rest_is_written_before_the_end() {
        let counted = Arc::new(Mutex::new(Vec::new()));
        let counts = Arc::clone(&counted);
        let count: Count = Arc::new(move |what, many| counts.lock().unwrap().push((what, many)));
        let (audit, backlog) = queue(3, count);
        assert_eq!(
            [1, 2, 3, 4].map(|note| audit.note(note)),
            [true, true, true, false]
        );
        drop(audit);

        let written = Mutex::new(Vec::new());
        let write = |notes: Vec<i32>| {
            written.lock().unwrap().extend(notes);
            async { Ok::<_, &str>(()) }
        };
        backlog.write_all(write).await;
        assert_eq!(*written.lock().unwrap(), [1, 2, 3]);
        assert_eq!(*counted.lock().unwrap(), [("dropped", 1), ("written", 3)]);
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_counted() {
        let counted = Arc::new(Mutex::new(Vec::new()));
        let counts = Arc::clone(&counted);
        let count: Count = Arc::new(move |what, many| counts.lock().unwrap().push((what, many)));
        let (audit, backlog) = queue(3, count);
        audit.note(1);
        drop(audit);
        backlog
            .write_all(|_| async { Err::<(), _>("no disk") })
            .await;
        assert_eq!(*counted.lock().unwrap(), [("failed", 1)]);
    }

    #[test]
    fn a_text_from_outside_is_cut() {
        assert_eq!(cut(&"é".repeat(1000)).chars().count(), MAX_TEXT);
    }
}

//! The threads that hash passwords. Each keeps the memory that Argon2 works in and uses it again, so that a wave of
//! sign-ins takes as much memory as there are threads, and no more. It does not know what is hashed.

use std::{
    io,
    num::NonZero,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use argon2::Block;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};

use super::Error;
use crate::metrics::Metrics;

/// How many hashes may wait for each thread: about two seconds of work.
const MAX_QUEUED_PER_THREAD: usize = 64;
/// How long a caller waits for its hash, the time in the queue included: less than the edge waits for the answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// One hash, with the memory of the thread that computes it.
type Job = Box<dyn FnOnce(&mut [Block]) + Send>;

/// A fixed number of threads behind one bounded queue. They end when this is dropped.
#[derive(Debug)]
pub(super) struct HashThreads {
    jobs: mpsc::Sender<Job>,
    completed: Arc<AtomicU64>,
    metrics: Metrics,
}

impl HashThreads {
    /// Starts the threads. Each takes `blocks` KiB with its first hash and keeps them.
    pub(super) fn start(
        threads: NonZero<usize>,
        blocks: usize,
        metrics: Metrics,
    ) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(threads.get() * MAX_QUEUED_PER_THREAD);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads.get() {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name("auth-passwords".to_owned())
                .spawn(move || work(&queue, blocks))?;
        }
        Ok(Self {
            jobs,
            completed: Arc::default(),
            metrics,
        })
    }

    /// Has one of the threads do `compute`. It is skipped when the caller has gone before its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&mut [Block]) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, answer) = oneshot::channel();
        let (completed, metrics) = (Arc::clone(&self.completed), self.metrics.clone());
        let job: Job = Box::new(move |memory| {
            if sender.is_closed() {
                return;
            }
            let begun = Instant::now();
            let outcome = compute(memory);
            metrics.password_hash(begun.elapsed());
            completed.fetch_add(1, Ordering::Relaxed);
            // Whoever asked may have gone meanwhile.
            sender.send(outcome).ok();
        });
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => Error::Failed("no thread is left".to_owned()),
        })?;
        match timeout(ANSWER_TIMEOUT, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Error::Failed("the thread has ended".to_owned())),
            Err(_) => Err(Error::Busy),
        }
    }

    /// How many hashes were computed so far.
    #[cfg(test)]
    pub(super) fn completed(&self) -> u64 {
        self.completed.load(Ordering::Relaxed)
    }
}

/// Runs until the queue is closed and empty.
fn work(queue: &Mutex<mpsc::Receiver<Job>>, blocks: usize) {
    let mut memory = Vec::new();
    loop {
        // One thread waits in the queue, the others for the lock: whoever holds it takes the next job.
        let job = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv();
        let Some(job) = job else { return };
        memory.resize(blocks, Block::new());
        job(&mut memory);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc as blocking;

    use futures_util::FutureExt as _;

    use super::*;

    /// A pool of one thread that is busy until the sender is dropped.
    async fn busy() -> (Arc<HashThreads>, blocking::SyncSender<()>) {
        let threads = HashThreads::start(NonZero::<usize>::MIN, 8, Metrics::new()).unwrap();
        let threads = Arc::new(threads);
        let (release, held) = blocking::sync_channel::<()>(0);
        let (started, has_started) = oneshot::channel();
        let pool = Arc::clone(&threads);
        tokio::spawn(async move {
            let hold = move |_: &mut [Block]| {
                started.send(()).ok();
                held.recv().ok();
                Ok(())
            };
            pool.run(hold).await.ok();
        });
        has_started.await.unwrap();
        (threads, release)
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once() {
        let (threads, _release) = busy().await;
        let waiting: Vec<_> = (0..MAX_QUEUED_PER_THREAD)
            .map(|_| {
                let mut waiting = Box::pin(threads.run(|_| Ok(())));
                assert!((&mut waiting).now_or_never().is_none());
                waiting
            })
            .collect();

        let refused = threads.run(|_| Ok(())).await;

        assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
        drop(waiting);
    }

    #[tokio::test]
    async fn a_caller_that_has_gone_costs_nothing() {
        let (threads, release) = busy().await;
        let mut gone = Box::pin(threads.run(|_| Ok(())));
        assert!((&mut gone).now_or_never().is_none());
        drop(gone);
        drop(release);

        threads.run(|_| Ok(())).await.unwrap();

        assert_eq!(threads.completed(), 2, "the one that held it and the last");
    }

    #[tokio::test]
    async fn a_thread_uses_the_same_memory_again() {
        let threads = HashThreads::start(NonZero::<usize>::MIN, 8, Metrics::new()).unwrap();
        let mut places = Vec::new();
        for _ in 0..3 {
            let place = |memory: &mut [Block]| Ok((memory.as_ptr().addr(), memory.len()));
            places.push(threads.run(place).await.unwrap());
        }
        places.dedup();
        assert_eq!(places.len(), 1, "{places:?}");
        assert_eq!(places[0].1, 8);
    }
}

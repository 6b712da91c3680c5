//! Reads and writes documents off the async runtime: so many at a time, after a bounded wait, and nothing for a request
//! that is gone. One document takes some milliseconds at most, so what has begun is finished.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use proto::ids::UserId;
use tokio::{sync::Semaphore, time::timeout};

use crate::refused::Refused;

/// How many documents are worked on at a time.
const MAX_CONCURRENT: usize = 2;
/// How long a document may wait for its turn.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Where documents are read and written.
#[derive(Debug, Clone)]
pub(crate) struct DocumentPool {
    permits: Arc<Semaphore>,
    importing: Arc<Mutex<HashSet<UserId>>>,
}

/// Says that a user's import is under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct ImportPermit {
    importing: Arc<Mutex<HashSet<UserId>>>,
    user: UserId,
}

impl Default for DocumentPool {
    fn default() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            importing: Arc::default(),
        }
    }
}

impl DocumentPool {
    /// Lets a user import one document at a time.
    ///
    /// # Errors
    /// When another import of theirs is under way.
    pub(crate) fn import_permit(&self, user: &UserId) -> Result<ImportPermit, Refused> {
        let importing = Arc::clone(&self.importing);
        let first = locked(&importing).insert(user.clone());
        let permit = first.then(|| ImportPermit {
            importing,
            user: user.clone(),
        });
        permit.ok_or(Refused::ImportUnderWay)
    }

    /// Does a piece of work on a blocking thread. When the future is dropped while it waits, the work is never begun.
    ///
    /// # Errors
    /// When no thread is free in time, or the work panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let permit = timeout(PERMIT_TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit
            .map_err(|_| Refused::Overloaded)?
            .map_err(|_| Refused::Unavailable)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        done.await.map_err(|_| Refused::Unavailable)
    }
}

impl Drop for ImportPermit {
    fn drop(&mut self) {
        locked(&self.importing).remove(&self.user);
    }
}

fn locked(importing: &Mutex<HashSet<UserId>>) -> std::sync::MutexGuard<'_, HashSet<UserId>> {
    importing.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    async fn busy(pool: &DocumentPool) -> tokio::sync::OwnedSemaphorePermit {
        let all = u32::try_from(MAX_CONCURRENT).unwrap();
        let permits = Arc::clone(&pool.permits);
        permits.acquire_many_owned(all).await.unwrap()
    }

    #[tokio::test]
    async fn a_user_imports_one_document_at_a_time() {
        let pool = DocumentPool::default();
        let first = pool.import_permit(&user("ada")).unwrap();
        assert_eq!(
            pool.import_permit(&user("ada")).unwrap_err(),
            Refused::ImportUnderWay
        );
        assert!(pool.import_permit(&user("bob")).is_ok());
        drop(first);
        assert!(pool.import_permit(&user("ada")).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn what_finds_no_thread_in_time_is_refused_and_never_done() {
        let pool = DocumentPool::default();
        let busy = busy(&pool).await;
        let done = Arc::new(AtomicBool::new(false));
        let note = Arc::clone(&done);
        let refused = pool.run(move || note.store(true, Ordering::SeqCst)).await;
        assert_eq!(refused, Err(Refused::Overloaded));
        drop(busy);
        assert_eq!(pool.run(|| 7).await, Ok(7));
        assert!(!done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_request_that_is_gone_begins_nothing_and_holds_nothing() {
        let pool = DocumentPool::default();
        let busy = busy(&pool).await;
        let done = Arc::new(AtomicBool::new(false));
        let note = Arc::clone(&done);
        let mut waiting = Box::pin(pool.run(move || note.store(true, Ordering::SeqCst)));
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        drop(waiting);
        drop(busy);
        assert_eq!(pool.run(|| 7).await, Ok(7));
        assert!(!done.load(Ordering::SeqCst));
        assert_eq!(pool.permits.available_permits(), MAX_CONCURRENT);
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_permit_back() {
        let pool = DocumentPool::default();
        let failed = pool.run(|| std::panic::resume_unwind(Box::new("no"))).await;
        assert_eq!(failed, Err::<(), _>(Refused::Unavailable));
        assert_eq!(pool.permits.available_permits(), MAX_CONCURRENT);
    }
}

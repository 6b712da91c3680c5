//! How many sockets of a port may be open, whatever became of them: some file descriptors are always left for
//! everything else in the process.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use crate::descriptors;

/// How long to wait for a socket that has been told to end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The open sockets of a port.
#[derive(Debug)]
pub(super) struct Sockets {
    limit: usize,
    open: AtomicUsize,
    closed: Notify,
}

/// An open socket; counted until this is dropped.
#[derive(Debug)]
pub(super) struct OpenSocket(Arc<Sockets>);

impl Sockets {
    /// As many as the process's limit of descriptors leaves.
    pub(super) fn new() -> Arc<Self> {
        Self::within(descriptors::for_sockets())
    }

    pub(super) fn within(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            open: AtomicUsize::new(0),
            closed: Notify::new(),
        })
    }

    /// Counts one more.
    pub(super) fn open(self: &Arc<Self>) -> OpenSocket {
        self.open.fetch_add(1, Ordering::Relaxed);
        OpenSocket(Arc::clone(self))
    }

    /// Whether there are more than there may be.
    pub(super) fn are_too_many(&self) -> bool {
        self.open.load(Ordering::Relaxed) > self.limit
    }

    /// Resolves when one is closed, or after a second.
    pub(super) async fn one_closed(&self) {
        // Whoever does not end in time does so later; the reserve bridges that.
        timeout(CLOSE_TIMEOUT, self.closed.notified()).await.ok();
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.closed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_counted_until_they_are_closed() {
        let sockets = Sockets::within(1);
        let first = sockets.open();
        assert!(!sockets.are_too_many());
        let second = sockets.open();
        assert!(sockets.are_too_many());
        drop((first, second));
        assert_eq!(sockets.open.load(Ordering::Relaxed), 0);
    }
}

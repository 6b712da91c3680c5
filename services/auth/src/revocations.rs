//! The revocations and reviews that still matter, in memory: those of login sessions that may have a living
//! access token.
//! The truth is in the store; this is what validation asks and what watchers are told.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use proto::ids::LoginSessionId;
use runtime::clock::Timestamp;
use tokio::sync::broadcast;

/// How far a watcher may fall behind before it must begin anew.
const MAX_QUEUED: usize = 1024;
/// How many watchers there may be.
const MAX_WATCHERS: usize = 1000;

/// What happened to login sessions, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RevocationEntry {
    pub(crate) event: Event,
    pub(crate) at: Timestamp,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// The login session has ended.
    Revoked(LoginSessionId),
    /// Whoever uses the login session shall authenticate again.
    Reviewed(LoginSessionId),
    /// Whoever uses any login session shall authenticate again: a signing key was revoked.
    AllReviewed,
}

type Marks = HashMap<Event, Timestamp>;

/// Every mark that still matters.
#[derive(Debug)]
pub(crate) struct Revocations {
    marks: Mutex<Marks>,
    news: broadcast::Sender<RevocationEntry>,
}

/// What a watcher gets: the marks so far, then each new one. Nothing falls between.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) so_far: Vec<RevocationEntry>,
    pub(crate) news: broadcast::Receiver<RevocationEntry>,
}

impl Revocations {
    pub(crate) fn new() -> Self {
        Self {
            marks: Mutex::default(),
            news: broadcast::Sender::new(MAX_QUEUED),
        }
    }

    /// Takes a mark in; watchers are told of the first revocation, and of each new review. Says whether it is new.
    pub(crate) fn add(&self, mark: RevocationEntry) -> bool {
        let mut marks = self.marks();
        let known = match (marks.get(&mark.event), &mark.event) {
            (None, _) => false,
            (Some(_), Event::Revoked(_)) => true,
            (Some(at), Event::Reviewed(_) | Event::AllReviewed) => *at >= mark.at,
        };
        if !known {
            marks.insert(mark.event.clone(), mark.at);
            // Sent while the lock is held, so that no watcher misses it or gets it twice. Fails only when
            // nobody watches.
            self.news.send(mark).ok();
        }
        !known
    }

    pub(crate) fn is_revoked(&self, session: &LoginSessionId) -> bool {
        self.marks().contains_key(&Event::Revoked(session.clone()))
    }

    /// Every mark that still matters.
    pub(crate) fn all(&self) -> Vec<RevocationEntry> {
        list(&self.marks())
    }

    /// Begins to watch; `None` when too many do.
    pub(crate) fn watch(&self) -> Option<Watch> {
        let marks = self.marks();
        (self.news.receiver_count() < MAX_WATCHERS).then(|| Watch {
            so_far: list(&marks),
            news: self.news.subscribe(),
        })
    }

    /// Forgets what happened before then, since every access token from that time has expired.
    pub(crate) fn forget(&self, before: Timestamp) {
        self.marks().retain(|_, at| *at >= before);
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        // Nothing that holds the lock can leave the map half changed.
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn list(marks: &Marks) -> Vec<RevocationEntry> {
    let mark = |(event, at): (&Event, &Timestamp)| RevocationEntry {
        event: event.clone(),
        at: *at,
    };
    marks.iter().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(session: &str, at: i64) -> RevocationEntry {
        RevocationEntry {
            event: Event::Revoked(session.parse().unwrap()),
            at: Timestamp::from_unix_millis(at),
        }
    }

    #[tokio::test]
    async fn a_watcher_gets_what_was_and_what_comes_each_once() {
        let revocations = Revocations::new();
        revocations.add(mark("a", 1));
        let mut watch = revocations.watch().unwrap();
        revocations.add(mark("a", 1));
        revocations.add(mark("b", 2));

        assert_eq!(watch.so_far, [mark("a", 1)]);
        assert_eq!(watch.news.recv().await, Ok(mark("b", 2)));
        assert!(watch.news.is_empty());
    }

    #[tokio::test]
    async fn a_watcher_hears_of_each_new_review_and_of_no_old_one() {
        let session: LoginSessionId = "a".parse().unwrap();
        for event in [Event::Reviewed(session.clone()), Event::AllReviewed] {
            let revocations = Revocations::new();
            let review = |at| RevocationEntry {
                event: event.clone(),
                ..mark("a", at)
            };
            assert!(revocations.add(review(5)));
            let mut watch = revocations.watch().unwrap();
            let new = [5, 4, 6, 5].map(|at| revocations.add(review(at)));

            assert_eq!(new, [false, false, true, false]);
            assert_eq!(watch.so_far, [review(5)]);
            assert_eq!(watch.news.recv().await, Ok(review(6)));
            assert!(watch.news.is_empty());
            assert!(!revocations.is_revoked(&session));
        }
    }

    #[tokio::test]
    async fn a_watcher_that_falls_too_far_behind_is_told() {
        let revocations = Revocations::new();
        let mut watch = revocations.watch().unwrap();
        for n in 0..=MAX_QUEUED {
            revocations.add(mark(&n.to_string(), 1));
        }
        let lagged = broadcast::error::RecvError::Lagged(1);
        assert_eq!(watch.news.recv().await, Err(lagged));
    }

    #[test]
    fn old_marks_are_forgotten_and_watchers_are_bounded() {
        let revocations = Revocations::new();
        revocations.add(mark("old", 1));
        revocations.add(mark("new", 2));
        revocations.forget(Timestamp::from_unix_millis(2));
        assert_eq!(revocations.all(), [mark("new", 2)]);

        let watches: Vec<_> = (0..=MAX_WATCHERS).map(|_| revocations.watch()).collect();
        assert!(watches[MAX_WATCHERS - 1].is_some() && watches[MAX_WATCHERS].is_none());
    }
}

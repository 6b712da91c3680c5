//! Writes that wait for Redis: one for each session, the newest, in the order in which sessions began to wait.

use std::collections::{HashMap, VecDeque};

use proto::ids::SessionId;
use tokio::time::Instant;

use super::super::record::{Phase, SessionRecord};

/// A change to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Write {
    /// Of everything that is known of it.
    Put(SessionRecord),
    /// It ended for good.
    Cancel { generation: u64 },
}

#[derive(Debug)]
pub(super) struct Pending {
    writes: HashMap<SessionId, Write>,
    order: VecDeque<SessionId>,
    bound: usize,
}

/// There is no room for another session.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Pending {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            writes: HashMap::new(),
            order: VecDeque::new(),
            bound,
        }
    }

    /// How many sessions have a change that waits.
    pub(super) fn len(&self) -> usize {
        self.writes.len()
    }

    /// Adds a change that is newer than what waits.
    pub(super) fn add(&mut self, session: &SessionId, write: Write) -> Result<(), Full> {
        self.merge(session, |known| match known {
            Some(known) => known.followed_by(write),
            None => write,
        })
    }

    /// Adds a change that is older than what waits, if anything does: one that was tried in vain.
    pub(super) fn put_back(&mut self, session: &SessionId, write: Write) -> Result<(), Full> {
        self.merge(session, |known| match known {
            Some(known) => write.followed_by(known),
            None => write,
        })
    }

    /// The next changes to be tried.
    pub(super) fn take(&mut self, max: usize) -> Vec<(SessionId, Write)> {
        let count = max.min(self.order.len());
        self.order
            .drain(..count)
            .filter_map(|session| {
                let write = self.writes.remove(&session)?;
                Some((session, write))
            })
            .collect()
    }

    /// What waits for a session.
    pub(super) fn peek(&self, session: &SessionId) -> Option<&Write> {
        self.writes.get(session)
    }

    fn merge(
        &mut self,
        session: &SessionId,
        merge: impl FnOnce(Option<Write>) -> Write,
    ) -> Result<(), Full> {
        if let Some(known) = self.writes.remove(session) {
            self.writes.insert(session.clone(), merge(Some(known)));
            return Ok(());
        }
        if self.writes.len() >= self.bound {
            return Err(Full);
        }
        self.order.push_back(session.clone());
        self.writes.insert(session.clone(), merge(None));
        Ok(())
    }
}

impl Write {
    /// Whether the session has ended before the change could be written.
    pub(super) fn is_void(&self, now: Instant) -> bool {
        match self {
            Self::Put(record) => record.expires <= now,
            Self::Cancel { .. } => false,
        }
    }

    /// Which of two changes counts: the generation decides, and within it how far the session has come.
    fn followed_by(self, newer: Self) -> Self {
        if self.rank() > newer.rank() {
            self
        } else {
            newer
        }
    }

    fn rank(&self) -> (u64, u8) {
        match self {
            Self::Put(record) if record.phase == Phase::Active => (record.generation, 0),
            Self::Put(record) => (record.generation, 1),
            Self::Cancel { generation } => (*generation, 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::deadlines::Scope;

    const MINUTE: Duration = Duration::from_secs(60);

    #[track_caller]
    fn check(writes: impl IntoIterator<Item = Write>, expected: &Write) {
        let writes: Vec<Write> = writes.into_iter().collect();
        let mut pending = Pending::new(1);
        for write in &writes {
            pending.add(&id("s1"), write.clone()).unwrap();
        }
        assert_eq!(pending.take(10), [(id("s1"), expected.clone())]);
        assert_eq!(pending.take(10), []);

        // Whatever was tried in vain in between, the result is the same.
        for write in writes.iter().rev() {
            pending.put_back(&id("s1"), write.clone()).unwrap();
        }
        assert_eq!(pending.take(10), [(id("s1"), expected.clone())]);
    }

    #[test]
    fn the_newest_generation_wins() {
        let now = Instant::now();
        check([put(1, now), put(2, now)], &put(2, now));
        check([put(2, now), put(1, now)], &put(2, now));
        check([put(1, now), put(1, now + MINUTE)], &put(1, now + MINUTE));
        check([put(2, now), asked(1, now)], &put(2, now));
        check([asked(1, now), put(2, now)], &put(2, now));
    }

    #[test]
    fn a_generation_never_goes_back_from_asked() {
        let now = Instant::now();
        check([put(1, now), asked(1, now)], &asked(1, now));
        check([asked(1, now), put(1, now)], &asked(1, now));
    }

    #[test]
    fn what_was_cancelled_stays_so_unless_a_newer_generation_comes() {
        let now = Instant::now();
        let cancel = Write::Cancel { generation: 2 };
        check([put(2, now), cancel.clone()], &cancel);
        check([cancel.clone(), put(2, now)], &cancel);
        check([cancel.clone(), asked(1, now)], &cancel);
        check([cancel, put(3, now)], &put(3, now));
    }

    #[test]
    fn only_further_sessions_need_room() {
        let now = Instant::now();
        let mut pending = Pending::new(1);
        pending.add(&id("s1"), put(1, now)).unwrap();

        assert_eq!(pending.add(&id("s2"), put(1, now)), Err(Full));
        assert_eq!(pending.add(&id("s1"), put(2, now)), Ok(()));
    }

    #[test]
    fn sessions_are_written_in_the_order_in_which_they_began_to_wait() {
        let now = Instant::now();
        let mut pending = Pending::new(3);
        for (session, generation) in [("s1", 1), ("s2", 1), ("s1", 2), ("s3", 1)] {
            pending.add(&id(session), put(generation, now)).unwrap();
        }
        let order = |taken: Vec<(SessionId, Write)>| -> Vec<SessionId> {
            taken.into_iter().map(|(session, _)| session).collect()
        };
        assert_eq!(order(pending.take(2)), [id("s1"), id("s2")]);
        assert_eq!(order(pending.take(2)), [id("s3")]);
    }

    #[test]
    fn a_write_is_void_once_its_session_has_ended() {
        let now = Instant::now();
        assert!(!put(1, now).is_void(now));
        assert!(put(1, now).is_void(now + MINUTE));
        assert!(!Write::Cancel { generation: 1 }.is_void(now + MINUTE));
    }

    fn id(session: &str) -> SessionId {
        session.parse().unwrap()
    }

    fn put(generation: u64, now: Instant) -> Write {
        Write::Put(record(generation, now))
    }

    fn asked(generation: u64, now: Instant) -> Write {
        Write::Put(SessionRecord {
            phase: Phase::Asked,
            ..record(generation, now)
        })
    }

    fn record(generation: u64, now: Instant) -> SessionRecord {
        SessionRecord {
            session: id("s1"),
            scope: Scope {
                user: "ada".parse().unwrap(),
                login_session: "login".parse().unwrap(),
                recipe: "pancakes".parse().unwrap(),
            },
            generation,
            phase: Phase::Active,
            due: now + MINUTE / 4,
            expires: now + MINUTE,
        }
    }
}

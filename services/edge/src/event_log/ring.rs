//! The newest events, within a bound: each new one takes the place of the oldest.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use runtime::clock::Timestamp;

use super::{ConnectionEvent, Filter, Subject, Timeline, Told, lock};

/// How many events are looked at until whoever wants to add one gets their turn.
const MAX_CHUNK: u64 = 512;
/// How many events that are too old are dropped when one is added.
const MAX_DROPPED: usize = 2;

/// An event as it is kept.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    pub(super) subject: Arc<Subject>,
    pub(super) event: ConnectionEvent,
}

/// The newest events.
#[derive(Debug)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    capacity: usize,
    /// How many were dropped so far: the number of the oldest that is kept.
    dropped: u64,
}

impl Ring {
    /// One that keeps so many events.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::with_capacity(capacity),
            capacity,
            dropped: 0,
        }
    }

    /// Adds an event; those from before `since` go.
    pub(super) fn push(&mut self, entry: Entry, since: Timestamp) {
        if self.capacity == 0 {
            return;
        }
        for _ in 0..MAX_DROPPED {
            match self.entries.front() {
                Some(oldest) if oldest.at < since => self.drop_oldest(),
                Some(_) | None => break,
            }
        }
        if self.entries.len() == self.capacity {
            self.drop_oldest();
        }
        self.entries.push_back(entry);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn drop_oldest(&mut self) {
        self.dropped += u64::from(self.entries.pop_front().is_some());
    }

    /// The number behind that of the newest event.
    fn end(&self) -> u64 {
        self.dropped + self.entries.len() as u64
    }

    fn get(&self, number: u64) -> Option<&Entry> {
        let at = usize::try_from(number.checked_sub(self.dropped)?);
        self.entries.get(at.ok()?)
    }
}

/// Adds to `found` the newest events since then that fit, at most `limit` of this ring. It is not held for longer than some
/// events take.
pub(super) fn collect(
    ring: &Mutex<Ring>,
    filter: &Filter,
    since: Timestamp,
    limit: usize,
    found: &mut Timeline,
) {
    let most = found.events.len() + limit;
    let mut before = u64::MAX;
    loop {
        let ring = lock(ring);
        let end = before.min(ring.end());
        let start = end.saturating_sub(MAX_CHUNK).max(ring.dropped);
        if start >= end {
            return;
        }
        let entries = (start..end).rev().filter_map(|number| ring.get(number));
        for entry in entries.filter(|entry| entry.at >= since && filter.fits(&entry.subject)) {
            if found.events.len() == most {
                found.truncated = true;
                return;
            }
            found.events.push(Told {
                at: entry.at,
                subject: Arc::clone(&entry.subject),
                event: entry.event,
            });
        }
        before = start;
    }
}

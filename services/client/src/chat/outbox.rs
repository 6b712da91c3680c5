//! What was said and is not yet answered. One message is under way at a time, so that the order holds whatever is
//! refused for a while; it is sent again under the same id until its answer comes.

use std::{collections::VecDeque, time::Duration};

use proto::websocket::{codes::ErrorCode, frames::ErrorPayload};
use tokio::time::Instant;

use super::{backoff::Backoff, events::Outgoing};

/// The most messages that wait.
pub(crate) const MAX_UNSENT: usize = 100;
/// A message is sent again when this passes without an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// A message at which the server fails so often is given up, so that it does not hold up the others for ever.
const MAX_ATTEMPTS: u32 = 5;

/// A message that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: String,
    pub content: String,
    faults: u32,
}

/// What the first message is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Ready,
    UnderWay { again_at: Instant },
    Paused { until: Instant },
}

#[derive(Debug)]
pub struct Outbox {
    waiting: VecDeque<Waiting>,
    first: First,
    backoff: Backoff,
}

impl Outbox {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            waiting: VecDeque::new(),
            first: First::Ready,
            backoff: Backoff::new(seed),
        }
    }

    pub fn has_room(&self) -> bool {
        self.waiting.len() < MAX_UNSENT
    }

    pub fn waiting(&self) -> impl ExactSizeIterator<Item = &Waiting> {
        self.waiting.iter()
    }

    /// Puts a message at the end; gives its content back when there is no room.
    pub(super) fn put(&mut self, id: String, content: String) -> Result<(), String> {
        if !self.has_room() {
            return Err(content);
        }
        self.waiting.push_back(Waiting {
            id,
            content,
            faults: 0,
        });
        Ok(())
    }

    /// What is to be sent now, if anything. The connection must be there to take it.
    pub(super) fn send(&mut self, now: Instant) -> Option<Outgoing> {
        let first = self.waiting.front()?;
        if self.first != First::Ready {
            return None;
        }
        self.first = First::UnderWay {
            again_at: now + ANSWER_TIMEOUT,
        };
        Some(Outgoing::Say {
            id: first.id.clone(),
            content: first.content.clone(),
        })
    }

    /// The message was accepted: it waits no more.
    pub(super) fn accepted(&mut self, id: &str) {
        if self.remove(id).is_some() {
            self.backoff.reset();
        }
    }

    /// The message was refused; gives it back when it is of no use to send it again.
    pub(super) fn refused(
        &mut self,
        id: &str,
        error: &ErrorPayload,
        now: Instant,
    ) -> Option<Waiting> {
        let first = self.waiting.front_mut().filter(|first| first.id == id)?;
        first.faults += u32::from(error.code == ErrorCode::Internal);
        if !error.retryable || first.faults >= MAX_ATTEMPTS {
            return self.remove(id);
        }
        let wait = match error.retry_after_ms {
            Some(millis) => Duration::from_millis(millis),
            None => self.backoff.next(),
        };
        self.first = First::Paused { until: now + wait };
        None
    }

    /// The connection is gone, and perhaps the answer with it.
    pub(super) fn connection_lost(&mut self) {
        if matches!(self.first, First::UnderWay { .. }) {
            self.first = First::Ready;
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match self.first {
            First::Ready => None,
            First::UnderWay { again_at } => Some(again_at),
            First::Paused { until } => Some(until),
        }
    }

    /// The time has come to send the first message again.
    pub(super) fn due(&mut self, now: Instant) {
        if self.next_deadline().is_some_and(|at| at <= now) {
            self.first = First::Ready;
        }
    }

    fn remove(&mut self, id: &str) -> Option<Waiting> {
        let index = self.waiting.iter().position(|waiting| waiting.id == id)?;
        if index == 0 {
            self.first = First::Ready;
        }
        self.waiting.remove(index)
    }
}

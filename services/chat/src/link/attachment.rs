//! One recipe on one link: how far its updates have been sent, and what waits for them. Pure: it says what to do,
//! `outbox` does it.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, sync::Arc};

use proto::ids::Revision;

use crate::message::Update;

/// How many updates are kept while older ones are being read.
const KEPT: usize = 256;

/// A recipe whose updates go out on a link. `T` is what waits for them.
#[derive(Debug)]
pub(super) struct Attachment<T> {
    /// All updates up to this one are in the queue or further; before the first reading, those that the other
    /// side said it has.
    sent: Revision,
    phase: Phase,
    waiting: Vec<(Revision, T)>,
}

#[derive(Debug)]
enum Phase {
    /// What came after `sent` is being read; newer ones are kept.
    CatchingUp {
        kept: VecDeque<Arc<Update>>,
        /// Something happened that the reading may have been too early for.
        again: bool,
    },
    /// Each update goes out as it comes.
    Live,
    /// The queue was full: only the newest is kept, until there is room.
    Lagging { newest: Arc<Update>, again: bool },
}

/// What is to be done after something happened to an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Todo {
    Nothing,
    /// Read what came after `sent`.
    CatchUp,
    /// Ask for the newest update once there is room.
    WaitForRoom,
}

/// Where updates go, as long as there is room.
pub(super) trait Queue {
    /// Takes the update, or `false` when it is full.
    fn push(&mut self, update: &Arc<Update>) -> bool;
}

impl<T> Attachment<T> {
    /// One whose missed updates have to be read first.
    pub(super) fn new(after: Option<Revision>) -> Self {
        Self {
            sent: after.unwrap_or(0),
            phase: Phase::CatchingUp {
                kept: VecDeque::new(),
                again: false,
            },
            waiting: Vec::new(),
        }
    }

    pub(super) fn sent(&self) -> Revision {
        self.sent
    }

    /// Takes a new update.
    pub(super) fn offer(&mut self, update: &Arc<Update>, queue: &mut impl Queue) -> Todo {
        match &mut self.phase {
            Phase::CatchingUp { kept, .. } if kept.len() < KEPT => {
                kept.push_back(Arc::clone(update))
            }
            Phase::CatchingUp { again, .. } => *again = true,
            Phase::Lagging { newest, .. } if newest.revision() < update.revision() => {
                *newest = Arc::clone(update);
            }
            Phase::Lagging { .. } => {}
            Phase::Live if update.revision() > self.sent + 1 => {
                return self.start_over([Arc::clone(update)].into());
            }
            Phase::Live => return self.send(update, queue),
        }
        Todo::Nothing
    }

    /// Hears that the recipe has come that far.
    pub(super) fn notice(&mut self, revision: Revision) -> Todo {
        if revision <= self.sent {
            return Todo::Nothing;
        }
        match &mut self.phase {
            Phase::CatchingUp { again, .. } => *again = true,
            Phase::Lagging { newest, again } => *again |= newest.revision() < revision,
            Phase::Live => return self.start_over(VecDeque::new()),
        }
        Todo::Nothing
    }

    /// Takes what was read: the updates after `sent`, or only the newest when there were too many, and how far
    /// the recipe has come.
    pub(super) fn caught_up(
        &mut self,
        updates: &[Arc<Update>],
        revision: Revision,
        queue: &mut impl Queue,
    ) -> Todo {
        let (kept, again) = match std::mem::replace(&mut self.phase, Phase::Live) {
            Phase::CatchingUp { kept, again } => (kept, again),
            other => {
                self.phase = other;
                return Todo::Nothing;
            }
        };
        for update in updates {
            self.send(update, queue);
        }
        if matches!(self.phase, Phase::Live) {
            // Also when the other side claimed to be further than the recipe has come.
            self.sent = revision;
        }
        let mut gap = again;
        for update in kept {
            match &self.phase {
                Phase::Live if update.revision() > self.sent + 1 => gap = true,
                _ => {
                    self.offer(&update, queue);
                }
            }
        }
        match &mut self.phase {
            Phase::Live if gap => self.start_over(VecDeque::new()),
            Phase::Lagging { again, .. } => {
                *again |= gap;
                Todo::WaitForRoom
            }
            Phase::Live | Phase::CatchingUp { .. } => Todo::Nothing,
        }
    }

    /// The newest update of one that lags, now that there is room. One that heard of something else as well
    /// reads that first: it may shut somebody out.
    pub(super) fn newest(&mut self) -> (Option<Arc<Update>>, Todo) {
        let (newest, again) = match std::mem::replace(&mut self.phase, Phase::Live) {
            Phase::Lagging { newest, again } => (newest, again),
            other => {
                self.phase = other;
                return (None, Todo::Nothing);
            }
        };
        if again {
            return (None, self.start_over(VecDeque::new()));
        }
        self.sent = newest.revision();
        (Some(newest), Todo::Nothing)
    }

    /// Gives the answer back when nothing has to go before it, else keeps it.
    pub(super) fn gate(&mut self, revision: Revision, answer: T) -> (Option<T>, Todo) {
        if revision <= self.sent {
            return (Some(answer), Todo::Nothing);
        }
        self.waiting.push((revision, answer));
        (None, self.notice(revision))
    }

    /// The answers that need wait no longer.
    pub(super) fn released(&mut self) -> Vec<T> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        let sent = self.sent;
        let (ready, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(revision, _)| *revision <= sent);
        self.waiting = waiting;
        let ready: Vec<_> = ready;
        ready.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Everything that still waits: nothing will come before it any more.
    pub(super) fn into_waiting(self) -> impl Iterator<Item = T> {
        self.waiting.into_iter().map(|(_, answer)| answer)
    }

    fn send(&mut self, update: &Arc<Update>, queue: &mut impl Queue) -> Todo {
        if update.revision() <= self.sent {
            return Todo::Nothing;
        }
        if let Phase::Lagging { newest, .. } = &mut self.phase {
            *newest = Arc::clone(update);
            return Todo::Nothing;
        }
        if queue.push(update) {
            self.sent = update.revision();
            return Todo::Nothing;
        }
        self.phase = Phase::Lagging {
            newest: Arc::clone(update),
            again: false,
        };
        Todo::WaitForRoom
    }

    fn start_over(&mut self, kept: VecDeque<Arc<Update>>) -> Todo {
        self.phase = Phase::CatchingUp { kept, again: false };
        Todo::CatchUp
    }
}

//! One recipe on one link: how far its updates have been sent, and what waits for them. Pure: it says what to do,
//! `outbox` does it.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, sync::Arc};

use proto::ids::{Position, Revision};

use crate::message::Update;

/// How many updates are kept while older ones are being read, and about how many bytes.
const MAX_KEPT: usize = 256;
const MAX_KEPT_BYTES: usize = 4 << 20;

/// A recipe whose updates go out on a link. `T` is what waits for them.
#[derive(Debug)]
pub(super) struct Attachment<T> {
    /// The edge's name for it; 0 when it gave none.
    number: u64,
    /// All updates up to this one are in the queue or further; before the first reading, those that the other
    /// side said it has.
    sent: Position,
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
    /// Takes the update of an attachment, or `false` when it is full.
    fn push(&mut self, attachment: u64, update: &Arc<Update>) -> bool;
}

impl<T> Attachment<T> {
    /// One whose missed updates have to be read first.
    pub(super) fn new(number: u64, after: Option<Position>) -> Self {
        Self {
            number,
            sent: after.unwrap_or_default(),
            phase: Phase::CatchingUp {
                kept: VecDeque::new(),
                again: false,
            },
            waiting: Vec::new(),
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn sent(&self) -> &Position {
        &self.sent
    }

    /// Takes a new update.
    pub(super) fn offer(&mut self, update: &Arc<Update>, queue: &mut impl Queue) -> Todo {
        match &mut self.phase {
            Phase::CatchingUp { kept, .. } if has_room(kept) => kept.push_back(Arc::clone(update)),
            Phase::CatchingUp { again, .. } => *again = true,
            Phase::Lagging { newest, .. } if newest.revision() < update.revision() => {
                *newest = Arc::clone(update);
            }
            Phase::Lagging { .. } => {}
            Phase::Live => return self.go_on(update, queue),
        }
        Todo::Nothing
    }

    /// Sends a new update if it follows what was sent. Else some are missing, or the store went back: reading tells.
    fn go_on(&mut self, update: &Arc<Update>, queue: &mut impl Queue) -> Todo {
        if self.is_next(update) {
            self.send(update, queue)
        } else if update.position() == self.sent {
            Todo::Nothing
        } else {
            self.start_over([Arc::clone(update)].into())
        }
    }

    /// Hears that the recipe has come that far.
    pub(super) fn notice(&mut self, revision: Revision) -> Todo {
        match revision > self.sent.revision {
            true => self.look(revision),
            false => Todo::Nothing,
        }
    }

    /// Hears how far the recipe has come in the store: a store that went back is not as far as what was sent.
    pub(super) fn compare(&mut self, stored: Revision) -> Todo {
        match stored == self.sent.revision {
            true => Todo::Nothing,
            false => self.look(stored),
        }
    }

    /// Reads what came after what was sent, and whether that still stands.
    fn look(&mut self, revision: Revision) -> Todo {
        let went_back = revision < self.sent.revision;
        match &mut self.phase {
            Phase::CatchingUp { again, .. } => *again = true,
            Phase::Lagging { newest, again } => {
                *again |= went_back || newest.revision() < revision;
            }
            Phase::Live => return self.start_over(VecDeque::new()),
        }
        Todo::Nothing
    }

    /// Takes what was read: the updates after `sent`, or only the newest when there were too many, how far they
    /// reach, and how far the recipe has come. What is between is to be read next.
    pub(super) fn caught_up(
        &mut self,
        updates: &[Arc<Update>],
        upto: &Position,
        revision: Revision,
        queue: &mut impl Queue,
    ) -> Todo {
        let Some((kept, again)) = self.stop_reading() else {
            return Todo::Nothing;
        };
        for update in updates {
            self.send(update, queue);
        }
        let more = upto.revision < revision;
        if matches!(self.phase, Phase::Live) {
            self.sent = upto.clone();
            if more {
                self.phase = Phase::CatchingUp { kept, again };
                return Todo::CatchUp;
            }
        }
        self.resume(kept, again || more, queue)
    }

    /// Hears that what was sent is of another history than the recipe's. Nothing can come before what waits any more: it
    /// is given back. Updates after `position` follow.
    pub(super) fn begin_anew(
        &mut self,
        position: &Position,
        queue: &mut impl Queue,
    ) -> (Vec<T>, Todo) {
        let Some((kept, again)) = self.stop_reading() else {
            return (Vec::new(), Todo::Nothing);
        };
        self.sent = position.clone();
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let released = waiting.map(|(_, answer)| answer).collect();
        (released, self.resume(kept, again, queue))
    }

    /// Takes what was kept while the past was read; `None` when it was not.
    fn stop_reading(&mut self) -> Option<(VecDeque<Arc<Update>>, bool)> {
        match std::mem::replace(&mut self.phase, Phase::Live) {
            Phase::CatchingUp { kept, again } => Some((kept, again)),
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// Sends what was kept, up to the first gap.
    fn resume(&mut self, kept: VecDeque<Arc<Update>>, again: bool, queue: &mut impl Queue) -> Todo {
        let mut gap = again;
        for update in kept {
            match &self.phase {
                Phase::Live if update.revision() > self.sent.revision => {
                    if self.is_next(&update) {
                        self.send(&update, queue);
                    } else {
                        gap = true;
                    }
                }
                // What was kept may be older than what was read.
                Phase::Live => {}
                Phase::CatchingUp { .. } | Phase::Lagging { .. } => {
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
        self.sent = newest.position();
        (Some(newest), Todo::Nothing)
    }

    /// Gives the answer back when nothing has to go before it, else keeps it.
    pub(super) fn gate(&mut self, revision: Revision, answer: T) -> (Option<T>, Todo) {
        if revision <= self.sent.revision {
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
        let sent = self.sent.revision;
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
        if update.revision() <= self.sent.revision {
            return Todo::Nothing;
        }
        if let Phase::Lagging { newest, .. } = &mut self.phase {
            *newest = Arc::clone(update);
            return Todo::Nothing;
        }
        if queue.push(self.number, update) {
            self.sent = update.position();
            return Todo::Nothing;
        }
        self.phase = Phase::Lagging {
            newest: Arc::clone(update),
            again: false,
        };
        Todo::WaitForRoom
    }

    /// Whether an update follows what was sent.
    fn is_next(&self, update: &Update) -> bool {
        let before = update.previous();
        before.revision == self.sent.revision && !before.contradicts(&self.sent)
    }

    fn start_over(&mut self, kept: VecDeque<Arc<Update>>) -> Todo {
        self.phase = Phase::CatchingUp { kept, again: false };
        Todo::CatchUp
    }
}

fn has_room(kept: &VecDeque<Arc<Update>>) -> bool {
    let bytes = || kept.iter().map(|update| update.size).sum::<usize>();
    kept.len() < MAX_KEPT && bytes() < MAX_KEPT_BYTES
}

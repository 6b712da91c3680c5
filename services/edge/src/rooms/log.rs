//! A room's log: the last updates of one recipe, without a gap and of one history. Pure.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use proto::{
    ids::{MessageId, Position, RecipeId, Revision},
    websocket::frames::{Message, Recipe},
};
use runtime::clock::Timestamp;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    access::Access,
    wire::{
        outbound::{self, for_everybody},
        rendered::Rendered,
    },
};

/// How many updates a room keeps.
pub(super) const MAX_UPDATES: usize = 64;
/// How many bytes of frames a room keeps, unless a single one is larger.
const MAX_BYTES: usize = 512 << 10;

/// One accepted message and the recipe after it, ready to be written.
#[derive(Debug)]
pub struct Update {
    /// Its place in the recipe's order.
    pub position: Position,
    /// The place before it.
    previous: Position,
    /// The message.
    pub message: Arc<Message>,
    /// The recipe after it.
    pub recipe: Arc<Recipe>,
    /// The `recipe_update` that everybody gets.
    pub frame: Utf8Bytes,
    /// Who may do what from now on; only where that may be another than before.
    pub access: Option<Arc<Access>>,
    /// The one that the message's author gets instead: with what is for them alone.
    pub frame_for_author: Option<Utf8Bytes>,
    received: Instant,
}

impl Update {
    /// Serialises an update for everybody. `previous` is the message before it, when known.
    pub fn new(
        recipe_id: &RecipeId,
        recipe: &Rendered,
        message: Arc<Message>,
        previous: Option<MessageId>,
        clock_now: Timestamp,
        now: Instant,
    ) -> Self {
        let frame = |message| outbound::room_update(recipe_id, recipe, message, clock_now);
        let public = for_everybody(&message);
        let frame_for_author = (!Arc::ptr_eq(&public, &message)).then(|| frame(&message));
        Self {
            position: Position {
                revision: message.revision,
                message: message.id.parse().ok(),
            },
            previous: Position {
                revision: message.revision.saturating_sub(1),
                message: previous,
            },
            frame: frame(&public),
            frame_for_author,
            message,
            recipe: Arc::clone(recipe.recipe()),
            access: None,
            received: now,
        }
    }

    /// The same with who may do what from now on.
    #[must_use]
    pub fn with_access(self, access: Option<Access>) -> Self {
        Self {
            access: access.map(Arc::new),
            ..self
        }
    }

    /// The frame for its author, or for anybody else.
    pub fn frame_for(&self, is_author: bool) -> &Utf8Bytes {
        let own = self.frame_for_author.as_ref().filter(|_| is_author);
        own.unwrap_or(&self.frame)
    }

    /// How many bytes of frames it holds.
    fn frame_bytes(&self) -> usize {
        self.frame.len()
            + self
                .frame_for_author
                .as_ref()
                .map_or(0, |frame| frame.len())
    }

    /// How long ago it came to this edge.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.received)
    }
}

/// What has come since a position.
#[derive(Debug)]
pub enum Since {
    /// Nothing.
    Nothing,
    /// These, without a gap.
    Updates(Vec<Arc<Update>>),
    /// More than the room keeps.
    TooMuch,
    /// The position is not one of the recipe's history.
    Diverged,
}

/// What became of an update that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pushed {
    /// It is the newest.
    New,
    /// It is known.
    Known,
    /// It is of another history than the log.
    Diverged,
}

/// The updates after `base`, without a gap.
#[derive(Debug)]
pub(super) struct Log {
    base: Position,
    bytes: usize,
    updates: VecDeque<Arc<Update>>,
    /// The furthest position that a member was answered with. Its updates may not have come.
    answered_position: Option<Position>,
    /// Whether the recipe turned out to have another history.
    refuted: bool,
}

impl Log {
    /// An empty log of a recipe that stands there.
    pub(super) fn at(position: Position) -> Self {
        Self {
            base: position,
            bytes: 0,
            updates: VecDeque::new(),
            answered_position: None,
            refuted: false,
        }
    }

    pub(super) fn newest(&self) -> &Position {
        self.updates
            .back()
            .map_or(&self.base, |update| &update.position)
    }

    /// Hears of a position that a member was answered with. Tells whether it is beyond all that has come: the chat service has
    /// to compare it, too.
    pub(super) fn tell(&mut self, position: &Position) -> bool {
        let further = self
            .answered_position
            .as_ref()
            .is_none_or(|answered_position| answered_position.revision < position.revision);
        if further {
            self.answered_position = Some(position.clone());
        }
        further && position.revision > self.newest().revision
    }

    /// The furthest position that a member was answered with, unless the log has come as far.
    pub(super) fn answered_position(&self) -> Option<&Position> {
        let newest = self.newest().revision;
        self.answered_position
            .as_ref()
            .filter(|answered_position| answered_position.revision > newest)
    }

    /// Takes an update in.
    pub(super) fn push(&mut self, update: Arc<Update>) -> Pushed {
        if self.contradicts(&update.position) || self.contradicts(&update.previous) {
            return Pushed::Diverged;
        }
        let newest = self.newest();
        if update.position.revision <= newest.revision {
            return Pushed::Known;
        }
        if update.previous.revision > newest.revision {
            self.updates.clear();
            self.bytes = 0;
            self.base = update.previous.clone();
        }
        self.bytes += update.frame_bytes();
        self.updates.push_back(update);
        while self.updates.len() > MAX_UPDATES || (self.bytes > MAX_BYTES && self.updates.len() > 1)
        {
            self.forget_oldest();
        }
        Pushed::New
    }

    pub(super) fn since(&self, position: &Position) -> Since {
        if self.refuted || self.contradicts(position) {
            return Since::Diverged;
        }
        if position.revision >= self.newest().revision {
            return Since::Nothing;
        }
        let Some(skip) = position.revision.checked_sub(self.base.revision) else {
            return Since::TooMuch;
        };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        Since::Updates(self.updates.iter().skip(skip).cloned().collect())
    }

    /// Whether the log has another message at a position, or a member was answered with another one.
    pub(super) fn contradicts(&self, position: &Position) -> bool {
        self.position_at(position.revision)
            .is_some_and(|here| here.contradicts(position))
    }

    /// Whether the log has come to a position, as far as it can tell.
    pub(super) fn has_been_at(&self, position: &Position) -> bool {
        position.revision <= self.newest().revision && !self.contradicts(position)
    }

    /// Whether the log has come to a position, or a member may have been answered with it.
    pub(super) fn may_have_been_at(&self, position: &Position) -> bool {
        let answered_position = self
            .answered_position()
            .is_some_and(|answered_position| position.revision <= answered_position.revision);
        (answered_position && !self.contradicts(position)) || self.has_been_at(position)
    }

    /// Gives the log up: the recipe has another history.
    pub(super) fn refute(&mut self) {
        self.refuted = true;
    }

    fn position_at(&self, revision: Revision) -> Option<&Position> {
        match revision.checked_sub(self.base.revision)? {
            0 => Some(&self.base),
            after => {
                let index = usize::try_from(after - 1).ok()?;
                let update = self.updates.get(index).map(|update| &update.position);
                update.or_else(|| {
                    self.answered_position()
                        .filter(|answered_position| answered_position.revision == revision)
                })
            }
        }
    }

    pub(super) fn forget_before(&mut self, moment: Instant) {
        while self
            .updates
            .front()
            .is_some_and(|update| update.received < moment)
        {
            self.forget_oldest();
        }
        if self.updates.is_empty() {
            self.updates.shrink_to_fit();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.updates.pop_front() {
            self.bytes -= oldest.frame_bytes();
            self.base = oldest.position.clone();
        }
    }
}

//! One room: the log of its updates, and a member's place in it.

use std::sync::{Arc, Mutex};

use proto::ids::{Position, RecipeId, Revision, UserId};
use tokio::{sync::watch, time::Instant};

use super::{
    Progress, Rooms, SeenAs, Since, Update, lock,
    log::{Log, Pushed},
    presence::PresenceFrames,
};
use crate::{audience::Audience, upstream::Principal};

/// One recipe that somebody here looks at.
#[derive(Debug)]
pub(crate) struct Room {
    pub(super) changes: watch::Sender<Revision>,
    pub(super) log: Mutex<Log>,
    /// The last word on who may see the recipe, for those who are on their way in.
    pub(super) audience: Mutex<Option<Arc<Audience>>>,
    pub(super) shown: PresenceFrames,
}

/// A place in a room, given up when this is dropped.
#[derive(Debug)]
pub struct Member {
    pub(super) recipe: RecipeId,
    pub(super) rooms: Arc<Rooms>,
    pub(super) room: Arc<Room>,
    pub(super) number: u64,
    pub(super) changes: watch::Receiver<Revision>,
    /// Whether they type.
    pub(super) typing: bool,
    /// Up to which frame the client was told who is there.
    pub(super) presence_written: u64,
}

impl Room {
    pub(super) fn at(position: Position) -> Self {
        Self {
            changes: watch::Sender::new(position.revision),
            log: Mutex::new(Log::at(position)),
            audience: Mutex::default(),
            shown: PresenceFrames::default(),
        }
    }

    pub(super) fn position(&self) -> Position {
        lock(&self.log).newest().clone()
    }

    pub(super) fn progress(&self) -> Progress {
        let log = lock(&self.log);
        Progress {
            newest: log.newest().clone(),
            answered_position: log.answered_position().cloned(),
        }
    }

    pub(super) fn publish(&self, update: Arc<Update>) -> Pushed {
        let mut log = lock(&self.log);
        let pushed = log.push(update);
        if pushed == Pushed::New {
            // Sent under the lock, so that the revision never goes back.
            self.changes.send_replace(log.newest().revision);
        }
        pushed
    }

    /// Whether the chat service's word, that the recipe stands at `position`, shows this to be of another history. A
    /// recipe that was further before the question was asked went back.
    pub(super) fn is_refuted_by(&self, position: &Position, asked_at: Option<&Position>) -> bool {
        let log = lock(&self.log);
        let went_back =
            |before: &Position| position.revision < before.revision && log.has_been_at(before);
        asked_at.is_some_and(went_back) || log.contradicts(position)
    }

    pub(super) fn end(&self) {
        lock(&self.log).refute();
        self.changes.send_modify(|_| {});
    }
}

impl Member {
    /// Waits until the room has something newer than when last asked, or somebody has come or gone.
    pub async fn changed(&mut self) {
        // The room, which holds the other end, lives as long as this.
        self.changes.changed().await.ok();
    }

    /// Whether a user who was let in at a revision may still be here.
    pub fn may_stay(&self, user: &UserId, name: &str, let_in_at: Revision) -> bool {
        let audience = lock(&self.room.audience).clone();
        audience.is_none_or(|audience| audience.keeps(user, name, let_in_at, Instant::now()))
    }

    /// Says that the member has proved who they are again, or may do something else.
    pub fn show(&self, who: &Arc<Principal>, shown: &SeenAs) {
        self.rooms
            .show(&self.recipe, &self.room, self.number, who, shown);
    }

    /// What has come since `position`.
    pub fn since(&self, position: &Position) -> Since {
        lock(&self.room.log).since(position)
    }

    /// Where the room stands.
    pub fn position(&self) -> Position {
        self.room.position()
    }

    /// Hears that the chat service has answered with the recipe at `position`, as [`Rooms::enter`] does; tells whether the room ends.
    pub fn refute(&self, position: &Position, asked_at: &Position) -> bool {
        let refuted = self.room.is_refuted_by(position, Some(asked_at));
        match refuted {
            true => self
                .rooms
                .end_room(&self.recipe, |open| Arc::ptr_eq(open, &self.room)),
            false => {
                if lock(&self.room.log).tell(position) {
                    self.rooms.mark_changed(&self.recipe);
                }
            }
        }
        refuted
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.rooms
            .leave(&self.recipe, &self.room, self.number, self.typing);
    }
}

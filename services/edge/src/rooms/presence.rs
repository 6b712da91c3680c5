//! Who is on a recipe, at all edges: what this edge's people are shown of it, serialised once for all of them, and which
//! rooms the chat service must hear of.

use std::{
    collections::HashSet,
    mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use proto::{ids::RecipeId, websocket::frames::Presence};
use runtime::clock::Timestamp;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{AttachmentNumber, Member, OpenRoom, PeopleChange, Rooms, lock, people::MAX_SHOWN};
use crate::wire::outbound;

/// Rooms whose people have changed since the chat service was told.
#[derive(Debug, Default)]
pub(super) struct ChangedPeople {
    recipes: Mutex<HashSet<RecipeId>>,
    change: Notify,
}

/// What a room's people were shown last of who is there.
#[derive(Debug, Default)]
pub(super) struct PresenceFrames {
    /// How many there were; so that whoever has the newest need not lock.
    count: AtomicU64,
    newest: Mutex<Option<Arc<PresenceFrame>>>,
}

#[derive(Debug)]
struct PresenceFrame {
    number: u64,
    presence: Presence,
    frame: Utf8Bytes,
}

impl ChangedPeople {
    pub(super) fn mark(&self, recipe: &RecipeId) {
        lock(&self.recipes).insert(recipe.clone());
        self.change.notify_one();
    }
}

impl PresenceFrames {
    fn newest(&self) -> Option<Arc<PresenceFrame>> {
        lock(&self.newest).clone()
    }

    /// Keeps what a newcomer to a crowd was shown before the chat service has told anything, for those who follow. It is
    /// news to nobody.
    fn keep_first(&self, presence: Presence, frame: Utf8Bytes) {
        let mut newest = lock(&self.newest);
        newest.get_or_insert_with(|| {
            Arc::new(PresenceFrame {
                number: 0,
                presence,
                frame,
            })
        });
    }

    fn put(&self, presence: Presence, frame: Utf8Bytes) {
        let mut newest = lock(&self.newest);
        let number = self.count.load(Ordering::Relaxed) + 1;
        *newest = Some(Arc::new(PresenceFrame {
            number,
            presence,
            frame,
        }));
        self.count.store(number, Ordering::Release);
    }
}

impl Rooms {
    /// Waits for people to come, to go or to change, and names their rooms. Each is named at least once after its last change.
    pub async fn people_changed(&self) -> HashSet<RecipeId> {
        loop {
            let change = self.changed_people.change.notified();
            let changed = mem::take(&mut *lock(&self.changed_people.recipes));
            if !changed.is_empty() {
                return changed;
            }
            change.await;
        }
    }

    /// What the chat service must hear of the people in a room that is attached; `None`: nothing.
    pub fn take_people_change(&self, recipe: &RecipeId) -> Option<PeopleChange> {
        let mut open = lock(&self.open);
        open.get_mut(recipe)?.people.take_change(false)
    }

    /// Takes the chat service's word on who is there, sent for an attachment, and wakes the room.
    pub fn tell_presence(
        &self,
        recipe: &RecipeId,
        attachment: AttachmentNumber,
        presence: Presence,
        clock_now: Timestamp,
    ) {
        if self.without_presence || !self.is_current(recipe, attachment) {
            return;
        }
        let frame = outbound::presence(presence.clone(), clock_now);
        let mut open = lock(&self.open);
        let room = open.get_mut(recipe);
        if let Some(open) = room.filter(|room| room.takes(attachment)) {
            open.people.all_shown();
            open.room.shown.put(presence, frame);
            open.room.changes.send_modify(|_| {});
        }
    }
}

impl OpenRoom {
    /// Everybody who is there, for a new attachment.
    pub(super) fn attached_people(&mut self) -> PeopleChange {
        let mut people = self.people.take_change(true).unwrap_or_default();
        let newest = self.room.shown.newest();
        people.shown_others |= newest.is_some_and(|word| word.presence.count > 1);
        people
    }
}

impl Member {
    /// What the client is told first of who is there, if anybody hears that.
    pub fn first_presence(&mut self, clock_now: Timestamp) -> Option<Utf8Bytes> {
        if self.rooms.without_presence {
            return None;
        }
        let mut open = lock(&self.rooms.open);
        let mine = open.get_mut(&self.recipe);
        let entry = mine.filter(|open| Arc::ptr_eq(&open.room, &self.room))?;
        let newest = self.room.shown.newest();
        self.presence_written = newest.as_ref().map_or(0, |word| word.number);
        let who = entry.members.get(self.number)?;
        let shown = newest.as_ref().map(|word| &word.presence);
        let first = entry.people.first_shown(&who.user, shown);
        drop(open);
        let Some(first) = first else {
            return newest.map(|word| word.frame.clone());
        };
        let is_crowd = newest.is_none() && first.people.len() >= MAX_SHOWN;
        let kept = is_crowd.then(|| first.clone());
        let frame = outbound::presence(first, clock_now);
        if let Some(kept) = kept {
            self.room.shown.keep_first(kept, frame.clone());
        }
        Some(frame)
    }

    /// What is known of who is there and was not told to the client yet.
    pub fn presence_news(&mut self) -> Option<Utf8Bytes> {
        if self.room.shown.count.load(Ordering::Acquire) == self.presence_written {
            return None;
        }
        let newest = self.room.shown.newest()?;
        self.presence_written = newest.number;
        Some(newest.frame.clone())
    }

    /// Says that the member begins to type, or ends.
    pub fn types(&mut self, begins: bool) {
        if mem::replace(&mut self.typing, begins) == begins {
            return;
        }
        let mut open = lock(&self.rooms.open);
        let mine = open.get_mut(&self.recipe);
        let Some(entry) = mine.filter(|open| Arc::ptr_eq(&open.room, &self.room)) else {
            return;
        };
        let who = entry.members.get(self.number);
        if who.is_some_and(|who| entry.people.types(&who.user, begins)) {
            self.rooms.changed_people.mark(&self.recipe);
        }
    }
}

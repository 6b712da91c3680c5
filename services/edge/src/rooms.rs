//! Rooms: the recipes that somebody on this edge looks at. A room is a short log of updates and a bell.
//!
//! Each update is serialised once. A connection remembers the last revision that it wrote and is rung when
//! there is a newer one, so there is no queue per connection; one that has fallen behind the log fetches what
//! it missed from the chat service. Rooms do not talk to the chat service: [`Rooms::changed`] tells whoever
//! does which ones have come or gone.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto::ids::{RecipeId, Revision};
use runtime::clock::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::wire::{
    frames::{Message, Recipe, RecipeUpdate},
    outbound,
};

/// How many updates a room keeps.
const KEPT_UPDATES: usize = 64;
/// How many bytes of frames a room keeps, unless a single one is larger.
const KEPT_BYTES: usize = 512 << 10;
/// How long a room keeps an update: a connection that is further behind is too slow to be kept.
const KEPT_FOR: Duration = Duration::from_secs(15);

/// One accepted message and the recipe after it, ready to be written.
#[derive(Debug)]
pub struct Update {
    /// Its place in the recipe's order.
    pub revision: Revision,
    /// The message.
    pub message: Arc<Message>,
    /// The recipe after it.
    pub recipe: Arc<Recipe>,
    /// The `recipe_update` that everybody gets.
    pub frame: Utf8Bytes,
    received: Instant,
}

impl Update {
    /// Serialises an update for everybody.
    pub fn new(
        recipe_id: &RecipeId,
        recipe: Arc<Recipe>,
        message: Arc<Message>,
        clock_now: Timestamp,
        now: Instant,
    ) -> Self {
        let payload = RecipeUpdate {
            recipe_id: recipe_id.to_string(),
            revision: message.revision,
            recipe: Arc::clone(&recipe),
            message: Some(Arc::clone(&message)),
            messages: None,
            messages_truncated: None,
            session: None,
            in_reply_to: None,
        };
        Self {
            revision: message.revision,
            frame: outbound::recipe_update(payload, clock_now),
            message,
            recipe,
            received: now,
        }
    }

    /// How long ago it came to this edge.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.received)
    }
}

/// What has come since a revision.
#[derive(Debug)]
pub enum Since {
    /// Nothing.
    Nothing,
    /// These, without a gap.
    Updates(Vec<Arc<Update>>),
    /// More than the room keeps.
    TooMuch,
}

/// All rooms of this edge.
#[derive(Debug, Default)]
pub struct Rooms {
    open: Mutex<HashMap<RecipeId, Open>>,
    changed: Mutex<HashSet<RecipeId>>,
    change: Notify,
}

#[derive(Debug)]
struct Open {
    room: Arc<Room>,
    members: usize,
}

/// One recipe that somebody here looks at.
#[derive(Debug)]
pub struct Room {
    bell: watch::Sender<Revision>,
    log: Mutex<Log>,
}

/// A place in a room, given up when this is dropped.
#[derive(Debug)]
pub struct Member {
    recipe: RecipeId,
    rooms: Arc<Rooms>,
    room: Arc<Room>,
    bell: watch::Receiver<Revision>,
}

impl Rooms {
    /// No rooms yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Comes into a room with the recipe at `revision`; opens it when nobody is there.
    pub fn enter(self: &Arc<Self>, recipe: &RecipeId, revision: Revision) -> Member {
        let mut open = lock(&self.open);
        let entry = open.entry(recipe.clone()).or_insert_with(|| {
            self.mark_changed(recipe);
            Open {
                room: Arc::new(Room::at(revision)),
                members: 0,
            }
        });
        entry.members += 1;
        let room = Arc::clone(&entry.room);
        Member {
            recipe: recipe.clone(),
            rooms: Arc::clone(self),
            bell: room.bell.subscribe(),
            room,
        }
    }

    /// Adds an update to its room and rings; tells whether there is such a room.
    pub fn publish(&self, recipe: &RecipeId, update: Update) -> bool {
        let Some(room) = lock(&self.open)
            .get(recipe)
            .map(|open| Arc::clone(&open.room))
        else {
            return false;
        };
        room.publish(Arc::new(update));
        true
    }

    /// The newest revision of a room; `None` when nobody is there.
    pub fn newest(&self, recipe: &RecipeId) -> Option<Revision> {
        lock(&self.open).get(recipe).map(|open| open.room.newest())
    }

    /// Every open room.
    pub fn all(&self) -> Vec<RecipeId> {
        lock(&self.open).keys().cloned().collect()
    }

    /// How many rooms are open.
    pub fn count(&self) -> usize {
        lock(&self.open).len()
    }

    /// Waits for rooms to open or close, and names them. Each is named at least once after its last change.
    pub async fn changed(&self) -> HashSet<RecipeId> {
        loop {
            let change = self.change.notified();
            let changed = mem::take(&mut *lock(&self.changed));
            if !changed.is_empty() {
                return changed;
            }
            change.await;
        }
    }

    /// Drops updates that nobody can need any more, so that a quiet room costs next to nothing.
    pub fn sweep(&self, now: Instant) {
        let rooms: Vec<_> = lock(&self.open)
            .values()
            .map(|open| Arc::clone(&open.room))
            .collect();
        for room in rooms {
            lock(&room.log).forget_before(now - KEPT_FOR);
        }
    }

    fn mark_changed(&self, recipe: &RecipeId) {
        lock(&self.changed).insert(recipe.clone());
        self.change.notify_one();
    }

    fn leave(&self, recipe: &RecipeId) {
        let mut open = lock(&self.open);
        let Some(entry) = open.get_mut(recipe) else {
            return;
        };
        entry.members -= 1;
        if entry.members == 0 {
            open.remove(recipe);
            self.mark_changed(recipe);
        }
    }
}

impl Room {
    fn at(revision: Revision) -> Self {
        Self {
            bell: watch::Sender::new(revision),
            log: Mutex::new(Log {
                base: revision,
                bytes: 0,
                updates: VecDeque::new(),
            }),
        }
    }

    fn newest(&self) -> Revision {
        *self.bell.borrow()
    }

    fn publish(&self, update: Arc<Update>) {
        let mut log = lock(&self.log);
        if log.push(update) {
            // Rung under the lock, so that the bell never goes back.
            self.bell.send_replace(log.newest());
        }
    }
}

impl Member {
    /// Waits until the room has something newer than when last asked.
    pub async fn rung(&mut self) {
        // The room, which holds the other end, lives as long as this.
        self.bell.changed().await.ok();
    }

    /// What has come since `revision`.
    pub fn since(&self, revision: Revision) -> Since {
        lock(&self.room.log).since(revision)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.rooms.leave(&self.recipe);
    }
}

/// The updates after `base`, without a gap.
#[derive(Debug)]
struct Log {
    base: Revision,
    bytes: usize,
    updates: VecDeque<Arc<Update>>,
}

impl Log {
    fn newest(&self) -> Revision {
        self.updates
            .back()
            .map_or(self.base, |update| update.revision)
    }

    /// Tells whether the update was new.
    fn push(&mut self, update: Arc<Update>) -> bool {
        let newest = self.newest();
        if update.revision <= newest {
            return false;
        }
        if update.revision > newest + 1 {
            self.updates.clear();
            self.bytes = 0;
            self.base = update.revision - 1;
        }
        self.bytes += update.frame.len();
        self.updates.push_back(update);
        while self.updates.len() > KEPT_UPDATES
            || (self.bytes > KEPT_BYTES && self.updates.len() > 1)
        {
            self.forget_oldest();
        }
        true
    }

    fn since(&self, revision: Revision) -> Since {
        if revision >= self.newest() {
            return Since::Nothing;
        }
        let Some(skip) = revision.checked_sub(self.base) else {
            return Since::TooMuch;
        };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        Since::Updates(self.updates.iter().skip(skip).cloned().collect())
    }

    fn forget_before(&mut self, moment: Instant) {
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
            self.base = oldest.revision;
            self.bytes -= oldest.frame.len();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> RecipeId {
        "pancakes".parse().unwrap()
    }

    fn update(revision: Revision) -> Update {
        let message = Message {
            revision,
            ..Message::default()
        };
        Update::new(
            &recipe(),
            Arc::default(),
            Arc::new(message),
            Timestamp::default(),
            Instant::now(),
        )
    }

    #[track_caller]
    fn check(member: &Member, since: Revision, expected: &[Revision]) {
        let Since::Updates(updates) = member.since(since) else {
            panic!("updates since {since}");
        };
        let revisions: Vec<_> = updates.iter().map(|update| update.revision).collect();
        assert_eq!(revisions, expected);
    }

    #[tokio::test]
    async fn a_member_is_rung_and_reads_what_it_has_not_written() {
        let rooms = Rooms::new();
        let mut member = rooms.enter(&recipe(), 7);
        assert!(matches!(member.since(7), Since::Nothing));

        rooms.publish(&recipe(), update(8));
        rooms.publish(&recipe(), update(9));

        member.rung().await;
        check(&member, 7, &[8, 9]);
        check(&member, 8, &[9]);
        assert!(matches!(member.since(9), Since::Nothing));
        assert!(matches!(member.since(6), Since::TooMuch));
    }

    #[test]
    fn repeated_updates_are_dropped_and_a_gap_is_never_hidden() {
        let rooms = Rooms::new();
        let member = rooms.enter(&recipe(), 0);
        rooms.publish(&recipe(), update(1));
        rooms.publish(&recipe(), update(1));
        check(&member, 0, &[1]);

        rooms.publish(&recipe(), update(5));

        assert!(matches!(member.since(1), Since::TooMuch));
        check(&member, 4, &[5]);
    }

    #[test]
    fn the_log_is_bounded_and_forgets() {
        let rooms = Rooms::new();
        let member = rooms.enter(&recipe(), 0);
        for revision in 1..=100 {
            rooms.publish(&recipe(), update(revision));
        }
        assert!(matches!(member.since(35), Since::TooMuch));
        let Since::Updates(kept) = member.since(36) else {
            panic!("the last 64 are kept");
        };
        assert_eq!(kept.len(), KEPT_UPDATES);

        rooms.sweep(Instant::now() + KEPT_FOR * 2);
        assert!(matches!(member.since(99), Since::TooMuch));
        assert!(matches!(member.since(100), Since::Nothing));
    }

    #[tokio::test]
    async fn a_room_closes_behind_the_last_one_out() {
        let rooms = Rooms::new();
        let first = rooms.enter(&recipe(), 0);
        let second = rooms.enter(&recipe(), 3);
        assert_eq!(rooms.changed().await.len(), 1);
        assert_eq!(rooms.newest(&recipe()), Some(0));

        drop(first);
        assert_eq!(rooms.count(), 1);
        drop(second);

        assert_eq!(rooms.count(), 0);
        assert!(rooms.changed().await.contains("pancakes"));
        assert!(!rooms.publish(&recipe(), update(1)));
    }
}

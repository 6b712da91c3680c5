//! Rooms: the recipes that somebody on this edge looks at. A room is a short log of updates and a bell.
//!
//! Each update is serialised once. A connection remembers the last position that it wrote and is rung when
//! there is a newer one, so there is no queue per connection; one that has fallen behind the log fetches what
//! it missed from the chat service. Rooms do not talk to the chat service: [`Rooms::changed`] tells whoever
//! does which ones have come or gone.
//!
//! A room belongs to one history of its recipe. When the chat service's store goes back (a backup, a failover that
//! lost the last commits), the same revisions come again with other messages. A room that is found to be of another
//! history ends: its connections close, and their clients are told when they come back.

mod log;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto::ids::{Position, RecipeId, Revision, UserId};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tracing::warn;

use self::log::{Log, Pushed};
pub(crate) use self::log::{Since, Update};
use crate::{audience::Audience, metrics};

/// How long a room keeps an update: a connection that is further behind is too slow to be kept.
const UPDATE_RETENTION: Duration = Duration::from_secs(15);

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

/// Where a room stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Up to where its updates have come.
    pub newest: Position,
    /// A further position that one of its members was answered with.
    pub told: Option<Position>,
}

/// One recipe that somebody here looks at.
#[derive(Debug)]
pub(crate) struct Room {
    bell: watch::Sender<Revision>,
    log: Mutex<Log>,
    /// The last word on who may see the recipe, for those who are on their way in.
    audience: Mutex<Option<Arc<Audience>>>,
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

    /// Comes into a room with the recipe at `position`, as the chat service says; opens it when nobody is there.
    /// `asked_at` is where the room stood when the chat service was asked. A room of another history ends.
    pub fn enter(
        self: &Arc<Self>,
        recipe: &RecipeId,
        position: &Position,
        asked_at: Option<&Position>,
    ) -> Member {
        let mut open = lock(&self.open);
        if open
            .get(recipe)
            .is_some_and(|open| open.room.is_refuted_by(position, asked_at))
        {
            self.end(&mut open, recipe);
        }
        let entry = open.entry(recipe.clone()).or_insert_with(|| {
            self.mark_changed(recipe);
            Open {
                room: Arc::new(Room::at(position.clone())),
                members: 0,
            }
        });
        entry.members += 1;
        lock(&entry.room.log).tell(position);
        let room = Arc::clone(&entry.room);
        Member {
            recipe: recipe.clone(),
            rooms: Arc::clone(self),
            bell: room.bell.subscribe(),
            room,
        }
    }

    /// Adds an update to its room and rings; tells whether there was such a room. One of another history ends.
    pub fn publish(&self, recipe: &RecipeId, update: Update) -> bool {
        let Some(room) = lock(&self.open)
            .get(recipe)
            .map(|open| Arc::clone(&open.room))
        else {
            return false;
        };
        if room.publish(Arc::new(update)) == Pushed::Diverged {
            self.end_room(recipe, |open| Arc::ptr_eq(open, &room));
        }
        true
    }

    /// Notes who may see a recipe from now on.
    pub fn narrow(&self, recipe: &RecipeId, audience: &Arc<Audience>) {
        if let Some(open) = lock(&self.open).get(recipe) {
            *lock(&open.room.audience) = Some(Arc::clone(audience));
        }
    }

    /// Hears that the recipe's history is not the one that led to `from`: a room that came by it ends.
    pub fn diverge(&self, recipe: &RecipeId, from: &Position) {
        self.end_room(recipe, |room| lock(&room.log).may_have_been_at(from));
    }

    /// How far a room has come; `None` when nobody is there.
    pub fn position(&self, recipe: &RecipeId) -> Option<Position> {
        self.standing(recipe).map(|standing| standing.newest)
    }

    /// Where a room and its members stand, for the chat service to compare; `None` when nobody is there.
    pub fn standing(&self, recipe: &RecipeId) -> Option<Standing> {
        let open = lock(&self.open);
        open.get(recipe).map(|open| {
            let log = lock(&open.room.log);
            Standing {
                newest: log.newest().clone(),
                told: log.told().cloned(),
            }
        })
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
            lock(&room.log).forget_before(now - UPDATE_RETENTION);
        }
    }

    fn mark_changed(&self, recipe: &RecipeId) {
        lock(&self.changed).insert(recipe.clone());
        self.change.notify_one();
    }

    fn end_room(&self, recipe: &RecipeId, which: impl FnOnce(&Arc<Room>) -> bool) {
        let mut open = lock(&self.open);
        if open.get(recipe).is_some_and(|open| which(&open.room)) {
            self.end(&mut open, recipe);
        }
    }

    /// Its connections close; whoever comes next opens the room anew.
    fn end(&self, open: &mut HashMap<RecipeId, Open>, recipe: &RecipeId) {
        let Some(Open { room, members }) = open.remove(recipe) else {
            return;
        };
        room.end();
        self.mark_changed(recipe);
        metrics::count_divergence();
        warn!(recipe.id = %recipe, connections = members, "the recipe's history went back: its connections begin anew");
    }

    fn leave(&self, recipe: &RecipeId, room: &Arc<Room>) {
        let mut open = lock(&self.open);
        let mine = open.get_mut(recipe);
        let Some(entry) = mine.filter(|open| Arc::ptr_eq(&open.room, room)) else {
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
    fn at(position: Position) -> Self {
        Self {
            bell: watch::Sender::new(position.revision),
            log: Mutex::new(Log::at(position)),
            audience: Mutex::default(),
        }
    }

    fn position(&self) -> Position {
        lock(&self.log).newest().clone()
    }

    fn publish(&self, update: Arc<Update>) -> Pushed {
        let mut log = lock(&self.log);
        let pushed = log.push(update);
        if pushed == Pushed::New {
            // Rung under the lock, so that the bell never goes back.
            self.bell.send_replace(log.newest().revision);
        }
        pushed
    }

    /// Whether the chat service's word, that the recipe stands at `position`, shows this to be of another history. A
    /// recipe that was further before the question was asked went back.
    fn is_refuted_by(&self, position: &Position, asked_at: Option<&Position>) -> bool {
        let log = lock(&self.log);
        let went_back =
            |before: &Position| position.revision < before.revision && log.has_been_at(before);
        asked_at.is_some_and(went_back) || log.contradicts(position)
    }

    fn end(&self) {
        lock(&self.log).refute();
        self.bell.send_modify(|_| {});
    }
}

impl Member {
    /// Waits until the room has something newer than when last asked.
    pub async fn rung(&mut self) {
        // The room, which holds the other end, lives as long as this.
        self.bell.changed().await.ok();
    }

    /// Whether a user who was let in at a revision may still be here.
    pub fn may_stay(&self, user: &UserId, name: &str, let_in_at: Revision) -> bool {
        let audience = lock(&self.room.audience).clone();
        audience.is_none_or(|audience| audience.keeps(user, name, let_in_at, Instant::now()))
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
            false => lock(&self.room.log).tell(position),
        }
        refuted
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.rooms.leave(&self.recipe, &self.room);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

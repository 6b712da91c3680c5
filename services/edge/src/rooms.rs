//! Rooms: the recipes that somebody on this edge looks at. A room is a short log of updates and a `watch` of its revision.
//!
//! Each update is serialised once. A connection remembers the last position that it wrote and is woken when
//! there is a newer one, so there is no queue per connection; one that has fallen behind the log fetches what
//! it missed from the chat service. Rooms do not talk to the chat service: [`Rooms::changed`] tells whoever
//! does which ones have come or gone.
//!
//! A room belongs to one history of its recipe. When the chat service's store goes back (a backup, a failover that
//! lost the last commits), the same revisions come again with other messages. A room that is found to be of another
//! history ends: its connections close, and their clients are told when they come back.
//!
//! A room is attached at the chat service for one of its members, who may see the recipe, under a number of its own: what
//! was sent for an earlier attachment of the recipe, and is still under way, is dropped.

mod log;
mod members;
mod people;
mod presence;
mod room;
#[cfg(test)]
mod simulation;
mod sizes;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use proto::ids::{Position, RecipeId};
use tokio::{sync::Notify, time::Instant};
use tracing::{info, warn};

use self::{log::Pushed, members::Members, people::People, presence::ChangedPeople, room::Room};
pub(crate) use self::{
    log::{Since, Update},
    people::{MAX_SHOWN, PeopleChange},
    sizes::SIZE_BOUNDS,
};
pub use self::{people::SeenAs, room::Member};
use crate::{audience::Audience, metrics, upstream::Principal};

/// How long a room keeps an update: a connection that is further behind is too slow to be kept.
const UPDATE_RETENTION: Duration = Duration::from_secs(15);

/// Names an attachment of a room at the chat service; 0 names none.
pub(crate) type AttachmentNumber = u64;

/// All rooms of this edge.
#[derive(Debug, Default)]
pub struct Rooms {
    open: Mutex<HashMap<RecipeId, OpenRoom>>,
    /// How many attachments there were.
    attachments: AtomicU64,
    /// Rooms that are attached again after a while.
    to_retry: Mutex<HashSet<RecipeId>>,
    changed: Mutex<HashSet<RecipeId>>,
    change: Notify,
    /// Rooms whose people have changed.
    changed_people: ChangedPeople,
    /// Whether nobody hears who is there.
    without_presence: bool,
}

#[derive(Debug)]
struct OpenRoom {
    room: Arc<Room>,
    members: Members,
    people: People,
    /// The attachment whose updates it takes; 0 before the first.
    attachment: AttachmentNumber,
    /// Its first attachment; 0 before that.
    first_attachment: AttachmentNumber,
}

/// Where a room stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Up to where its updates have come.
    pub newest: Position,
    /// A further position that one of its members was answered with.
    pub answered_position: Option<Position>,
}

/// A room that is to be attached.
#[derive(Debug, Clone)]
pub struct Attaching {
    /// Where it stands.
    pub progress: Progress,
    /// The new attachment.
    pub number: AttachmentNumber,
    /// For whom.
    pub member: Arc<Principal>,
    /// Everybody who is there.
    pub people: PeopleChange,
}

impl Rooms {
    /// No rooms yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// No rooms yet; and nobody will hear who is in them.
    pub fn without_presence() -> Arc<Self> {
        Arc::new(Self {
            without_presence: true,
            ..Self::default()
        })
    }

    /// Has somebody come into a room with the recipe at `position`, as the chat service says; opens it when nobody is there.
    /// `asked_at` is where the room stood when the chat service was asked, `shown` what others see of them. A room of another
    /// history ends.
    pub fn enter(
        self: &Arc<Self>,
        recipe: &RecipeId,
        who: &Arc<Principal>,
        position: &Position,
        asked_at: Option<&Position>,
        shown: &SeenAs,
    ) -> Member {
        let mut open = lock(&self.open);
        if open
            .get(recipe)
            .is_some_and(|open| open.room.is_refuted_by(position, asked_at))
        {
            self.end_diverged(&mut open, recipe);
        }
        let entry = open.entry(recipe.clone()).or_insert_with(|| {
            self.mark_changed(recipe);
            OpenRoom {
                room: Arc::new(Room::at(position.clone())),
                members: Members::default(),
                people: People::default(),
                attachment: 0,
                first_attachment: 0,
            }
        });
        let number = entry.members.add(who);
        // The first one comes with the attachment.
        let is_first = entry.members.count() == 1;
        if !self.without_presence && entry.people.enter(who, shown) && !is_first {
            self.changed_people.mark(recipe);
        }
        // Only where a link has just been opened: otherwise updates come before answers. The store may have gone back between
        // that answer and the attachment, which did not name its position.
        if lock(&entry.room.log).tell(position) && entry.attachment != 0 {
            self.mark_changed(recipe);
        }
        let room = Arc::clone(&entry.room);
        Member {
            recipe: recipe.clone(),
            rooms: Arc::clone(self),
            changes: room.changes.subscribe(),
            room,
            number,
            typing: false,
            presence_written: 0,
        }
    }

    /// Begins a new attachment of a room: from then on what is sent for others is dropped. `None` when nobody is there for
    /// whom it can be attached.
    pub fn attach(&self, recipe: &RecipeId) -> Option<Attaching> {
        let mut open = lock(&self.open);
        let room = open.get_mut(recipe)?;
        let member = room
            .members
            .vouching(lock(&room.room.audience).as_deref())?;
        room.attachment = self.attachments.fetch_add(1, Ordering::Relaxed) + 1;
        if room.first_attachment == 0 {
            room.first_attachment = room.attachment;
        }
        Some(Attaching {
            progress: room.room.progress(),
            number: room.attachment,
            member,
            people: room.attached_people(),
        })
    }

    /// Hears that nothing more is sent for an attachment. The room is attached for somebody else, or, when that may help, for
    /// the same member later. When nobody is left, it ends.
    pub fn attachment_ended(
        &self,
        recipe: &RecipeId,
        attachment: AttachmentNumber,
        retryable: bool,
    ) {
        let mut open = lock(&self.open);
        let room = open.get_mut(recipe);
        let Some(room) = room.filter(|room| room.attachment == attachment) else {
            return;
        };
        if retryable {
            lock(&self.to_retry).insert(recipe.clone());
        } else if room.members.refused() {
            self.mark_changed(recipe);
        } else {
            self.end(&mut open, recipe);
            info!(recipe.id = %recipe, "nobody in the room vouches for it: its connections begin anew");
        }
    }

    /// Has rooms attached again whose attachment could not be judged.
    pub fn retry(&self) {
        for recipe in mem::take(&mut *lock(&self.to_retry)) {
            self.mark_changed(&recipe);
        }
    }

    /// Whether what is sent for an attachment is for the room as it is now. 0: the chat service does not say, and it counts.
    pub fn is_current(&self, recipe: &RecipeId, attachment: AttachmentNumber) -> bool {
        let open = lock(&self.open);
        attachment == 0 || open.get(recipe).is_some_and(|open| open.takes(attachment))
    }

    /// Adds an update to its room and rings; tells whether there was such a room. One of another history ends.
    pub fn publish(&self, recipe: &RecipeId, attachment: AttachmentNumber, update: Update) -> bool {
        let room = match lock(&self.open).get(recipe) {
            None => return false,
            Some(open) if !open.takes(attachment) => return true,
            Some(open) => Arc::clone(&open.room),
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

    /// Hears that the recipe's history is not the one that led to `from`: a room that came by it ends, whichever of its
    /// attachments hears it. An earlier room's are not its own.
    pub fn diverge(&self, recipe: &RecipeId, attachment: AttachmentNumber, from: &Position) {
        let mut open = lock(&self.open);
        let ends = open.get(recipe).is_some_and(|open| {
            open.has_had(attachment) && lock(&open.room.log).may_have_been_at(from)
        });
        if ends {
            self.end_diverged(&mut open, recipe);
        }
    }

    /// How far a room has come; `None` when nobody is there.
    pub fn position(&self, recipe: &RecipeId) -> Option<Position> {
        self.progress(recipe).map(|progress| progress.newest)
    }

    /// Where a room and its members stand, for the chat service to compare; `None` when nobody is there.
    pub fn progress(&self, recipe: &RecipeId) -> Option<Progress> {
        let open = lock(&self.open);
        open.get(recipe).map(|open| open.room.progress())
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
            self.end_diverged(&mut open, recipe);
        }
    }

    fn end_diverged(&self, open: &mut HashMap<RecipeId, OpenRoom>, recipe: &RecipeId) {
        if let Some(members) = self.end(open, recipe) {
            metrics::count_divergence();
            warn!(recipe.id = %recipe, connections = members.count(), "the recipe's history went back: its connections begin anew");
        }
    }

    /// Its connections close; whoever comes next opens the room anew.
    fn end(&self, open: &mut HashMap<RecipeId, OpenRoom>, recipe: &RecipeId) -> Option<Members> {
        let OpenRoom { room, members, .. } = open.remove(recipe)?;
        room.end();
        self.mark_changed(recipe);
        Some(members)
    }

    /// Hears that a member has proved who they are again.
    fn show(
        &self,
        recipe: &RecipeId,
        room: &Arc<Room>,
        number: u64,
        who: &Arc<Principal>,
        shown: &SeenAs,
    ) {
        let mut open = lock(&self.open);
        let mine = open.get_mut(recipe);
        if let Some(entry) = mine.filter(|open| Arc::ptr_eq(&open.room, room)) {
            entry.members.show(number, who);
            if entry.people.show(who, shown) {
                self.changed_people.mark(recipe);
            }
        }
    }

    fn leave(&self, recipe: &RecipeId, room: &Arc<Room>, number: u64, typing: bool) {
        let mut open = lock(&self.open);
        let mine = open.get_mut(recipe);
        let Some(entry) = mine.filter(|open| Arc::ptr_eq(&open.room, room)) else {
            return;
        };
        let who = entry.members.remove(number);
        if entry.members.count() == 0 {
            open.remove(recipe);
            self.mark_changed(recipe);
        } else if who.is_some_and(|who| entry.people.leave(&who.user, typing)) {
            self.changed_people.mark(recipe);
        }
    }
}

impl OpenRoom {
    fn has_had(&self, attachment: AttachmentNumber) -> bool {
        let is_own = self.first_attachment != 0 && attachment >= self.first_attachment;
        attachment == 0 || is_own
    }

    fn takes(&self, attachment: AttachmentNumber) -> bool {
        attachment == 0 || attachment == self.attachment
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

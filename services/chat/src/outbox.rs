//! What goes out on one link: a bounded queue of updates, with the answers in their right places between them.
//!
//! It keeps the guarantee of a link: an answer with revision R never overtakes the updates up to R of an attached
//! recipe. A receiver that is too slow gets only the newest update of the recipes that it fell behind on. It
//! reads no store: the link's task asks it what has to be read.

mod attachment;
mod authorization;
mod state;

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use proto::ids::{Position, RecipeId, Revision};
use runtime::clock::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub(crate) use self::authorization::Authorization;
use self::{
    attachment::Todo,
    state::{Outgoing, Room, State},
};
use crate::{
    access::Audience,
    catch_up::{CaughtUp, Joined},
    message::{Posted, Principal, Update},
    metrics::Metrics,
    presence::Present,
    refused::Refused,
    verifier::Caller,
};

/// What a link sends.
#[derive(Debug)]
pub(crate) enum Event {
    /// The answer to a numbered call.
    Answer {
        /// Which call.
        number: u64,
        /// What came of it.
        reply: Reply,
    },
    /// Something happened to an attached recipe.
    Update {
        /// To which attachment of it.
        attachment: u64,
        /// What.
        update: Arc<Update>,
    },
    /// Only these may see a recipe from now on.
    Audience {
        /// Which recipe.
        recipe: RecipeId,
        /// How far it had come.
        revision: Revision,
        /// Who may.
        audience: Audience,
        /// Which attachment hears of it.
        attachment: u64,
    },
    /// The recipe has another history than the receiver has: it must forget what it has.
    Divergence {
        /// Which recipe.
        recipe: RecipeId,
        /// Where the receiver stands.
        from: Position,
        /// Which attachment of it.
        attachment: u64,
    },
    /// Who is on an attached recipe.
    Presence {
        /// Which recipe.
        recipe: RecipeId,
        /// Which attachment hears of it.
        attachment: u64,
        /// Who is there.
        present: Arc<Present>,
    },
    /// No more updates are sent for an attachment: nobody is known who may see the recipe.
    Ended {
        /// Which recipe.
        recipe: RecipeId,
        /// Which attachment of it.
        attachment: u64,
        /// Whether the same user may be named again.
        retryable: bool,
    },
}

/// What a receiver asks for when it attaches a recipe.
#[derive(Debug)]
pub(crate) struct Attach {
    /// Which recipe.
    pub recipe: RecipeId,
    /// Where the receiver stands; `None`: only what comes from now on.
    pub after: Option<Position>,
    /// A further position that the receiver was told of before its updates came.
    pub answered_position: Option<Position>,
    /// The receiver's name for this attachment; 0 when it gives none.
    pub attachment: u64,
    /// For whom it is.
    pub authorization: Authorization,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Updates after this revision follow.
    Attached {
        /// Which recipe.
        recipe: RecipeId,
        /// Up to where everything was sent that was asked for.
        revision: Revision,
    },
    /// The recipe as the one who came in finds it.
    Joined(Box<Joined>),
    /// The message is durable.
    Posted {
        /// Where it was posted.
        recipe: RecipeId,
        /// The message.
        posted: Posted,
    },
    /// It was refused.
    Refused(Refused),
    /// It makes no sense; the words say why.
    Malformed(String),
}

/// Which updates a link must read.
#[derive(Debug)]
pub(crate) struct CatchUp {
    /// Of which recipe.
    pub recipe: RecipeId,
    /// After which position; `None`: only how far it has come.
    pub after: Option<Position>,
    /// A further position that the receiver was told of: it must be the recipe's, too.
    pub answered_position: Option<Position>,
    /// Who must be able to see it.
    pub sent_for: Option<Principal>,
    /// Whether it failed before.
    pub again: bool,
    /// Which attachment asked: the recipe may have been detached and attached anew.
    stamp: u64,
}

/// The outgoing side of one link.
#[derive(Debug)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    ready: Notify,
    reading: Notify,
    abandoned: CancellationToken,
    metrics: Arc<Metrics>,
}

impl Outbox {
    /// An outbox that holds at most `capacity` updates.
    pub(crate) fn new(capacity: usize, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::new(capacity)),
            ready: Notify::new(),
            reading: Notify::new(),
            abandoned: CancellationToken::new(),
            metrics,
        })
    }

    /// Begins to take updates of a recipe. The answer follows once it is known how far the recipe has come. Breaks when the
    /// recipe is not attached after all.
    pub(super) fn attach(&self, attach: Attach, number: u64, now: Timestamp) -> ControlFlow<()> {
        self.change(|state| state.attach(attach, number, now))
    }

    /// Hears that somebody has come into a recipe, and until when they are verified.
    pub(super) fn came_in(&self, recipe: &RecipeId, caller: Caller) {
        self.change(|state| state.came_in(recipe, caller));
    }

    /// Ends the attachments of those whose tokens have ended, and names their recipes.
    pub(super) fn end_unverified(&self, now: Timestamp) -> Vec<RecipeId> {
        self.change(|state| state.end_unverified(now))
    }

    /// Takes no more updates of a recipe.
    pub(super) fn detach(&self, recipe: &RecipeId) {
        self.change(|state| {
            if let Some(room) = state.rooms.remove(recipe) {
                state.queue.events.extend(room.attachment.into_waiting());
            }
        });
    }

    /// Takes an update, in its place.
    pub(crate) fn offer(&self, update: &Arc<Update>) {
        let recipe = &update.recipe_id;
        self.in_room(recipe, |room, queue| room.attachment.offer(update, queue));
    }

    /// Hears that a recipe has come that far.
    pub(crate) fn notice(&self, recipe: &RecipeId, revision: Revision) {
        self.in_room(recipe, |room, _| room.attachment.notice(revision));
    }

    /// Tells that nobody may see a recipe any more.
    pub(crate) fn close(&self, recipe: &RecipeId) {
        self.change(|state| {
            if let Some(room) = state.rooms.get(recipe) {
                state.queue.events.push_back(Event::Audience {
                    recipe: recipe.clone(),
                    revision: Revision::MAX,
                    audience: Audience::default(),
                    attachment: room.attachment.number(),
                });
            }
        });
    }

    /// Tells who is on an attached recipe, once there is nothing else to send; only the newest word counts.
    pub(crate) fn tell_presence(&self, recipe: &RecipeId, present: &Arc<Present>) {
        self.change(|state| state.tell_presence(recipe, present));
    }

    /// Whether a recipe is attached.
    pub(super) fn is_attached(&self, recipe: &RecipeId) -> bool {
        self.state().rooms.contains_key(recipe)
    }

    /// Hears how far a recipe has come in the store.
    pub(crate) fn compare(&self, recipe: &RecipeId, stored: Revision) {
        self.in_room(recipe, |room, _| room.attachment.compare(stored));
    }

    /// Answers a call, as soon as nothing has to go before it. Number 0 wants no answer.
    pub(super) fn answer(&self, number: u64, reply: Reply) {
        if number != 0 {
            self.change(|state| state.answer(number, reply, &self.metrics));
        }
    }

    /// Up to which revision the updates of an attached recipe have been sent.
    pub(super) fn sent(&self, recipe: &RecipeId) -> Option<Revision> {
        let state = self.state();
        let room = state.rooms.get(recipe)?;
        Some(room.attachment.sent().revision)
    }

    /// Answers a join, which began when `sent` had been sent. `false` when it must be decided anew: somebody was shut
    /// out since, or the recipe is not as far as what was sent. Then its store went back, and the receiver must know first.
    pub(super) fn answer_join(&self, number: u64, joined: Joined, sent: Option<Revision>) -> bool {
        self.change(|state| {
            let (recipe, revision) = (joined.recipe_id.clone(), joined.position.revision);
            let room = state.rooms.get_mut(&recipe);
            let went_back = sent.is_some_and(|sent| revision < sent);
            let Some(room) = room.filter(|room| went_back || room.shut_out_at > revision) else {
                if number != 0 {
                    state.answer(number, Reply::Joined(Box::new(joined)), &self.metrics);
                }
                return true;
            };
            let todo = room.attachment.compare(revision);
            state.follow_up(&recipe, todo, &self.metrics);
            false
        })
    }

    /// Takes what was read. Breaks when the recipe is not attached after all.
    pub(super) fn caught_up(
        &self,
        asked: &CatchUp,
        read: Result<CaughtUp, Refused>,
    ) -> ControlFlow<()> {
        self.change(|state| match read {
            Ok(read) => state.caught_up(asked, &read, &self.metrics),
            Err(refused) => state.not_caught_up(asked, refused),
        })
    }

    /// Resolves with something that has to be read, once the queue has room for it.
    pub(super) async fn behind(&self) -> CatchUp {
        loop {
            {
                let mut state = self.state();
                if state.queue.takes_more()
                    && let Some(behind) = state.behind.pop_front()
                {
                    return behind;
                }
            }
            self.reading.notified().await;
        }
    }

    /// The next thing to send; `None` after the last.
    pub(crate) async fn next(&self) -> Option<Event> {
        loop {
            {
                let mut state = self.state();
                let event = state.pop();
                if !state.behind.is_empty() {
                    self.reading.notify_one();
                }
                if event.is_some() || state.finished {
                    return event;
                }
            }
            self.ready.notified().await;
        }
    }

    /// Nobody reads any more.
    pub(super) fn abandon(&self) {
        self.abandoned.cancel();
    }

    /// Resolves when nobody reads any more.
    pub(super) async fn abandoned(&self) {
        self.abandoned.cancelled().await;
    }

    /// Ends the stream after what is in the queue; gives the recipes that were attached.
    pub(super) fn finish(&self) -> Vec<RecipeId> {
        self.change(|state| {
            state.finished = true;
            let rooms = std::mem::take(&mut state.rooms);
            state.lagging.clear();
            rooms.into_keys().collect()
        })
    }

    /// Changes one attachment, and does what follows from it.
    fn in_room(&self, recipe: &RecipeId, change: impl FnOnce(&mut Room, &mut Outgoing) -> Todo) {
        self.change(|state| {
            if let Some(room) = state.rooms.get_mut(recipe) {
                let todo = change(room, &mut state.queue);
                state.follow_up(recipe, todo, &self.metrics);
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state);
        if state.has_something() {
            self.ready.notify_one();
        }
        if !state.behind.is_empty() {
            self.reading.notify_one();
        }
        result
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

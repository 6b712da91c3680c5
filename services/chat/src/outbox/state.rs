//! What an outbox holds: the queue, the attached recipes, and what has to be read for them.

use std::{
    collections::{HashMap, VecDeque},
    ops::ControlFlow,
    sync::Arc,
};

use proto::ids::{Position, RecipeId, Revision};
use runtime::clock::Timestamp;

use super::{
    Attach, Authorization, CatchUp, Event, Reply,
    attachment::{Attachment, Queue, Todo},
    authorization::{Joins, SentFor},
};
use crate::{
    catch_up::CaughtUp, message::Update, metrics::Metrics, presence::Present, refused::Refused,
    verifier::Caller,
};

#[derive(Debug)]
pub(super) struct State {
    pub(super) queue: Outgoing,
    pub(super) rooms: HashMap<RecipeId, Room>,
    pub(super) lagging: VecDeque<RecipeId>,
    /// Recipes of which it is to be told who is there.
    pub(super) presence: VecDeque<RecipeId>,
    pub(super) behind: VecDeque<CatchUp>,
    pub(super) joins: Joins,
    pub(super) stamps: u64,
    pub(super) finished: bool,
}

/// An attached recipe.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) attachment: Attachment<Event>,
    pub(super) stamp: u64,
    pub(super) sent_for: SentFor,
    /// A position that the receiver was told of; it is compared until what was sent has come as far.
    pub(super) answered_position: Option<Position>,
    /// The call that attached it, until that is answered.
    pub(super) attaching: Option<u64>,
    /// The revision at which somebody may last have been shut out: who was let in before must ask again.
    pub(super) shut_out_at: Revision,
    /// Who is there, until it is told.
    pub(super) present: Option<Arc<Present>>,
}

/// About how many bytes of updates wait in a queue at most, unless a single one has more.
const MAX_QUEUED_BYTES: usize = 16 << 20;

/// The queue. Only updates count against its capacity: answers are bounded by the calls under way.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) events: VecDeque<Event>,
    pub(super) updates: usize,
    pub(super) capacity: usize,
    pub(super) bytes: usize,
}

impl Outgoing {
    /// Whether there is room for a piece of the past.
    pub(super) fn takes_more(&self) -> bool {
        self.updates <= self.capacity / 2 && self.bytes <= MAX_QUEUED_BYTES / 2
    }
}

impl Room {
    /// To read what came after what was sent.
    fn catch_up(&self, recipe: RecipeId) -> CatchUp {
        let sent = self.attachment.sent();
        let answered_position = self.answered_position.as_ref();
        CatchUp {
            recipe,
            after: Some(sent.clone()),
            answered_position: answered_position
                .filter(|answered_position| answered_position.revision > sent.revision)
                .cloned(),
            sent_for: self.sent_for.user().cloned(),
            again: false,
            stamp: self.stamp,
        }
    }
}

impl Queue for Outgoing {
    fn push(&mut self, attachment: u64, update: &Arc<Update>) -> bool {
        let has_room = self.bytes + update.size <= MAX_QUEUED_BYTES || self.updates == 0;
        let fits = self.updates < self.capacity && has_room;
        if fits {
            self.updates += 1;
            self.bytes += update.size;
            self.events.push_back(Event::Update {
                attachment,
                update: Arc::clone(update),
            });
        }
        fits
    }
}

impl State {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            queue: Outgoing {
                events: VecDeque::new(),
                updates: 0,
                capacity: capacity.max(1),
                bytes: 0,
            },
            rooms: HashMap::new(),
            lagging: VecDeque::new(),
            presence: VecDeque::new(),
            behind: VecDeque::new(),
            joins: Joins::default(),
            stamps: 0,
            finished: false,
        }
    }

    pub(super) fn attach(
        &mut self,
        attach: Attach,
        number: u64,
        now: Timestamp,
    ) -> ControlFlow<()> {
        let Attach {
            recipe,
            after,
            mut answered_position,
            attachment,
            authorization,
        } = attach;
        let earlier = self.rooms.remove(&recipe);
        let joined = self.joins.take(&recipe);
        let sent_for = match authorization {
            Authorization::Unneeded => Ok(SentFor::Anybody),
            Authorization::User(caller) => Ok(SentFor::User(caller)),
            Authorization::Refused(refused) => Err(refused),
            Authorization::LastJoin => {
                match (joined, earlier.as_ref().map(|room| &room.sent_for)) {
                    (Some(caller), _) => Ok(SentFor::LastJoin(caller)),
                    (None, Some(sent_for)) => Ok(sent_for.clone()),
                    (None, None) => Err(Refused::NoToken),
                }
            }
        };
        if let Some(earlier) = earlier {
            // What was sent before may still be on its way. A receiver that cannot tell it from what is sent from now on
            // will have come that far.
            let sent = earlier.attachment.sent();
            let further = |answered_position: &Position| answered_position.revision < sent.revision;
            if attachment == 0 && answered_position.as_ref().is_none_or(further) {
                answered_position = Some(sent.clone());
            }
            self.queue.events.extend(earlier.attachment.into_waiting());
        }
        self.stamps += 1;
        let stamp = self.stamps;
        let room = |sent_for| Room {
            attachment: Attachment::new(attachment, after.clone()),
            stamp,
            sent_for,
            answered_position,
            attaching: Some(number),
            shut_out_at: 0,
            present: None,
        };
        match sent_for {
            Ok(sent_for) if sent_for.lasts(now) => {
                let room = room(sent_for);
                let catch_up = room.catch_up(recipe.clone());
                self.behind.push_back(CatchUp { after, ..catch_up });
                self.rooms.insert(recipe, room);
                ControlFlow::Continue(())
            }
            Ok(_) => self.end(recipe, room(SentFor::Anybody), Refused::SignInEnded),
            Err(refused) => self.end(recipe, room(SentFor::Anybody), refused),
        }
    }

    pub(super) fn came_in(&mut self, recipe: &RecipeId, caller: Caller) {
        match self.rooms.get_mut(recipe) {
            Some(room) => room.sent_for.renew(caller),
            None => self.joins.note(recipe.clone(), caller),
        }
    }

    pub(super) fn end_unverified(&mut self, now: Timestamp) -> Vec<RecipeId> {
        self.joins.expire(now);
        let over = |_: &RecipeId, room: &mut Room| !room.sent_for.lasts(now);
        let over: Vec<_> = self.rooms.extract_if(over).collect();
        let recipes = over.iter().map(|(recipe, _)| recipe.clone()).collect();
        for (recipe, room) in over {
            let _ = self.end(recipe, room, Refused::SignInEnded);
        }
        recipes
    }

    /// Says that no more is sent for an attachment. An edge that gave it no name begins anew: its clients come back, and prove
    /// themselves.
    fn end(&mut self, recipe: RecipeId, room: Room, refused: Refused) -> ControlFlow<()> {
        let attachment = room.attachment.number();
        let event = match attachment {
            0 => Event::Divergence {
                recipe,
                from: room.attachment.sent().clone(),
                attachment,
            },
            attachment => Event::Ended {
                recipe,
                attachment,
                retryable: refused == Refused::Unavailable,
            },
        };
        self.queue.events.extend(room.attachment.into_waiting());
        self.queue.events.push_back(event);
        if let Some(number) = room.attaching.filter(|number| *number != 0) {
            let reply = Reply::Refused(refused);
            self.queue.events.push_back(Event::Answer { number, reply });
        }
        ControlFlow::Break(())
    }

    pub(super) fn answer(&mut self, number: u64, reply: Reply, metrics: &Metrics) {
        let after = match &reply {
            Reply::Joined(joined) => Some((joined.recipe_id.clone(), joined.position.revision)),
            Reply::Posted { recipe, posted } => Some((recipe.clone(), posted.message.revision)),
            Reply::Attached { .. } | Reply::Refused(_) | Reply::Malformed(_) => None,
        };
        let answer = Event::Answer { number, reply };
        let waits_in = after.and_then(|(recipe, revision)| {
            let room = self.rooms.get_mut(&recipe)?;
            Some((recipe, revision, room))
        });
        let Some((recipe, revision, room)) = waits_in else {
            self.queue.events.push_back(answer);
            return;
        };
        let (answer, todo) = room.attachment.gate(revision, answer);
        self.queue.events.extend(answer);
        self.follow_up(&recipe, todo, metrics);
    }

    /// Breaks when whoever the updates are sent for may not see the recipe.
    pub(super) fn caught_up(
        &mut self,
        asked: &CatchUp,
        read: &CaughtUp,
        metrics: &Metrics,
    ) -> ControlFlow<()> {
        let room = self.rooms.get_mut(&asked.recipe);
        let Some(room) = room.filter(|room| room.stamp == asked.stamp) else {
            return ControlFlow::Continue(());
        };
        let attachment_number = room.attachment.number();
        if let Some(audience) = &read.audience {
            room.shut_out_at = read.position.revision;
            self.queue.events.push_back(Event::Audience {
                recipe: asked.recipe.clone(),
                revision: read.position.revision,
                audience: audience.clone(),
                attachment: attachment_number,
            });
        }
        if read.unseen {
            return match self.rooms.remove(&asked.recipe) {
                Some(room) => self.end(asked.recipe.clone(), room, Refused::NoSuchRecipe),
                None => ControlFlow::Continue(()),
            };
        }
        let attachment = &mut room.attachment;
        let todo = match &read.diverged {
            None => attachment.caught_up(
                &read.updates,
                &read.upto,
                read.position.revision,
                &mut self.queue,
            ),
            Some(from) => {
                room.shut_out_at = 0;
                self.queue.events.push_back(Event::Divergence {
                    recipe: asked.recipe.clone(),
                    from: from.clone(),
                    attachment: attachment_number,
                });
                room.answered_position = None;
                let (released, todo) = attachment.begin_anew(&read.position, &mut self.queue);
                self.queue.events.extend(released);
                todo
            }
        };
        let complete = read.upto.revision >= read.position.revision;
        let attaching = room.attaching.take_if(|_| complete);
        if let Some(number) = attaching.filter(|number| *number != 0) {
            let reply = Reply::Attached {
                recipe: asked.recipe.clone(),
                revision: read.position.revision,
            };
            let (answer, _) =
                attachment.gate(read.position.revision, Event::Answer { number, reply });
            self.queue.events.extend(answer);
        }
        self.follow_up(&asked.recipe, todo, metrics);
        ControlFlow::Continue(())
    }

    /// An attachment that was asked for by number fails; else it is tried again.
    pub(super) fn not_caught_up(&mut self, asked: &CatchUp, refused: Refused) -> ControlFlow<()> {
        let room = self.rooms.get_mut(&asked.recipe);
        let Some(room) = room.filter(|room| room.stamp == asked.stamp) else {
            return ControlFlow::Continue(());
        };
        let Some(number) = room.attaching.filter(|number| *number != 0) else {
            let catch_up = room.catch_up(asked.recipe.clone());
            self.behind.push_back(CatchUp {
                again: true,
                ..catch_up
            });
            return ControlFlow::Continue(());
        };
        if let Some(room) = self.rooms.remove(&asked.recipe) {
            self.queue.events.extend(room.attachment.into_waiting());
        }
        let reply = Reply::Refused(refused);
        self.queue.events.push_back(Event::Answer { number, reply });
        ControlFlow::Break(())
    }

    pub(super) fn follow_up(&mut self, recipe: &RecipeId, todo: Todo, metrics: &Metrics) {
        let Some(room) = self.rooms.get_mut(recipe) else {
            return;
        };
        self.queue.events.extend(room.attachment.released());
        match todo {
            Todo::Nothing => {}
            Todo::WaitForRoom => {
                metrics.lagging();
                self.lagging.push_back(recipe.clone());
            }
            Todo::CatchUp => self.behind.push_back(room.catch_up(recipe.clone())),
        }
    }

    pub(super) fn tell_presence(&mut self, recipe: &RecipeId, present: &Arc<Present>) {
        let Some(room) = self.rooms.get_mut(recipe) else {
            return;
        };
        if room.present.replace(Arc::clone(present)).is_none() {
            self.presence.push_back(recipe.clone());
        }
    }

    /// Whether there is something to send, or it is known that there is nothing more.
    pub(super) fn has_something(&self) -> bool {
        let queued = !self.queue.events.is_empty() || !self.lagging.is_empty();
        queued || !self.presence.is_empty() || self.finished
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        if let Some(event) = self.queue.events.pop_front() {
            if let Event::Update { update, .. } = &event {
                self.queue.updates -= 1;
                self.queue.bytes -= update.size;
            }
            return Some(event);
        }
        while let Some(recipe) = self.presence.pop_front() {
            let Some(room) = self.rooms.get_mut(&recipe) else {
                continue;
            };
            if let Some(present) = room.present.take() {
                return Some(Event::Presence {
                    attachment: room.attachment.number(),
                    recipe,
                    present,
                });
            }
        }
        while let Some(recipe) = self.lagging.pop_front() {
            let Some(room) = self.rooms.get_mut(&recipe) else {
                continue;
            };
            let attachment = room.attachment.number();
            let (newest, todo) = room.attachment.newest();
            // What waited for it goes out right behind it.
            self.queue.events.extend(room.attachment.released());
            if todo == Todo::CatchUp {
                self.behind.push_back(room.catch_up(recipe));
            }
            if let Some(update) = newest {
                return Some(Event::Update { attachment, update });
            }
        }
        None
    }
}

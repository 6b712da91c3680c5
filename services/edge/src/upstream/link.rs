//! The link: one bidirectional stream to each replica of the chat service, which carry the joins, posts and updates
//! of every room of this edge.
//!
//! `router` decides which replica is asked about which recipe, `line` keeps one stream open, `replicas` knows
//! which there are. When a stream breaks, its rooms are attached elsewhere, or to the same replica once it
//! is back, from their last revisions, and what was not answered is asked again in the same order. So a caller
//! sees a short break as a slow answer, and a long one as [`ChatError::Unavailable`].

#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod known_recipes;
mod line;
mod pending_call;
mod replica_set;
mod replicas;
mod requester;
mod router;
mod verified_users;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prost::DecodeError;
use proto::{
    chat::link_request::Call,
    ids::{Position, RecipeId, UserId},
};
use runtime::{
    clock::{SharedClock, Timestamp},
    grpc::Channel,
    lifecycle::Lifecycle,
    trace_context::traceparent,
};
use tokio::{
    select,
    sync::{Notify, watch},
    task::yield_now,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{Span, warn};

pub use self::replicas::Replicas;
use self::{
    known_recipes::KnownRecipes,
    line::Replica,
    pending_call::{Answered, PendingCall},
    replica_set::ReplicaSet,
    requester::Requester,
    router::{Outgoing, ReplicaName, Router},
};
use super::{
    chat::{ChatError, Join, Joined, Post, Posted},
    convert,
};
use crate::{audience::Audience, rooms::Rooms, wire::rendered::Rendered};

/// How long a call may wait for its answer, through breaks of the link.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long until a room is attached again that the chat service could not judge.
const ATTACH_RETRY_DELAY: Duration = Duration::from_millis(500);
/// How long people who come and go wait for others, so that the chat service is told of them together.
const PEOPLE_DELAY: Duration = Duration::from_millis(100);
/// How many rooms are moved at once.
const MAX_MOVED_ROOMS: usize = 1024;

/// What the chat service says of who may see a recipe.
#[derive(Debug)]
pub enum AccessNews {
    /// Not this user any more.
    Expelled(UserId),
    /// Only these.
    Narrowed(Audience),
}

/// Who must hear of it.
pub(super) type OnAccess = Arc<dyn Fn(&RecipeId, AccessNews) + Send + Sync>;

/// The callers' end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Link(Arc<LinkState>);

/// What keeps the link open.
#[derive(Debug)]
pub struct LinkTask(Arc<LinkState>);

/// What callers and lines share.
#[derive(Debug)]
struct LinkState {
    replicas: Replicas,
    router: Mutex<Router>,
    rooms: Arc<Rooms>,
    recipes: Mutex<KnownRecipes>,
    clock: SharedClock,
    replica_set: ReplicaSet,
    /// How many lines are open.
    open: watch::Sender<usize>,
    /// Rung when rooms may belong elsewhere.
    regroup: Notify,
}

impl Link {
    /// A link to these replicas for these rooms; it opens when the task runs.
    pub fn new(replicas: Replicas, rooms: Arc<Rooms>, clock: SharedClock) -> (Self, LinkTask) {
        let exchange = Arc::new(LinkState {
            replicas,
            router: Mutex::default(),
            rooms,
            recipes: Mutex::default(),
            clock,
            replica_set: ReplicaSet::default(),
            open: watch::Sender::new(0),
            regroup: Notify::new(),
        });
        (Self(Arc::clone(&exchange)), LinkTask(exchange))
    }

    /// Whether any replica can be reached now.
    pub fn is_up(&self) -> bool {
        *self.0.open.borrow() > 0
    }

    /// The names of the replicas that there are.
    pub(crate) fn replicas(&self) -> Vec<String> {
        let names = self.0.replicas.now().into_iter();
        names.map(|name| name.to_string()).collect()
    }

    /// To how many of them a line is open.
    pub(crate) fn open_lines(&self) -> usize {
        *self.0.open.borrow()
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Waits for a replica to be reached, at most `timeout`; tells whether one was.
    pub async fn opened_within(&self, timeout: Duration) -> bool {
        let mut open = self.0.open.subscribe();
        tokio::time::timeout(timeout, open.wait_for(|open| *open > 0))
            .await
            .is_ok_and(|open| open.is_ok())
    }

    /// A way to ask the replica that knows a recipe best, or any; `None` when none can be reached now.
    pub(super) fn channel(&self, recipe: Option<&RecipeId>) -> Option<Channel> {
        self.0.router().channel(recipe)
    }

    /// A way to ask each replica that can be reached now.
    pub(super) fn channels(&self) -> Vec<Channel> {
        self.0.router().channels()
    }

    /// Comes into a recipe.
    ///
    /// # Errors
    /// `NotFound` when the user may not, `Unavailable` when the service cannot be asked.
    pub async fn join(&self, join: Join) -> Result<Joined, ChatError> {
        let call = Call::Join(proto::chat::JoinRecipeRequest {
            principal: Some(convert::unverified(&join.principal)),
            recipe_id: join.recipe.to_string(),
            after: join.after.as_ref().map(|after| after.revision),
            message_id: join
                .after
                .as_ref()
                .and_then(|after| after.message.as_ref())
                .map(ToString::to_string),
            ..proto::chat::JoinRecipeRequest::default()
        });
        let asking = Requester::from(&*join.principal);
        let user = join.principal.user.clone();
        let (Answered::Joined(joined), room) = self.ask(join.recipe, asking, call).await? else {
            return Err(ChatError::Unavailable);
        };
        Ok(Joined {
            asked_at: room,
            ..convert::joined(joined, join.after.as_ref(), &user, self.now())
        })
    }

    /// Posts a message. It takes its place in the order at once; the future only waits for the answer.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Conflict`, `TooLate`, `TooMuch`, or `Unavailable`: then it may or may not have been accepted, and
    /// posting the same id again tells.
    pub fn post(&self, post: Post) -> impl Future<Output = Result<Posted, ChatError>> + use<> {
        let call = Call::Post(proto::chat::PostMessageRequest {
            principal: Some(convert::unverified(&post.principal)),
            recipe_id: post.recipe.to_string(),
            message_id: post.id.to_string(),
            content: post.content.as_str().to_owned(),
            not_after: Some(convert::sent_timestamp(post.not_after)),
            known_users: post.known_users.map(convert::known_users),
        });
        let asking = Requester::from(&*post.principal);
        let answer = self.ask(post.recipe, asking, call);
        let clock = Arc::clone(&self.0.clock);
        async move {
            let (Answered::Posted(posted), _) = answer.await? else {
                return Err(ChatError::Unavailable);
            };
            Ok(Posted {
                message: convert::message(posted.message.unwrap_or_default()),
                original: posted
                    .recipe
                    .map(|recipe| convert::recipe(recipe, clock.now())),
            })
        }
    }

    fn ask(
        &self,
        recipe: RecipeId,
        asking: Requester,
        call: Call,
    ) -> impl Future<Output = Result<(Answered, Option<Position>), ChatError>> + use<> {
        let traceparent = traceparent(&Span::current()).unwrap_or_default();
        let (call, answer) = PendingCall::new(recipe, asking, call, traceparent);
        self.0.router().ask(call);
        async move {
            match timeout(CALL_TIMEOUT, answer).await {
                Ok(Ok((answer, room))) => answer.map(|answered| (answered, room)),
                Ok(Err(_)) | Err(_) => Err(ChatError::Unavailable),
            }
        }
    }
}

impl LinkTask {
    /// Keeps lines open to all replicas until everything ends.
    pub async fn run(self, on_access: OnAccess, lifecycle: Lifecycle) {
        select! {
            () = lifecycle.killed() => {}
            () = self.keep_up(on_access, &lifecycle) => {}
            () = self.0.reattach_rooms() => {}
            () = self.0.tell_people() => {}
        }
    }

    /// Opens a line to every replica that turns up. One that is found no more is given up when its line breaks.
    async fn keep_up(&self, on_access: OnAccess, lifecycle: &Lifecycle) {
        let mut replicas = self.0.replicas.clone();
        loop {
            for name in self.0.replica_set.update(replicas.now()) {
                self.start_line(name, &on_access, lifecycle);
            }
            replicas.changed().await;
        }
    }

    fn start_line(&self, name: ReplicaName, on_access: &OnAccess, lifecycle: &Lifecycle) {
        let channel = match self.0.replicas.channel(&name) {
            Ok(channel) => channel,
            Err(cause) => {
                warn!(%cause, "a replica of the chat service cannot be reached");
                return;
            }
        };
        let line = line::keep_open(
            Replica { name, channel },
            Arc::clone(&self.0),
            Arc::clone(on_access),
        );
        let ended = lifecycle.clone();
        lifecycle.spawn(async move {
            select! {
                () = ended.killed() => {}
                () = line => {}
            }
        });
    }
}

impl LinkState {
    /// Tells the lines which rooms open and close, and moves them when replicas come and go.
    async fn reattach_rooms(&self) {
        let mut retries = interval(ATTACH_RETRY_DELAY);
        retries.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            select! {
                _ = retries.tick() => self.rooms.retry(),
                changed = self.rooms.changed() => self.queue(changed),
                () = self.regroup.notified() => {
                    for recipes in self.rooms.all().chunks(MAX_MOVED_ROOMS) {
                        self.router().regroup(recipes);
                        yield_now().await;
                    }
                }
            }
        }
    }

    /// Tells the lines whose people have changed.
    async fn tell_people(&self) {
        loop {
            let changed = self.rooms.people_changed().await;
            self.router().tell_people(changed);
            sleep(PEOPLE_DELAY).await;
        }
    }

    fn open(&self, replica: &Replica) -> Arc<Notify> {
        let has_outgoing = {
            let mut router = self.router();
            let has_outgoing = router.open(&replica.name, replica.channel.clone());
            self.open.send_replace(router.open_count());
            has_outgoing
        };
        self.regroup.notify_one();
        has_outgoing
    }

    fn close(&self, replica: &ReplicaName) {
        {
            let mut router = self.router();
            router.close(replica);
            self.open.send_replace(router.open_count());
        }
        self.regroup.notify_one();
    }

    fn queue(&self, recipes: impl IntoIterator<Item = RecipeId>) {
        self.router().queue(recipes);
    }

    fn outgoing(&self, replica: &ReplicaName) -> Outgoing {
        let mut router = self.router();
        let mut outgoing = router.outgoing(
            replica,
            |recipe| self.rooms.attach(recipe),
            |recipe| self.rooms.position(recipe),
        );
        // Under the same lock: what is taken here is not for a replica that the room has moved to meanwhile.
        let changed = router.changed_people(replica);
        let people = changed.into_iter().filter_map(|recipe| {
            let change = self.rooms.take_people_change(&recipe)?;
            Some((recipe, change))
        });
        outgoing.people = people.collect();
        outgoing
    }

    /// Reads a recipe of an update.
    fn recipe(
        &self,
        id: &RecipeId,
        encoded: &[u8],
        now: Timestamp,
    ) -> Result<Rendered, DecodeError> {
        // Nothing panics while it is held.
        let mut recipes = self.recipes.lock().unwrap_or_else(PoisonError::into_inner);
        recipes.read(id, encoded, now)
    }

    fn answer(&self, replica: &ReplicaName, number: u64, answer: Result<Answered, ChatError>) {
        self.router().answer(replica, number, answer);
    }

    fn router(&self) -> MutexGuard<'_, Router> {
        // Nothing panics while it is held.
        self.router.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

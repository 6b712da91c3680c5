//! Which replica of the chat service is asked about which recipe: by rendezvous hashing over those that can be
//! reached. Every edge thinks for itself; when edges disagree, replicas write less well, but never wrongly.
//!
//! Calls about one recipe keep their order: a recipe moves to another replica only when its earlier calls
//! are answered, or with them, in order, when the replica is lost. What is not answered is asked again: posts
//! are idempotent by their ids, joins by nature.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use proto::{
    chat::LinkRequest,
    ids::{Position, RecipeId},
};
use runtime::grpc::Channel;
use tokio::sync::Notify;

use super::{PendingCall, pending_call::Answered, verified_users::VerifiedUsers};
use crate::{
    rendezvous,
    rooms::{Attaching, PeopleChange},
    upstream::chat::ChatError,
};

/// How many calls may be under way at one replica, or wait for any.
const MAX_PENDING_CALLS: usize = 16 << 10;
/// How many calls may wait for one recipe to move.
const MAX_HELD_CALLS: usize = 1 << 10;
/// How many rooms and calls are sent before looking again: neither makes the other wait long.
const MAX_BATCH: usize = 64;

/// A replica, named the same by every edge.
pub(super) type ReplicaName = Arc<str>;

/// What is to be sent to a replica next.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    /// Rooms to attach, from where they stand, or to detach.
    pub rooms: Vec<(RecipeId, Option<Attaching>)>,
    /// Who has come to attached rooms and gone.
    pub people: Vec<(RecipeId, PeopleChange)>,
    /// Questions, with their numbers.
    pub calls: Vec<LinkRequest>,
}

/// The lines that are open, and what is under way on them.
#[derive(Debug, Default)]
pub(super) struct Router {
    lines: BTreeMap<ReplicaName, OpenStream>,
    /// Only recipes with calls under way.
    routes: HashMap<RecipeId, Route>,
    /// Questions that nobody can be asked.
    waiting: VecDeque<PendingCall>,
    last_number: u64,
}

/// An open line to a replica.
#[derive(Debug)]
struct OpenStream {
    channel: Channel,
    /// Notified when there is something to send.
    has_outgoing: Arc<Notify>,
    /// What was asked and is not answered; those from `unsent` on were not sent yet.
    asked: BTreeMap<u64, PendingCall>,
    unsent: u64,
    /// The users whose tokens were accepted there.
    verified: VerifiedUsers,
    /// The rooms that are attached there.
    attached: HashSet<RecipeId>,
    /// The rooms that must be attached anew, or detached.
    queued: BTreeSet<RecipeId>,
    /// The attached rooms whose people have changed.
    changed_people: BTreeSet<RecipeId>,
}

/// Where a recipe's calls go while some are under way.
#[derive(Debug)]
struct Route {
    replica: ReplicaName,
    under_way: usize,
    /// Those that go to another replica, once all others are answered.
    held: VecDeque<PendingCall>,
}

impl Router {
    /// Takes a replica in that can be reached now; gives what is notified when there is something to send.
    pub(super) fn open(&mut self, replica: &ReplicaName, channel: Channel) -> Arc<Notify> {
        let has_outgoing = Arc::new(Notify::new());
        let line = OpenStream {
            channel,
            has_outgoing: Arc::clone(&has_outgoing),
            asked: BTreeMap::new(),
            unsent: 0,
            verified: VerifiedUsers::default(),
            attached: HashSet::new(),
            queued: BTreeSet::new(),
            changed_people: BTreeSet::new(),
        };
        self.lines.insert(Arc::clone(replica), line);
        for call in std::mem::take(&mut self.waiting) {
            self.ask(call);
        }
        has_outgoing
    }

    /// Does without a replica: what it was asked goes to others, or waits.
    pub(super) fn close(&mut self, replica: &ReplicaName) {
        let Some(line) = self.lines.remove(replica) else {
            return;
        };
        let lost = |_: &RecipeId, route: &mut Route| route.replica == *replica;
        let held: Vec<_> = self.routes.extract_if(lost).collect();
        for call in line.asked.into_values() {
            self.ask(call);
        }
        for (_, route) in held {
            for call in route.held {
                self.ask(call);
            }
        }
    }

    /// How many replicas can be reached.
    pub(super) fn open_count(&self) -> usize {
        self.lines.len()
    }

    /// A way to the replica that knows a recipe best, or to any.
    pub(super) fn channel(&self, recipe: Option<&RecipeId>) -> Option<Channel> {
        let replica = match recipe {
            Some(recipe) => self.preferred(recipe)?,
            None => self.lines.keys().next()?,
        };
        self.lines.get(replica).map(|line| line.channel.clone())
    }

    /// A way to every replica.
    pub(super) fn channels(&self) -> Vec<Channel> {
        self.lines
            .values()
            .map(|line| line.channel.clone())
            .collect()
    }

    /// Puts a call in its place. One for which there is no room is dropped, which whoever asked notices.
    pub(super) fn ask(&mut self, call: PendingCall) {
        if call.is_abandoned() {
            return;
        }
        let preferred = self.preferred(&call.recipe).cloned();
        match (self.routes.get_mut(&call.recipe), preferred) {
            (Some(route), Some(best)) if route.replica == best && route.held.is_empty() => {
                self.send(&best, call);
            }
            (Some(route), _) => keep(&mut route.held, call, MAX_HELD_CALLS),
            (None, Some(best)) => self.send(&best, call),
            (None, None) => keep(&mut self.waiting, call, MAX_PENDING_CALLS),
        }
    }

    /// Hands an answer to whoever asked; one that nobody waits for any more is dropped.
    pub(super) fn answer(
        &mut self,
        replica: &ReplicaName,
        number: u64,
        answer: Result<Answered, ChatError>,
    ) {
        let Some(line) = self.lines.get_mut(replica) else {
            return;
        };
        if let Some(call) = line.asked.remove(&number) {
            call.learn(&answer, &mut line.verified);
            self.settle(&call.recipe);
            call.answer(answer);
        }
    }

    /// Queues rooms to be attached or detached: they have opened or closed, or a replica tells of one that may be closed.
    pub(super) fn queue(&mut self, recipes: impl IntoIterator<Item = RecipeId>) {
        for recipe in recipes {
            let serving = self.serving(&recipe).cloned();
            for (replica, line) in &mut self.lines {
                if line.attached.contains(&recipe) || serving.as_ref() == Some(replica) {
                    line.queue(&recipe);
                }
            }
        }
    }

    /// Hears that people have come to rooms, gone or changed.
    pub(super) fn tell_people(&mut self, recipes: impl IntoIterator<Item = RecipeId>) {
        for recipe in recipes {
            // A room that is attached later brings its people along.
            let attached = |line: &&mut OpenStream| line.attached.contains(&recipe);
            for line in self.lines.values_mut().filter(attached) {
                line.changed_people.insert(recipe.clone());
                line.has_outgoing.notify_one();
            }
        }
    }

    /// Takes the rooms of whose people a replica is to be told next.
    pub(super) fn changed_people(&mut self, replica: &ReplicaName) -> Vec<RecipeId> {
        let Some(line) = self.lines.get_mut(replica) else {
            return Vec::new();
        };
        let mut changed = Vec::new();
        while changed.len() < MAX_BATCH {
            let Some(recipe) = line.changed_people.pop_first() else {
                break;
            };
            if line.attached.contains(&recipe) && !line.queued.contains(&recipe) {
                changed.push(recipe);
            }
        }
        changed
    }

    /// Moves open rooms to where they belong, after replicas have come or gone.
    pub(super) fn regroup(&mut self, recipes: &[RecipeId]) {
        for recipe in recipes {
            let serving = self.serving(recipe).cloned();
            for (replica, line) in &mut self.lines {
                if line.attached.contains(recipe) != (serving.as_ref() == Some(replica)) {
                    line.queue(recipe);
                }
            }
        }
    }

    /// Takes what is to be sent to a replica next; `attach` begins a new attachment of an open room, `position` tells where
    /// it stands.
    pub(super) fn outgoing(
        &mut self,
        replica: &ReplicaName,
        attach: impl Fn(&RecipeId) -> Option<Attaching>,
        position: impl Fn(&RecipeId) -> Option<Position>,
    ) -> Outgoing {
        let mut outgoing = Outgoing::default();
        while outgoing.rooms.len() < MAX_BATCH {
            let line = self.lines.get_mut(replica);
            let Some(recipe) = line.and_then(|line| line.queued.pop_first()) else {
                break;
            };
            let served = self.serving(&recipe) == Some(replica);
            let room = served.then(|| attach(&recipe)).flatten();
            if let Some(line) = self.lines.get_mut(replica) {
                match room {
                    Some(_) => line.attached.insert(recipe.clone()),
                    None => line.attached.remove(&recipe),
                };
            }
            outgoing.rooms.push((recipe, room));
        }
        outgoing.calls = self.unsent(replica, position);
        outgoing
    }

    fn unsent(
        &mut self,
        replica: &ReplicaName,
        position: impl Fn(&RecipeId) -> Option<Position>,
    ) -> Vec<LinkRequest> {
        let Some(line) = self.lines.get_mut(replica) else {
            return Vec::new();
        };
        let OpenStream {
            asked, verified, ..
        } = line;
        let next = asked.range_mut(line.unsent..).take(MAX_BATCH);
        let next = next.map(|(number, call)| {
            let room = position(&call.recipe);
            call.request(*number, verified, room)
        });
        let next: Vec<_> = next.collect();
        if let Some(last) = next.last() {
            line.unsent = last.number + 1;
        }
        next
    }

    /// The replica that a recipe's calls go to and its updates come from.
    fn serving(&self, recipe: &RecipeId) -> Option<&ReplicaName> {
        match self.routes.get(recipe) {
            Some(route) => Some(&route.replica),
            None => self.preferred(recipe),
        }
    }

    fn preferred(&self, recipe: &RecipeId) -> Option<&ReplicaName> {
        let key = rendezvous::key(recipe.as_str());
        self.lines
            .keys()
            .max_by_key(|replica| (rendezvous::score(replica, key), *replica))
    }

    fn send(&mut self, replica: &ReplicaName, call: PendingCall) {
        let Some(line) = self.lines.get_mut(replica) else {
            return;
        };
        if line.asked.len() >= MAX_PENDING_CALLS {
            return;
        }
        let route = self.routes.entry(call.recipe.clone());
        let route = route.or_insert_with(|| Route {
            replica: Arc::clone(replica),
            under_way: 0,
            held: VecDeque::new(),
        });
        route.under_way += 1;
        self.last_number += 1;
        line.asked.insert(self.last_number, call);
        line.has_outgoing.notify_one();
    }

    /// Notes that one call about a recipe is answered. After the last, the recipe may move.
    fn settle(&mut self, recipe: &RecipeId) {
        let Some(route) = self.routes.get_mut(recipe) else {
            return;
        };
        route.under_way -= 1;
        if route.under_way > 0 {
            return;
        }
        let Some(route) = self.routes.remove(recipe) else {
            return;
        };
        let attached = |line: &OpenStream| line.attached.contains(recipe);
        if self.lines.get(&route.replica).is_some_and(attached) {
            self.regroup(std::slice::from_ref(recipe));
        }
        for call in route.held {
            self.ask(call);
        }
    }
}

impl OpenStream {
    fn queue(&mut self, recipe: &RecipeId) {
        self.queued.insert(recipe.clone());
        self.has_outgoing.notify_one();
    }
}

fn keep(queue: &mut VecDeque<PendingCall>, call: PendingCall, limit: usize) {
    if queue.len() >= limit {
        queue.retain(|call| !call.is_abandoned());
    }
    if queue.len() < limit {
        queue.push_back(call);
    }
}

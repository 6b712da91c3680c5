//! Who is on which recipe: what each edge tells of its own people, merged. Pure: it takes time as an argument, sends
//! nothing and stores nothing. An edge's part is gone with its link.

mod board;
mod room;
mod slot;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use proto::ids::{RecipeId, UserId};
use tokio::time::Instant;

pub(crate) use self::board::PresenceBoard;
use self::slot::Slot;
use crate::access::Right;

/// How many people are told of by name.
pub(crate) const MAX_SHOWN: usize = 50;
/// How many people one link may have told of; more are passed over. An edge takes fewer connections.
const MAX_PEOPLE_PER_LINK: usize = 200_000;
/// How long after edges were told of a room they are told again at the soonest.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long a change waits for others that come with it.
const DELAY: Duration = Duration::from_millis(100);
/// The interval for a crowd: so much longer for each of them, up to the limit. The more there are, the more it costs to tell
/// them all, and the less one more of them is news.
const INTERVAL_PER_PERSON: Duration = Duration::from_millis(10);
/// With the 5 s until a dead link is noticed, whoever is gone must be gone within 15 s.
const MAX_INTERVAL: Duration = Duration::from_secs(8);

/// A link, among those that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LinkId(u64);

/// Somebody who is on a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) user: UserId,
    /// As others see it.
    pub(crate) name: Box<str>,
    /// What the edge was told that they may do.
    pub(crate) right: Right,
    pub(crate) typing: bool,
}

/// What an edge tells of its people on one recipe.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Whether these are all that it has, instead of what it told before.
    pub(crate) all: bool,
    /// Who is there, or is there in another way.
    pub(crate) here: Vec<Person>,
    /// Who has gone.
    pub(crate) gone: Vec<UserId>,
    /// Whether somebody at the edge was shown others beside themself.
    pub(crate) shown_others: bool,
}

/// Who is on a recipe, as edges are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Present {
    /// Those who came first.
    pub(crate) people: Vec<Person>,
    /// How many there are.
    pub(crate) count: usize,
}

/// Everybody on every recipe.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    rooms: HashMap<RecipeId, Slot>,
    due: BTreeSet<(Instant, RecipeId)>,
    /// How many people each link has told of, over all recipes.
    held: HashMap<LinkId, usize>,
}

impl Presence {
    /// Takes in what an edge tells.
    pub(crate) fn change(&mut self, link: LinkId, recipe: &RecipeId, change: Change, now: Instant) {
        let before = self.told_by(link, recipe);
        if before == 0 && change.here.is_empty() {
            return;
        }
        let held = self.held.get(&link).copied().unwrap_or_default();
        let others = held.saturating_sub(before);
        let space = MAX_PEOPLE_PER_LINK.saturating_sub(others);
        match self.rooms.get_mut(recipe) {
            Some(slot) => slot.take(link, change, space),
            None => {
                let slot = Slot::new(link, change, space, now);
                self.rooms.insert(recipe.clone(), slot);
            }
        }
        let held = others + self.told_by(link, recipe);
        self.hold(link, held);
        self.plan(recipe, now);
    }

    /// An edge has nobody on a recipe any more, or its link is gone.
    pub(crate) fn leave(&mut self, link: LinkId, recipe: &RecipeId, now: Instant) {
        let gone = self.told_by(link, recipe);
        if gone == 0 {
            return;
        }
        if let Some(slot) = self.rooms.get_mut(recipe) {
            slot.room().remove_part(link, |_| false);
        }
        let held = self.held.get(&link).copied().unwrap_or_default();
        self.hold(link, held.saturating_sub(gone));
        self.plan(recipe, now);
    }

    /// When somebody must be told of something next.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// What edges must be told now, by recipe.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<(RecipeId, Present)> {
        let mut told = Vec::new();
        while self.due.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, recipe)) = self.due.pop_first() else {
                break;
            };
            let Some(room) = self.rooms.get_mut(&recipe).and_then(Slot::many) else {
                continue;
            };
            // It has grown much since this was planned: a crowd that is coming in is not told of itself in the middle of it.
            let soonest = room.soonest();
            if soonest > now + DELAY {
                room.due = Some(soonest);
                self.due.insert((soonest, recipe));
                continue;
            }
            told.extend(room.tell(now).map(|present| (recipe, present)));
        }
        told
    }

    /// How many people there are; who is on two recipes counts twice.
    pub(crate) fn count(&self) -> usize {
        self.rooms.values().map(Slot::count).sum()
    }

    /// Plans when edges are told of a room, if there is news of it; an empty one is forgotten.
    fn plan(&mut self, recipe: &RecipeId, now: Instant) {
        let Some(room) = self.rooms.get_mut(recipe).and_then(Slot::many) else {
            return;
        };
        if room.count() == 0 {
            if let Some(at) = room.due {
                self.due.remove(&(at, recipe.clone()));
            }
            self.rooms.remove(recipe);
        } else if room.due.is_none() && room.has_news() {
            let at = room.soonest().max(now + DELAY);
            room.due = Some(at);
            self.due.insert((at, recipe.clone()));
        }
    }

    fn told_by(&self, link: LinkId, recipe: &RecipeId) -> usize {
        let slot = self.rooms.get(recipe);
        slot.map_or(0, |slot| slot.told_by(link))
    }

    fn hold(&mut self, link: LinkId, people: usize) {
        match people {
            0 => self.held.remove(&link),
            people => self.held.insert(link, people),
        };
    }
}

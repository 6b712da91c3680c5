//! Who is on one recipe, by all links, and what edges know of it. Pure.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use proto::ids::UserId;
use tokio::time::Instant;

use super::{
    Change, INTERVAL, INTERVAL_PER_PERSON, LinkId, MAX_INTERVAL, MAX_SHOWN, Person, Present,
};

#[derive(Debug)]
pub(super) struct Room {
    people: HashMap<UserId, Merged>,
    /// In the order in which they came.
    order: BTreeMap<u64, UserId>,
    arrivals: u64,
    /// Whom each link has told of.
    parts: HashMap<LinkId, HashSet<UserId>>,
    /// What edges were told last.
    told: Present,
    /// When that was; of a room that is new, when it began: when a recipe moves here, its edges come one after the other.
    told_at: Instant,
    /// An edge has come that was not told yet.
    newcomer: bool,
    /// Somebody was shown others since edges were told.
    shown_others: bool,
    /// When edges are told next.
    pub(super) due: Option<Instant>,
}

#[derive(Debug, Default)]
struct Merged {
    arrival: u64,
    /// Once for each link that has told of them.
    at: BTreeMap<LinkId, Person>,
}

impl Room {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            people: HashMap::new(),
            order: BTreeMap::new(),
            arrivals: 0,
            parts: HashMap::new(),
            told: Present::default(),
            told_at: now,
            newcomer: false,
            shown_others: false,
            due: None,
        }
    }

    /// How many people there are.
    pub(super) fn count(&self) -> usize {
        self.people.len()
    }

    /// How many of them a link has told of.
    pub(super) fn told_by(&self, link: LinkId) -> usize {
        self.parts.get(&link).map_or(0, HashSet::len)
    }

    /// Takes what a link tells, of as many people as there is space for.
    pub(super) fn take(&mut self, link: LinkId, change: Change, space: usize) {
        if change.all {
            let here: HashSet<_> = change.here.iter().map(|person| &person.user).collect();
            self.remove_part(link, |user| here.contains(user));
        }
        for user in &change.gone {
            self.remove(link, user);
        }
        for person in change.here {
            self.add(link, person, space);
        }
        self.newcomer |= change.all;
        self.shown_others |= change.shown_others;
    }

    /// Takes somebody in, unless the link has told of as many as there is space for.
    pub(super) fn add(&mut self, link: LinkId, person: Person, space: usize) {
        let part = self.parts.entry(link).or_default();
        if part.len() >= space && !part.contains(&person.user) {
            return;
        }
        let user = person.user.clone();
        part.insert(user.clone());
        let merged = self.people.entry(user).or_default();
        if merged.at.is_empty() {
            self.arrivals += 1;
            merged.arrival = self.arrivals;
            self.order.insert(self.arrivals, person.user.clone());
        }
        merged.at.insert(link, person);
    }

    pub(super) fn remove(&mut self, link: LinkId, user: &UserId) {
        if let Some(part) = self.parts.get_mut(&link) {
            part.remove(user);
            if part.is_empty() {
                self.parts.remove(&link);
            }
        }
        let Some(merged) = self.people.get_mut(user) else {
            return;
        };
        merged.at.remove(&link);
        if merged.at.is_empty() {
            self.order.remove(&merged.arrival);
            self.people.remove(user);
        }
    }

    /// Removes all that a link has told of, but those.
    pub(super) fn remove_part(&mut self, link: LinkId, but: impl Fn(&UserId) -> bool) {
        let part = self.parts.get(&link).into_iter().flatten();
        let gone: Vec<_> = part.filter(|user| !but(user)).cloned().collect();
        for user in gone {
            self.remove(link, &user);
        }
    }

    /// When edges may be told at the soonest.
    pub(super) fn soonest(&self) -> Instant {
        let people = u32::try_from(self.people.len()).unwrap_or(u32::MAX);
        let longer = INTERVAL_PER_PERSON.checked_mul(people);
        self.told_at + (INTERVAL + longer.unwrap_or(Duration::MAX - INTERVAL)).min(MAX_INTERVAL)
    }

    pub(super) fn has_news(&self) -> bool {
        self.is_news(&self.present())
    }

    /// What edges must be told, if anything: they count as told of it.
    pub(super) fn tell(&mut self, now: Instant) -> Option<Present> {
        self.due = None;
        let present = self.present();
        if !self.is_news(&present) {
            return None;
        }
        self.told_at = now;
        self.told = present.clone();
        (self.newcomer, self.shown_others) = (false, false);
        Some(present)
    }

    fn present(&self) -> Present {
        let shown = self.order.values().take(MAX_SHOWN);
        Present {
            people: shown
                .filter_map(|user| self.people.get(user)?.shown())
                .collect(),
            count: self.people.len(),
        }
    }

    /// Whether edges do not know it. Who is alone and has seen nobody else is not told so.
    fn is_news(&self, present: &Present) -> bool {
        match present.count <= 1 && self.told.count <= 1 {
            true => self.shown_others,
            false => self.newcomer || self.shown_others || self.told != *present,
        }
    }
}

impl Merged {
    /// Once, though they may be there by several edges; typing when they do so at any.
    fn shown(&self) -> Option<Person> {
        let mut person = self.at.values().next_back()?.clone();
        person.typing = self.at.values().any(|person| person.typing);
        Some(person)
    }
}

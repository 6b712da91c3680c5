//! One recipe with somebody on it. Most are of one person by one link, and must cost little. Pure.

use tokio::time::Instant;

use super::{Change, LinkId, Person, room::Room};

#[derive(Debug)]
pub(super) struct Slot {
    since: Instant,
    /// Who is alone, and by which link.
    one: Option<(LinkId, Person)>,
    /// Otherwise.
    many: Option<Box<Room>>,
}

impl Slot {
    /// What the first link tells, of as many people as there is space for.
    pub(super) fn new(link: LinkId, mut change: Change, space: usize, now: Instant) -> Self {
        let is_one = change.here.len() == 1 && !change.shown_others && space > 0;
        let one = is_one.then(|| change.here.pop()).flatten();
        let mut slot = Self {
            since: now,
            one: one.map(|person| (link, person)),
            many: None,
        };
        if !is_one {
            slot.room().take(link, change, space);
        }
        slot
    }

    /// Takes what a link tells, of as many people as there is space for.
    pub(super) fn take(&mut self, link: LinkId, change: Change, space: usize) {
        match &mut self.one {
            Some((by, one)) if *by == link && is_still_alone(one, &change) => {
                if let Some(person) = change.here.into_iter().next_back() {
                    *one = person;
                }
            }
            _ => self.room().take(link, change, space),
        }
    }

    /// From now on there is room for many.
    pub(super) fn room(&mut self) -> &mut Room {
        let room = self
            .many
            .get_or_insert_with(|| Box::new(Room::new(self.since)));
        if let Some((link, one)) = self.one.take() {
            room.add(link, one, 1);
        }
        room
    }

    /// The room, when there is room for many.
    pub(super) fn many(&mut self) -> Option<&mut Room> {
        self.many.as_deref_mut()
    }

    /// How many people there are.
    pub(super) fn count(&self) -> usize {
        let one = usize::from(self.one.is_some());
        self.many.as_ref().map_or(one, |room| room.count())
    }

    /// How many of them a link has told of.
    pub(super) fn told_by(&self, link: LinkId) -> usize {
        let one = self.one.as_ref().filter(|(by, _)| *by == link);
        let one = usize::from(one.is_some());
        self.many.as_ref().map_or(one, |room| room.told_by(link))
    }
}

/// Whether after a change by the same link nobody else is there, and nobody was shown others.
fn is_still_alone(one: &Person, change: &Change) -> bool {
    let same = change.here.iter().all(|person| person.user == one.user);
    let stays = !change.here.is_empty() || !change.all && !change.gone.contains(&one.user);
    same && stays && !change.shown_others
}

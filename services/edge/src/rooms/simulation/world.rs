//! The world of a run: a store, a chat service, a link and some connections with a room, and what may happen to them.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt as _;
use proto::{
    ids::{Position, RecipeId, Revision},
    websocket::frames::Message,
};
use runtime::clock::Timestamp;
use tokio::time::Instant;

use super::{
    super::{AttachmentNumber, Member, Rooms, SeenAs, Since, Update},
    steps::{Bug, CLIENTS, Step, Violation},
};
use crate::{upstream::Principal, wire::rendered::Rendered};

/// The chat service sends only the newest of more missed updates than this.
const MISSED: u64 = 3;

/// What the chat service read from the store.
struct Reading {
    position: Position,
    recovered: bool,
    /// Those after the position that was named, or all.
    messages: Vec<String>,
    read_at: usize,
    /// How much the link had been sent.
    after: usize,
}

struct Asked {
    what: Question,
    /// Where the client stands.
    from: Option<Position>,
    reading: Option<Reading>,
}

/// What was asked, and where the room stood then.
enum Question {
    ToComeIn(Option<Position>),
    WhatWasMissed(Position),
}

#[derive(Default)]
struct Client {
    member: Option<Member>,
    asked: Option<Asked>,
    /// What it has been sent: the message at revision 1, 2…
    has: Vec<String>,
    knows: bool,
    came_at: usize,
}

enum Event {
    Update {
        attachment: AttachmentNumber,
        revision: Revision,
        id: String,
        previous: Option<String>,
    },
    Divergence(AttachmentNumber, Position),
}

pub(super) struct World {
    bug: Bug,
    time: usize,
    rooms: Arc<Rooms>,
    store: Vec<String>,
    previous: HashMap<String, Option<String>>,
    lost_at: HashMap<String, usize>,
    /// What the link has been sent, when the room is attached.
    sent: Option<Position>,
    /// A further position that the edge named when it attached the room, or, where attachments have no names, that one
    /// before was sent.
    answered_position: Option<Position>,
    /// The attachment that updates are sent for.
    attachment: AttachmentNumber,
    line: VecDeque<Event>,
    pushed: usize,
    unattached: bool,
    clients: [Client; CLIENTS],
}

fn recipe() -> RecipeId {
    "pie".parse().unwrap()
}

fn who_comes() -> Arc<Principal> {
    Arc::new(Principal::for_tests("ada"))
}

impl World {
    pub(super) fn new(bug: Bug) -> Self {
        Self {
            bug,
            time: 0,
            rooms: Rooms::new(),
            store: Vec::new(),
            previous: HashMap::new(),
            lost_at: HashMap::new(),
            sent: None,
            answered_position: None,
            attachment: 0,
            line: VecDeque::new(),
            pushed: 0,
            unattached: false,
            clients: Default::default(),
        }
    }

    pub(super) fn step(&mut self, step: Step) -> Result<(), Violation> {
        self.time += 1;
        match step {
            Step::Post => self.post(),
            Step::GoBack(by) => {
                let kept = self.store.len().saturating_sub(by);
                for id in self.store.split_off(kept) {
                    self.lost_at.insert(id, self.time);
                }
            }
            Step::Check => self.catch_up(),
            Step::Deliver => self.deliver(),
            Step::LinkBreaks => {
                self.line.clear();
                self.sent = None;
                self.unattached = true;
                // What was not answered is asked again, when the room may have come further.
                let room = self.rooms.position(&recipe());
                for asked in self.clients.iter_mut().filter_map(|c| c.asked.as_mut()) {
                    asked.reading = None;
                    if let Question::ToComeIn(asked_at) = &mut asked.what {
                        asked_at.clone_from(&room);
                    }
                }
            }
            Step::Attach => self.attach(),
            Step::Sweep => self.rooms.sweep(Instant::now() + Duration::from_secs(60)),
            Step::Come(who) => self.come(who),
            Step::Read(who) => self.read(who),
            Step::Answer(who) => self.answer(who)?,
            Step::Look(who) => self.look(who)?,
            Step::Leave(who) => {
                let client = &mut self.clients[who];
                (client.member, client.asked) = (None, None);
            }
        }
        Ok(())
    }

    /// A position as it is named; with a bug, without its message.
    fn named(&self, revision: usize, messages: &[String]) -> Position {
        let id = revision.checked_sub(1).map(|index| &messages[index]);
        Position {
            revision: revision as Revision,
            message: id
                .filter(|_| self.bug != Bug::RevisionsAlone)
                .map(|id| id.parse().unwrap()),
        }
    }

    fn newest(&self) -> Position {
        self.named(self.store.len(), &self.store)
    }

    fn has_been_at(&self, position: &Position) -> bool {
        let revision = usize::try_from(position.revision).unwrap();
        revision <= self.store.len() && !self.named(revision, &self.store).contradicts(position)
    }

    fn post(&mut self) {
        let id = format!("m{}", self.previous.len());
        self.previous.insert(id.clone(), self.store.last().cloned());
        let follows = self.sent == Some(self.newest());
        self.store.push(id);
        match follows {
            true => self.send_update(self.store.len()),
            false => self.catch_up(),
        }
    }

    fn send_update(&mut self, revision: usize) {
        let before = revision
            .checked_sub(2)
            .map(|index| self.store[index].clone());
        let update = Event::Update {
            attachment: self.attachment,
            revision: revision as Revision,
            id: self.store[revision - 1].clone(),
            previous: before.filter(|_| self.bug != Bug::RevisionsAlone),
        };
        self.push(update);
        self.sent = Some(self.named(revision, &self.store));
    }

    fn catch_up(&mut self) {
        let Some(sent) = self.sent.clone() else {
            return;
        };
        let further = |answered_position: &Position| answered_position.revision > sent.revision;
        let answered_position = self.answered_position.take().filter(further);
        let mut named = [Some(sent.clone()), answered_position]
            .into_iter()
            .flatten();
        if let Some(gone) = named.find(|position| !self.has_been_at(position)) {
            self.push(Event::Divergence(self.attachment, gone));
            self.sent = Some(self.newest());
            return;
        }
        let newest = self.store.len() as Revision;
        let first = match newest - sent.revision > MISSED {
            true => newest,
            false => sent.revision + 1,
        };
        for revision in first..=newest {
            self.send_update(usize::try_from(revision).unwrap());
        }
    }

    fn push(&mut self, event: Event) {
        self.pushed += 1;
        self.line.push_back(event);
    }

    fn deliver(&mut self) {
        match self.line.pop_front() {
            Some(Event::Update {
                attachment,
                revision,
                id,
                previous,
            }) => {
                let message = Message {
                    id,
                    revision,
                    ..Message::default()
                };
                let previous = previous.map(|id| id.parse().unwrap());
                let (now, clock_now) = (Instant::now(), Timestamp::default());
                let (pie, message) = (Rendered::new(Arc::default()), Arc::new(message));
                let update = Update::new(&recipe(), &pie, message, previous, clock_now, now);
                self.rooms.publish(&recipe(), attachment, update);
            }
            Some(Event::Divergence(attachment, from)) if self.bug != Bug::DeafToDivergence => {
                self.rooms.diverge(&recipe(), attachment, &from);
            }
            Some(Event::Divergence(..)) | None => {}
        }
    }

    fn attach(&mut self) {
        let changed = self.rooms.changed().now_or_never().is_some();
        // A new link attaches the room once, however many reasons there are.
        let unattached = std::mem::take(&mut self.unattached);
        if changed || unattached {
            let room = self.rooms.attach(&recipe());
            let answered_position = room
                .as_ref()
                .and_then(|room| room.progress.answered_position.clone());
            let answered_position = answered_position.filter(|_| self.bug != Bug::MembersNotNamed);
            let unnamed = self.bug == Bug::AttachmentsNotNamed;
            // What an earlier attachment was sent may still be on its way.
            let before = self.sent.take().filter(|_| unnamed);
            let further = |position: &Position| position.revision;
            self.answered_position = answered_position
                .into_iter()
                .chain(before)
                .max_by_key(further);
            let number = room.as_ref().map_or(0, |room| room.number);
            self.attachment = if unnamed { 0 } else { number };
            self.sent = room.map(|room| room.progress.newest);
            self.catch_up();
        }
    }

    fn read(&mut self, who: usize) {
        let Some(from) = self.clients[who]
            .asked
            .as_ref()
            .map(|asked| asked.from.clone())
        else {
            return;
        };
        let ahead = |sent: &Position| sent.revision > self.store.len() as Revision;
        if self.sent.as_ref().is_some_and(ahead) {
            self.catch_up();
        }
        let known = from.filter(|from| self.has_been_at(from));
        let after = known.as_ref().map_or(0, |known| known.revision);
        let reading = Reading {
            position: self.newest(),
            recovered: known.is_some(),
            messages: self.store[usize::try_from(after).unwrap()..].to_vec(),
            read_at: self.time,
            after: self.pushed,
        };
        if let Some(asked) = &mut self.clients[who].asked {
            asked.reading = Some(reading);
        }
    }

    /// Where a client stands.
    fn written(&self, who: usize) -> Position {
        let has = &self.clients[who].has;
        self.named(has.len(), has)
    }

    fn come(&mut self, who: usize) {
        let client = &self.clients[who];
        if client.member.is_none() && client.asked.is_none() {
            let from = client.knows.then(|| self.written(who));
            let asked_at = self.rooms.position(&recipe());
            self.clients[who].asked = Some(Asked {
                what: Question::ToComeIn(asked_at),
                from,
                reading: None,
            });
        }
    }

    fn ask_what_was_missed(&mut self, who: usize) {
        let from = Some(self.written(who));
        if let Some(member) = &self.clients[who].member {
            self.clients[who].asked = Some(Asked {
                what: Question::WhatWasMissed(member.position()),
                from,
                reading: None,
            });
        }
    }

    fn answer(&mut self, who: usize) -> Result<(), Violation> {
        let Some(Asked {
            what,
            from,
            reading,
        }) = self.clients[who].asked.take()
        else {
            return Ok(());
        };
        let Some(reading) = reading else {
            self.clients[who].asked = Some(Asked {
                what,
                from,
                reading,
            });
            return Ok(());
        };
        while self.pushed - self.line.len() < reading.after {
            self.deliver();
        }
        match what {
            Question::ToComeIn(asked_at) => self.comes_in(who, reading, asked_at),
            Question::WhatWasMissed(asked_at) => self.has_missed(who, reading, &asked_at),
        }
    }

    fn comes_in(
        &mut self,
        who: usize,
        reading: Reading,
        asked_at: Option<Position>,
    ) -> Result<(), Violation> {
        let client = &mut self.clients[who];
        (client.knows, client.came_at) = (true, reading.read_at);
        if !reading.recovered {
            client.has.clear();
        }
        let asked_at = asked_at.filter(|_| self.bug != Bug::RoomNotCompared);
        let member = self.rooms.enter(
            &recipe(),
            &who_comes(),
            &reading.position,
            asked_at.as_ref(),
            &SeenAs::default(),
        );
        let behind = member.position().revision < reading.position.revision;
        self.clients[who].member = Some(member);
        self.send(who, reading.messages)?;
        if behind {
            self.ask_what_was_missed(who);
        }
        Ok(())
    }

    fn has_missed(
        &mut self,
        who: usize,
        reading: Reading,
        asked_at: &Position,
    ) -> Result<(), Violation> {
        let Some(member) = &self.clients[who].member else {
            return Ok(());
        };
        let refuted =
            self.bug != Bug::RoomNotCompared && member.refute(&reading.position, asked_at);
        if !reading.recovered || refuted {
            self.clients[who].member = None;
            return Ok(());
        }
        self.send(who, reading.messages)
    }

    fn look(&mut self, who: usize) -> Result<(), Violation> {
        let client = &self.clients[who];
        let Some(member) = client.member.as_ref().filter(|_| client.asked.is_none()) else {
            return Ok(());
        };
        match member.since(&self.written(who)) {
            Since::Nothing => Ok(()),
            Since::Updates(updates) => {
                let ids = updates.iter().map(|update| update.message.id.clone());
                self.send(who, ids.collect())
            }
            Since::TooMuch => {
                self.ask_what_was_missed(who);
                Ok(())
            }
            Since::Diverged => {
                self.clients[who].member = None;
                Ok(())
            }
        }
    }

    fn send(&mut self, who: usize, messages: Vec<String>) -> Result<(), Violation> {
        let client = &mut self.clients[who];
        for sent in messages {
            if self
                .lost_at
                .get(&sent)
                .is_some_and(|at| *at < client.came_at)
            {
                return Err(Violation::Ghost(sent));
            }
            let has = client.has.last().cloned();
            if self.previous[&sent] != has {
                return Err(Violation::Mixed { has, sent });
            }
            client.has.push(sent);
        }
        Ok(())
    }

    /// Nothing more happens to the store; everybody comes, and what is under way arrives.
    pub(super) fn rest(&mut self) -> Result<(), Violation> {
        for _ in 0..20 {
            for step in [Step::Attach, Step::Check] {
                self.step(step)?;
            }
            while !self.line.is_empty() {
                self.step(Step::Deliver)?;
            }
            for who in 0..CLIENTS {
                let (look, answer) = (Step::Look(who), Step::Answer(who));
                for step in [look, Step::Come(who), Step::Read(who), answer, look] {
                    self.step(step)?;
                }
            }
        }
        let together = |client: &Client| client.member.is_some() && client.has == self.store;
        match self.clients.iter().all(together) {
            true => Ok(()),
            false => Err(Violation::Apart),
        }
    }
}

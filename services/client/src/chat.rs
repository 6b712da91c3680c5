//! The chat as a pure state machine: `handle(event, now)` gives what is to be done. It reads no clock, no socket
//! and no randomness but its seed.
//!
//! There is one way to open a connection, and every connection shows a token that is still good. What the person
//! said belongs to the chat, not to a connection.

mod backoff;
mod events;
mod history;
mod keyring;
mod link;
mod live;
mod outbox;

use std::time::Duration;

use tokio::time::Instant;

pub use self::{
    events::{Action, Ending, Event, News, NoToken, NotOpened, Outgoing, Status, Token},
    history::{History, Line},
    outbox::{Outbox, Waiting},
};
use self::{
    keyring::Keyring,
    link::{Heartbeat, Link, TokenRetry},
};
use backoff::Backoff;
use proto::websocket::{
    MAX_CONTENT,
    frames::{Closing, Presence},
};

/// How long the server may take to answer the first `auth`.
const AUTH_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether the person may still say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    Ended,
}

/// One person's chat on one recipe.
#[derive(Debug)]
pub struct Chat {
    link: Link,
    keyring: Keyring,
    outbox: Outbox,
    history: History,
    backoff: Backoff,
    second_chance: TokenRetry,
    /// What the server has said of the close that it is about to make.
    announced: Option<Closing>,
    input: Input,
    /// Tells this chat's ids from those of others.
    seed: u64,
    /// How many `auth`s were sent.
    auths: u64,
}

impl Chat {
    /// A chat that has a token and no connection yet. `seed` decides all its waits.
    pub fn new(token: Token, seed: u64, now: Instant) -> Self {
        Self {
            link: Link::Resting {
                until: now,
                why: String::new(),
            },
            keyring: Keyring::new(token, seed.wrapping_add(1), now),
            outbox: Outbox::new(seed.wrapping_add(2)),
            history: History::default(),
            backoff: Backoff::new(seed),
            second_chance: TokenRetry::Unused,
            announced: None,
            input: Input::Open,
            seed,
            auths: 0,
        }
    }

    pub fn history(&self) -> &History {
        &self.history
    }

    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Who is on the recipe, as the server said last over this connection.
    pub fn presence(&self) -> Option<&Presence> {
        match &self.link {
            Link::Live(live) => live.presence.as_ref(),
            Link::NeedsToken { .. }
            | Link::Resting { .. }
            | Link::Opening { .. }
            | Link::Authenticating { .. }
            | Link::Ended => None,
        }
    }

    /// How the chat stands, in the words that people know.
    pub fn status(&self) -> Status {
        let (why, at) = match &self.link {
            Link::Live(_) => return Status::Connected,
            Link::Ended => return Status::Disconnected,
            Link::Authenticating { .. } if self.is_new() => return Status::Authenticating,
            Link::Authenticating { why, .. }
            | Link::NeedsToken { why, .. }
            | Link::Opening { why } => (why, None),
            Link::Resting { until, why } => (why, Some(*until)),
        };
        if self.is_new() && why.is_empty() {
            return Status::Connecting;
        }
        Status::Reconnecting {
            why: why.clone(),
            at,
        }
    }

    /// Takes in what has happened at `now`.
    pub fn handle(&mut self, event: Event, now: Instant) -> Vec<Action> {
        let mut todo = Vec::new();
        if matches!(self.link, Link::Ended) {
            return todo;
        }
        let before = self.status();
        self.dispatch(event, now, &mut todo);
        if matches!(self.link, Link::Live(_)) {
            todo.extend(self.outbox.send(now).map(Action::Send));
        }
        let all_is_said = self.input == Input::Ended && self.outbox.waiting().len() == 0;
        if all_is_said && !self.is_new() {
            self.end(Ending::Left { unsent: 0 }, &mut todo);
        }
        let after = self.status();
        if after != before {
            // Before anything that can only be understood with it.
            todo.insert(0, Action::Tell(News::Status(after)));
        }
        todo
    }

    fn dispatch(&mut self, event: Event, now: Instant, todo: &mut Vec<Action>) {
        match event {
            Event::Opened => self.opened(now, todo),
            Event::NotOpened(why) => self.not_opened(why, now, todo),
            Event::Heard => self.received(now),
            Event::Frame(frame) => self.frame(*frame, now, todo),
            Event::Closed { code, reason } => self.closed(code, &reason, now, todo),
            Event::Token(answer) => self.token(answer, now, todo),
            Event::Slept(by) => self.slept(by, now),
            Event::Say { id, content } => self.say(id, &content, todo),
            Event::NoMoreToSay => self.input = Input::Ended,
            Event::Leave => {
                let unsent = self.outbox.waiting().len();
                self.end(Ending::Left { unsent }, todo);
            }
            Event::Deadline => self.deadline(now, todo),
        }
    }

    /// When [`Event::Deadline`] is due, if nothing else happens before.
    pub fn next_deadline(&self) -> Option<Instant> {
        let (link, outbox) = match &self.link {
            Link::Ended => return None,
            Link::NeedsToken { .. } | Link::Opening { .. } => (None, None),
            Link::Resting { until: at, .. } | Link::Authenticating { give_up_at: at, .. } => {
                (Some(*at), None)
            }
            Link::Live(live) => (Some(live.next_deadline()), self.outbox.next_deadline()),
        };
        [link, outbox, self.keyring.next_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    fn deadline(&mut self, now: Instant, todo: &mut Vec<Action>) {
        if self.keyring.due(now) {
            todo.push(Action::Refresh);
        }
        self.reauthenticate_again(now, todo);
        match &mut self.link {
            Link::Ended | Link::NeedsToken { .. } | Link::Opening { .. } => {}
            Link::Resting { until, .. } => {
                if *until <= now {
                    self.open(now, todo);
                }
            }
            Link::Authenticating { give_up_at, .. } => {
                if *give_up_at <= now {
                    self.abandon("the server does not answer", now, todo);
                }
            }
            Link::Live(live) => {
                self.outbox.due(now);
                if live.heartbeat.next_deadline() > now {
                    return;
                }
                match live.heartbeat {
                    Heartbeat::Listening { .. } => {
                        live.heartbeat = Heartbeat::asked(now);
                        todo.push(Action::Send(Outgoing::Ping));
                    }
                    Heartbeat::Asked { .. } => {
                        self.abandon("the server has fallen silent", now, todo);
                    }
                }
            }
        }
    }

    fn say(&mut self, id: String, content: &str, todo: &mut Vec<Action>) {
        let content = content.trim();
        let reason = match content.chars().take(MAX_CONTENT + 1).count() {
            0 => return,
            length if length > MAX_CONTENT => {
                "a message may have at most 4,000 characters; send it in parts"
            }
            _ => match self.outbox.put(id, content.to_owned()) {
                Ok(()) => return,
                Err(_) => "too many messages wait already",
            },
        };
        self.not_said(content.to_owned(), reason.to_owned(), todo);
    }

    fn not_said(&mut self, content: String, reason: String, todo: &mut Vec<Action>) {
        self.history.add(Line::NotSaid {
            content: content.clone(),
            reason: reason.clone(),
        });
        todo.push(Action::Tell(News::NotSaid { content, reason }));
    }

    fn token(&mut self, answer: Result<Token, NoToken>, now: Instant, todo: &mut Vec<Action>) {
        match answer {
            Ok(token) => {
                self.keyring.received(token, now);
                match &self.link {
                    Link::NeedsToken { .. } => self.open(now, todo),
                    Link::Live(_) => self.reauthenticate(now, todo),
                    Link::Resting { .. }
                    | Link::Opening { .. }
                    | Link::Authenticating { .. }
                    | Link::Ended => {}
                }
            }
            Err(NoToken::Unavailable) => self.keyring.nobody_answered(now),
            Err(NoToken::Denied(words)) => {
                let words = format!("the sign-in has ended: {words}");
                self.end(Ending::Failed(words), todo);
            }
        }
    }

    /// Nothing was heard all that time: the token has aged, and the connection must show that it lives.
    fn slept(&mut self, by: Duration, now: Instant) {
        self.keyring.slept(by);
        match &mut self.link {
            Link::Live(live) => live.heartbeat = Heartbeat::Listening { ask_at: now },
            Link::Resting { until, .. } => *until = now,
            Link::NeedsToken { .. }
            | Link::Opening { .. }
            | Link::Authenticating { .. }
            | Link::Ended => {}
        }
    }

    /// Whether nothing is known of the recipe yet.
    fn is_new(&self) -> bool {
        self.history.revision().is_none()
    }

    fn end(&mut self, ending: Ending, todo: &mut Vec<Action>) {
        self.link = Link::Ended;
        todo.push(Action::End(ending));
    }
}

#[cfg(test)]
mod tests;

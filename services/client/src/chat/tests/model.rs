//! Random lives of a chat against a small model of the server, which loses what a network loses. Whatever happens,
//! every message is stored once, in the order in which it was said, and shown once.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use proptest::{collection::vec, prelude::*};
use proto::websocket::{
    codes::{Close, ErrorCode},
    frames::{
        AuthRequired, AuthRequiredReason, Author, ErrorPayload, Message, Recipe, RecipeUpdate,
        ServerFrame, SessionInfo,
    },
};

use super::super::*;

/// What may happen next.
#[derive(Debug, Clone)]
enum Step {
    Say,
    SomebodyElseSays,
    /// The server takes the oldest frame that the client has sent, and answers.
    ServerReads,
    /// …and refuses it for now, if it is a message, or an `auth` after the first.
    ServerRefuses(ErrorCode),
    /// The client gets the oldest frame that the server has sent.
    ClientReads,
    ServerAsksAgain,
    ConnectionOpens,
    ConnectionFails,
    /// Everything in flight is gone.
    ConnectionBreaks,
    ServerCloses(Close),
    /// The server loses its last messages, as when it is restored from a backup, and closes the connection.
    ServerGoesBack(usize),
    TokenComes,
    TokenFails,
    TimePasses,
    MachineSleeps,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connection {
    None,
    Opening,
    Open,
    LetIn,
}

struct Simulation {
    chat: Chat,
    now: Instant,
    connection: Connection,
    refreshing: bool,
    to_server: VecDeque<Outgoing>,
    to_client: VecDeque<ServerFrame>,
    stored: Vec<Arc<Message>>,
    /// What the server has lost.
    lost: Vec<String>,
    others: usize,
    /// The last revision that the server has written to this connection.
    written: usize,
    /// Whether it waits for a fresh token on this connection.
    asks: bool,
    said: Vec<String>,
    shown: Vec<u64>,
    ended: bool,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let now = Instant::now();
        let mut world = Self {
            chat: Chat::new(token(), seed, now),
            now,
            connection: Connection::None,
            refreshing: false,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            stored: Vec::new(),
            lost: Vec::new(),
            others: 0,
            written: 0,
            asks: false,
            said: Vec::new(),
            shown: Vec::new(),
            ended: false,
        };
        world.dispatch(Event::Deadline);
        world
    }

    fn dispatch(&mut self, event: Event) {
        let was_deadline = matches!(event, Event::Deadline);
        for action in self.chat.handle(event, self.now) {
            match action {
                Action::Open => {
                    assert_eq!(self.connection, Connection::None, "two connections");
                    self.connection = Connection::Opening;
                }
                Action::Abandon => self.cut(),
                Action::Send(outgoing) => self.send(outgoing),
                Action::Refresh => {
                    assert!(!self.refreshing, "two refreshes");
                    self.refreshing = true;
                }
                Action::Tell(News::Said(message)) => self.shown.push(message.revision),
                Action::Tell(_) => {}
                Action::End(_) => self.ended = true,
            }
        }
        if was_deadline && let Some(next) = self.chat.next_deadline() {
            assert!(next > self.now, "a deadline that is not dealt with");
        }
    }

    fn send(&mut self, outgoing: Outgoing) {
        let let_in = self.connection == Connection::LetIn;
        match &outgoing {
            Outgoing::Auth { .. } => assert_ne!(self.connection, Connection::None),
            Outgoing::Say { .. } | Outgoing::Ping => {
                assert!(let_in || self.chat.status() == Status::Connected);
            }
        }
        self.to_server.push_back(outgoing);
    }

    fn cut(&mut self) {
        self.connection = Connection::None;
        self.asks = false;
        self.to_server.clear();
        self.to_client.clear();
    }

    fn step(&mut self, step: &Step) {
        let open = matches!(self.connection, Connection::Open | Connection::LetIn);
        match step {
            Step::Say => {
                if self.chat.outbox().has_room() {
                    let id = format!("m{}", self.said.len());
                    self.said.push(id.clone());
                    let content = id.clone();
                    self.dispatch(Event::Say { id, content });
                }
            }
            Step::SomebodyElseSays => {
                self.others += 1;
                self.store(&format!("x{}", self.others), "bob");
                self.write_updates(None);
            }
            Step::ServerReads => self.server_reads(None),
            Step::ServerRefuses(code) => self.server_reads(Some(*code)),
            Step::ClientReads => {
                if let Some(frame) = self.to_client.pop_front() {
                    self.dispatch(Event::Frame(Box::new(frame)));
                }
            }
            Step::ServerAsksAgain if self.connection == Connection::LetIn => {
                self.asks = true;
                self.to_client.push_back(auth_required());
            }
            Step::ConnectionOpens if self.connection == Connection::Opening => {
                self.connection = Connection::Open;
                self.dispatch(Event::Opened);
            }
            Step::ConnectionFails if self.connection == Connection::Opening => {
                self.cut();
                let why = NotOpened::Unreachable("refused".into());
                self.dispatch(Event::NotOpened(why));
            }
            Step::ConnectionBreaks if open => self.close(None, ""),
            Step::ServerCloses(close) if open => self.close(Some(close.code()), close.reason()),
            Step::ServerGoesBack(by) => {
                let kept = self.stored.len().saturating_sub(*by);
                let lost = self.stored.drain(kept..);
                self.lost.extend(lost.map(|message| message.id.clone()));
                if open {
                    let close = Close::ServiceRestart;
                    self.close(Some(close.code()), close.reason());
                }
            }
            Step::TokenComes if self.refreshing => {
                self.refreshing = false;
                self.dispatch(Event::Token(Ok(token())));
            }
            Step::TokenFails if self.refreshing => {
                self.refreshing = false;
                self.dispatch(Event::Token(Err(NoToken::Unavailable)));
            }
            Step::TimePasses => {
                if let Some(at) = self.chat.next_deadline() {
                    self.now = self.now.max(at);
                    self.dispatch(Event::Deadline);
                }
            }
            Step::MachineSleeps => self.dispatch(Event::Slept(Duration::from_secs(600))),
            Step::ServerAsksAgain
            | Step::ConnectionOpens
            | Step::ConnectionFails
            | Step::ConnectionBreaks
            | Step::ServerCloses(_)
            | Step::TokenComes
            | Step::TokenFails => {}
        }
    }

    fn close(&mut self, code: Option<u16>, reason: &str) {
        self.cut();
        let reason = reason.to_owned();
        self.dispatch(Event::Closed { code, reason });
    }

    fn server_reads(&mut self, refusal: Option<ErrorCode>) {
        match self.to_server.pop_front() {
            None | Some(Outgoing::Ping) => {}
            Some(Outgoing::Auth { id, .. })
                if refusal.is_some() && self.connection == Connection::LetIn =>
            {
                self.to_client.extend(refusal.map(|code| error(code, id)));
            }
            Some(Outgoing::Auth {
                revision,
                message_id,
                ..
            }) => {
                self.asks = false;
                self.connection = Connection::LetIn;
                self.written = self.stored.len();
                let known = revision.filter(|revision| {
                    let at = usize::try_from(*revision).unwrap();
                    let there = at.checked_sub(1).and_then(|index| self.stored.get(index));
                    at <= self.written && there.map(|message| &message.id) == message_id.as_ref()
                });
                let after = usize::try_from(known.unwrap_or(0)).unwrap();
                let missed = self.stored[after..].to_vec();
                let recovered = revision.map(|_| known.is_some());
                self.to_client
                    .push_back(welcome(missed, self.written, recovered));
            }
            Some(Outgoing::Say { id, .. }) => match refusal {
                Some(code) => self.to_client.push_back(error(code, id)),
                None => self.post(&id),
            },
        }
    }

    fn post(&mut self, id: &str) {
        let before = self.stored.iter().find(|message| message.id == id);
        match before.cloned() {
            Some(message) => {
                let frame = update(&message, Some(id.to_owned()));
                self.to_client.push_back(frame);
            }
            None => {
                self.store(id, "ada");
                self.write_updates(Some(id));
            }
        }
    }

    fn store(&mut self, id: &str, author: &str) {
        let message = Message {
            id: id.into(),
            author: self::author(author),
            revision: self.stored.len() as u64 + 1,
            ..Message::default()
        };
        self.stored.push(message.into());
    }

    fn write_updates(&mut self, answers: Option<&str>) {
        if self.connection == Connection::LetIn {
            for message in &self.stored[self.written..] {
                let reply = answers.filter(|id| *id == message.id).map(str::to_owned);
                self.to_client.push_back(update(message, reply));
            }
            self.written = self.stored.len();
        }
    }

    /// From now on everything works; goes on until nothing is left to do.
    fn heal(&mut self) {
        for _ in 0..2_000 {
            let done = self.chat.outbox().waiting().len() == 0
                && self.connection == Connection::LetIn
                && !self.asks
                && self.to_client.is_empty()
                && self.to_server.is_empty();
            if done || self.ended {
                return;
            }
            for step in [
                Step::ConnectionOpens,
                Step::TokenComes,
                Step::ServerReads,
                Step::ClientReads,
            ] {
                self.step(&step);
            }
            if self.to_client.is_empty() && self.to_server.is_empty() {
                self.step(&Step::TimePasses);
            }
        }
        panic!("it never comes to rest: {:?}", self.chat);
    }
}

fn token() -> Token {
    Token {
        access: "token".into(),
        good_for: Duration::from_secs(900),
    }
}

fn author(name: &str) -> Author {
    Author {
        id: name.into(),
        name: name.into(),
    }
}

fn recipe_update(payload: RecipeUpdate) -> ServerFrame {
    ServerFrame::RecipeUpdate {
        id: String::new(),
        timestamp: String::new(),
        payload,
    }
}

fn nothing(revision: u64) -> RecipeUpdate {
    RecipeUpdate {
        recipe_id: "soup".into(),
        revision,
        recipe: Recipe::default().into(),
        message: None,
        messages: None,
        messages_truncated: None,
        session: None,
        recovered: None,
        in_reply_to: None,
    }
}

fn update(message: &Arc<Message>, in_reply_to: Option<String>) -> ServerFrame {
    recipe_update(RecipeUpdate {
        in_reply_to,
        message: Some(message.clone()),
        ..nothing(message.revision)
    })
}

fn welcome(missed: Vec<Arc<Message>>, revision: usize, recovered: Option<bool>) -> ServerFrame {
    recipe_update(RecipeUpdate {
        recovered,
        messages: Some(missed),
        session: Some(SessionInfo {
            id: "s".into(),
            user: author("ada"),
            ..SessionInfo::default()
        }),
        ..nothing(revision as u64)
    })
}

fn auth_required() -> ServerFrame {
    ServerFrame::AuthRequired {
        id: String::new(),
        timestamp: String::new(),
        payload: AuthRequired {
            reason: AuthRequiredReason::Expiring,
            expires_at: String::new(),
        },
    }
}

fn error(code: ErrorCode, id: String) -> ServerFrame {
    ServerFrame::Error {
        id: String::new(),
        timestamp: String::new(),
        payload: ErrorPayload {
            code,
            message: String::new(),
            retryable: code.retryable(),
            retry_after_ms: None,
            in_reply_to: Some(id),
        },
    }
}

fn steps() -> impl Strategy<Value = Step> {
    let for_now = prop_oneof![Just(ErrorCode::RateLimited), Just(ErrorCode::Unavailable)];
    let retried = prop_oneof![
        Just(Close::ServiceRestart),
        Just(Close::TryAgainLater),
        Just(Close::TooSlow)
    ];
    prop_oneof![
        4 => Just(Step::Say),
        2 => Just(Step::SomebodyElseSays),
        6 => Just(Step::ServerReads),
        1 => for_now.prop_map(Step::ServerRefuses),
        8 => Just(Step::ClientReads),
        1 => Just(Step::ServerAsksAgain),
        4 => Just(Step::ConnectionOpens),
        1 => Just(Step::ConnectionFails),
        1 => Just(Step::ConnectionBreaks),
        1 => retried.prop_map(Step::ServerCloses),
        3 => Just(Step::TokenComes),
        1 => Just(Step::TokenFails),
        3 => Just(Step::TimePasses),
        1 => Just(Step::MachineSleeps),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_message_is_stored_once_in_order_and_shown_once(
        seed: u64,
        steps in vec(steps(), 0..150),
    ) {
        let mut world = Simulation::new(seed);
        for step in &steps {
            world.step(step);
        }
        world.heal();

        prop_assert!(!world.ended);
        let mine: Vec<_> = world
            .stored
            .iter()
            .filter(|message| message.author.id == "ada")
            .map(|message| message.id.clone())
            .collect();
        prop_assert_eq!(mine, world.said);
        let all: Vec<_> = (1..=world.stored.len() as u64).collect();
        prop_assert_eq!(world.shown, all);
    }

    #[test]
    fn after_the_server_went_back_the_client_has_what_it_has_and_says_what_was_not_answered(
        seed: u64,
        steps in vec(prop_oneof![
            12 => steps(),
            1 => (0usize..5).prop_map(Step::ServerGoesBack),
        ], 0..150),
    ) {
        let mut world = Simulation::new(seed);
        for step in &steps {
            world.step(step);
        }
        world.heal();

        prop_assert!(!world.ended);
        let has: Vec<_> = world.chat.history().lines().map(|line| match line {
            Line::Said(message) => message.id.clone(),
            Line::NotSaid { content, .. } => content.clone(),
        }).collect();
        let stored: Vec<_> = world.stored.iter().map(|message| message.id.clone()).collect();
        prop_assert_eq!(has, stored);
        for id in &world.said {
            let kept = world.stored.iter().any(|message| message.id == *id);
            prop_assert!(kept || world.lost.contains(id), "{} is neither kept nor lost", id);
        }
    }
}

//! What can happen to a chat, and what it asks to be done. No socket and no screen stands behind these.

use std::{sync::Arc, time::Duration};

use proto::websocket::frames::{Message, ServerFrame};
use secrecy::SecretString;
use tokio::time::Instant;

/// Something that has happened.
#[derive(Debug)]
pub enum Event {
    /// The connection that was asked for is open.
    Opened,
    /// It could not be opened.
    NotOpened(NotOpened),
    /// A sign of life that says nothing.
    Heard,
    Frame(Box<ServerFrame>),
    /// The connection is gone; without a code when it just broke.
    Closed {
        code: Option<u16>,
        reason: String,
    },
    /// The answer to [`Action::Refresh`].
    Token(Result<Token, NoToken>),
    /// The machine was suspended for so long, which timers have not noticed.
    Slept(Duration),
    /// The person says something. The id is its idempotency key.
    Say {
        id: String,
        content: String,
    },
    /// Nothing more will be said: leave when everything is answered.
    NoMoreToSay,
    /// The person wants to leave now.
    Leave,
    /// [`super::Chat::next_deadline`] has come.
    Deadline,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotOpened {
    Unreachable(String),
    /// The server has no room now.
    Busy {
        retry_after: Option<Duration>,
    },
    /// It will never be opened like this.
    Refused(String),
}

/// An access token, and how long it is good for.
#[derive(Debug, Clone)]
pub struct Token {
    pub access: SecretString,
    pub good_for: Duration,
}

/// Why there is no new token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoToken {
    /// The login session has ended.
    Denied(String),
    /// Nobody could be asked.
    Unavailable,
}

/// Something to be done.
#[derive(Debug)]
pub enum Action {
    /// Open a connection to the recipe.
    Open,
    /// Drop the connection without a word: it is dead or dying.
    Abandon,
    Send(Outgoing),
    /// Get a new access token.
    Refresh,
    Tell(News),
    /// Stop; nothing follows.
    End(Ending),
}

/// What is sent to the server.
#[derive(Debug, Clone)]
pub enum Outgoing {
    Auth {
        /// Names the answer.
        id: String,
        access: SecretString,
        session: Option<String>,
        revision: Option<u64>,
        /// The id of the message at that revision.
        message_id: Option<String>,
    },
    Say {
        id: String,
        content: String,
    },
    Ping,
}

/// What people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    Status(Status),
    /// A message was accepted, from whomever; in the recipe's order.
    Said(Arc<Message>),
    /// A message will not be accepted.
    NotSaid {
        content: String,
        reason: String,
    },
    /// Something that the server wants to be known.
    Notice(String),
}

/// How the chat stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Connecting,
    Authenticating,
    Connected,
    Reconnecting {
        why: String,
        /// When the next try begins; now when there is none.
        at: Option<Instant>,
    },
    Disconnected,
}

/// How a chat ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The person has left, with so many messages not sent.
    Left { unsent: usize },
    /// It cannot go on, and connecting again would not help.
    Failed(String),
}

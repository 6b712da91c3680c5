//! A chat with a hand on its clock, and the frames of a server.

use std::time::Duration;

use proto::websocket::{
    codes::{Close, ClosingAction, ErrorCode},
    frames::{
        AuthRequired, AuthRequiredReason, Author, Closing, ErrorPayload, Message, Recipe,
        RecipeUpdate, ServerFrame, SessionInfo,
    },
};
use secrecy::ExposeSecret as _;

use crate::chat::{Action, Chat, Ending, Event, Instant, News, Outgoing, Status, Token};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const LIFE: Duration = Duration::from_secs(900);

/// A chat with a hand on its clock.
pub(super) struct Table {
    pub(super) chat: Chat,
    pub(super) now: Instant,
    tokens: u32,
    /// The id of the last `auth`.
    pub(super) last_auth: String,
}

impl Table {
    /// A chat with the first token, which opens its first connection.
    pub(super) fn opening() -> Self {
        let now = Instant::now();
        let mut table = Self {
            chat: Chat::new(token(1, LIFE), 7, now),
            now,
            tokens: 1,
            last_auth: String::new(),
        };
        assert_eq!(table.on(Event::Deadline), ["open"]);
        assert_eq!(table.chat.status(), Status::Connecting);
        table
    }

    /// A chat that is let in at revision 3.
    pub(super) fn live() -> Self {
        let mut table = Self::opening();
        assert_eq!(
            table.on(Event::Opened),
            ["status Authenticating", "auth token-1 session - revision -"]
        );
        assert_eq!(table.on(welcome(3)), ["status Connected"]);
        table
    }

    pub(super) fn on(&mut self, event: Event) -> Vec<String> {
        let actions = self.chat.handle(event, self.now);
        for action in &actions {
            if let Action::Send(Outgoing::Auth { id, .. }) = action {
                assert_ne!(self.last_auth, *id, "ids are unique");
                self.last_auth.clone_from(id);
            }
        }
        actions.iter().map(in_words).collect()
    }

    pub(super) fn later(&mut self, by: Duration) -> Vec<String> {
        self.now += by;
        self.on(Event::Deadline)
    }

    /// Goes to the next deadline.
    pub(super) fn next(&mut self) -> Vec<String> {
        let at = self.chat.next_deadline().expect("a deadline");
        assert!(at >= self.now, "a deadline in the past");
        self.now = at;
        self.on(Event::Deadline)
    }

    pub(super) fn new_token(&mut self) -> Vec<String> {
        self.tokens += 1;
        self.on(Event::Token(Ok(token(self.tokens, LIFE))))
    }

    pub(super) fn say(&mut self, id: &str) -> Vec<String> {
        self.on(Event::Say {
            id: id.into(),
            content: format!("add {id}"),
        })
    }

    pub(super) fn closed(&mut self, close: Close) -> Vec<String> {
        self.on(Event::Closed {
            code: Some(close.code()),
            reason: close.reason().into(),
        })
    }
}

fn in_words(action: &Action) -> String {
    match action {
        Action::Open => "open".into(),
        Action::Abandon => "abandon".into(),
        Action::Refresh => "refresh".into(),
        Action::End(Ending::Left { unsent }) => format!("left, {unsent} unsent"),
        Action::End(Ending::Failed(words)) => format!("failed: {words}"),
        Action::Send(Outgoing::Ping) => "ping".into(),
        Action::Send(Outgoing::Say { id, .. }) => format!("say {id}"),
        Action::Send(Outgoing::Auth {
            access,
            session,
            revision,
            message_id,
            ..
        }) => format!(
            "auth {} session {} revision {}{}",
            access.expose_secret(),
            session.as_deref().unwrap_or("-"),
            revision.map_or("-".into(), |revision| revision.to_string()),
            message_id
                .as_ref()
                .map_or(String::new(), |id| format!(" at {id}")),
        ),
        Action::Tell(News::Status(Status::Reconnecting { why, .. })) => format!("trouble: {why}"),
        Action::Tell(News::Status(status)) => format!("status {status:?}"),
        Action::Tell(News::Said(message)) => format!("said {}", message.revision),
        Action::Tell(News::NotSaid { reason, .. }) => format!("not said: {reason}"),
        Action::Tell(News::Notice(words)) => format!("notice: {words}"),
    }
}

pub(super) fn token(number: u32, good_for: Duration) -> Token {
    Token {
        access: format!("token-{number}").into(),
        good_for,
    }
}

pub(super) fn message(id: &str, author: &str, revision: u64) -> Message {
    Message {
        id: id.into(),
        author: Author {
            id: author.into(),
            name: author.into(),
        },
        content: format!("add {id}"),
        revision,
        ..Message::default()
    }
}

pub(super) fn update(revision: u64) -> RecipeUpdate {
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

pub(super) fn frame(payload: RecipeUpdate) -> Event {
    Event::Frame(Box::new(ServerFrame::RecipeUpdate {
        id: String::new(),
        timestamp: String::new(),
        payload,
    }))
}

pub(super) fn welcome_with(revision: u64, messages: Vec<Message>) -> Event {
    frame(welcoming(revision, messages))
}

/// The answer to an `auth` that named a revision.
pub(super) fn welcome_after(recovered: bool, revision: u64, messages: Vec<Message>) -> Event {
    frame(RecipeUpdate {
        recovered: Some(recovered),
        ..welcoming(revision, messages)
    })
}

fn welcoming(revision: u64, messages: Vec<Message>) -> RecipeUpdate {
    RecipeUpdate {
        messages: Some(messages.into_iter().map(Into::into).collect()),
        session: Some(SessionInfo {
            id: "s1".into(),
            user: Author {
                id: "ada".into(),
                name: "ada".into(),
            },
            ..SessionInfo::default()
        }),
        ..update(revision)
    }
}

pub(super) fn welcome(revision: u64) -> Event {
    welcome_with(revision, Vec::new())
}

pub(super) fn said(id: &str, author: &str, revision: u64) -> Event {
    frame(RecipeUpdate {
        message: Some(message(id, author, revision).into()),
        ..update(revision)
    })
}

pub(super) fn answer(id: &str, revision: u64) -> Event {
    frame(RecipeUpdate {
        message: Some(message(id, "ada", revision).into()),
        in_reply_to: Some(id.into()),
        ..update(revision)
    })
}

pub(super) fn auth_required() -> Event {
    Event::Frame(Box::new(ServerFrame::AuthRequired {
        id: String::new(),
        timestamp: String::new(),
        payload: AuthRequired {
            reason: AuthRequiredReason::Expiring,
            expires_at: String::new(),
        },
    }))
}

pub(super) fn error(code: ErrorCode, in_reply_to: &str, retry_after_ms: Option<u64>) -> Event {
    Event::Frame(Box::new(ServerFrame::Error {
        id: String::new(),
        timestamp: String::new(),
        payload: ErrorPayload {
            code,
            message: code.name().into(),
            retryable: code.retryable(),
            retry_after_ms,
            in_reply_to: Some(in_reply_to.into()),
        },
    }))
}

pub(super) fn closing(close: Close, retry_after_ms: Option<u64>) -> Event {
    closing_with(close.code(), close.reason(), close.action(), retry_after_ms)
}

pub(super) fn closing_with(
    code: u16,
    reason: &str,
    action: ClosingAction,
    retry_after_ms: Option<u64>,
) -> Event {
    Event::Frame(Box::new(ServerFrame::Closing {
        id: String::new(),
        timestamp: String::new(),
        payload: Closing {
            code: code.into(),
            reason: reason.into(),
            action,
            retry_after_ms,
            connection: "c1".into(),
        },
    }))
}

pub(super) fn lost() -> Event {
    Event::Closed {
        code: None,
        reason: String::new(),
    }
}

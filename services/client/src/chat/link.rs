//! The way to the server: how a connection is opened, lost, judged and opened again.

use std::time::Duration;

use proto::websocket::{
    codes::{Close, ClosingAction, Verdict},
    frames::Closing,
};
use tokio::time::Instant;

use super::{
    AUTH_TIMEOUT, Action, Chat, Ending, NotOpened, Outgoing,
    live::{Live, STABLE_AFTER},
};

/// After so much silence the server is asked whether it is there.
const PING_INTERVAL: Duration = Duration::from_secs(25);
/// How long it may take to say so.
const PONG_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that a server may send a client away for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(600);

/// How far the way to the server goes. `why` is what was wrong with the last connection; empty at first.
#[derive(Debug)]
pub(super) enum Link {
    /// A token newer than this one must come first.
    NeedsToken {
        than: u64,
        why: String,
    },
    Resting {
        until: Instant,
        why: String,
    },
    Opening {
        why: String,
    },
    /// The token of this number was shown.
    Authenticating {
        token: u64,
        give_up_at: Instant,
        why: String,
    },
    Live(Live),
    Ended,
}

/// An `auth` that is sent.
#[derive(Debug)]
pub(super) struct SentAuth {
    pub(super) id: String,
    /// The number of its token.
    pub(super) token: u64,
    pub(super) auth: Outgoing,
}

/// Whether a fresh token was already tried since the server last took one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenRetry {
    Unused,
    Used,
}

/// How the client knows that the server is there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Heartbeat {
    Listening { ask_at: Instant },
    Asked { give_up_at: Instant },
}

impl Heartbeat {
    pub(super) fn received(now: Instant) -> Self {
        Self::Listening {
            ask_at: now + PING_INTERVAL,
        }
    }

    pub(super) fn asked(now: Instant) -> Self {
        Self::Asked {
            give_up_at: now + PONG_TIMEOUT,
        }
    }

    pub(super) fn next_deadline(self) -> Instant {
        match self {
            Self::Listening { ask_at: at } | Self::Asked { give_up_at: at } => at,
        }
    }
}

impl Link {
    /// What was wrong with the last connection.
    fn why(&self) -> String {
        match self {
            Self::NeedsToken { why, .. }
            | Self::Resting { why, .. }
            | Self::Opening { why }
            | Self::Authenticating { why, .. } => why.clone(),
            Self::Live(_) | Self::Ended => String::new(),
        }
    }
}

impl Chat {
    /// Opens a connection, or gets a token for it first. The only way to do so.
    pub(super) fn open(&mut self, now: Instant, todo: &mut Vec<Action>) {
        let than = match &self.link {
            Link::NeedsToken { than, .. } => *than,
            _ => 0,
        };
        let why = self.link.why();
        if self.keyring.newer(than, now).is_some() {
            self.link = Link::Opening { why };
            todo.push(Action::Open);
            return;
        }
        self.want_token(why, todo);
    }

    pub(super) fn opened(&mut self, now: Instant, todo: &mut Vec<Action>) {
        let why = self.link.why();
        let Some(shown) = self.show_token(0, now) else {
            // The token has ended while the connection was being opened.
            todo.push(Action::Abandon);
            return self.want_token(why, todo);
        };
        self.link = Link::Authenticating {
            token: shown.token,
            give_up_at: now + AUTH_TIMEOUT,
            why,
        };
        todo.push(Action::Send(shown.auth));
    }

    /// An `auth` with the token at hand, when it is newer than `than` and lives long enough.
    pub(super) fn show_token(&mut self, than: u64, now: Instant) -> Option<SentAuth> {
        let held = self.keyring.newer(than, now)?;
        self.auths += 1;
        let id = format!("auth-{:016x}-{}", self.seed, self.auths);
        Some(SentAuth {
            token: held.number,
            auth: Outgoing::Auth {
                id: id.clone(),
                access: held.access.clone(),
                session: self.history.session().map(str::to_owned),
                revision: self.history.revision(),
                message_id: self.history.message_id().map(str::to_owned),
            },
            id,
        })
    }

    pub(super) fn not_opened(&mut self, why: NotOpened, now: Instant, todo: &mut Vec<Action>) {
        match why {
            NotOpened::Refused(words) => self.end(Ending::Failed(words), todo),
            NotOpened::Unreachable(words) => {
                let wait = self.backoff.next();
                self.rest(wait, words, now);
            }
            NotOpened::Busy { retry_after } => {
                let wait = match retry_after {
                    Some(retry_after) => self.backoff.after(retry_after),
                    None => self.backoff.next(),
                };
                self.rest(wait, "the server has no room".to_owned(), now);
            }
        }
    }

    pub(super) fn closed(
        &mut self,
        code: Option<u16>,
        reason: &str,
        now: Instant,
        todo: &mut Vec<Action>,
    ) {
        let announced = self.announced.take();
        let why = match (code, reason) {
            (None | Some(1005 | 1006), _) => "the connection was lost".to_owned(),
            (Some(code), "") => format!("the server closed the connection, code {code}"),
            (Some(_), reason) => format!("the server said: {reason}"),
        };
        let retry_after = announced.as_ref().and_then(retry_after);
        match verdict(code, reason, announced.map(|closing| closing.action)) {
            Verdict::Retry => self.lost(why, retry_after, now),
            Verdict::Refresh if self.second_chance == TokenRetry::Unused => {
                self.second_chance = TokenRetry::Used;
                self.outbox.connection_lost();
                self.want_token(why, todo);
            }
            Verdict::Anew if self.second_chance == TokenRetry::Unused => {
                self.second_chance = TokenRetry::Used;
                self.history.forget_session();
                self.lost(why, retry_after, now);
            }
            Verdict::Stop | Verdict::Refresh | Verdict::Anew => self.end(Ending::Failed(why), todo),
            Verdict::Fault => {
                let words = format!("{why}; this client has a fault");
                self.end(Ending::Failed(words), todo);
            }
        }
    }

    /// Drops a connection that is of no use.
    pub(super) fn abandon(&mut self, why: &str, now: Instant, todo: &mut Vec<Action>) {
        todo.push(Action::Abandon);
        self.announced = None;
        self.lost(why.to_owned(), None, now);
    }

    /// `retry_after`: when the server wants the client back at the earliest.
    fn lost(&mut self, why: String, retry_after: Option<Duration>, now: Instant) {
        if let Link::Live(live) = &self.link
            && now - live.since >= STABLE_AFTER
        {
            self.backoff.reset();
        }
        self.outbox.connection_lost();
        let wait = match retry_after {
            Some(retry_after) => self.backoff.next().max(retry_after),
            None => self.backoff.next(),
        };
        self.rest(wait, why, now);
    }

    fn rest(&mut self, wait: Duration, why: String, now: Instant) {
        let until = now + wait;
        self.link = Link::Resting { until, why };
    }

    /// The token at hand will not do.
    fn want_token(&mut self, why: String, todo: &mut Vec<Action>) {
        let than = self.keyring.number();
        self.link = Link::NeedsToken { than, why };
        if self.keyring.begin() {
            todo.push(Action::Refresh);
        }
    }
}

/// What to do after a close. What the server has announced decides; without that, only what the protocol page calls
/// final is final.
fn verdict(code: Option<u16>, reason: &str, announced: Option<ClosingAction>) -> Verdict {
    let Some(code) = code else {
        return announced.map_or(Verdict::Retry, by_action);
    };
    let known = Close::ALL
        .iter()
        .find(|close| close.code() == code && close.reason() == reason);
    match (known, announced, code) {
        (Some(close), None, _) => close.verdict(),
        // The reason says more than the action, when they agree.
        (Some(close), Some(action), _) if close.action() == action => close.verdict(),
        (_, Some(action), _) => by_action(action),
        (None, None, 1008) => Verdict::Stop,
        (None, None, 1002 | 1003 | 1007 | 1009) => Verdict::Fault,
        (None, None, _) => Verdict::Retry,
    }
}

fn by_action(action: ClosingAction) -> Verdict {
    match action {
        ClosingAction::Reconnect => Verdict::Retry,
        ClosingAction::SignIn => Verdict::Refresh,
        ClosingAction::Stop => Verdict::Stop,
    }
}

fn retry_after(closing: &Closing) -> Option<Duration> {
    let retry_after = Duration::from_millis(closing.retry_after_ms?);
    Some(retry_after.min(MAX_RETRY_AFTER))
}

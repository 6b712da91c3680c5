//! A connection that the server has let in: what its frames mean, and how it is authenticated again.

use std::time::Duration;

use proto::websocket::frames::{ErrorPayload, Presence, RecipeUpdate, ServerFrame};
use tokio::time::Instant;

use super::{
    Action, Chat, News,
    history::MergeResult,
    link::{Heartbeat, Link, TokenRetry},
};

/// A connection that has lived so long was worth having: the next try comes soon again.
pub(super) const STABLE_AFTER: Duration = Duration::from_secs(10);
/// How long until a refused `auth` is sent again, when the server names no time.
const AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Live {
    /// The number of the token that was shown last.
    token: u64,
    pub(super) since: Instant,
    pub(super) heartbeat: Heartbeat,
    reauth: Reauth,
    /// Who is there, once the server has said so.
    pub(super) presence: Option<Presence>,
}

impl Live {
    pub(super) fn next_deadline(&self) -> Instant {
        let heartbeat = self.heartbeat.next_deadline();
        match self.reauth {
            Reauth::Resting { until } => heartbeat.min(until),
            Reauth::NotAsked | Reauth::NeedsToken | Reauth::Sent { .. } => heartbeat,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reauth {
    /// The server is content.
    NotAsked,
    /// The server has asked, and a newer token is being fetched.
    NeedsToken,
    /// The `auth` of this id is under way. `than` is the number of the token before it.
    Sent { id: String, than: u64 },
    /// It was refused for now: a token is shown again then.
    Resting { until: Instant },
}

impl Chat {
    /// A sign of life.
    pub(super) fn received(&mut self, now: Instant) {
        if let Link::Live(live) = &mut self.link {
            live.heartbeat = Heartbeat::received(now);
        }
    }

    pub(super) fn frame(&mut self, frame: ServerFrame, now: Instant, todo: &mut Vec<Action>) {
        self.received(now);
        match frame {
            ServerFrame::RecipeUpdate { payload, .. } => self.update(&payload, now, todo),
            ServerFrame::AuthRequired { .. } => self.asked_again(now, todo),
            ServerFrame::Error { payload, .. } => self.refused(payload, now, todo),
            ServerFrame::Pong { .. } => {}
            ServerFrame::Presence { payload, .. } => {
                if let Link::Live(live) = &mut self.link {
                    live.presence = Some(payload);
                }
            }
            ServerFrame::Closing { payload, .. } => self.announced = Some(payload),
        }
    }

    fn update(&mut self, update: &RecipeUpdate, now: Instant, todo: &mut Vec<Action>) {
        match self.link {
            // The first update says that the server has let the client in.
            Link::Authenticating { token, .. } => {
                self.second_chance = TokenRetry::Unused;
                self.link = Link::Live(Live {
                    token,
                    since: now,
                    heartbeat: Heartbeat::received(now),
                    reauth: Reauth::NotAsked,
                    presence: None,
                });
            }
            Link::Live(_) => {}
            Link::NeedsToken { .. } | Link::Resting { .. } | Link::Opening { .. } | Link::Ended => {
                return;
            }
        }
        let messages = match self.history.take(update) {
            MergeResult::Gap => {
                // To come back with the last known position brings what is missing.
                return self.abandon("an update was missed", now, todo);
            }
            MergeResult::Anew(messages) => {
                let words =
                    "The conversation begins anew: too much was missed, or it was set back.";
                todo.push(Action::Tell(News::Notice(words.to_owned())));
                messages
            }
            MergeResult::New(messages) => messages,
        };
        for message in messages {
            if self.history.is_mine(&message) {
                self.outbox.accepted(&message.id);
            }
            todo.push(Action::Tell(News::Said(message)));
        }
        if let Some(id) = &update.in_reply_to {
            self.outbox.accepted(id);
            if let Link::Live(live) = &mut self.link
                && matches!(&live.reauth, Reauth::Sent { id: shown, .. } if shown == id)
            {
                live.reauth = Reauth::NotAsked;
            }
        }
    }

    fn asked_again(&mut self, now: Instant, todo: &mut Vec<Action>) {
        if let Link::Live(live) = &mut self.link
            && !matches!(live.reauth, Reauth::Resting { .. })
        {
            live.reauth = Reauth::NeedsToken;
            self.reauthenticate(now, todo);
        }
    }

    /// Shows a token again that was refused for a while, once that is over.
    pub(super) fn reauthenticate_again(&mut self, now: Instant, todo: &mut Vec<Action>) {
        if let Link::Live(live) = &mut self.link
            && matches!(live.reauth, Reauth::Resting { until } if until <= now)
        {
            live.reauth = Reauth::NeedsToken;
            self.reauthenticate(now, todo);
        }
    }

    /// Shows a newer token when the server has asked for one and it is at hand; else gets it.
    pub(super) fn reauthenticate(&mut self, now: Instant, todo: &mut Vec<Action>) {
        let than = match &self.link {
            Link::Live(live) if live.reauth == Reauth::NeedsToken => live.token,
            _ => return,
        };
        let Some(shown) = self.show_token(than, now) else {
            if self.keyring.begin() {
                todo.push(Action::Refresh);
            }
            return;
        };
        if let Link::Live(live) = &mut self.link {
            live.token = shown.token;
            live.reauth = Reauth::Sent { id: shown.id, than };
        }
        todo.push(Action::Send(shown.auth));
    }

    fn refused(&mut self, error: ErrorPayload, now: Instant, todo: &mut Vec<Action>) {
        let Link::Live(live) = &mut self.link else {
            return;
        };
        if let Reauth::Sent { id, than } = &live.reauth
            && error.in_reply_to.as_ref() == Some(id)
            && error.retryable
        {
            // The server still waits for it. Whatever token is newest then will do.
            live.token = *than;
            let wait = error.retry_after_ms.map_or(AGAIN, Duration::from_millis);
            live.reauth = Reauth::Resting { until: now + wait };
            return;
        }
        let Some(id) = &error.in_reply_to else {
            return todo.push(Action::Tell(News::Notice(error.message)));
        };
        if let Some(refused) = self.outbox.refused(id, &error, now) {
            self.not_said(refused.content, error.message, todo);
        }
    }
}

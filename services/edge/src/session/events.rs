//! What happens to a session, and what follows: the words between its rules and the connection.

use std::{sync::Arc, time::Duration};

use proto::{ids::MessageId, websocket::codes::Close};
use secrecy::SecretString;
use tokio::time::Instant;

use crate::{upstream::Principal, wire::inbound::ResumeFrom};

/// How late a prompt may be before the owner of the session asks by itself.
pub(super) const FALLBACK_DELAY: Duration = Duration::from_secs(1);

/// The timings of the protocol.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// How long before a token ends its holder is asked.
    pub lead: Duration,
    /// How long they have to answer.
    pub grace: Duration,
    /// How late a prompt may be before the owner of the session asks by itself.
    pub fallback_delay: Duration,
}

impl Timings {
    /// Those of an edge with these settings.
    pub(crate) const fn new(lead: Duration, grace: Duration) -> Self {
        Self {
            lead,
            grace,
            fallback_delay: FALLBACK_DELAY,
        }
    }
}

/// What happens to a session.
#[derive(Debug)]
pub(crate) enum Event {
    /// The client sent a well-formed `auth`.
    Auth(Reauth),
    /// The auth service has verified the oldest unverified `auth`.
    Verified(Verdict),
    /// The answer to an accepted `auth` has been written.
    Answered,
    /// The schedule, or an operator, says that it is time to ask.
    Prompted {
        /// The generation that is meant.
        generation: u64,
        /// Why.
        reason: PromptReason,
        /// Who found it due.
        source: PromptSource,
    },
    /// Time has passed.
    Tick,
    /// The machine was suspended for so long, which no timer has counted: every deadline is that much nearer.
    Slept(Duration),
}

/// Why a session's holder is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PromptReason {
    /// Its token ends soon.
    Expiring,
    /// An operator asked for it: to be obeyed however early it is.
    Review,
}

/// Who found that a session's holder must be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PromptSource {
    /// This node, which works off the schedule, or an operator's review.
    OwnNode,
    /// Another node.
    OtherNode,
    /// The connection itself, since no prompt came.
    Fallback,
}

/// An `auth` on a session that is already open.
#[derive(Debug, Clone)]
pub(crate) struct Reauth {
    /// The token to be verified.
    pub token: SecretString,
    /// Named by the answer.
    pub id: Option<MessageId>,
    /// Where the client stands.
    pub resume: ResumeFrom,
}

/// Tokens are not compared.
impl PartialEq for Reauth {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.resume) == (&other.id, &other.resume)
    }
}

impl Eq for Reauth {}

/// What the auth service said of a token.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is good; `expires` is when it ends.
    Good {
        /// Whom it belongs to.
        principal: Arc<Principal>,
        /// When it ends, by this process's monotonic clock.
        expires: Instant,
    },
    /// It is not.
    Invalid,
}

/// What the connection does next, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Have the oldest unverified `auth` verified.
    Verify,
    /// Answer this accepted `auth` with the new session.
    Answer(Reauth),
    /// Answer this `auth`, which changed nothing, with the session as it is.
    AnswerUnchanged(Reauth),
    /// Send `auth_required`; the connection closes after `answer_in` if nothing comes.
    Ask {
        /// Why.
        reason: PromptReason,
        /// Who found it due.
        source: PromptSource,
        /// Until when.
        answer_in: Duration,
    },
    /// Write the session's record to the schedule, as it is now.
    Record,
    /// Close the connection.
    Close(Close),
}

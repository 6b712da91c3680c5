//! The words of the schedule: what is kept of a session, what an edge is told about it, and who is told.

use std::{fmt, sync::Arc};

use proto::ids::{LoginSessionId, RecipeId, SessionId, UserId};
use tokio::time::Instant;

/// A session as the schedule knows it. Its times are moments of this process's monotonic clock; only where they are
/// written to Redis or read from it they are durations from now, so that no two clocks are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The session.
    pub session: SessionId,
    /// What it belongs to.
    pub scope: Scope,
    /// Goes up by one at each accepted re-authentication or take-over; older ones are out of date.
    pub generation: u64,
    /// Whether it was asked already.
    pub phase: Phase,
    /// When it must be asked ([`Phase::Active`]) or must have answered ([`Phase::Asked`]).
    pub due: Instant,
    /// When its token ends.
    pub expires: Instant,
}

#[cfg(test)]
impl SessionRecord {
    /// As it is by a clock that shows `there` when this one shows `here`; what is past is due at once.
    pub(crate) fn by_clock(&self, here: Instant, there: Instant) -> Self {
        let translated = |at: Instant| there + at.saturating_duration_since(here);
        Self {
            due: translated(self.due),
            expires: translated(self.expires),
            ..self.clone()
        }
    }
}

/// What a session belongs to: only a connection of the same may take it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The user.
    pub user: UserId,
    /// The login.
    pub login_session: LoginSessionId,
    /// The recipe.
    pub recipe: RecipeId,
}

/// How far a session is with its current token. A generation never goes back from `Asked`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Nothing is asked of the client.
    Active,
    /// `auth_required` was sent and is not yet answered.
    Asked,
}

/// "This session is due": a claim, to be checked by whoever holds the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The session.
    pub session: SessionId,
    /// The generation that is due.
    pub generation: u64,
    /// Which edge found it due.
    pub issuer: Issuer,
}

/// Which edge found a session due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Issuer {
    /// The one that holds the connection.
    OwnNode,
    /// Another one.
    OtherNode,
}

/// Whether a prompt found its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The connection decides about it.
    Delivered,
    /// No connection of this edge has the session: the schedule forgets it.
    NotHere,
}

/// The connections of this edge, as the schedule sees them.
pub trait Owners: Send + Sync + 'static {
    /// Tells the connection that its session seems due. Must not block. The same prompt may come more than once, late
    /// or for nothing: the connection decides whether its client is asked.
    fn prompt(&self, prompt: Prompt) -> Delivery;

    /// Says that a session was taken over by a newer connection. Must not block. Whoever holds the session here
    /// with this generation or an older one closes its connection without cancelling. When the newer connection
    /// is on this same edge, this comes before [`take_over`](super::Deadlines::take_over) returns.
    fn moved(&self, session: &SessionId, generation: u64);

    /// All live sessions of this edge, in any order: for writing the schedule anew.
    fn sessions(&self) -> Vec<SessionRecord>;
}

/// The schedule cannot be reached at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session schedule cannot be reached")]
pub struct Unavailable;

/// One run of one edge process. A restarted edge has another one, so that it never is mistaken for the owner of
/// connections that ended with the run before.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeId(Arc<str>);

impl EdgeId {
    /// A new, unique one: 16 hexadecimal digits.
    pub fn random() -> Self {
        Self(format!("{:016x}", rand::random::<u64>()).into())
    }

    /// From what was stored by [`EdgeId::as_str`].
    pub(super) fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// The text as it is stored.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EdgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EdgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

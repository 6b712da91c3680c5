//! What becomes of a refresh token that somebody presents: rotate it, give its successor again, refuse it,
//! or take it for stolen. Pure: it reads no clock and no store.

mod secret;

use std::time::Duration;

use proto::ids::LoginSessionId;
use runtime::clock::Timestamp;
use uuid::Uuid;

pub(crate) use self::secret::{Minter, RefreshToken, SecretHash};
use crate::user::User;

/// A login session: one sign-in, and the chain of refresh tokens that follows from it.
#[derive(Debug, Clone)]
pub(crate) struct LoginSession {
    pub(crate) id: LoginSessionId,
    pub(crate) user: User,
    /// Counts the rotations; the newest token has this number.
    pub(crate) generation: u32,
    /// Hash of the newest token. No token is ever stored.
    pub(crate) newest: SecretHash,
    /// When the newest token took the place of the one before.
    pub(crate) rotated_at: Timestamp,
    /// The end of the session, which no rotation moves.
    pub(crate) expires_at: Timestamp,
    pub(crate) revoked_at: Option<Timestamp>,
}

/// How long refresh tokens are good.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    /// How long a spent token still gives its successor.
    pub(crate) grace: Duration,
    /// How long after the last refresh a session ends; `None`: only at its own end.
    pub(crate) idle: Option<Duration>,
}

impl LoginSession {
    /// When its newest token ends if it is not used before.
    pub(crate) fn ends_at(&self, lifetimes: Lifetimes) -> Timestamp {
        lifetimes.idle.map_or(self.expires_at, |idle| {
            self.expires_at.min(self.rotated_at + idle)
        })
    }

    /// When the user signed in.
    pub(crate) fn created_at(&self) -> Option<Timestamp> {
        created_at(&self.id)
    }
}

/// When a login session began: its id, a UUIDv7, tells.
pub(crate) fn created_at(id: &LoginSessionId) -> Option<Timestamp> {
    let (seconds, nanos) = Uuid::parse_str(id.as_str())
        .ok()?
        .get_timestamp()?
        .to_unix();
    let millis = i64::try_from(seconds).ok()? * 1000 + i64::from(nanos / 1_000_000);
    Some(Timestamp::from_unix_millis(millis))
}

/// A genuine refresh token of the session, as somebody presented it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Presented {
    pub(crate) generation: u32,
    pub(crate) hash: SecretHash,
    /// Hash of the token that follows from it.
    pub(crate) successor: SecretHash,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the newest: its successor takes its place.
    Rotate,
    /// It was spent a moment ago, and its successor is unused: the same successor goes out again.
    Repeat,
    /// It was spent before: somebody has a copy. The login session must end.
    Theft,
    /// It is not good.
    Refuse(Refusal),
}

/// Why a refresh token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("not one of ours")]
    Unknown,
    #[error("the login session has expired, or was not used for too long")]
    Expired,
    #[error("the login session is revoked")]
    Revoked,
    #[error("spent before: the login session is now revoked")]
    Stolen,
}

/// Decides about a genuine refresh token of `session`.
///
/// Only the token right before the newest has a grace, and only until the newest is used: two tabs or a lost
/// answer need no more, and a thief gets nothing else from it.
pub(crate) fn judge(
    session: &LoginSession,
    presented: &Presented,
    now: Timestamp,
    lifetimes: Lifetimes,
) -> Verdict {
    if session.revoked_at.is_some() {
        return Verdict::Refuse(Refusal::Revoked);
    }
    if now >= session.ends_at(lifetimes) {
        return Verdict::Refuse(Refusal::Expired);
    }
    if presented.generation > session.generation {
        // The store has lost rotations, as after a restored backup.
        return Verdict::Refuse(Refusal::Unknown);
    }
    if presented.generation == session.generation {
        return if presented.hash == session.newest {
            Verdict::Rotate
        } else {
            Verdict::Refuse(Refusal::Unknown)
        };
    }
    let just_spent = presented.successor == session.newest
        && presented.generation + 1 == session.generation
        && now.since(session.rotated_at) <= lifetimes.grace;
    if just_spent {
        Verdict::Repeat
    } else {
        Verdict::Theft
    }
}

#[cfg(test)]
mod tests;

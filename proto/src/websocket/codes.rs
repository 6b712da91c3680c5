//! Every close and every error of the protocol: one table each, with its fixed words and what a client should
//! do about it.

use std::{ops::RangeInclusive, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why the server closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Close {
    AuthenticationTimeout,
    FirstMessageMustBeAuth,
    MissingAuthToken,
    InvalidToken,
    NotAllowed,
    AnotherUser,
    ReauthenticationTimeout,
    SessionRevoked,
    SessionMoved,
    TooManyInvalidMessages,
    TooManyMessages,
    TryAgainLater,
    TooManyConnections,
    TooSlow,
    ServiceRestart,
    MessageTooBig,
    TextFramesOnly,
    InvalidUtf8,
    ProtocolError,
}

/// What a client does after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Log in again.
    Stop,
    /// Get a fresh token, then connect again.
    Refresh,
    /// Connect again, with backoff.
    Retry,
    /// Connect again, with backoff and without naming the session.
    Anew,
    /// The client has a fault: connecting again would end the same way.
    Fault,
}

/// What a client does after a close, as the server's last frame says it: for programs that do not know the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosingAction {
    /// Connect again, not before `retry_after_ms`.
    Reconnect,
    /// Get a fresh token, by signing in if need be, then connect again.
    SignIn,
    /// Do not connect again by itself.
    Stop,
}

/// After what time clients come back, spread evenly so that those closed together do not come back together.
type Spread = RangeInclusive<Duration>;

/// Another edge can take the client at once.
const MOVE_DELAY: Spread = Duration::from_millis(100)..=Duration::from_secs(1);
/// What was missing needs some seconds to come back.
const RECOVERY_DELAY: Spread = Duration::from_secs(1)..=Duration::from_secs(4);
/// Somebody must leave first.
const CAPACITY_DELAY: Spread = Duration::from_secs(5)..=Duration::from_secs(15);

impl Close {
    /// All of them, in the order of the protocol page.
    pub const ALL: [Self; 19] = [
        Self::AuthenticationTimeout,
        Self::FirstMessageMustBeAuth,
        Self::MissingAuthToken,
        Self::InvalidToken,
        Self::NotAllowed,
        Self::AnotherUser,
        Self::ReauthenticationTimeout,
        Self::SessionRevoked,
        Self::SessionMoved,
        Self::TooManyInvalidMessages,
        Self::TooManyMessages,
        Self::TryAgainLater,
        Self::TooManyConnections,
        Self::TooSlow,
        Self::ServiceRestart,
        Self::MessageTooBig,
        Self::TextFramesOnly,
        Self::InvalidUtf8,
        Self::ProtocolError,
    ];

    const fn row(self) -> (u16, &'static str, Verdict) {
        use Verdict::{Anew, Fault, Refresh, Retry, Stop};
        match self {
            Self::AuthenticationTimeout => (1008, "Authentication timeout", Refresh),
            Self::FirstMessageMustBeAuth => (1008, "First message must be auth", Stop),
            Self::MissingAuthToken => (1008, "Missing auth token", Stop),
            Self::InvalidToken => (1008, "Invalid token", Stop),
            Self::NotAllowed => (1008, "Not allowed", Stop),
            Self::AnotherUser => (1008, "Token belongs to another user", Stop),
            Self::ReauthenticationTimeout => (1008, "Re-authentication timeout", Refresh),
            Self::SessionRevoked => (1008, "Session revoked", Stop),
            Self::SessionMoved => (1008, "Session moved", Anew),
            Self::TooManyInvalidMessages => (1008, "Too many invalid messages", Stop),
            Self::TooManyMessages => (1008, "Too many messages", Stop),
            Self::TryAgainLater => (1013, "Try again later", Retry),
            Self::TooManyConnections => (1013, "Too many connections", Retry),
            Self::TooSlow => (1013, "Too slow", Retry),
            Self::ServiceRestart => (1012, "Service restart", Retry),
            Self::MessageTooBig => (1009, "Message too big", Fault),
            Self::TextFramesOnly => (1003, "Text frames only", Fault),
            Self::InvalidUtf8 => (1007, "Invalid UTF-8", Fault),
            Self::ProtocolError => (1002, "Protocol error", Fault),
        }
    }

    /// The WebSocket close code.
    pub const fn code(self) -> u16 {
        self.row().0
    }

    /// The close reason, word for word.
    pub const fn reason(self) -> &'static str {
        self.row().1
    }

    /// What `closing` says of it: the verdict in three words.
    pub const fn action(self) -> ClosingAction {
        match self {
            Self::AuthenticationTimeout
            | Self::SessionMoved
            | Self::TryAgainLater
            | Self::TooManyConnections
            | Self::TooSlow
            | Self::ServiceRestart => ClosingAction::Reconnect,
            Self::InvalidToken
            | Self::AnotherUser
            | Self::ReauthenticationTimeout
            | Self::SessionRevoked => ClosingAction::SignIn,
            Self::FirstMessageMustBeAuth
            | Self::MissingAuthToken
            | Self::NotAllowed
            | Self::TooManyInvalidMessages
            | Self::TooManyMessages
            | Self::MessageTooBig
            | Self::TextFramesOnly
            | Self::InvalidUtf8
            | Self::ProtocolError => ClosingAction::Stop,
        }
    }

    /// After what time its clients come back; `None` when they do not by themselves.
    pub const fn retry_after(self) -> Option<Spread> {
        match self {
            Self::AuthenticationTimeout | Self::SessionMoved | Self::ServiceRestart => {
                Some(MOVE_DELAY)
            }
            Self::TryAgainLater | Self::TooSlow => Some(RECOVERY_DELAY),
            Self::TooManyConnections => Some(CAPACITY_DELAY),
            Self::FirstMessageMustBeAuth
            | Self::MissingAuthToken
            | Self::InvalidToken
            | Self::NotAllowed
            | Self::AnotherUser
            | Self::ReauthenticationTimeout
            | Self::SessionRevoked
            | Self::TooManyInvalidMessages
            | Self::TooManyMessages
            | Self::MessageTooBig
            | Self::TextFramesOnly
            | Self::InvalidUtf8
            | Self::ProtocolError => None,
        }
    }

    /// What a client does after it.
    pub const fn verdict(self) -> Verdict {
        self.row().2
    }
}

/// Why a client's message was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, no such type, a missing or wrong field.
    InvalidMessage,
    /// More than 4,000 characters.
    MessageTooLong,
    /// Too many messages in too short a time.
    RateLimited,
    /// The user may read, not write.
    Forbidden,
    /// The id was used with another content.
    Conflict,
    /// A service behind the edge is down: retry the same id.
    Unavailable,
    /// A fault of the server.
    Internal,
}

impl ErrorCode {
    /// All of them, in the order of the protocol page.
    pub const ALL: [Self; 7] = [
        Self::InvalidMessage,
        Self::MessageTooLong,
        Self::RateLimited,
        Self::Forbidden,
        Self::Conflict,
        Self::Unavailable,
        Self::Internal,
    ];

    /// Whether the same message may succeed later.
    pub const fn retryable(self) -> bool {
        match self {
            Self::RateLimited | Self::Unavailable | Self::Internal => true,
            Self::InvalidMessage | Self::MessageTooLong | Self::Forbidden | Self::Conflict => false,
        }
    }

    /// The name on the wire, for metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidMessage => "invalid_message",
            Self::MessageTooLong => "message_too_long",
            Self::RateLimited => "rate_limited",
            Self::Forbidden => "forbidden",
            Self::Conflict => "conflict",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_fit_into_a_close_frame() {
        for close in Close::ALL {
            assert!(close.reason().len() <= 123, "{close:?}");
        }
    }

    #[test]
    fn whoever_shall_reconnect_is_told_when_and_nobody_else() {
        for close in Close::ALL {
            let reconnects = close.action() == ClosingAction::Reconnect;
            assert_eq!(reconnects, close.retry_after().is_some(), "{close:?}");
            if let Some(spread) = close.retry_after() {
                assert!(
                    *spread.start() < *spread.end() / 2,
                    "{close:?} spreads nobody"
                );
            }
        }
    }

    #[test]
    fn names_are_those_on_the_wire() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
    }
}

//! What can happen to a connection, as an operator is told it.

use std::time::Duration;

use super::End;
use crate::session::{PromptReason, PromptSource};

/// What happened to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionEvent {
    /// It was opened.
    Connected,
    /// Its first `auth` was accepted.
    Authenticated {
        /// Whether it goes on with a session that another connection began.
        resumed: bool,
    },
    /// Its client was sent `auth_required`.
    Asked {
        /// Why.
        reason: PromptReason,
        /// Who found it due.
        source: PromptSource,
        /// How long it had to answer.
        answer_in: Duration,
    },
    /// Its client showed a fresh token, which was accepted.
    Renewed {
        /// Whether it had been asked for.
        was_asked: bool,
    },
    /// It answered no pings, and is given up.
    Unresponsive,
    /// It ended.
    Ended {
        /// How.
        end: End,
        /// Whether its client was told by a `closing` message before the close.
        announced: bool,
        /// Why, where the close alone does not say it.
        cause: Option<CloseCause>,
    },
}

/// Why a connection is told `Service restart`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseCause {
    /// The edge stops.
    Drain,
    /// It is older than connections may be.
    MaxAge,
    /// An operator wants it.
    Operator,
}

//! On whose behalf the chat service is asked.

use std::sync::Arc;

use proto::ids::UserId;
use runtime::clock::Timestamp;

use crate::upstream::{AccessToken, Principal};

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Requester {
    /// The user.
    pub user: UserId,
    /// What shows that.
    pub token: AccessToken,
    /// When the token ends.
    pub token_ends: Timestamp,
    /// The name that others see.
    pub shown_name: Arc<str>,
    /// Whether the token is limited to a scope, so that it shows nothing for the user's other calls, nor they for it.
    pub is_limited: bool,
}

impl From<&Principal> for Requester {
    fn from(principal: &Principal) -> Self {
        Self {
            user: principal.user.clone(),
            token: principal.token.clone(),
            token_ends: principal.token_ends,
            shown_name: Arc::clone(&principal.shown_name),
            is_limited: !principal.scope.is_empty(),
        }
    }
}

//! The users whose tokens a replica has accepted on one line, so that not every message carries one. Pure.

use std::{collections::HashMap, sync::Arc};

use proto::ids::UserId;
use runtime::clock::Timestamp;

use super::requester::Requester;

/// How many users are remembered: fewer than the chat service does. Who finds no room shows the token with each call.
const MAX_USERS: usize = 100_000;

/// What the newest token that was accepted says, by user.
#[derive(Debug, Default)]
pub(super) struct VerifiedUsers(HashMap<UserId, Verified>);

#[derive(Debug)]
struct Verified {
    until: Timestamp,
    /// The name that others see: another one is told by showing the token that has it.
    shown_name: Arc<str>,
}

impl VerifiedUsers {
    /// Whether the replica knows already what this token would show it.
    pub(super) fn covers(&self, asking: &Requester) -> bool {
        let known = self.0.get(&asking.user).filter(|_| !asking.is_limited);
        known.is_some_and(|known| {
            known.until >= asking.token_ends && known.shown_name == asking.shown_name
        })
    }

    /// Notes that a token was accepted.
    pub(super) fn note(&mut self, asking: &Requester) {
        if asking.is_limited {
            return;
        }
        if self.0.len() >= MAX_USERS && !self.0.contains_key(&asking.user) {
            // Tokens end at about the same pace as new ones come: most that are older than this one are over.
            self.0.retain(|_, known| known.until >= asking.token_ends);
            if self.0.len() >= MAX_USERS {
                return;
            }
        }
        let known = self.0.get(&asking.user);
        if known.is_none_or(|known| known.until <= asking.token_ends) {
            let verified = Verified {
                until: asking.token_ends,
                shown_name: Arc::clone(&asking.shown_name),
            };
            self.0.insert(asking.user.clone(), verified);
        }
    }

    /// Has a user's next call show the token again.
    pub(super) fn forget(&mut self, user: &UserId) {
        self.0.remove(user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::Principal;

    fn asking(user: &str, ends: i64) -> Requester {
        let principal = Principal::for_tests(user);
        Requester::from(&principal.by_token("t", Timestamp::from_unix_millis(ends)))
    }

    #[test]
    fn a_token_is_shown_once_and_again_when_there_is_a_newer_one() {
        let mut verified = VerifiedUsers::default();
        assert!(!verified.covers(&asking("ada", 100)));
        verified.note(&asking("ada", 100));
        assert!(verified.covers(&asking("ada", 100)));
        assert!(verified.covers(&asking("ada", 50)), "of another connection");
        assert!(!verified.covers(&asking("ada", 200)));
        assert!(!verified.covers(&asking("bob", 100)));
        verified.note(&asking("ada", 50));
        assert!(verified.covers(&asking("ada", 100)));
        let mut renamed = asking("ada", 100);
        renamed.shown_name = "Ada Lovelace".into();
        assert!(!verified.covers(&renamed), "under another name");
        verified.forget(&asking("ada", 0).user);
        assert!(!verified.covers(&asking("ada", 100)));
    }

    #[test]
    fn a_limited_token_is_shown_each_time_and_shows_nothing_for_its_user() {
        let mut verified = VerifiedUsers::default();
        let mut limited = asking("ada", 100);
        limited.is_limited = true;
        verified.note(&limited);
        assert!(!verified.covers(&limited) && !verified.covers(&asking("ada", 100)));
        verified.note(&asking("ada", 200));
        assert!(verified.covers(&asking("ada", 100)) && !verified.covers(&limited));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut verified = VerifiedUsers::default();
        for number in 0..MAX_USERS {
            verified.note(&asking(&format!("u{number}"), 100));
        }
        verified.note(&asking("ada", 100));
        assert!(!verified.covers(&asking("ada", 100)), "there is no room");
        verified.note(&asking("ada", 200));
        assert!(
            verified.covers(&asking("ada", 200)),
            "older tokens made room"
        );
        assert_eq!(verified.0.len(), 1);
    }
}

//! Who may see a private recipe, as the chat service says. Pure.

use std::{collections::HashSet, time::Duration};

use proto::ids::{Revision, UserId};
use tokio::time::Instant;

/// How long an audience may count for somebody whose join was answered before it and who is not in the registry yet:
/// longer than a handshake takes after the join.
const AUDIENCE_RETENTION: Duration = Duration::from_secs(30);

/// Who may see a recipe from now on.
#[derive(Debug)]
pub struct Audience {
    /// How far the recipe had come: who was let in at that revision or later was let in knowing of this.
    pub revision: Revision,
    /// The owner and the members who have come in.
    pub users: HashSet<UserId>,
    /// Names that were invited, in lower case.
    pub names: HashSet<String>,
    /// When it was heard.
    pub received_at: Instant,
}

impl Audience {
    /// Whether somebody belongs to it.
    pub fn admits(&self, user: &UserId, name: &str) -> bool {
        self.users.contains(user) || self.names.contains(&name.to_lowercase())
    }

    /// Whether somebody who was let in at a revision may stay.
    pub fn keeps(&self, user: &UserId, name: &str, let_in_at: Revision, now: Instant) -> bool {
        let knew = let_in_at >= self.revision || now >= self.received_at + AUDIENCE_RETENTION;
        knew || self.admits(user, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_let_in_before_is_judged_and_who_was_let_in_since_is_not() {
        let now = Instant::now();
        let audience = Audience {
            revision: 7,
            users: ["ada".parse().unwrap()].into(),
            names: ["bob".to_owned()].into(),
            received_at: now,
        };
        let keeps = |name: &str, at, now| audience.keeps(&name.parse().unwrap(), name, at, now);
        assert!(keeps("ada", 3, now));
        assert!(keeps("Bob", 3, now));
        assert!(!keeps("eve", 6, now));
        assert!(keeps("eve", 7, now), "invited meanwhile");
        assert!(
            keeps("eve", 3, now + AUDIENCE_RETENTION),
            "an old word about a recipe that went back"
        );
    }
}

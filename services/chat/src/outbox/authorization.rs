//! For whom a recipe's updates are sent on a link: a user who has proved who they are there, and may see it. Pure.

use std::collections::HashMap;

use proto::ids::RecipeId;
use runtime::clock::Timestamp;

use crate::{message::Principal, refused::Refused, verifier::Caller};

/// How many recipes are remembered that somebody has come into and that are not attached.
const MAX_JOINS: usize = 100_000;

/// What an attachment says of whom it is for.
#[derive(Debug)]
pub(crate) enum Authorization {
    /// Callers are believed here, or this one has been judged before.
    Unneeded,
    /// This user, who is verified.
    User(Caller),
    /// Nobody is named: whoever came in last on the link.
    LastJoin,
    /// Somebody who is not believed.
    Refused(Refused),
}

/// For whom an attached recipe's updates are sent.
#[derive(Debug, Clone)]
pub(super) enum SentFor {
    /// Anybody.
    Anybody,
    /// This user, whom the edge named, for as long as they are verified and may see it.
    User(Caller),
    /// Whoever came in and is verified for the longest: the edge names nobody.
    LastJoin(Caller),
}

impl SentFor {
    /// Who must be able to see the recipe.
    pub(super) fn user(&self) -> Option<&Principal> {
        match self {
            Self::Anybody => None,
            Self::User(caller) | Self::LastJoin(caller) => Some(&caller.who),
        }
    }

    /// Whether they are still verified.
    pub(super) fn lasts(&self, now: Timestamp) -> bool {
        match self {
            Self::Anybody => true,
            Self::User(caller) | Self::LastJoin(caller) => lasts(caller, now),
        }
    }

    /// Takes a proof that lasts longer. The user whom an edge named stays the one: when an attachment ends, the edge takes it
    /// for that user's fault.
    pub(super) fn renew(&mut self, other: Caller) {
        let caller = match self {
            Self::User(caller) if caller.who.user == other.who.user => caller,
            Self::LastJoin(caller) => caller,
            Self::Anybody | Self::User(_) => return,
        };
        if other.until.is_none_or(|until| caller.until < Some(until)) {
            *caller = other;
        }
    }
}

/// Who came last into recipes that are not attached: for edges that name nobody when they attach one.
#[derive(Debug, Default)]
pub(super) struct Joins(HashMap<RecipeId, Caller>);

impl Joins {
    /// Notes that somebody came in, as long as there is room.
    pub(super) fn note(&mut self, recipe: RecipeId, caller: Caller) {
        if caller.until.is_some() && (self.0.len() < MAX_JOINS || self.0.contains_key(&recipe)) {
            self.0.insert(recipe, caller);
        }
    }

    pub(super) fn take(&mut self, recipe: &RecipeId) -> Option<Caller> {
        self.0.remove(recipe)
    }

    /// Forgets those whose proof has ended.
    pub(super) fn expire(&mut self, now: Timestamp) {
        self.0.retain(|_, caller| lasts(caller, now));
    }
}

fn lasts(caller: &Caller, now: Timestamp) -> bool {
    caller.until.is_none_or(|until| now < until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str, until: i64) -> Caller {
        Caller {
            who: Principal::new(name.parse().unwrap(), name).unwrap(),
            until: Some(Timestamp::from_unix_millis(until)),
        }
    }

    #[test]
    fn updates_for_a_user_whom_the_edge_named_are_for_nobody_else() {
        let mut sent_for = SentFor::User(caller("ada", 10));
        sent_for.renew(caller("bob", 20));
        assert_eq!(sent_for.user().unwrap().name(), "ada");
        assert!(!sent_for.lasts(Timestamp::from_unix_millis(10)));
        sent_for.renew(caller("ada", 20));
        assert!(sent_for.lasts(Timestamp::from_unix_millis(19)));
    }

    #[test]
    fn where_the_edge_names_nobody_they_are_sent_for_whoever_is_verified_longest_and_until_then() {
        let mut sent_for = SentFor::LastJoin(caller("ada", 10));
        sent_for.renew(caller("bob", 5));
        assert_eq!(sent_for.user().unwrap().name(), "ada");
        sent_for.renew(caller("bob", 20));
        assert_eq!(sent_for.user().unwrap().name(), "bob");
        assert!(sent_for.lasts(Timestamp::from_unix_millis(19)));
        assert!(!sent_for.lasts(Timestamp::from_unix_millis(20)));
    }

    #[test]
    fn joins_are_forgotten_when_their_proof_ends() {
        let pie: RecipeId = "pie".parse().unwrap();
        let mut joins = Joins::default();
        joins.note(pie.clone(), caller("ada", 10));
        joins.expire(Timestamp::from_unix_millis(9));
        assert_eq!(joins.take(&pie), Some(caller("ada", 10)));
        joins.note(pie.clone(), caller("ada", 10));
        joins.expire(Timestamp::from_unix_millis(10));
        assert_eq!(joins.take(&pie), None);
    }
}

//! Who is in a room, and for whom of them it is attached at the chat service. Pure.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use proto::ids::UserId;

use crate::{audience::Audience, upstream::Principal};

/// The members of a room.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// With what each has proved last who they are.
    here: HashMap<u64, Arc<Principal>>,
    last_number: u64,
    /// For whom the room is attached.
    vouching: Option<UserId>,
    /// For whom the chat service has not attached it, since they last proved who they are.
    refused: HashSet<UserId>,
}

impl Members {
    /// Takes somebody in; gives their number.
    pub(super) fn add(&mut self, who: &Arc<Principal>) -> u64 {
        self.last_number += 1;
        self.show(self.last_number, who);
        self.last_number
    }

    /// Notes that a member has proved who they are again.
    pub(super) fn show(&mut self, number: u64, who: &Arc<Principal>) {
        self.refused.remove(&who.user);
        self.here.insert(number, Arc::clone(who));
    }

    /// Takes somebody out, and tells who that was.
    pub(super) fn remove(&mut self, number: u64) -> Option<Arc<Principal>> {
        self.here.remove(&number)
    }

    pub(super) fn get(&self, number: u64) -> Option<&Arc<Principal>> {
        self.here.get(&number)
    }

    pub(super) fn count(&self) -> usize {
        self.here.len()
    }

    /// For whom the room is attached next: somebody whom the last word on who may see the recipe names, if there is one, and
    /// of those whoever is verified for the longest.
    pub(super) fn vouching(&mut self, audience: Option<&Audience>) -> Option<Arc<Principal>> {
        let admitted =
            |who: &Principal| audience.is_none_or(|audience| audience.admits(&who.user, &who.name));
        let candidates = self.here.values();
        let vouching = candidates
            .filter(|who| !self.refused.contains(&who.user))
            .max_by_key(|who| (admitted(who), who.token_ends))
            .map(Arc::clone);
        self.vouching = vouching.as_ref().map(|who| who.user.clone());
        vouching
    }

    /// Hears that the room is not attached for that user; tells whether there is anybody else.
    pub(super) fn refused(&mut self) -> bool {
        self.refused.extend(self.vouching.take());
        let mut users = self.here.values().map(|who| &who.user);
        users.any(|user| !self.refused.contains(user))
    }
}

#[cfg(test)]
mod tests {
    use runtime::clock::Timestamp;
    use tokio::time::Instant;

    use super::*;

    fn somebody(name: &str, ends: i64) -> Arc<Principal> {
        let ends = Timestamp::from_unix_millis(ends);
        Arc::new(Principal::for_tests(name).by_token(name, ends))
    }

    fn vouching(members: &mut Members, audience: Option<&Audience>) -> Option<String> {
        members.vouching(audience).map(|who| who.name.to_string())
    }

    #[test]
    fn a_room_is_attached_for_whoever_is_verified_for_the_longest_and_was_not_refused() {
        let mut members = Members::default();
        let ada = members.add(&somebody("ada", 10));
        members.add(&somebody("bob", 20));
        assert_eq!(vouching(&mut members, None).unwrap(), "bob");
        assert!(members.refused());
        assert_eq!(vouching(&mut members, None).unwrap(), "ada");
        assert!(!members.refused(), "nobody is left");
        assert_eq!(vouching(&mut members, None), None);
        members.show(ada, &somebody("ada", 30));
        assert_eq!(vouching(&mut members, None).unwrap(), "ada");
        members.remove(ada);
        assert_eq!((members.count(), vouching(&mut members, None)), (1, None));
    }

    #[test]
    fn whoever_belongs_to_the_audience_comes_first() {
        let mut members = Members::default();
        members.add(&somebody("ada", 10));
        members.add(&somebody("bob", 20));
        let audience = Audience {
            revision: 7,
            users: ["ada".parse().unwrap()].into(),
            names: HashSet::new(),
            received_at: Instant::now(),
        };
        assert_eq!(vouching(&mut members, Some(&audience)).unwrap(), "ada");
    }
}

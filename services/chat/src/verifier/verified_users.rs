//! The users whose tokens one link has seen, so that not every message carries one. Pure.

use std::collections::HashMap;

use proto::ids::UserId;
use runtime::clock::Timestamp;

use crate::{message::Principal, refused::Refused};

/// How many users one link remembers. An edge remembers less than that of what it has shown; whoever finds no room
/// shows the token with each call.
const MAX_USERS: usize = 200_000;

/// Until when each of them is verified, and under which name.
#[derive(Debug, Default)]
pub(super) struct VerifiedUsers(HashMap<UserId, Verified>);

#[derive(Debug)]
struct Verified {
    who: Principal,
    until: Timestamp,
}

impl VerifiedUsers {
    /// Notes that a token has shown who somebody is, until it ends. An older token shortens nothing.
    pub(super) fn remember(&mut self, who: &Principal, until: Timestamp, now: Timestamp) {
        if self.0.len() >= MAX_USERS && !self.0.contains_key(&who.user) {
            self.0.retain(|_, verified| now < verified.until);
            if self.0.len() >= MAX_USERS {
                return;
            }
        }
        let known = self.0.get(&who.user);
        // Names change from one token to the next: those of the newest count.
        if known.is_none_or(|known| until >= known.until) {
            let who = who.clone();
            self.0.insert(who.user.clone(), Verified { who, until });
        }
    }

    /// Who a user is that shows no token, and until when that is verified.
    pub(super) fn find(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(Principal, Timestamp), Refused> {
        let verified = self.0.get(user).ok_or(Refused::NoToken)?;
        match now < verified.until {
            true => Ok((verified.who.clone(), verified.until)),
            false => Err(Refused::SignInEnded),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_unix_millis(millis)
    }

    fn user(number: usize) -> Principal {
        Principal::new(format!("u{number}").parse().unwrap(), "ada").unwrap()
    }

    fn until(users: &VerifiedUsers, number: usize, now: i64) -> Result<Timestamp, Refused> {
        let found = users.find(&user(number).user, at(now));
        found.map(|(_, until)| until)
    }

    #[test]
    fn a_user_is_verified_until_the_newest_token_ends() {
        let mut users = VerifiedUsers::default();
        assert_eq!(until(&users, 1, 0), Err(Refused::NoToken));
        users.remember(&user(1), at(100), at(0));
        users.remember(&user(1), at(50), at(0));
        assert_eq!(until(&users, 1, 99), Ok(at(100)));
        assert_eq!(until(&users, 1, 100), Err(Refused::SignInEnded));
        users.remember(&user(1), at(200), at(100));
        assert_eq!(until(&users, 1, 100), Ok(at(200)));
        assert_eq!(until(&users, 2, 0), Err(Refused::NoToken));
    }

    #[test]
    fn a_user_has_the_names_of_the_newest_token_whatever_a_call_says() {
        let mut users = VerifiedUsers::default();
        let named = |name| Principal::new(user(1).user, name).unwrap();
        for (name, until, counts) in [
            ("guest", 100, "guest"),
            ("ada", 200, "ada"),
            ("old", 50, "ada"),
        ] {
            users.remember(&named(name), at(until), at(0));
            let (who, _) = users.find(&user(1).user, at(0)).unwrap();
            assert_eq!(who.name(), counts);
        }
    }

    #[test]
    fn a_link_remembers_a_bounded_number_of_users_and_forgets_those_that_ended() {
        let mut users = VerifiedUsers::default();
        for number in 0..MAX_USERS {
            users.remember(&user(number), at(100), at(0));
        }
        users.remember(&user(MAX_USERS), at(500), at(99));
        assert_eq!(users.0.len(), MAX_USERS);
        assert_eq!(until(&users, MAX_USERS, 99), Err(Refused::NoToken));
        assert_eq!(until(&users, 0, 99), Ok(at(100)));
        users.remember(&user(MAX_USERS), at(500), at(100));
        assert_eq!(users.0.len(), 1);
        assert_eq!(until(&users, MAX_USERS, 100), Ok(at(500)));
    }
}

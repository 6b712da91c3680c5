//! Who asks is who they say: a caller's access token, verified by the auth service's public keys, decides. An edge that
//! was taken over speaks for the users whose tokens it holds, and for nobody else.
//!
//! Without the address of an auth service, callers that have proved that they are services are believed.

mod keys;
mod verified_users;

use std::{sync::Arc, time::Duration};

use access_token::{Rejection, Verified};
use runtime::{
    clock::{SharedClock, Timestamp},
    lifecycle::Lifecycle,
};
use secrecy::{ExposeSecret as _, SecretString};

pub use self::keys::AuthService;
use self::{keys::Keys, verified_users::VerifiedUsers};
use crate::{message::Principal, refused::Refused};

/// Who asks, and what is to show it.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Who they say they are.
    pub(crate) who: Principal,
    /// Their access token; `None` when the call carries none.
    pub(crate) token: Option<SecretString>,
}

/// Somebody who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Who it is.
    pub(crate) who: Principal,
    /// Until when that is shown; `None` when callers are believed.
    pub(crate) until: Option<Timestamp>,
}

/// Decides who may ask. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verifier(Option<Checks>);

#[derive(Debug, Clone)]
struct Checks {
    keys: Arc<Keys>,
    clock: SharedClock,
}

impl Verifier {
    /// By the public keys of this auth service, which are followed until the lifecycle stops.
    pub(crate) fn by(auth: AuthService, clock: SharedClock, lifecycle: &Lifecycle) -> Self {
        let keys = Keys::follow(auth, lifecycle);
        Self(Some(Checks { keys, clock }))
    }

    /// Judges one call.
    ///
    /// # Errors
    /// Why its caller is not believed.
    pub(crate) async fn verify(&self, claim: Claim) -> Result<Caller, Refused> {
        let Some(checks) = &self.0 else {
            return Ok(believed(claim));
        };
        let token = claim.token.ok_or(Refused::NoToken)?;
        checks.prove(claim.who, &token).await
    }

    /// How long it is still shown who somebody is; `None` when callers are believed.
    pub(crate) fn time_left(&self, caller: &Caller) -> Option<Duration> {
        let now = self.0.as_ref()?.clock.now();
        Some(caller.until?.since(now))
    }

    /// The callers of one link.
    pub(crate) fn for_link(&self) -> LinkVerifier {
        LinkVerifier {
            verifier: self.clone(),
            verified: VerifiedUsers::default(),
        }
    }
}

impl Checks {
    /// Tells until when a token shows that somebody is who they say, and what it limits them to.
    async fn prove(&self, who: Principal, token: &SecretString) -> Result<Caller, Refused> {
        let token = token.expose_secret();
        let known = self.keys.for_token(token).await?;
        let verified = known
            .verify(token, self.clock.now())
            .map_err(|rejection| refusal(rejection, known.newest))?;
        belongs_to(&who, &verified)?;
        Ok(Caller {
            who: who.within(verified.scope),
            until: Some(verified.expires_at),
        })
    }
}

/// Decides who may ask on one link, where a token counts for its user's later calls as well.
#[derive(Debug)]
pub(crate) struct LinkVerifier {
    verifier: Verifier,
    verified: VerifiedUsers,
}

impl LinkVerifier {
    /// Whether callers need show nothing.
    pub(crate) fn believes_all(&self) -> bool {
        self.verifier.0.is_none()
    }

    /// Judges one call.
    ///
    /// # Errors
    /// Why its caller is not believed.
    pub(crate) async fn verify(&mut self, claim: Claim) -> Result<Caller, Refused> {
        let Some(checks) = &self.verifier.0 else {
            return Ok(believed(claim));
        };
        match claim.token {
            Some(token) => {
                let caller = checks.prove(claim.who, &token).await?;
                // What a program may do by an API token says nothing of its user's other calls, nor they of its own.
                if let Some(until) = caller.until
                    && !caller.who.is_limited()
                {
                    let now = checks.clock.now();
                    self.verified.remember(&caller.who, until, now);
                }
                Ok(caller)
            }
            None => {
                let now = checks.clock.now();
                let (who, until) = self.verified.find(&claim.who.user, now)?;
                Ok(Caller {
                    who,
                    until: Some(until),
                })
            }
        }
    }
}

fn believed(claim: Claim) -> Caller {
    Caller {
        who: claim.who,
        until: None,
    }
}

/// Invitations are by name: it is as much a part of who somebody is as the id. Edges of before display names tell none.
fn belongs_to(who: &Principal, verified: &Verified) -> Result<(), Refused> {
    let shown = [who.name(), &verified.display_name].contains(&who.shown_name());
    match verified.user == who.user && verified.name == who.name() && shown {
        true => Ok(()),
        false => Err(Refused::TokenOfAnother),
    }
}

/// `newest`: whether the keys are those that the auth service publishes now. A key that is missing from older ones says
/// nothing about the token.
fn refusal(rejection: Rejection, newest: bool) -> Refused {
    match rejection {
        Rejection::Expired => Refused::SignInEnded,
        Rejection::UnknownKey if !newest => Refused::Unavailable,
        Rejection::UnknownKey
        | Rejection::TooLong
        | Rejection::Header
        | Rejection::Forged
        | Rejection::OutOfTime => Refused::BadToken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(user: &str, name: &str) -> Principal {
        Principal::new(user.parse().unwrap(), name).unwrap()
    }

    fn claim(token: Option<&str>) -> Claim {
        Claim {
            who: somebody("u1", "ada"),
            token: token.map(SecretString::from),
        }
    }

    #[tokio::test]
    async fn without_an_auth_service_callers_are_believed() {
        for token in [None, Some("whatever")] {
            let caller = Verifier::default().verify(claim(token)).await.unwrap();
            assert_eq!((caller.who, caller.until), (claim(None).who, None));
        }
    }

    #[test]
    fn a_token_shows_one_user_by_id_and_by_name() {
        let verified = Verified {
            user: "u1".parse().unwrap(),
            name: "ada".to_owned(),
            display_name: "Ada L.".to_owned(),
            guest: false,
            session: "s1".parse().unwrap(),
            scope: None,
            token_id: "t1".to_owned(),
            issued_at: Timestamp::from_unix_millis(0),
            expires_at: Timestamp::from_unix_millis(1),
        };
        assert_eq!(belongs_to(&somebody("u1", "ada"), &verified), Ok(()));
        for (user, name) in [("u2", "ada"), ("u1", "bob"), ("u1", "Ada")] {
            let refused = belongs_to(&somebody(user, name), &verified);
            assert_eq!(refused, Err(Refused::TokenOfAnother), "{user} {name}");
        }
        let shown = |name| belongs_to(&somebody("u1", "ada").shown_as(name).unwrap(), &verified);
        assert_eq!(shown("Ada L."), Ok(()));
        assert_eq!(shown("Bob"), Err(Refused::TokenOfAnother));
    }

    #[test]
    fn a_key_that_may_only_be_new_is_no_forgery() {
        let unknown = |newest| refusal(Rejection::UnknownKey, newest);
        assert_eq!(unknown(false), Refused::Unavailable);
        assert_eq!(unknown(true), Refused::BadToken);
        assert_eq!(refusal(Rejection::Expired, true), Refused::SignInEnded);
        assert_eq!(refusal(Rejection::Forged, false), Refused::BadToken);
    }
}

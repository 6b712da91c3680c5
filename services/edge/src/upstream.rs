//! The services behind the edge: the only place that knows tonic and protobuf.

pub(crate) mod auth;
mod calls;
pub(crate) mod chat;
mod convert;
pub(crate) mod health;
mod joined;
mod link;

use std::sync::Arc;

use proto::ids::{LoginSessionId, UserId};
use runtime::clock::Timestamp;
use secrecy::{ExposeSecret, SecretString};

/// The text of an access token, which the chat service is shown; dropped with whoever holds it, and never printed.
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct AccessToken(Arc<SecretString>);

impl AccessToken {
    /// One of this text.
    pub fn new(text: SecretString) -> Self {
        Self(Arc::new(text))
    }
}

impl ExposeSecret<str> for AccessToken {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for AccessToken {
    fn eq(&self, other: &Self) -> bool {
        self.expose_secret() == other.expose_secret()
    }
}

impl Eq for AccessToken {}

pub(crate) use self::calls::{Calls, over_grpc};
#[cfg(feature = "fuzzing")]
pub(crate) use self::link::fuzzing;

/// Who holds a token, as the auth service says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user: UserId,
    /// What the user signs in with, and is invited by.
    pub name: Arc<str>,
    /// The user's name, as others see it.
    pub shown_name: Arc<str>,
    /// The login session that the token belongs to.
    pub login_session: LoginSessionId,
    /// What the token is limited to, where a program holds it for the user; empty: nothing.
    pub scope: Arc<str>,
    /// When the token was found good, by the auth service's clock.
    pub validated_at: Timestamp,
    /// The id of the token that proved it; empty when the auth service did not say.
    pub token_id: Arc<str>,
    /// When that token ends, by the auth service's clock.
    pub token_ends: Timestamp,
    /// That token.
    pub token: AccessToken,
}

#[cfg(test)]
impl Principal {
    /// Somebody of that name.
    pub fn for_tests(name: &str) -> Self {
        Self {
            user: name.parse().unwrap(),
            name: name.into(),
            shown_name: name.into(),
            login_session: "login".parse().unwrap(),
            scope: "".into(),
            validated_at: Timestamp::from_unix_millis(0),
            token_id: "".into(),
            token_ends: Timestamp::from_unix_millis(0),
            token: AccessToken::new(SecretString::default()),
        }
    }

    /// The same, proved by this token.
    #[must_use]
    pub fn by_token(self, id: &str, ends: Timestamp) -> Self {
        Self {
            token_id: id.into(),
            token_ends: ends,
            ..self
        }
    }
}

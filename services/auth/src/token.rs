//! Access tokens as this service issues and takes them. How one is read strictly is in the crate `access-token`,
//! which the chat service reads them with as well. Pure: it reads no clock, and does not know which login sessions are
//! revoked.

use std::{fmt, sync::Arc, time::Duration};

use access_token::{Claims, KnownTokens, Scope, TYPE, Verified};
use jsonwebtoken::{Algorithm, Header};
use proto::ids::LoginSessionId;
use runtime::clock::Timestamp;
use secrecy::SecretString;
use uuid::Uuid;

pub(crate) use access_token::Rejection;

use crate::{
    keys::{KeyRing, SigningKey},
    user::User,
};

/// How far clocks of replicas may be apart: for `iat`, `nbf` and the length of life, never for `exp`.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5);

/// Whom a good access token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) user: User,
    pub(crate) session: LoginSessionId,
    /// What it is limited to; `None`: it is from a sign-in.
    pub(crate) scope: Option<Scope>,
    /// The token's own id.
    pub(crate) token_id: String,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// A fresh access token.
#[derive(Debug)]
pub(crate) struct AccessToken {
    pub(crate) text: SecretString,
    pub(crate) expires_at: Timestamp,
}

/// What makes a token another one than those before.
#[derive(Debug, Clone)]
pub(crate) struct TokenTimes {
    pub(crate) id: String,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("signing an access token failed: {0}")]
pub(crate) struct SigningFailed(#[from] jsonwebtoken::errors::Error);

/// What an access token of ours must say.
#[derive(Clone)]
pub(crate) struct TokenPolicy {
    issuer: String,
    audience: String,
    ttl: Duration,
    reading: access_token::TokenPolicy,
    known: Arc<KnownTokens>,
}

impl TokenPolicy {
    /// Tokens live so long; those that are given in exchange for others live at most `longest_life`.
    pub(crate) fn new(
        issuer: String,
        audience: String,
        ttl: Duration,
        longest_life: Duration,
    ) -> Self {
        Self {
            reading: access_token::TokenPolicy::new(
                &issuer,
                &audience,
                longest_life,
                MAX_CLOCK_SKEW,
            ),
            known: Arc::default(),
            issuer,
            audience,
            ttl,
        }
    }

    /// Issues a token. It never outlives the login session.
    pub(crate) fn issue(
        &self,
        key: &SigningKey,
        user: &User,
        session: &LoginSessionId,
        now: Timestamp,
        session_ends: Timestamp,
    ) -> Result<AccessToken, SigningFailed> {
        let times = TokenTimes {
            id: Uuid::now_v7().to_string(),
            issued_at: now,
            expires_at: (now + self.ttl).min(session_ends),
        };
        self.issue_for(key, user, session, times)
    }

    /// Issues a token for an API token, limited to its scope. It never outlives it.
    pub(crate) fn issue_within(
        &self,
        scope: &Scope,
        key: &SigningKey,
        user: &User,
        api_token: &LoginSessionId,
        now: Timestamp,
        ends: Timestamp,
    ) -> Result<AccessToken, SigningFailed> {
        let times = TokenTimes {
            id: Uuid::now_v7().to_string(),
            issued_at: now,
            expires_at: (now + self.ttl).min(ends),
        };
        self.write(Some(scope), key, user, api_token, times)
    }

    /// Issues a token with that id and these times.
    pub(crate) fn issue_for(
        &self,
        key: &SigningKey,
        user: &User,
        session: &LoginSessionId,
        times: TokenTimes,
    ) -> Result<AccessToken, SigningFailed> {
        self.write(None, key, user, session, times)
    }

    /// With a scope, `session` is the API token that it is issued for.
    fn write(
        &self,
        scope: Option<&Scope>,
        key: &SigningKey,
        user: &User,
        session: &LoginSessionId,
        times: TokenTimes,
    ) -> Result<AccessToken, SigningFailed> {
        let (sid, client_id) = match scope {
            None => (Some(session.to_string()), None),
            Some(_) => (None, Some(session.to_string())),
        };
        let exp = times.expires_at.unix_seconds();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.kid().to_owned());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: user.id.to_string(),
            name: user.shown_name().to_owned(),
            username: Some(user.name.as_str().to_owned()).filter(|name| name != user.shown_name()),
            guest: user.guest,
            sid,
            client_id,
            scope: scope.map(Scope::to_string),
            iat: times.issued_at.unix_seconds(),
            exp,
            jti: times.id,
            nbf: None,
        };
        Ok(AccessToken {
            text: jsonwebtoken::encode(&header, &claims, key.signing())?.into(),
            expires_at: from_seconds(exp),
        })
    }

    /// Reads a token and checks everything that it alone can show.
    pub(crate) fn verify(
        &self,
        keys: &KeyRing,
        token: &str,
        now: Timestamp,
    ) -> Result<Principal, Rejection> {
        let find = |kid: &str| keys.find(kid).map(SigningKey::verifying);
        let verified = self.reading.verify(find, &self.known, token, now)?;
        principal(verified).ok_or(Rejection::Forged)
    }
}

impl fmt::Debug for TokenPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPolicy")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("ttl", &self.ttl)
            .finish()
    }
}

fn principal(verified: Verified) -> Option<Principal> {
    let display_name = match verified.display_name == verified.name {
        true => None,
        false => Some(verified.display_name.parse().ok()?),
    };
    Some(Principal {
        user: User {
            id: verified.user,
            name: verified.name.parse().ok()?,
            display_name,
            guest: verified.guest,
        },
        session: verified.session,
        scope: verified.scope,
        token_id: verified.token_id,
        issued_at: verified.issued_at,
        expires_at: verified.expires_at,
    })
}

fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(seconds.saturating_mul(1000))
}

#[cfg(test)]
mod tests;

//! Access tokens: what they say, how they are signed, and the strict reading that accepts only our own. Pure:
//! it reads no clock, and does not know which login sessions are revoked.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation};
use proto::ids::LoginSessionId;
use runtime::clock::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    keys::{KeyRing, SigningKey},
    user::User,
};

/// Longer texts are refused unread.
const MAX_LENGTH: usize = 4096;
/// The `typ` that sets access tokens apart from every other JWT (RFC 9068).
const TYPE: &str = "at+jwt";
/// How far clocks of replicas may be apart: for `iat`, `nbf` and the length of life, never for `exp`.
const SLACK: Duration = Duration::from_secs(5);

/// Whom a good access token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) user: User,
    pub(crate) session: LoginSessionId,
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

/// Why a text is no good access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("longer than 4 KiB")]
    TooLong,
    #[error("not a compact JWT with the header of an access token")]
    Header,
    #[error("no such key")]
    UnknownKey,
    #[error("wrong signature, issuer or audience, or a claim is missing or of the wrong type")]
    Forged,
    #[error("issued in the future, not valid yet, or living too long")]
    OutOfTime,
    #[error("expired")]
    Expired,
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("signing an access token failed: {0}")]
pub(crate) struct SigningFailed(#[from] jsonwebtoken::errors::Error);

/// The header, exactly: with any other field (`jku`, `jwk`, `x5u`, `x5c`, `crit`, `b64`, `zip`…) it is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessTokenHeader {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    name: String,
    sid: String,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

/// What an access token of ours must say.
#[derive(Clone)]
pub(crate) struct Rules {
    issuer: String,
    audience: String,
    ttl: Duration,
    validation: Validation,
}

impl Rules {
    pub(crate) fn new(issuer: String, audience: String, ttl: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library reads the machine's clock and is lenient; times are checked in `check_times`.
        validation.validate_exp = false;
        Self {
            issuer,
            audience,
            ttl,
            validation,
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
        let exp = (now + self.ttl).min(session_ends).unix_seconds();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.kid().to_owned());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: user.id.to_string(),
            name: user.name.as_str().to_owned(),
            sid: session.to_string(),
            iat: now.unix_seconds(),
            exp,
            jti: Uuid::now_v7().to_string(),
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
        if token.len() > MAX_LENGTH {
            return Err(Rejection::TooLong);
        }
        let kid = read_header(token).ok_or(Rejection::Header)?.kid;
        let key = keys.find(&kid).ok_or(Rejection::UnknownKey)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key.verifying(), &self.validation)
            .map_err(|_| Rejection::Forged)?
            .claims;
        self.check_times(&claims, now)?;
        principal(&claims).ok_or(Rejection::Forged)
    }

    fn check_times(&self, claims: &Claims, now: Timestamp) -> Result<(), Rejection> {
        let soon = (now + SLACK).unix_seconds();
        let longest = i64::try_from((self.ttl + SLACK).as_secs()).unwrap_or(i64::MAX);
        let Claims { iat, exp, nbf, .. } = *claims;
        let plausible = (0..=soon).contains(&iat)
            && nbf.is_none_or(|nbf| nbf <= soon)
            && exp >= iat
            && exp.saturating_sub(iat) <= longest;
        if !plausible {
            return Err(Rejection::OutOfTime);
        }
        if now >= from_seconds(exp) {
            return Err(Rejection::Expired);
        }
        Ok(())
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("ttl", &self.ttl)
            .finish()
    }
}

fn read_header(token: &str) -> Option<AccessTokenHeader> {
    let (header, _) = token.split_once('.')?;
    let json = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: AccessTokenHeader = serde_json::from_slice(&json).ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let good = header.alg == "EdDSA"
        && header.typ == TYPE
        && (1..=64).contains(&header.kid.len())
        && header.kid.bytes().all(plain);
    good.then_some(header)
}

fn principal(claims: &Claims) -> Option<Principal> {
    Some(Principal {
        user: User {
            id: claims.sub.parse().ok()?,
            name: claims.name.parse().ok()?,
        },
        session: claims.sid.parse().ok()?,
        token_id: claims.jti.clone(),
        issued_at: from_seconds(claims.iat),
        expires_at: from_seconds(claims.exp),
    })
}

fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(seconds.saturating_mul(1000))
}

#[cfg(test)]
mod tests;

//! Access tokens: what they say, and the strict reading that accepts only the auth service's own. Pure: it reads no
//! clock, asks nobody, and does not know which login sessions are revoked. The auth service reads tokens with it, and
//! the chat service, which asks that one for its public keys alone.

mod keys;
mod known_tokens;
mod scope;

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, dangerous::insecure_decode_claims};
use proto::ids::{LoginSessionId, UserId};
use runtime::clock::Timestamp;
use serde::{Deserialize, Serialize};

use self::known_tokens::Fingerprint;
pub use self::{
    keys::{MalformedKeys, PublicKeys},
    known_tokens::KnownTokens,
    scope::{InvalidScope, Level, Scope},
};

/// The `typ` that sets access tokens apart from every other JWT (RFC 9068).
pub const TYPE: &str = "at+jwt";
/// Longer texts are refused unread.
pub const MAX_LENGTH: usize = 4096;

/// Whom a good access token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The user.
    pub user: UserId,
    /// What they sign in with, and are invited by.
    pub name: String,
    /// What others see.
    pub display_name: String,
    /// Whether they are a guest.
    pub guest: bool,
    /// The login session, or the API token that the access token was given for.
    pub session: LoginSessionId,
    /// What it is limited to; `None`: it is its user's own, from a sign-in.
    pub scope: Option<Scope>,
    /// The token's own id.
    pub token_id: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why a text is no good access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Not even read.
    #[error("longer than 4 KiB")]
    TooLong,
    /// No token of this kind.
    #[error("not a compact JWT with the header of an access token")]
    Header,
    /// Signed with a key that is not there, or not there any more.
    #[error("no such key")]
    UnknownKey,
    /// Not what the auth service writes.
    #[error("wrong signature, issuer or audience, or a claim is missing or of the wrong type")]
    Forged,
    /// Its times cannot be the auth service's.
    #[error("issued in the future, not valid yet, or living too long")]
    OutOfTime,
    /// It was good.
    #[error("expired")]
    Expired,
}

/// What an access token says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom it is.
    pub aud: String,
    /// The user's id.
    pub sub: String,
    /// The name that others see.
    pub name: String,
    /// What the user signs in with, and is invited by; absent: the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Whether the user is a guest; absent: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guest: bool,
    /// The login session. Only a token from a sign-in has it, so that no build of before API tokens takes one of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The API token, in place of the login session (RFC 8693).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What an API token is limited to (RFC 8693); never without `client_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
    /// From when it is good; absent: from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
}

/// The header, exactly: with any other field (`jku`, `jwk`, `x5u`, `x5c`, `crit`, `b64`, `zip`…) it is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// What an access token must say.
#[derive(Clone)]
pub struct TokenPolicy {
    issuer: String,
    audience: String,
    longest_life: Duration,
    slack: Duration,
    validation: Validation,
}

impl TokenPolicy {
    /// For tokens of this issuer and audience that live at most so long. `slack` is how far the clocks of whoever
    /// issues and whoever reads may be apart: for `iat`, `nbf` and the length of life, never for `exp`.
    pub fn new(issuer: &str, audience: &str, longest_life: Duration, slack: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library reads the machine's clock and is lenient; times are checked in `check_times`.
        validation.validate_exp = false;
        Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            longest_life,
            slack,
            validation,
        }
    }

    /// Reads a token and checks everything that it alone can show; `find` gives the public key of a name. A good token
    /// becomes a known one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify<'k>(
        &self,
        find: impl FnOnce(&str) -> Option<&'k DecodingKey>,
        known: &KnownTokens,
        token: &str,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        let kid = key_name(token)?;
        let key = find(&kid).ok_or(Rejection::UnknownKey)?;
        let fingerprint = Fingerprint::of(&self.issuer, &self.audience, key, token);
        let signed = fingerprint.is_some_and(|fingerprint| known.contains(&fingerprint));
        let claims: Claims = match signed {
            true => insecure_decode_claims(token),
            false => {
                jsonwebtoken::decode(token, key, &self.validation).map(|decoded| decoded.claims)
            }
        }
        .map_err(|_| Rejection::Forged)?;
        self.check_times(&claims, now)?;
        let verified = verified(claims).ok_or(Rejection::Forged)?;
        if let Some(new) = fingerprint.filter(|_| !signed) {
            known.insert(new);
        }
        Ok(verified)
    }

    fn check_times(&self, claims: &Claims, now: Timestamp) -> Result<(), Rejection> {
        let soon = (now + self.slack).unix_seconds();
        let longest = i64::try_from((self.longest_life + self.slack).as_secs());
        let longest = longest.unwrap_or(i64::MAX);
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

impl fmt::Debug for TokenPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPolicy")
            .field("longest_life", &self.longest_life)
            .field("slack", &self.slack)
            .finish_non_exhaustive()
    }
}

/// The name of the key that a token says it is signed with.
fn key_name(token: &str) -> Result<String, Rejection> {
    if token.len() > MAX_LENGTH {
        return Err(Rejection::TooLong);
    }
    read_header(token)
        .map(|header| header.kid)
        .ok_or(Rejection::Header)
}

fn read_header(token: &str) -> Option<Header> {
    let (header, _) = token.split_once('.')?;
    let json = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Header = serde_json::from_slice(&json).ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let good = header.alg == "EdDSA"
        && header.typ == TYPE
        && (1..=64).contains(&header.kid.len())
        && header.kid.bytes().all(plain);
    good.then_some(header)
}

fn verified(claims: Claims) -> Option<Verified> {
    let (session, scope) = match (claims.sid, claims.client_id, claims.scope) {
        (Some(session), None, None) => (session, None),
        // A word that is not known might limit it further.
        (None, Some(api_token), Some(scope)) => (api_token, Some(scope.parse().ok()?)),
        (_, _, _) => return None,
    };
    Some(Verified {
        user: claims.sub.parse().ok()?,
        name: claims.username.unwrap_or_else(|| claims.name.clone()),
        display_name: claims.name,
        guest: claims.guest,
        session: session.parse().ok()?,
        scope,
        token_id: claims.jti,
        issued_at: from_seconds(claims.iat),
        expires_at: from_seconds(claims.exp),
    })
}

fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(seconds.saturating_mul(1000))
}

//! The strict reading of an access token of another issuer, by that issuer's public key. Pure: it reads no clock and
//! asks nobody.

use std::time::Duration;

use access_token::MAX_LENGTH;
use aws_lc_rs::{
    constant_time,
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Validation, dangerous::insecure_decode_claims};
use runtime::clock::Timestamp;
use serde::Deserialize;
use serde_json::{Number, Value};

use super::{key_set::VerifyingKey, setting::TrustedIssuer};
use crate::token::Rejection;

/// How far an issuer's clock may be ahead: for `iat` and `nbf`, never for `exp`.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);
/// The longest `sub` (OpenID Connect Core 1.0, section 2), and the longest `sid` that is looked at.
const MAX_ID: usize = 255;
/// The longest name of a key.
const MAX_KID: usize = 255;
/// What `typ` says of any JWT, in lower case, as most providers write also of access tokens.
const ANY_JWT: &str = "jwt";
/// What else it may say of an access token (RFC 9068).
const ACCESS_TOKEN: [&str; 2] = ["at+jwt", "application/at+jwt"];

/// A good token of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FederatedToken {
    /// Whose it is: never another's at this issuer.
    pub(crate) subject: String,
    /// The sign-in at the issuer that it belongs to, where the issuer tells.
    pub(crate) login: Option<String>,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// The same for the same token only, however its signature is written.
    pub(crate) id: String,
    pub(crate) profile: Profile,
}

/// What an issuer calls a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    /// What they sign in with there; another may have it later.
    pub(crate) username: Option<String>,
    /// What others shall see.
    pub(crate) name: Option<String>,
}

/// What the header of a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) kid: String,
    /// Whether it says that it is an access token.
    is_access_token: bool,
}

#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    kid: String,
    #[serde(default)]
    typ: Option<String>,
    /// Extensions that whoever reads the token must understand: we understand none.
    #[serde(default)]
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: Number,
    iat: Number,
    #[serde(default)]
    nbf: Option<Number>,
    #[serde(default)]
    sid: Option<Value>,
    #[serde(default)]
    preferred_username: Option<Value>,
    #[serde(default)]
    name: Option<Value>,
    #[serde(default)]
    nonce: Option<Value>,
    #[serde(default)]
    azp: Option<Value>,
}

/// Who a token says has issued it; nothing is verified.
pub(super) fn unverified_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Issuer {
        iss: String,
    }
    if token.len() > MAX_LENGTH {
        return None;
    }
    let claims: Issuer = insecure_decode_claims(token).ok()?;
    Some(claims.iss)
}

/// The header of a token of which nothing is verified yet. Where keys are, it never says: `jku`, `jwk` and `x5u` are
/// not looked at.
pub(super) fn read_header(token: &str) -> Result<Header, Rejection> {
    if token.len() > MAX_LENGTH {
        return Err(Rejection::TooLong);
    }
    let (header, _) = token.split_once('.').ok_or(Rejection::Header)?;
    let json = URL_SAFE_NO_PAD.decode(header);
    let json = json.map_err(|_| Rejection::Header)?;
    let header: RawHeader = serde_json::from_slice(&json).map_err(|_| Rejection::Header)?;
    let typ = header.typ.map(|typ| typ.to_ascii_lowercase());
    let typ = typ.as_deref().unwrap_or(ANY_JWT);
    let is_access_token = ACCESS_TOKEN.contains(&typ);
    let good = (typ == ANY_JWT || is_access_token)
        && header.crit.is_none()
        && (1..=MAX_KID).contains(&header.kid.len());
    if !good {
        return Err(Rejection::Header);
    }
    Ok(Header {
        algorithm: header.alg.parse().map_err(|_| Rejection::Header)?,
        kid: header.kid,
        is_access_token,
    })
}

/// What a token of an issuer must say.
#[derive(Debug)]
pub(super) struct IssuerPolicy {
    issuer: String,
    audiences: Vec<String>,
    algorithms: Vec<Algorithm>,
    max_life: Duration,
}

impl IssuerPolicy {
    pub(super) fn new(setting: &TrustedIssuer) -> Self {
        Self {
            issuer: setting.url().to_owned(),
            audiences: setting.audiences().to_vec(),
            algorithms: setting.algorithms().to_vec(),
            max_life: setting.max_life(),
        }
    }

    /// For ID tokens, which are meant for `client_id` and read once: how long they live matters nothing.
    pub(super) fn of_id_tokens(setting: &TrustedIssuer, client_id: &str) -> Self {
        Self {
            audiences: vec![client_id.to_owned()],
            max_life: Duration::MAX,
            ..Self::new(setting)
        }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Refuses what is not signed as the operator allows, before any key is looked for.
    pub(super) fn check_algorithm(&self, algorithm: Algorithm) -> Result<(), Rejection> {
        match self.algorithms.contains(&algorithm) {
            true => Ok(()),
            false => Err(Rejection::Header),
        }
    }

    /// Reads an access token and checks everything that it alone can show. `header` is its own.
    pub(super) fn verify(
        &self,
        key: &VerifyingKey,
        header: &Header,
        token: &str,
        now: Timestamp,
    ) -> Result<FederatedToken, Rejection> {
        let claims = self.signed_claims(key, header, token)?;
        self.federated(token, claims, now)
    }

    /// Reads an ID token (OpenID Connect Core 1.0, section 3.1.3.7), which must be of the sign-in with that nonce.
    pub(super) fn verify_id_token(
        &self,
        key: &VerifyingKey,
        header: &Header,
        token: &str,
        nonce: &str,
        now: Timestamp,
    ) -> Result<FederatedToken, Rejection> {
        if header.is_access_token {
            return Err(Rejection::Header);
        }
        let mut claims = self.signed_claims(key, header, token)?;
        let of_this_sign_in = text(claims.nonce.take()).is_some_and(|said| {
            constant_time::verify_slices_are_equal(said.as_bytes(), nonce.as_bytes()).is_ok()
        });
        // Who has asked for it, where others may read it too.
        let for_us = match claims.azp.take() {
            None => true,
            asked_by => text(asked_by).is_some_and(|azp| self.audiences.contains(&azp)),
        };
        match of_this_sign_in && for_us {
            true => self.federated(token, claims, now),
            false => Err(Rejection::Forged),
        }
    }

    /// What a token says that was signed by this key, and is of this issuer for this audience.
    fn signed_claims(
        &self,
        key: &VerifyingKey,
        header: &Header,
        token: &str,
    ) -> Result<Claims, Rejection> {
        self.check_algorithm(header.algorithm)?;
        if !key.is_for(header.algorithm) {
            return Err(Rejection::Forged);
        }
        let mut validation = Validation::new(header.algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&self.audiences);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library reads the machine's clock and is lenient; times are checked in `times`.
        validation.validate_exp = false;
        let decoded = jsonwebtoken::decode(token, &key.key, &validation);
        Ok(decoded.map_err(|_| Rejection::Forged)?.claims)
    }

    fn federated(
        &self,
        token: &str,
        claims: Claims,
        now: Timestamp,
    ) -> Result<FederatedToken, Rejection> {
        let (issued_at, expires_at) = self.times(&claims, now)?;
        let is_id = |id: &str| (1..=MAX_ID).contains(&id.len());
        if !is_id(&claims.sub) || claims.sub.chars().any(char::is_control) {
            return Err(Rejection::Forged);
        }
        Ok(FederatedToken {
            id: token_id(&self.issuer, token).ok_or(Rejection::Header)?,
            login: text(claims.sid).filter(|sid| is_id(sid)),
            profile: Profile {
                username: text(claims.preferred_username),
                name: text(claims.name),
            },
            subject: claims.sub,
            issued_at,
            expires_at,
        })
    }

    fn times(&self, claims: &Claims, now: Timestamp) -> Result<(Timestamp, Timestamp), Rejection> {
        let time = |number| timestamp(number).ok_or(Rejection::Forged);
        let (issued_at, expires_at) = (time(&claims.iat)?, time(&claims.exp)?);
        let good_from = claims.nbf.as_ref().map(time).transpose()?;
        let soon = now + MAX_CLOCK_SKEW;
        let plausible = issued_at <= soon
            && good_from.is_none_or(|good_from| good_from <= soon)
            && issued_at <= expires_at
            && expires_at.since(issued_at) <= self.max_life;
        match plausible {
            false => Err(Rejection::OutOfTime),
            true if now >= expires_at => Err(Rejection::Expired),
            true => Ok((issued_at, expires_at)),
        }
    }
}

/// A `NumericDate` (RFC 7519) to the second, rounded down; `None` for one that is no time of our age.
fn timestamp(number: &Number) -> Option<Timestamp> {
    let seconds = match number.as_i64() {
        Some(seconds) => seconds,
        // Rounded down, and never more than a float holds exactly.
        None => number.as_f64().map(f64::floor).and_then(|seconds| {
            let is_exact = (0.0..9e15).contains(&seconds);
            is_exact.then_some(seconds as i64)
        })?,
    };
    let millis = seconds.checked_mul(1000).filter(|millis| *millis >= 0)?;
    Some(Timestamp::from_unix_millis(millis))
}

/// From what is signed: a signature may be written in several ways.
fn token_id(issuer: &str, token: &str) -> Option<String> {
    let (signed, _) = token.rsplit_once('.')?;
    let sum = digest(&SHA256, format!("{issuer}\n{signed}").as_bytes());
    Some(URL_SAFE_NO_PAD.encode(sum))
}

/// What a provider writes where a text should stand is no reason to refuse a token.
fn text(value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

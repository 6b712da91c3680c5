//! What `tests/fuzz` feeds: the reader of access tokens (and, in `foreign`, those of what other issuers say), with a key that is the same in every run, so that tokens of
//! yesterday can be kept. Only built with the feature `fuzzing`; no rules of its own.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, crypto};
use runtime::clock::Timestamp;

pub use crate::issuers::fuzzing as foreign;
use crate::{
    keys::{KeyRing, StoredKey},
    token::TokenPolicy,
};

/// When tokens are judged, in seconds.
pub const NOW: i64 = 1_800_000_000;
/// How long a token lives, in seconds.
pub const TTL: i64 = 900;
/// Who issues tokens, and for whom.
pub const ISSUER: &str = "us";
/// For whom tokens are.
pub const AUDIENCE: &str = "recipes";

/// What stands before the 32 bytes of an Ed25519 key in PKCS#8.
pub(crate) const PKCS8: [u8; 16] = [
    0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
];

/// Issues and judges tokens.
#[derive(Debug)]
pub struct Issuer {
    rules: TokenPolicy,
    ring: KeyRing,
    kid: String,
}

impl Issuer {
    /// With its one key.
    ///
    /// # Panics
    /// When the key is none.
    pub fn new() -> Self {
        let key = StoredKey {
            generation: 1,
            published_at: now(),
            signs_from: None,
            pkcs8: [PKCS8.as_slice(), &[7; 32]].concat().into(),
        };
        let ttl = Duration::from_secs(TTL.unsigned_abs());
        let ring = KeyRing::load(&[key], Vec::new()).unwrap_or_default();
        let kid = ring.signer(now(), ttl).map(|key| key.kid().to_owned());
        Self {
            rules: TokenPolicy::new(ISSUER.into(), AUDIENCE.into(), ttl, ttl),
            kid: kid.unwrap_or_else(|| unreachable!("a good key")),
            ring,
        }
    }

    /// The name of the key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Whether a token is accepted.
    pub fn accepts(&self, token: &str) -> bool {
        self.rules.verify(&self.ring, token, now()).is_ok()
    }

    /// A token with this header and these claims, whatever they are.
    pub fn sign(&self, header: &str, claims: &str) -> String {
        let encode = |text| URL_SAFE_NO_PAD.encode(text);
        self.complete(&format!("{}.{}", encode(header), encode(claims)))
    }

    /// Signs what stands before the last dot of a token.
    pub fn complete(&self, message: &str) -> String {
        let key = self.ring.find(&self.kid);
        let signed = key
            .and_then(|key| crypto::sign(message.as_bytes(), key.signing(), Algorithm::EdDSA).ok());
        format!("{message}.{}", signed.unwrap_or_default())
    }
}

impl Default for Issuer {
    fn default() -> Self {
        Self::new()
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_millis(NOW * 1_000)
}

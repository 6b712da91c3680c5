//! The text of refresh tokens: how it is made, read and hashed.
//!
//! A token holds its session, its generation, 256 secret bits and a tag. The first secret is random; each
//! next one is an HMAC, under a key of the server, over session, generation and the secret before it. So a lost
//! answer can be given again from hashes alone, and whoever copies the database, key included, can make no
//! token of any session. The tag tells a spent token of ours from an invented one.

use std::fmt;

use aws_lc_rs::{
    constant_time, digest,
    error::Unspecified,
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proto::ids::LoginSessionId;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use uuid::Uuid;

/// Marks a text as a refresh token, for people and for scanners of leaked secrets.
const PREFIX: &str = "rcr_";
const SECRET_LENGTH: usize = 32;
const TAG_LENGTH: usize = 16;
const TOKEN_LENGTH: usize = 16 + 4 + SECRET_LENGTH + TAG_LENGTH;

/// A refresh token whose tag is genuine.
#[derive(Debug)]
pub(crate) struct RefreshToken {
    session: Uuid,
    generation: u32,
    secret: SecretBox<[u8; SECRET_LENGTH]>,
}

/// SHA-256 of a token's secret: all that is stored of it. Compared in constant time.
#[derive(Clone, Copy)]
pub(crate) struct SecretHash(pub(crate) [u8; 32]);

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl RefreshToken {
    /// The first token of a login session.
    pub(crate) fn first(session: Uuid) -> Result<Self, Unspecified> {
        let mut secret = Box::new([0; SECRET_LENGTH]);
        SystemRandom::new().fill(secret.as_mut_slice())?;
        Ok(Self {
            session,
            generation: 0,
            secret: SecretBox::new(secret),
        })
    }

    /// The login session that it claims.
    pub(crate) fn session(&self) -> LoginSessionId {
        self.session.into()
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    pub(crate) fn hash(&self) -> SecretHash {
        let mut hash = [0; 32];
        let sum = digest::digest(&digest::SHA256, self.secret.expose_secret());
        hash.copy_from_slice(sum.as_ref());
        SecretHash(hash)
    }
}

/// Derives, writes and reads refresh tokens with the server's key.
pub(crate) struct Minter(hmac::Key);

impl Minter {
    pub(crate) fn new(key: &SecretBox<[u8]>) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret()))
    }

    /// The one token that follows.
    pub(crate) fn successor(&self, token: &RefreshToken) -> RefreshToken {
        let generation = token.generation.saturating_add(1);
        let mut secret = Box::new([0; SECRET_LENGTH]);
        let mac = self.mac(b"successor", token.session, generation, &token.secret);
        secret.copy_from_slice(mac.as_ref());
        RefreshToken {
            session: token.session,
            generation,
            secret: SecretBox::new(secret),
        }
    }

    /// The text that goes to the client.
    pub(crate) fn write(&self, token: &RefreshToken) -> SecretString {
        let mut bytes = Vec::with_capacity(TOKEN_LENGTH);
        bytes.extend_from_slice(token.session.as_bytes());
        bytes.extend_from_slice(&token.generation.to_be_bytes());
        bytes.extend_from_slice(token.secret.expose_secret());
        bytes.extend_from_slice(&self.tag(token));
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into()
    }

    /// Reads a text that a client presents; `None` when it is none of ours.
    pub(crate) fn read(&self, text: &str) -> Option<RefreshToken> {
        let text = text.strip_prefix(PREFIX)?;
        let mut bytes = [0; TOKEN_LENGTH];
        // Decoding into a slice refuses what is longer.
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        if length != TOKEN_LENGTH {
            return None;
        }
        let (session, rest) = bytes.split_first_chunk()?;
        let (generation, rest) = rest.split_first_chunk()?;
        let (secret, tag) = rest.split_first_chunk()?;
        let token = RefreshToken {
            session: Uuid::from_bytes(*session),
            generation: u32::from_be_bytes(*generation),
            secret: SecretBox::new(Box::new(*secret)),
        };
        let genuine = constant_time::verify_slices_are_equal(&self.tag(&token), tag).is_ok();
        genuine.then_some(token)
    }

    fn tag(&self, token: &RefreshToken) -> [u8; TAG_LENGTH] {
        let mac = self.mac(b"tag", token.session, token.generation, &token.secret);
        let mut tag = [0; TAG_LENGTH];
        tag.copy_from_slice(&mac.as_ref()[..TAG_LENGTH]);
        tag
    }

    fn mac(
        &self,
        purpose: &[u8],
        session: Uuid,
        generation: u32,
        secret: &SecretBox<[u8; SECRET_LENGTH]>,
    ) -> hmac::Tag {
        let mut mac = hmac::Context::with_key(&self.0);
        mac.update(purpose);
        mac.update(session.as_bytes());
        mac.update(&generation.to_be_bytes());
        mac.update(secret.expose_secret());
        mac.sign()
    }
}

impl fmt::Debug for Minter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Minter { [redacted] }")
    }
}

//! Public keys, as the auth service publishes them.

use std::{collections::HashMap, fmt};

use jsonwebtoken::{AlgorithmFamily, DecodingKey, jwk::JwkSet};

/// How many keys are read at most; a service has two or three.
const MAX_KEYS: usize = 64;

/// A key set that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the auth service's key set cannot be read")]
pub struct MalformedKeys;

/// Ed25519 public keys by name.
#[derive(Clone, Default)]
pub struct PublicKeys(HashMap<String, DecodingKey>);

impl PublicKeys {
    /// Reads a JSON Web Key Set. Keys without a name or of another kind are left out.
    ///
    /// # Errors
    /// When it is none, or has more keys than any service.
    pub fn read(jwks: &str) -> Result<Self, MalformedKeys> {
        let set: JwkSet = serde_json::from_str(jwks).map_err(|_| MalformedKeys)?;
        if set.keys.len() > MAX_KEYS {
            return Err(MalformedKeys);
        }
        let named = set.keys.iter().filter_map(|jwk| {
            let name = jwk.common.key_id.clone()?;
            let key = DecodingKey::from_jwk(jwk).ok()?;
            let ours = key.family() == AlgorithmFamily::Ed;
            ours.then_some((name, key))
        });
        Ok(Self(named.collect()))
    }

    /// The key of that name.
    pub fn find(&self, name: &str) -> Option<&DecodingKey> {
        self.0.get(name)
    }

    /// Whether the key is there that a token says it is signed with; `None` when the text is no access token.
    pub fn know_key_of(&self, token: &str) -> Option<bool> {
        let name = super::key_name(token).ok()?;
        Some(self.0.contains_key(&name))
    }
}

impl fmt::Debug for PublicKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

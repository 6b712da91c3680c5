//! The keys that sign access tokens: which one signs now, which are published, when to make the next and when
//! to forget the old. Pure but for the randomness of a new key; where keys are kept is the store's business.

mod keeper;

use std::time::Duration;

use aws_lc_rs::{rand::SystemRandom, signature::Ed25519KeyPair};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use runtime::clock::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};

pub(crate) use self::keeper::{Error as KeeperError, KeyKeeper};

/// A key as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredKey {
    /// 1, 2, 3…: the order in which keys sign.
    pub(crate) generation: u32,
    /// When it was made and published. It signs from `--key-max-age` after that; the first one at once.
    pub(crate) published_at: Timestamp,
    /// Ed25519 private key, PKCS#8 version 1.
    pub(crate) pkcs8: SecretSlice<u8>,
}

/// A key that cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("no randomness for a new signing key")]
    NoRandomness,
    #[error("signing key {generation} in the store is malformed")]
    Malformed { generation: u32 },
}

impl StoredKey {
    /// A new key.
    pub(crate) fn generate(generation: u32, published_at: Timestamp) -> Result<Self, KeyError> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())
            .map_err(|_| KeyError::NoRandomness)?;
        Ok(Self {
            generation,
            published_at,
            pkcs8: pkcs8.as_ref().to_vec().into(),
        })
    }
}

/// A key, ready to sign and verify.
#[derive(Debug)]
pub(crate) struct SigningKey {
    generation: u32,
    published_at: Timestamp,
    kid: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    public: Jwk,
}

impl SigningKey {
    pub(crate) fn load(stored: &StoredKey) -> Result<Self, KeyError> {
        let malformed = |_| KeyError::Malformed {
            generation: stored.generation,
        };
        let signing = EncodingKey::from_ed_der(stored.pkcs8.expose_secret());
        let mut public = Jwk::from_encoding_key(&signing, Algorithm::EdDSA).map_err(malformed)?;
        let kid = public
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(malformed)?;
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            generation: stored.generation,
            published_at: stored.published_at,
            verifying: DecodingKey::from_jwk(&public).map_err(malformed)?,
            kid,
            signing,
            public,
        })
    }

    /// RFC 7638 thumbprint: names the key in token headers.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn signing(&self) -> &EncodingKey {
        &self.signing
    }

    pub(crate) fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }
}

/// All keys that are published, oldest first.
#[derive(Debug, Default)]
pub(crate) struct KeyRing(Vec<SigningKey>);

/// What must change in the store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Make { generation: u32 },
    Forget { generation: u32 },
}

impl KeyRing {
    pub(crate) fn load(stored: &[StoredKey]) -> Result<Self, KeyError> {
        let mut keys: Vec<_> = stored
            .iter()
            .map(SigningKey::load)
            .collect::<Result<_, _>>()?;
        keys.sort_by_key(|key| key.generation);
        Ok(Self(keys))
    }

    /// The key that signs: the newest that has been published for `max_age`, else the oldest.
    pub(crate) fn signer(&self, now: Timestamp, max_age: Duration) -> Option<&SigningKey> {
        let ripe = |key: &&SigningKey| now >= key.published_at + max_age;
        self.0.iter().rfind(ripe).or_else(|| self.0.first())
    }

    /// The key of that name.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.0.iter().find(|key| key.kid == kid)
    }

    /// The public keys as a JSON Web Key Set.
    pub(crate) fn jwks(&self) -> serde_json::Result<String> {
        let keys = self.0.iter().map(|key| key.public.clone()).collect();
        serde_json::to_string(&JwkSet { keys })
    }

    /// What must change: there is always a next key that does not sign yet, and a key is forgotten when the
    /// last token that it signed has been dead for a while (`kept_for` after its last use).
    pub(crate) fn changes(
        &self,
        now: Timestamp,
        max_age: Duration,
        kept_for: Duration,
    ) -> Vec<Change> {
        let mut changes: Vec<_> = self
            .0
            .windows(2)
            .take_while(|pair| now > pair[1].published_at + max_age + kept_for)
            .map(|pair| Change::Forget {
                generation: pair[0].generation,
            })
            .collect();
        let newest = self.0.last().map_or(0, |key| key.generation);
        let signer = self.signer(now, max_age).map_or(0, |key| key.generation);
        if signer == newest {
            changes.push(Change::Make {
                generation: newest + 1,
            });
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);
    const MAX_AGE: Duration = Duration::from_secs(1000);
    const KEPT: Duration = Duration::from_secs(100);

    /// Carries out changes until nothing is left to do.
    fn settle(stored: &mut Vec<StoredKey>, now: Timestamp) -> KeyRing {
        loop {
            let ring = KeyRing::load(stored).unwrap();
            let changes = ring.changes(now, MAX_AGE, KEPT);
            if changes.is_empty() {
                return ring;
            }
            for change in changes {
                match change {
                    Change::Make { generation } => {
                        stored.push(StoredKey::generate(generation, now).unwrap());
                    }
                    Change::Forget { generation } => {
                        stored.retain(|key| key.generation != generation);
                    }
                }
            }
        }
    }

    fn generations(ring: &KeyRing) -> Vec<u32> {
        ring.0.iter().map(|key| key.generation).collect()
    }

    #[test]
    fn the_next_key_is_published_from_the_start() {
        let ring = settle(&mut Vec::new(), START);
        assert_eq!(generations(&ring), [1, 2]);
        assert_eq!(ring.signer(START, MAX_AGE).unwrap().generation, 1);
        assert_eq!(KeyRing::default().jwks().unwrap(), r#"{"keys":[]}"#);
    }

    #[test]
    fn every_key_was_published_for_a_whole_age_before_it_signs() {
        let mut stored = Vec::new();
        let mut last = settle(&mut stored, START);
        for second in (0..10_000).step_by(7) {
            let now = START + Duration::from_secs(second);
            let signer = last.signer(now, MAX_AGE).unwrap();
            assert!(signer.generation <= 2 || now >= signer.published_at + MAX_AGE);
            last = settle(&mut stored, now);
            assert!(stored.len() <= 3, "{:?}", generations(&last));
        }
        assert_eq!(
            last.signer(START + MAX_AGE * 10, MAX_AGE)
                .unwrap()
                .generation,
            10
        );
    }

    #[test]
    fn an_old_key_is_kept_until_its_tokens_are_gone() {
        let mut stored = Vec::new();
        settle(&mut stored, START);
        let ring = settle(&mut stored, START + MAX_AGE + KEPT);
        assert_eq!(generations(&ring), [1, 2, 3]);
        let ring = settle(
            &mut stored,
            START + MAX_AGE + KEPT + Duration::from_millis(1),
        );
        assert_eq!(generations(&ring), [2, 3]);
    }

    #[test]
    fn after_a_long_sleep_the_published_key_signs_and_a_next_one_is_made() {
        let mut stored = Vec::new();
        settle(&mut stored, START);
        let ring = settle(&mut stored, START + MAX_AGE * 50);
        assert_eq!(generations(&ring), [2, 3]);
        assert_eq!(
            ring.signer(START + MAX_AGE * 50, MAX_AGE)
                .unwrap()
                .generation,
            2
        );
    }

    #[test]
    fn public_keys_carry_nothing_private() {
        let key = StoredKey::generate(1, START).unwrap();
        let jwks = KeyRing::load(&[key]).unwrap().jwks().unwrap();
        let jwks: serde_json::Value = serde_json::from_str(&jwks).unwrap();
        let key = jwks["keys"][0].as_object().unwrap();
        let mut names: Vec<_> = key.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
        assert_eq!(
            (&key["crv"], &key["use"]),
            (&"Ed25519".into(), &"sig".into())
        );
    }
}

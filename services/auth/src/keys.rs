//! The keys that sign access tokens: which one signs now, which are published, when to make the next and when
//! to forget the old. Pure but for the randomness of a new key; where keys are kept is the store's business.

mod folder;
mod keeper;
mod store;

use std::{cmp::Ordering, time::Duration};

use aws_lc_rs::{rand::SystemRandom, signature::Ed25519KeyPair};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use runtime::clock::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};

pub(crate) use self::{
    keeper::{Error as KeeperError, KeyKeeper, Revoke},
    store::{Error as KeyStoreError, KeyStore},
};

/// How long until every replica has read a change of the keys: twice as long as they wait between two looks.
pub(crate) const PROPAGATION_TIME: Duration = Duration::from_secs(10);
/// How long it is remembered that a key was revoked.
const REVOKED_KEY_RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// A key as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredKey {
    /// 1, 2, 3…: the order in which keys sign.
    pub(crate) generation: u32,
    /// When it was made and published. It signs from `--key-max-age` after that; the first one at once.
    pub(crate) published_at: Timestamp,
    /// From when it signs, where an operator has put it in the place of the key before it.
    pub(crate) signs_from: Option<Timestamp>,
    /// Ed25519 private key, PKCS#8 version 1.
    pub(crate) pkcs8: SecretSlice<u8>,
}

/// A key that an operator has thrown away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RevokedKey {
    pub(crate) generation: u32,
    pub(crate) kid: String,
    pub(crate) revoked_at: Timestamp,
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
            signs_from: None,
            pkcs8: pkcs8.as_ref().to_vec().into(),
        })
    }
}

/// A key, ready to sign and verify.
#[derive(Debug)]
pub(crate) struct SigningKey {
    generation: u32,
    published_at: Timestamp,
    signs_from: Option<Timestamp>,
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
            signs_from: stored.signs_from,
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

    /// From when it signs, unless it is the oldest.
    fn signs_from(&self, max_age: Duration) -> Timestamp {
        self.signs_from.unwrap_or(self.published_at + max_age)
    }

    pub(crate) fn signing(&self) -> &EncodingKey {
        &self.signing
    }

    pub(crate) fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }
}

/// All keys that are published, and those that were revoked of late; each oldest first.
#[derive(Debug, Default)]
pub(crate) struct KeyRing {
    keys: Vec<SigningKey>,
    revoked: Vec<RevokedKey>,
}

/// What must change in the store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Make { generation: u32 },
    Forget { generation: u32 },
    ForgetRevoked { generation: u32 },
}

/// A key that shall sign in the place of the one that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Promotion {
    pub(crate) generation: u32,
    pub(crate) kid: String,
    pub(crate) signs_from: Timestamp,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyState {
    /// Published, and will sign.
    Next,
    /// Signs now.
    Signing,
    /// Signs no more; its tokens are good until they end.
    Retired,
    /// Thrown away: its tokens are not good.
    Revoked,
}

/// A key, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyInfo {
    pub(crate) kid: String,
    pub(crate) generation: u32,
    pub(crate) state: KeyState,
    /// Unknown of a revoked key.
    pub(crate) published_at: Option<Timestamp>,
    /// Unknown of a revoked key.
    pub(crate) signs_from: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
}

impl KeyRing {
    pub(crate) fn load(stored: &[StoredKey], revoked: Vec<RevokedKey>) -> Result<Self, KeyError> {
        let thrown_away = |key: &&StoredKey| {
            let of_this = |revoked: &RevokedKey| revoked.generation == key.generation;
            revoked.iter().any(of_this)
        };
        let mut keys: Vec<_> = stored
            .iter()
            .filter(|key| !thrown_away(key))
            .map(SigningKey::load)
            .collect::<Result<_, _>>()?;
        keys.sort_by_key(|key| key.generation);
        Ok(Self { keys, revoked })
    }

    /// The key that signs: the newest whose time has come, else the oldest.
    pub(crate) fn signer(&self, now: Timestamp, max_age: Duration) -> Option<&SigningKey> {
        let ripe = |key: &&SigningKey| now >= key.signs_from(max_age);
        self.keys.iter().rfind(ripe).or_else(|| self.keys.first())
    }

    /// The key of that name.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// The keys that were revoked of late.
    pub(crate) fn revoked(&self) -> &[RevokedKey] {
        &self.revoked
    }

    /// The key after the one that signs, to sign as soon as every replica knows it.
    pub(crate) fn promotion(&self, now: Timestamp, max_age: Duration) -> Option<Promotion> {
        let signer = self.signer(now, max_age)?.generation;
        let next = self.keys.iter().find(|key| key.generation > signer)?;
        let soonest = now.max(next.published_at + PROPAGATION_TIME);
        Some(Promotion {
            generation: next.generation,
            kid: next.kid.clone(),
            signs_from: next.signs_from(max_age).min(soonest),
        })
    }

    /// Every key, the newest first, and the revoked ones after those.
    pub(crate) fn list(&self, now: Timestamp, max_age: Duration) -> Vec<KeyInfo> {
        let signer = self.signer(now, max_age).map_or(0, |key| key.generation);
        let published = self.keys.iter().rev().map(|key| KeyInfo {
            kid: key.kid.clone(),
            generation: key.generation,
            state: match key.generation.cmp(&signer) {
                Ordering::Less => KeyState::Retired,
                Ordering::Equal => KeyState::Signing,
                Ordering::Greater => KeyState::Next,
            },
            published_at: Some(key.published_at),
            // One that had none before it signed at once, whatever its own time is.
            signs_from: Some(match key.signs_from(max_age) {
                later if key.generation <= signer && later > now => key.published_at,
                at => at,
            }),
            revoked_at: None,
        });
        let revoked = self.revoked.iter().rev().map(|key| KeyInfo {
            kid: key.kid.clone(),
            generation: key.generation,
            state: KeyState::Revoked,
            published_at: None,
            signs_from: None,
            revoked_at: Some(key.revoked_at),
        });
        published.chain(revoked).collect()
    }

    /// The public keys as a JSON Web Key Set.
    pub(crate) fn jwks(&self) -> serde_json::Result<String> {
        let keys = self.keys.iter().map(|key| key.public.clone()).collect();
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
            .keys
            .windows(2)
            .take_while(|pair| now > pair[1].signs_from(max_age) + kept_for)
            .map(|pair| Change::Forget {
                generation: pair[0].generation,
            })
            .collect();
        let old = self.revoked.iter();
        let old = old.filter(|key| now > key.revoked_at + REVOKED_KEY_RETENTION.max(kept_for));
        changes.extend(old.map(|key| Change::ForgetRevoked {
            generation: key.generation,
        }));
        let newest = self.keys.last().map_or(0, |key| key.generation);
        let signer = self.signer(now, max_age).map_or(0, |key| key.generation);
        if signer == newest {
            // No generation is used twice.
            let revoked = self.revoked.iter().map(|key| key.generation).max();
            changes.push(Change::Make {
                generation: newest.max(revoked.unwrap_or(0)) + 1,
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
    const RETIRED_KEY_RETENTION: Duration = Duration::from_secs(100);

    /// Carries out changes until nothing is left to do.
    fn settle(stored: &mut Vec<StoredKey>, now: Timestamp) -> KeyRing {
        loop {
            let ring = KeyRing::load(stored, Vec::new()).unwrap();
            let changes = ring.changes(now, MAX_AGE, RETIRED_KEY_RETENTION);
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
                    Change::ForgetRevoked { .. } => {}
                }
            }
        }
    }

    fn generations(ring: &KeyRing) -> Vec<u32> {
        ring.keys.iter().map(|key| key.generation).collect()
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
        let ring = settle(&mut stored, START + MAX_AGE + RETIRED_KEY_RETENTION);
        assert_eq!(generations(&ring), [1, 2, 3]);
        let ring = settle(
            &mut stored,
            START + MAX_AGE + RETIRED_KEY_RETENTION + Duration::from_millis(1),
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
    fn the_first_key_is_told_to_sign_since_it_was_published() {
        let ring = settle(&mut Vec::new(), START);
        let told: Vec<_> = ring
            .list(START, MAX_AGE)
            .iter()
            .map(|key| (key.state, key.signs_from))
            .collect();
        assert_eq!(
            told,
            [
                (KeyState::Next, Some(START + MAX_AGE)),
                (KeyState::Signing, Some(START))
            ]
        );
    }

    #[test]
    fn a_promoted_key_signs_once_every_replica_knows_it() {
        let mut stored = Vec::new();
        let ring = settle(&mut stored, START);
        let early = ring.promotion(START, MAX_AGE).unwrap();
        assert_eq!(early.generation, 2);
        assert_eq!(early.signs_from, START + PROPAGATION_TIME);
        let later = START + PROPAGATION_TIME * 3;
        let promoted = ring.promotion(later, MAX_AGE).unwrap();
        assert_eq!(promoted.signs_from, later);

        stored[1].signs_from = Some(promoted.signs_from);
        let ring = settle(&mut stored, later);
        assert_eq!(generations(&ring), [1, 2, 3]);
        assert_eq!(ring.signer(later, MAX_AGE).unwrap().generation, 2);
        let again = ring.promotion(later, MAX_AGE).unwrap();
        assert_eq!(
            (again.generation, again.signs_from),
            (3, later + PROPAGATION_TIME)
        );
        let states: Vec<_> = ring
            .list(later, MAX_AGE)
            .iter()
            .map(|key| key.state)
            .collect();
        assert_eq!(
            states,
            [KeyState::Next, KeyState::Signing, KeyState::Retired]
        );

        let ring = settle(
            &mut stored,
            later + RETIRED_KEY_RETENTION + Duration::from_millis(1),
        );
        assert_eq!(
            generations(&ring),
            [2, 3],
            "the old one goes with its tokens"
        );
    }

    #[test]
    fn a_revoked_key_is_never_used_and_its_generation_never_comes_again() {
        let mut stored = Vec::new();
        settle(&mut stored, START);
        let revoked = |generation| RevokedKey {
            generation,
            kid: "kid".into(),
            revoked_at: START,
        };
        // It is still in the store, as while two replicas write at once.
        let ring = KeyRing::load(&stored, vec![revoked(1), revoked(2), revoked(3)]).unwrap();
        assert!(ring.signer(START, MAX_AGE).is_none());
        let changes = ring.changes(START, MAX_AGE, RETIRED_KEY_RETENTION);
        assert_eq!(changes, [Change::Make { generation: 4 }]);
        let changes = ring.changes(
            START + REVOKED_KEY_RETENTION * 2,
            MAX_AGE,
            RETIRED_KEY_RETENTION,
        );
        assert_eq!(changes.len(), 4, "forgotten in the end: {changes:?}");
    }

    #[test]
    fn public_keys_carry_nothing_private() {
        let key = StoredKey::generate(1, START).unwrap();
        let jwks = KeyRing::load(&[key], Vec::new()).unwrap().jwks().unwrap();
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

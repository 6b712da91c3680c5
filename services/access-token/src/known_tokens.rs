//! Tokens that were found to be signed, so that one that comes again costs no second look at its signature: that takes
//! ten times as long as everything else about a token. What can change is judged each time: which keys there are, when
//! the token ends, and whether its login session was revoked.

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use jsonwebtoken::DecodingKey;
use lru::LruCache;

/// How many are kept, those that came last: about 70 bytes each.
const MAX_TOKENS: NonZeroUsize = NonZeroUsize::new(32_768).unwrap();

/// Fingerprints of tokens.
pub struct KnownTokens(Mutex<LruCache<Fingerprint, ()>>);

/// A token under a public key and a policy; with any other of the three it is another. The token cannot be told from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; SHA256_OUTPUT_LEN]);

impl Fingerprint {
    /// `None` for a key of a kind that is not ours.
    pub(crate) fn of(issuer: &str, audience: &str, key: &DecodingKey, token: &str) -> Option<Self> {
        let key = key.try_get_as_bytes().ok()?;
        let mut digest = Context::new(&SHA256);
        for part in [
            issuer.as_bytes(),
            audience.as_bytes(),
            key,
            token.as_bytes(),
        ] {
            digest.update(&part.len().to_le_bytes());
            digest.update(part);
        }
        digest.finish().as_ref().try_into().ok().map(Self)
    }
}

impl KnownTokens {
    /// Whether the token was found to be signed before.
    pub(crate) fn contains(&self, token: &Fingerprint) -> bool {
        self.tokens().get(token).is_some()
    }

    /// Notes a token that was found to be signed.
    pub(crate) fn insert(&self, token: Fingerprint) {
        self.tokens().put(token, ());
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, LruCache<Fingerprint, ()>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for KnownTokens {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_TOKENS)))
    }
}

impl fmt::Debug for KnownTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownTokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
    use runtime::clock::Timestamp;

    use super::*;
    use crate::{Claims, Rejection, TYPE, TokenPolicy, Verified};

    const ISSUED: i64 = 1_800_000_000;
    const NOW: Timestamp = Timestamp::from_unix_millis(ISSUED * 1000);

    /// What stands before the 32 bytes of an Ed25519 key in PKCS#8.
    const PKCS8: [u8; 16] = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];

    fn keys(seed: u8) -> (EncodingKey, DecodingKey) {
        let signing = EncodingKey::from_ed_der(&[PKCS8.as_slice(), &[seed; 32]].concat());
        let public = Jwk::from_encoding_key(&signing, Algorithm::EdDSA).unwrap();
        (signing, DecodingKey::from_jwk(&public).unwrap())
    }

    fn policy(issuer: &str, audience: &str) -> TokenPolicy {
        let (life, slack) = (Duration::from_secs(900), Duration::ZERO);
        TokenPolicy::new(issuer, audience, life, slack)
    }

    /// Issued by `us` for `recipes`, signed with the first key.
    fn token() -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        (header.typ, header.kid) = (Some(TYPE.to_owned()), Some("k1".to_owned()));
        let claims = Claims {
            iss: "us".to_owned(),
            aud: "recipes".to_owned(),
            sub: "u1".to_owned(),
            name: "Ada".to_owned(),
            username: None,
            guest: false,
            sid: Some("s1".to_owned()),
            client_id: None,
            scope: None,
            iat: ISSUED,
            exp: ISSUED + 900,
            jti: "t1".to_owned(),
            nbf: None,
        };
        jsonwebtoken::encode(&header, &claims, &keys(1).0).unwrap()
    }

    /// The same token with another signature.
    fn forged() -> String {
        let (message, signature) = token().rsplit_once('.').map(own).unwrap();
        let first = if signature.starts_with('A') { 'B' } else { 'A' };
        format!("{message}.{first}{}", &signature[1..])
    }

    fn own((left, right): (&str, &str)) -> (String, String) {
        (left.to_owned(), right.to_owned())
    }

    fn verify(known: &KnownTokens, token: &str, now: Timestamp) -> Result<Verified, Rejection> {
        let key = keys(1).1;
        policy("us", "recipes").verify(|_| Some(&key), known, token, now)
    }

    #[test]
    fn a_good_token_is_known_and_its_signature_not_looked_at_again() {
        let known = KnownTokens::default();
        let first = verify(&known, &token(), NOW).unwrap();
        assert_eq!(known.tokens().len(), 1);
        assert_eq!(verify(&known, &token(), NOW), Ok(first.clone()));
        assert_eq!(known.tokens().len(), 1);

        // Only who is known without reason shows that nobody looks.
        let forged = forged();
        assert_eq!(verify(&known, &forged, NOW), Err(Rejection::Forged));
        known.insert(Fingerprint::of("us", "recipes", &keys(1).1, &forged).unwrap());
        assert_eq!(verify(&known, &forged, NOW), Ok(first));
    }

    #[test]
    fn what_can_change_about_a_known_token_is_judged_each_time() {
        let known = KnownTokens::default();
        verify(&known, &token(), NOW).unwrap();
        let (own, other) = (keys(1).1, keys(2).1);
        let judge = |policy: TokenPolicy, key, now| {
            policy.verify(|_| key, &known, &token(), now).map(|_| ())
        };
        let ours = || policy("us", "recipes");
        assert_eq!(judge(ours(), Some(&own), NOW), Ok(()));
        assert_eq!(judge(ours(), None, NOW), Err(Rejection::UnknownKey));
        let ends = NOW + Duration::from_secs(900);
        assert_eq!(judge(ours(), Some(&own), ends), Err(Rejection::Expired));
        let before = NOW.before(Duration::from_secs(1));
        assert_eq!(judge(ours(), Some(&own), before), Err(Rejection::OutOfTime));
        assert_eq!(judge(ours(), Some(&other), NOW), Err(Rejection::Forged));
        let policies = [policy("them", "recipes"), policy("us", "letters")];
        for theirs in policies {
            assert_eq!(judge(theirs, Some(&own), NOW), Err(Rejection::Forged));
        }
    }

    #[test]
    fn what_is_refused_is_not_known() {
        let known = KnownTokens::default();
        let ends = NOW + Duration::from_secs(900);
        for (token, now) in [(token(), ends), (forged(), NOW), (String::new(), NOW)] {
            verify(&known, &token, now).unwrap_err();
        }
        assert_eq!(known.tokens().len(), 0);
    }

    #[test]
    fn those_that_came_longest_ago_are_forgotten() {
        let known = KnownTokens::default();
        let key = keys(1).1;
        let of = |number: usize| Fingerprint::of("us", "recipes", &key, &number.to_string());
        (0..=MAX_TOKENS.get()).for_each(|number| known.insert(of(number).unwrap()));
        assert_eq!(known.tokens().len(), MAX_TOKENS.get());
        assert!(!known.contains(&of(0).unwrap()));
        assert!(known.contains(&of(1).unwrap()));
    }
}

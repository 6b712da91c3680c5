//! The public keys of an issuer, read from its JSON Web Key Set (RFC 7517). Keys that cannot verify a signature with a
//! public key are left out, whatever else stands in the set.

use std::{collections::BTreeMap, sync::Arc};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, Jwk, PublicKeyUse},
};
use serde::Deserialize;

/// No issuer publishes near as many.
const MAX_KEYS: usize = 64;

/// A public key.
pub(super) struct VerifyingKey {
    pub(super) key: DecodingKey,
    /// The only algorithm that it is for, where the set says so.
    algorithm: Option<String>,
}

impl VerifyingKey {
    /// Whether it is for signatures by this algorithm.
    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        let named = self.algorithm.as_deref();
        named.is_none_or(|named| {
            named
                .parse()
                .is_ok_and(|named: Algorithm| named == algorithm)
        })
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifyingKey").finish_non_exhaustive()
    }
}

/// Keys by their names.
#[derive(Debug, Default)]
pub(super) struct KeySet(BTreeMap<String, Arc<VerifyingKey>>);

/// A key set that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum MalformedSet {
    #[error("it is no JSON Web Key Set")]
    NoSet,
    #[error("it has no key that verifies signatures")]
    NoKey,
    #[error("it has more than 64 keys")]
    TooMany,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    pub(super) fn read(json: &[u8]) -> Result<Self, MalformedSet> {
        let document: Document = serde_json::from_slice(json).map_err(|_| MalformedSet::NoSet)?;
        if document.keys.len() > MAX_KEYS {
            return Err(MalformedSet::TooMany);
        }
        let keys: BTreeMap<_, _> = document.keys.into_iter().filter_map(read_key).collect();
        match keys.is_empty() {
            true => Err(MalformedSet::NoKey),
            false => Ok(Self(keys)),
        }
    }

    pub(super) fn find(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.0.get(kid).cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// `None`: nothing that tokens are verified with.
fn read_key(value: serde_json::Value) -> Option<(String, Arc<VerifyingKey>)> {
    let algorithm = match value.get("alg") {
        None => None,
        Some(name) => Some(name.as_str()?.to_owned()),
    };
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let is_asymmetric = matches!(
        &jwk.algorithm,
        AlgorithmParameters::RSA(_)
            | AlgorithmParameters::EllipticCurve(_)
            | AlgorithmParameters::OctetKeyPair(_)
    );
    let is_for_signatures = match &jwk.common.public_key_use {
        None => true,
        Some(purpose) => *purpose == PublicKeyUse::Signature,
    };
    if !is_asymmetric || !is_for_signatures {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some((
        jwk.common.key_id?,
        Arc::new(VerifyingKey { key, algorithm }),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_keys_that_verify_signatures_are_taken() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let ed = |more: serde_json::Value| {
            let mut key = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
            key.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            key
        };
        let set = json!({"keys": [
            ed(json!({"kid": "good", "alg": "EdDSA", "use": "sig"})),
            ed(json!({"kid": "plain"})),
            ed(json!({"kid": "for-encryption", "use": "enc"})),
            ed(json!({"kid": "of-another-kind", "alg": 7})),
            ed(json!({})),
            {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
            {"kty": "later", "kid": "unknown"},
            {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
            "no key",
        ]});
        let set = KeySet::read(set.to_string().as_bytes()).unwrap();
        assert_eq!(set.len(), 2, "{set:?}");
        let good = set.find("good").unwrap();
        assert!(good.is_for(Algorithm::EdDSA) && !good.is_for(Algorithm::RS256));
        assert!(set.find("plain").unwrap().is_for(Algorithm::EdDSA));
        assert!(set.find("shared").is_none());
    }

    #[test]
    fn what_is_no_set_is_refused() {
        let check = |text: &str, fault| {
            let read = KeySet::read(text.as_bytes());
            assert_eq!(read.map(|set| set.len()), Err(fault), "{text}");
        };
        check("", MalformedSet::NoSet);
        check("<html>", MalformedSet::NoSet);
        check(r#"{"keys":{}}"#, MalformedSet::NoSet);
        check(r#"{"keys":[]}"#, MalformedSet::NoKey);
        check(
            &format!(r#"{{"keys":[{}1]}}"#, "1,".repeat(64)),
            MalformedSet::TooMany,
        );
    }
}

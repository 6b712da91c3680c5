//! What `tests/fuzz` feeds of issuers other than us: the readers of their tokens and key sets, with a key that is the same
//! in every run. Only built with the feature `fuzzing`; no rules of its own.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use serde_json::json;

use super::{
    key_set::KeySet,
    setting::TrustedIssuers,
    token::{IssuerPolicy, read_header, unverified_issuer},
};
use crate::fuzzing::{PKCS8, now};

/// What its tokens say in `iss`.
pub const URL: &str = "https://login.example";
/// What its access tokens for us say in `aud`.
pub const AUDIENCE: &str = "cook";
/// What its ID tokens for us say in `aud`.
pub const CLIENT_ID: &str = "kitchen";
/// The name of its key.
pub const KID: &str = "k1";
/// What the ID token of the only sign-in says in `nonce`.
pub const NONCE: &str = "n-1";
/// How long its access tokens may live, in seconds.
pub const MAX_LIFE: i64 = 3_600;

/// An issuer that is trusted: judges its tokens, and signs as it would.
#[derive(Debug)]
pub struct ForeignIssuer {
    access_tokens: IssuerPolicy,
    id_tokens: IssuerPolicy,
    keys: KeySet,
    signing: EncodingKey,
}

impl ForeignIssuer {
    /// With its one key.
    ///
    /// # Panics
    /// Never: what it is made of is good.
    pub fn new() -> Self {
        let text = format!("name=corp,url={URL},audience={AUDIENCE},client_id={CLIENT_ID}");
        let setting: TrustedIssuers = text.parse().unwrap_or_default();
        let setting = setting.iter().next();
        let setting = setting.unwrap_or_else(|| unreachable!("a good setting"));
        let signing = EncodingKey::from_ed_der(&[PKCS8.as_slice(), &[9; 32]].concat());
        let jwk = Jwk::from_encoding_key(&signing, Algorithm::EdDSA);
        let mut jwk = json!(jwk.unwrap_or_else(|_| unreachable!("a good key")));
        jwk["kid"] = json!(KID);
        let set = json!({ "keys": [jwk] }).to_string();
        Self {
            access_tokens: IssuerPolicy::new(setting),
            id_tokens: IssuerPolicy::of_id_tokens(setting, CLIENT_ID),
            keys: KeySet::read(set.as_bytes()).unwrap_or_default(),
            signing,
        }
    }

    /// Whether a token is taken for an access token.
    pub fn accepts(&self, token: &str) -> bool {
        self.judge(token, |policy, key, header| {
            policy.0.verify(key, header, token, now()).is_ok()
        })
    }

    /// Whether a token is taken for the ID token of the sign-in with [`NONCE`].
    pub fn accepts_id_token(&self, token: &str) -> bool {
        self.judge(token, |policy, key, header| {
            let verified = policy.1.verify_id_token(key, header, token, NONCE, now());
            verified.is_ok()
        })
    }

    fn judge(
        &self,
        token: &str,
        judge: impl FnOnce(
            (&IssuerPolicy, &IssuerPolicy),
            &super::key_set::VerifyingKey,
            &super::token::Header,
        ) -> bool,
    ) -> bool {
        let Ok(header) = read_header(token) else {
            return false;
        };
        let key = self.keys.find(&header.kid);
        key.is_some_and(|key| judge((&self.access_tokens, &self.id_tokens), &key, &header))
    }

    /// A token with this header and these claims, whatever they are.
    pub fn sign(&self, header: &str, claims: &str) -> String {
        let encode = |text| URL_SAFE_NO_PAD.encode(text);
        self.complete(&format!("{}.{}", encode(header), encode(claims)))
    }

    /// Signs what stands before the last dot of a token.
    pub fn complete(&self, message: &str) -> String {
        let signed = crypto::sign(message.as_bytes(), &self.signing, Algorithm::EdDSA);
        format!("{message}.{}", signed.unwrap_or_default())
    }
}

impl Default for ForeignIssuer {
    fn default() -> Self {
        Self::new()
    }
}

/// Who a token says has issued it.
pub fn said_issuer(token: &str) -> Option<String> {
    unverified_issuer(token)
}

/// How many keys of a key set verify tokens; `None`: it is none, or has no such key.
pub fn read_key_set(json: &[u8]) -> Option<usize> {
    KeySet::read(json).ok().map(|set| set.len())
}

//! Tokens and key sets of issuers other than us.

use std::cell::OnceCell;

use auth::fuzzing::{
    NOW,
    foreign::{
        AUDIENCE, CLIENT_ID, ForeignIssuer, KID, MAX_LIFE, NONCE, URL, read_key_set, said_issuer,
    },
};
use serde_json::{Map, Value};

use crate::parts;

/// How far the issuer's clock may be ahead, in seconds.
const SKEW: i64 = 60;
/// How many keys a set may have.
const MAX_KEYS: usize = 64;

thread_local! {
    static ISSUER: OnceCell<ForeignIssuer> = const { OnceCell::new() };
}

/// One part is a token as it comes. Two are a header and claims, to be signed by the issuer: what is accepted then says
/// what an access token, or the ID token of the sign-in, must.
pub fn issuer_token(data: &[u8]) {
    let parts: Vec<&str> = parts(data).take(2).collect();
    ISSUER.with(
        |issuer| match (issuer.get_or_init(ForeignIssuer::new), &*parts) {
            (issuer, [header, claims]) => {
                let token = issuer.sign(header, claims);
                if issuer.accepts(&token) {
                    assert_says_what_it_must(header, claims, AUDIENCE);
                    assert_eq!(said_issuer(&token).as_deref(), Some(URL));
                    let (issued, expires) = times(claims);
                    assert!(expires - issued <= MAX_LIFE);
                }
                if issuer.accepts_id_token(&token) {
                    assert_says_what_it_must(header, claims, CLIENT_ID);
                    let claims = object(claims);
                    assert_eq!(claims.get("nonce").and_then(Value::as_str), Some(NONCE));
                    let asked_by = claims.get("azp").filter(|azp| !azp.is_null());
                    assert!(asked_by.is_none_or(|azp| azp == CLIENT_ID));
                }
            }
            (issuer, [token]) if issuer.accepts(token) || issuer.accepts_id_token(token) => {
                // Signatures have one form only: what it signs again is the same text.
                let message = token.rsplit_once('.').map(|(message, _)| message);
                assert_eq!(issuer.complete(message.expect("three parts")), *token);
            }
            _ => {}
        },
    );
}

/// A key set as it comes.
pub fn issuer_keys(data: &[u8]) {
    if let Some(keys) = read_key_set(data) {
        assert!((1..=MAX_KEYS).contains(&keys));
        let set: Value = serde_json::from_slice(data).expect("JSON");
        let listed = set.get("keys").and_then(Value::as_array).expect("keys");
        let named = listed.iter().filter(|key| {
            let is_secret = key.get("kty").is_some_and(|kty| kty == "oct");
            key.get("kid").is_some_and(Value::is_string) && !is_secret
        });
        assert!(
            keys <= named.count(),
            "each has a name, and none is a secret"
        );
    }
}

fn assert_says_what_it_must(header: &str, claims: &str, audience: &str) {
    let header = object(header);
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    assert_eq!((text("alg"), text("kid")), (Some("EdDSA"), Some(KID)));
    assert!(header.get("crit").is_none_or(Value::is_null));
    let claims = object(claims);
    assert_eq!(claims.get("iss").and_then(Value::as_str), Some(URL));
    let is_for_us = match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().any(|one| one == audience),
        one => one.is_some_and(|one| one == audience),
    };
    assert!(is_for_us);
    assert!(
        claims
            .get("sub")
            .and_then(Value::as_str)
            .is_some_and(|sub| !sub.is_empty())
    );
}

fn times(claims: &str) -> (i64, i64) {
    let claims = object(claims);
    let second = |name: &str| {
        let number = claims.get(name).and_then(Value::as_f64).expect("a number");
        number.floor() as i64
    };
    let (issued, expires) = (second("iat"), second("exp"));
    assert!(expires > NOW && issued <= NOW + SKEW && issued <= expires);
    (issued, expires)
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).expect("JSON")
}

//! Access tokens.

use std::{cell::OnceCell, ops::RangeInclusive};

use auth::fuzzing::{AUDIENCE, ISSUER, Issuer, NOW, TTL};
use serde_json::{Map, Value};

use crate::parts;

/// How far the clocks of replicas may be apart, in seconds.
const SLACK: i64 = 5;

thread_local! {
    static US: OnceCell<Issuer> = const { OnceCell::new() };
}

/// One part is a token as it comes. Two are a header and claims, to be signed by us: whatever is accepted then says what a
/// token of ours must.
pub fn access_token(data: &[u8]) {
    let parts: Vec<&str> = parts(data).take(2).collect();
    US.with(|us| match (us.get_or_init(Issuer::new), &*parts) {
        (us, [header, claims]) if us.accepts(&us.sign(header, claims)) => {
            assert_is_an_access_token(header, us);
            assert_says_what_it_must(claims);
        }
        (us, [token]) => assert_signed_by_us(token, us),
        _ => {}
    });
}

/// Signatures have one form only: what we sign again is the same text.
fn assert_signed_by_us(token: &str, us: &Issuer) {
    if us.accepts(token) {
        let message = token.rsplit_once('.').map(|(message, _)| message);
        assert_eq!(us.complete(message.expect("three parts")), token);
    }
}

fn assert_is_an_access_token(header: &str, us: &Issuer) {
    let header: Map<String, Value> = serde_json::from_str(header).expect("JSON");
    let ours = [("alg", "EdDSA"), ("typ", "at+jwt"), ("kid", us.kid())];
    assert_eq!(header.len(), ours.len());
    for (name, value) in ours {
        assert_eq!(header.get(name).and_then(Value::as_str), Some(value));
    }
}

fn assert_says_what_it_must(claims: &str) {
    let claims: Map<String, Value> = serde_json::from_str(claims).expect("JSON");
    let text = |name: &str| claims.get(name).and_then(Value::as_str).expect("text");
    let number = |name: &str| claims.get(name).and_then(Value::as_i64).expect("a number");
    assert_eq!((text("iss"), text("aud")), (ISSUER, AUDIENCE));
    for name in ["sub", "name", "sid"] {
        assert!(!text(name).is_empty(), "{name}");
    }
    text("jti");
    let lives: RangeInclusive<i64> = 0..=TTL + SLACK;
    assert!(number("exp") > NOW && number("iat") <= NOW + SLACK);
    assert!(lives.contains(&(number("exp") - number("iat"))));
    if let Some(not_before) = claims.get("nbf").filter(|value| !value.is_null()) {
        assert!(not_before.as_i64().is_some_and(|from| from <= NOW + SLACK));
    }
}

//! Good tokens of an issuer are taken; a table of hostile ones is not, each for the reason that it should be.

use aws_lc_rs::hmac;
use serde_json::json;
use test_servers::IssuerKey;

use super::*;
use crate::issuers::{key_set::KeySet, setting::TrustedIssuers};

const NOW: Timestamp = Timestamp::from_unix_millis(1_800_000_000_500);
const SECOND: i64 = 1_800_000_000;

/// An issuer with one key.
struct Fixture {
    setting: String,
    policy: IssuerPolicy,
    key: IssuerKey,
    keys: KeySet,
}

impl Fixture {
    fn new(algorithm: Algorithm, more: &str) -> Self {
        let text = format!("name=corp,url=https://login.example,audience=cook+web{more}");
        let setting: TrustedIssuers = text.parse().unwrap();
        let key = IssuerKey::generate("k1", algorithm);
        let set = json!({"keys": [key.public()]}).to_string();
        Self {
            policy: IssuerPolicy::new(setting.iter().next().unwrap()),
            keys: KeySet::read(set.as_bytes()).unwrap(),
            key,
            setting: text,
        }
    }

    fn verify(&self, token: &str) -> Result<FederatedToken, Rejection> {
        let header = read_header(token)?;
        self.policy.check_algorithm(header.algorithm)?;
        let key = self.keys.find(&header.kid).ok_or(Rejection::UnknownKey)?;
        self.policy.verify(&key, &header, token, NOW)
    }

    fn sign(&self, changes: &Value) -> String {
        self.key.sign(&self.key.header(), &with(claims(), changes))
    }

    #[track_caller]
    fn refuses(&self, token: &str, reason: Rejection) {
        assert_eq!(self.verify(token), Err(reason), "{token}");
    }
}

fn claims() -> Value {
    json!({"iss": "https://login.example", "aud": "cook", "sub": "u1", "iat": SECOND, "exp": SECOND + 300})
}

/// `null` takes a field away.
fn with(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => object.as_object_mut().unwrap().remove(name).is_some(),
            value => object
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone())
                .is_some(),
        };
    }
    object
}

#[test]
fn a_good_token_says_whose_it_is() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let world = Fixture::new(algorithm, "");
        let token = world.sign(&json!({
            "aud": ["other", "web"], "preferred_username": "ada", "name": "Ada", "sid": "s1", "nbf": SECOND, "azp": 7,
            "exp": 1_800_000_300.75,
        }));
        assert_eq!(
            unverified_issuer(&token).as_deref(),
            Some("https://login.example")
        );
        let read = world.verify(&token).unwrap();
        assert_eq!(
            (read.subject.as_str(), read.login.as_deref()),
            ("u1", Some("s1"))
        );
        assert_eq!(read.profile.username.as_deref(), Some("ada"));
        assert_eq!(read.profile.name.as_deref(), Some("Ada"));
        assert_eq!(read.issued_at.unix_seconds(), SECOND);
        assert_eq!(
            read.expires_at.unix_millis(),
            (SECOND + 300) * 1000,
            "rounded down"
        );
        let bare =
            world.verify(&world.sign(&json!({"sid": 7, "name": ["x"], "preferred_username": ""})));
        let bare = bare.unwrap();
        assert_eq!((bare.login, bare.profile), (None, Profile::default()));
        assert_ne!(bare.id, read.id);
    }
}

#[test]
fn no_algorithm_is_taken_but_those_that_are_allowed_for_the_key() {
    let world = Fixture::new(Algorithm::RS256, ",algorithms=RS256+ES256");
    let signed = |changes: &Value| {
        world
            .key
            .sign(&with(world.key.header(), changes), &claims())
    };
    assert!(world.verify(&signed(&json!({}))).is_ok());
    for alg in [
        "none", "None", "", "HS256", "HS512", "PS256", "EdDSA", "rs256", "RS256 ",
    ] {
        world.refuses(&signed(&json!({"alg": alg})), Rejection::Header);
    }
    world.refuses(&signed(&json!({"alg": null})), Rejection::Header);
    world.refuses(&signed(&json!({"alg": 7})), Rejection::Header);
    // Allowed, and not for this key.
    world.refuses(&signed(&json!({"alg": "ES256"})), Rejection::Forged);
    let unsigned = signed(&json!({"alg": "none"}));
    let (message, _) = unsigned.rsplit_once('.').unwrap();
    world.refuses(&format!("{message}."), Rejection::Header);
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    let world = Fixture::new(Algorithm::RS256, "");
    let public = world.key.public();
    let header = with(world.key.header(), &json!({"alg": "HS256"}));
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(&header), encode(&claims()));
    for secret in [public.to_string(), public["n"].as_str().unwrap().to_owned()] {
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            message.as_bytes(),
        );
        world.refuses(
            &format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag)),
            Rejection::Header,
        );
    }
}

#[test]
fn a_header_says_nothing_of_where_keys_are() {
    let world = Fixture::new(Algorithm::EdDSA, "");
    let stranger = IssuerKey::generate("k1", Algorithm::EdDSA);
    let own = json!({"jwk": stranger.public(), "jku": "https://evil.example/keys", "x5u": "https://evil.example"});
    world.refuses(
        &stranger.sign(&with(stranger.header(), &own), &claims()),
        Rejection::Forged,
    );
    let signed = |changes: &Value| {
        world
            .key
            .sign(&with(world.key.header(), changes), &claims())
    };
    assert!(
        world.verify(&signed(&own)).is_ok(),
        "what is not looked at does no harm"
    );
    world.refuses(&signed(&json!({"kid": "k2"})), Rejection::UnknownKey);
    for changes in [
        json!({"kid": null}),
        json!({"kid": ""}),
        json!({"kid": "k".repeat(256)}),
        json!({"crit": ["exp"], "exp": 1}),
        json!({"typ": "logout+jwt"}),
        json!({"typ": 7}),
    ] {
        world.refuses(&signed(&changes), Rejection::Header);
    }
    for typ in [
        json!(null),
        json!("JWT"),
        json!("at+jwt"),
        json!("application/AT+JWT"),
    ] {
        assert!(world.verify(&signed(&json!({"typ": typ}))).is_ok(), "{typ}");
    }
}

#[test]
fn what_a_token_says_must_be_for_us_and_of_now() {
    let world = Fixture::new(Algorithm::EdDSA, ",max_life=10m");
    let check = |changes: Value, reason| world.refuses(&world.sign(&changes), reason);
    for changes in [
        json!({"iss": "https://login.example/"}),
        json!({"iss": null}),
        json!({"aud": "Cook"}),
        json!({"aud": ["other"]}),
        json!({"aud": null}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": 7}),
        json!({"sub": "a\nb"}),
        json!({"sub": "x".repeat(256)}),
        json!({"exp": null}),
        json!({"exp": "soon"}),
        json!({"exp": 1e300}),
        json!({"iat": null}),
        json!({"iat": -1}),
    ] {
        check(changes, Rejection::Forged);
    }
    for changes in [
        json!({"iat": SECOND + 61}),
        json!({"nbf": SECOND + 61}),
        json!({"exp": SECOND + 601}),
        json!({"iat": SECOND - 600, "exp": SECOND + 1}),
        json!({"exp": i64::MAX / 1000}),
        json!({"exp": SECOND - 1}),
    ] {
        check(changes, Rejection::OutOfTime);
    }
    check(
        json!({"iat": SECOND - 300, "exp": SECOND}),
        Rejection::Expired,
    );
    check(
        json!({"iat": SECOND - 300, "exp": SECOND - 60}),
        Rejection::Expired,
    );
    let ahead = world.sign(&json!({"iat": SECOND + 60, "nbf": SECOND + 60}));
    assert!(
        world.verify(&ahead).is_ok(),
        "a clock may be a minute ahead"
    );
}

#[test]
fn what_was_changed_or_is_no_token_is_refused() {
    let world = Fixture::new(Algorithm::EdDSA, "");
    let good = world.sign(&json!({}));
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let other = URL_SAFE_NO_PAD.encode(with(claims(), &json!({"sub": "u2"})).to_string());
    world.refuses(&format!("{header}.{other}.{signature}"), Rejection::Forged);
    world.refuses(&format!("{header}.{payload}."), Rejection::Forged);
    world.refuses(&format!("{header}.{payload}"), Rejection::Forged);
    world.refuses("", Rejection::Header);
    world.refuses("a.b.c", Rejection::Header);
    let long = format!("{good}{}", "A".repeat(MAX_LENGTH));
    world.refuses(&long, Rejection::TooLong);
    assert_eq!(unverified_issuer(&long), None);
}

#[test]
fn a_token_has_one_id_however_its_signature_is_written() {
    let id = |token: &str| token_id("https://login.example", token).unwrap();
    assert_eq!(id("a.b.c"), id("a.b.d"));
    assert_ne!(id("a.b.c"), id("a.c.c"));
    assert_ne!(
        token_id("https://other.example", "a.b.c"),
        token_id("https://login.example", "a.b.c")
    );
}

#[test]
fn an_id_token_is_of_this_sign_in_for_this_client_alone() {
    let world = Fixture::new(Algorithm::ES256, ",client_id=kitchen,max_life=5m");
    let setting: TrustedIssuers = world.setting.parse().unwrap();
    let policy = IssuerPolicy::of_id_tokens(setting.iter().next().unwrap(), "kitchen");
    let verify = |header: &Value, changes: &Value| {
        let good = json!({"aud": "kitchen", "nonce": "n-1", "exp": SECOND + 36_000});
        let claims = with(with(claims(), &good), changes);
        let token = world.key.sign(header, &claims);
        let header = read_header(&token).unwrap();
        let key = world.keys.find(&header.kid).unwrap();
        policy.verify_id_token(&key, &header, &token, "n-1", NOW)
    };
    let header = world.key.header();
    let good = verify(&header, &json!({"sid": "s1"})).unwrap();
    assert_eq!(
        (good.subject.as_str(), good.login.as_deref()),
        ("u1", Some("s1"))
    );
    for good in [
        json!({"azp": "kitchen"}),
        json!({"aud": ["kitchen", "other"], "azp": "kitchen"}),
    ] {
        assert!(verify(&header, &good).is_ok(), "{good}");
    }
    for forged in [
        json!({"nonce": null}),
        json!({"nonce": ""}),
        json!({"nonce": "n-2"}),
        json!({"nonce": ["n-1"]}),
        json!({"aud": "cook"}),
        json!({"azp": "other"}),
        json!({"azp": 7}),
        json!({"aud": ["kitchen", "other"], "azp": "other"}),
        json!({"iss": "https://other.example"}),
        json!({"sub": ""}),
    ] {
        assert_eq!(verify(&header, &forged), Err(Rejection::Forged), "{forged}");
    }
    let old = json!({"iat": SECOND - 300, "exp": SECOND - 1});
    assert_eq!(verify(&header, &old), Err(Rejection::Expired));
    let access_token = with(header, &json!({"typ": "at+jwt"}));
    assert_eq!(
        verify(&access_token, &json!({})),
        Err(Rejection::Header),
        "an access token"
    );
}

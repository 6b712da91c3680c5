//! Our own tokens are accepted; a table of hostile ones is not, each for the reason that it should be.

use access_token::MAX_LENGTH;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::crypto;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::*;
use crate::keys::StoredKey;

mod hostile;

const NOW: Timestamp = Timestamp::from_unix_millis(1_800_000_000_500);
const SECOND: i64 = 1_800_000_000;
const TTL: Duration = Duration::from_secs(900);
const MAX_AGE: Duration = Duration::from_secs(86_400);

/// An issuer, and a forger who has everything but its private key.
struct Fixture {
    rules: TokenPolicy,
    stored: StoredKey,
    ring: KeyRing,
}

impl Fixture {
    fn new() -> Self {
        let stored = StoredKey::generate(1, NOW).unwrap();
        Self {
            rules: TokenPolicy::new("us".into(), "recipes".into(), TTL, TTL),
            ring: KeyRing::load(std::slice::from_ref(&stored), Vec::new()).unwrap(),
            stored,
        }
    }

    fn key(&self) -> &SigningKey {
        self.ring.signer(NOW, MAX_AGE).unwrap()
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.key().kid()})
    }

    /// A token that is genuinely signed, whatever it says.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    fn sign_text(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature =
            crypto::sign(message.as_bytes(), self.key().signing(), Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }

    fn good(&self) -> String {
        self.sign(&self.header(), &claims())
    }

    fn verify(&self, token: &str) -> Result<Principal, Rejection> {
        self.rules.verify(&self.ring, token, NOW)
    }

    #[track_caller]
    fn refuses(&self, what: &str, token: &str, reason: Rejection) {
        assert_eq!(self.verify(token), Err(reason), "{what}");
    }
}

fn claims() -> Value {
    json!({
        "iss": "us", "aud": "recipes", "sub": "u1", "name": "ada", "sid": "s1",
        "iat": SECOND, "exp": SECOND + 900, "jti": "j1",
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name).unwrap();
    object
}

fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[test]
fn our_own_token_says_whom_it_belongs_to_until_the_moment_it_expires() {
    let world = Fixture::new();
    let user = User {
        display_name: "Ada Lovelace".parse().ok(),
        guest: true,
        ..User::new("Ada".parse().unwrap())
    };
    let session = LoginSessionId::random();
    let ends = NOW + Duration::from_secs(86_400);
    let token = world
        .rules
        .issue(world.key(), &user, &session, NOW, ends)
        .unwrap();
    let text = token.text.expose_secret();

    let principal = world.verify(text).unwrap();
    assert_eq!((principal.user, principal.session), (user, session));
    assert_eq!(principal.expires_at, token.expires_at);
    assert_eq!(token.expires_at.unix_seconds(), SECOND + 900);

    let last = token.expires_at.before(Duration::from_millis(1));
    assert!(world.rules.verify(&world.ring, text, last).is_ok());
    let over = world.rules.verify(&world.ring, text, token.expires_at);
    assert_eq!(over, Err(Rejection::Expired));
}

#[test]
fn a_token_never_outlives_its_login_session() {
    let world = Fixture::new();
    let user = User::new("ada".parse().unwrap());
    let ends = NOW + Duration::from_secs(60);
    let token = world
        .rules
        .issue(world.key(), &user, &LoginSessionId::random(), NOW, ends)
        .unwrap();
    assert!(token.expires_at <= ends);
}

#[test]
fn the_forger_of_these_tests_can_make_a_good_token() {
    let world = Fixture::new();
    assert!(world.verify(&world.good()).is_ok());
    let small_skew = with(claims(), "iat", json!(SECOND + 5));
    assert!(
        world
            .verify(&world.sign(&world.header(), &small_skew))
            .is_ok()
    );
}

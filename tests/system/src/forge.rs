//! Tokens that no service may accept, made from one that it would.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::http::Api;

/// Ed25519 private key in PKCS#8 that belongs to nobody: made for these tests.
const STRANGER: [u8; 48] = {
    let mut key = [7; 48];
    let head = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    let mut at = 0;
    while at < head.len() {
        key[at] = head[at];
        at += 1;
    }
    key
};

/// The parts of a token that was good.
#[derive(Clone)]
pub struct TokenForger {
    token: String,
    header: Value,
    claims: Value,
    key: Value,
}

impl TokenForger {
    /// Takes a good token apart, and fetches the public key that it was signed for.
    pub async fn new(api: &Api, token: &str) -> Self {
        let header = part(token, 0);
        let jwks = api
            .get("/.well-known/jwks.json")
            .send()
            .await
            .expect(200)
            .json();
        let keys = jwks["keys"].as_array().cloned().unwrap_or_default();
        let signer = keys.into_iter().find(|key| key["kid"] == header["kid"]);
        Self {
            token: token.to_owned(),
            claims: part(token, 1),
            key: signer.expect("the key of a good token is published"),
            header,
        }
    }

    /// The header of the good token.
    pub fn header(&self) -> &Value {
        &self.header
    }

    /// The claims of the good token.
    pub fn claims(&self) -> &Value {
        &self.claims
    }

    /// Hostile tokens, each with what is wrong with it.
    pub fn hostile(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        self.without_a_signature(&mut all);
        self.signed_with_the_public_key(&mut all);
        self.signed_by_a_stranger(&mut all);
        self.with_changed_claims(&mut all);
        self.malformed(&mut all);
        all
    }

    fn without_a_signature(&self, all: &mut Vec<(String, String)>) {
        for algorithm in ["none", "None", "NONE", "nOnE", ""] {
            let header = changed(&self.header, "alg", json!(algorithm));
            let unsigned = format!("{}.{}", coded(&header), coded(&self.claims));
            let signature = self.piece(2);
            all.push((
                format!("alg {algorithm:?}, no signature"),
                format!("{unsigned}."),
            ));
            all.push((format!("alg {algorithm:?}, two parts"), unsigned.clone()));
            all.push((
                format!("alg {algorithm:?}, old signature"),
                format!("{unsigned}.{signature}"),
            ));
        }
        let mut header = self.header.clone();
        header.as_object_mut().expect("a header").remove("alg");
        let token = format!("{}.{}.{}", coded(&header), self.piece(1), self.piece(2));
        all.push(("no alg at all".to_owned(), token));
    }

    /// A verifier that takes the algorithm from the token would use the public key as a shared secret.
    fn signed_with_the_public_key(&self, all: &mut Vec<(String, String)>) {
        let x = self.key["x"].as_str().unwrap_or_default();
        let raw = URL_SAFE_NO_PAD.decode(x).expect("a public key");
        let mut der = vec![
            0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
        ];
        der.extend_from_slice(&raw);
        let body = base64::engine::general_purpose::STANDARD.encode(&der);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
        let secrets = [
            ("the raw key", raw),
            ("the key's text", x.as_bytes().to_vec()),
            ("the key as DER", der),
            ("the key as PEM", pem.into_bytes()),
            ("the key as JWK", self.key.to_string().into_bytes()),
            ("an empty secret", Vec::new()),
        ];
        for (name, secret) in secrets {
            for algorithm in [Algorithm::HS256, Algorithm::HS512] {
                let key = EncodingKey::from_secret(&secret);
                let token = self.signed(algorithm, &key, &self.header, &self.claims);
                all.push((format!("{algorithm:?} with {name}"), token));
            }
        }
    }

    fn signed_by_a_stranger(&self, all: &mut Vec<(String, String)>) {
        let key = EncodingKey::from_ed_der(&STRANGER);
        let sign = |header: &Value| self.signed(Algorithm::EdDSA, &key, header, &self.claims);
        all.push((
            "another key under the known kid".to_owned(),
            sign(&self.header),
        ));
        let mut own_key = self.header.clone();
        own_key["jwk"] = self.key.clone();
        own_key["jku"] = json!("http://127.0.0.1:1/jwks.json");
        all.push(("a key of its own in the header".to_owned(), sign(&own_key)));
        let long = "k".repeat(2_000);
        for kid in [
            "unknown",
            "../../etc/passwd",
            "' OR 1=1 --",
            "",
            "\u{0}",
            &long,
        ] {
            let header = changed(&self.header, "kid", json!(kid));
            all.push((
                format!("kid {:?}", &kid[..kid.len().min(20)]),
                sign(&header),
            ));
        }
        for kid in [json!(null), json!(7), json!(["a"])] {
            let header = changed(&self.header, "kid", kid.clone());
            all.push((format!("kid {kid}"), sign(&header)));
        }
    }

    fn with_changed_claims(&self, all: &mut Vec<(String, String)>) {
        let changes = [
            ("sub", json!("somebody-else")),
            ("sid", json!("another-session")),
            ("iss", json!("https://elsewhere.example")),
            ("aud", json!(["elsewhere"])),
            ("exp", json!(4_102_444_800_u64)),
            ("exp", json!(1)),
            ("exp", json!("never")),
        ];
        for (claim, value) in changes {
            let claims = changed(&self.claims, claim, value.clone());
            let token = format!("{}.{}.{}", self.piece(0), coded(&claims), self.piece(2));
            all.push((
                format!("{claim} changed to {value} under the old signature"),
                token,
            ));
        }
        let header = changed(&self.header, "typ", json!("JWT"));
        let token = format!("{}.{}.{}", coded(&header), self.piece(1), self.piece(2));
        all.push(("typ changed under the old signature".to_owned(), token));
    }

    fn malformed(&self, all: &mut Vec<(String, String)>) {
        let good = &self.token;
        let [header, claims, signature] = [0, 1, 2].map(|index| self.piece(index));
        let flattened = json!({"protected": header, "payload": claims, "signature": signature});
        let list = [
            ("a word", "token".to_owned()),
            ("a space", " ".to_owned()),
            ("dots", "...".to_owned()),
            ("two dots", "..".to_owned()),
            ("a null byte", format!("{good}\u{0}")),
            ("a line break", format!("{good}\n")),
            ("a space before", format!(" {good}")),
            ("Bearer before", format!("Bearer {good}")),
            ("a fourth part", format!("{good}.{signature}")),
            (
                "five parts, as a JWE",
                format!("{good}.{signature}.{signature}"),
            ),
            ("padding", format!("{good}==")),
            ("a cut signature", good[..good.len() - 4].to_owned()),
            ("no claims", format!("{header}..{signature}")),
            ("no header", format!(".{claims}.{signature}")),
            ("JSON serialisation", flattened.to_string()),
            ("letters beyond ASCII", "é".repeat(300)),
            (
                "5,000 letters",
                format!("{header}.{}.{signature}", "A".repeat(5_000)),
            ),
            (
                "claims that are a number",
                format!("{header}.{}.{signature}", coded(&json!(7))),
            ),
            (
                "a header that is a list",
                format!("{}.{claims}.{signature}", coded(&json!([]))),
            ),
            ("other bits past the end", self.with_loose_bits()),
        ];
        all.extend(list.map(|(name, token)| (name.to_owned(), token)));
    }

    /// 64 bytes fill 86 letters with four bits to spare: other spare bits are another text of the same bytes.
    fn with_loose_bits(&self) -> String {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let last = self.token.as_bytes().last().copied().unwrap_or_default();
        let place = letters
            .iter()
            .position(|letter| *letter == last)
            .expect("base64url");
        let other = char::from(letters[place ^ 1]);
        format!("{}{other}", &self.token[..self.token.len() - 1])
    }

    fn signed(
        &self,
        algorithm: Algorithm,
        key: &EncodingKey,
        header: &Value,
        claims: &Value,
    ) -> String {
        let mut header = header.clone();
        header["alg"] = json!(format!("{algorithm:?}"));
        let message = format!("{}.{}", coded(&header), coded(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm);
        format!("{message}.{}", signature.expect("a signature"))
    }

    fn piece(&self, index: usize) -> &str {
        self.token.split('.').nth(index).unwrap_or_default()
    }
}

impl std::fmt::Debug for TokenForger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenForger { [redacted] }")
    }
}

/// The header of a token, unverified.
pub fn header(token: &str) -> Value {
    part(token, 0)
}

/// The claims of a token, unverified.
pub fn claims(token: &str) -> Value {
    part(token, 1)
}

/// Whether `header` is that of an access token of the contract.
pub fn is_access_token_header(header: &Value) -> bool {
    let known: Result<Header, _> = serde_json::from_value(header.clone());
    known.is_ok_and(|header| {
        header.alg == Algorithm::EdDSA
            && header.kid.is_some()
            && header.typ.as_deref() == Some("at+jwt")
    })
}

fn part(token: &str, index: usize) -> Value {
    let piece = token.split('.').nth(index).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(piece).expect("a part of a JWT");
    serde_json::from_slice(&bytes).expect("JSON in a JWT")
}

fn changed(object: &Value, key: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[key] = value;
    object
}

fn coded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forge() -> TokenForger {
        let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k1"});
        let claims = json!({"sub": "ada", "exp": 1_800_000_000});
        let signature = URL_SAFE_NO_PAD.encode([9; 64]);
        TokenForger {
            token: format!("{}.{}.{signature}", coded(&header), coded(&claims)),
            key: json!({"kid": "k1", "x": URL_SAFE_NO_PAD.encode([5; 32])}),
            header,
            claims,
        }
    }

    #[test]
    fn no_hostile_token_is_the_good_one() {
        let forge = forge();

        let hostile = forge.hostile();

        assert!(hostile.len() > 50);
        assert!(hostile.iter().all(|(_, token)| *token != forge.token));
    }

    #[test]
    fn loose_bits_decode_to_the_same_bytes() {
        let forge = forge();
        let loose = forge.with_loose_bits();
        let lenient = base64::engine::GeneralPurpose::new(
            &base64::alphabet::URL_SAFE,
            base64::engine::GeneralPurposeConfig::new()
                .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
                .with_decode_allow_trailing_bits(true),
        );

        let bytes = lenient.decode(loose.rsplit('.').next().unwrap()).unwrap();

        assert_eq!(bytes, [9; 64]);
    }

    #[test]
    fn knows_the_header_of_an_access_token() {
        assert!(is_access_token_header(&forge().header));
        assert!(!is_access_token_header(
            &json!({"alg": "HS256", "typ": "at+jwt", "kid": "k"})
        ));
        assert!(!is_access_token_header(
            &json!({"alg": "EdDSA", "typ": "JWT", "kid": "k"})
        ));
    }
}

//! Signatures of deliveries, as Standard Webhooks has them: a receiver checks one with the libraries that there are. Pure.

use std::{fmt, str::FromStr};

use aws_lc_rs::{hmac, rand};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// How many bytes one has that we make, and at least and at most.
const NEW_BYTES: usize = 32;
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A text that is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A secret is whsec_ and 24 to 64 random bytes in base64")]
pub(crate) struct InvalidSecret;

/// What deliveries are signed with: `whsec_` and base64. Never printed.
#[derive(Clone)]
pub(crate) struct Secret(SecretString);

impl Secret {
    /// A new one.
    pub(crate) fn random() -> Option<Self> {
        let mut bytes = [0; NEW_BYTES];
        rand::fill(&mut bytes).ok()?;
        Some(Self(format!("{PREFIX}{}", STANDARD.encode(bytes)).into()))
    }

    /// The text that receivers keep.
    pub(crate) fn text(&self) -> &str {
        self.0.expose_secret()
    }

    /// The signature of a delivery.
    pub(super) fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let bytes = bytes(self.text()).unwrap_or_default();
        let mut signed = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &bytes));
        signed.update(format!("{id}.{seconds}.").as_bytes());
        signed.update(body);
        format!("v1,{}", STANDARD.encode(signed.sign()))
    }
}

impl FromStr for Secret {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        match bytes(text) {
            Some(bytes) if BYTES.contains(&bytes.len()) => Ok(Self(text.into())),
            Some(_) | None => Err(InvalidSecret),
        }
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.strip_prefix(PREFIX)?).ok()
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    const EXAMPLE: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn a_delivery_is_signed_as_the_specification_has_it() {
        let secret: Secret = EXAMPLE.parse().unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_read_back_and_not_printed() {
        let new = Secret::random().unwrap();
        assert_eq!(new.text().parse(), Ok(new.clone()));
        assert_eq!(format!("{new:?}"), "[redacted]");
        for text in [
            "",
            "whsec_",
            "secret",
            "whsec_c2hvcnQ=",
            &EXAMPLE[6..],
            "whsec_*",
        ] {
            assert_eq!(text.parse::<Secret>(), Err(InvalidSecret), "{text}");
        }
    }
}

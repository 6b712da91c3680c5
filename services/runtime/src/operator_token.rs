//! What operators prove themselves with where a person or their program asks over HTTP: a secret that is compared, never
//! printed.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};
use secrecy::{ExposeSecret as _, SecretString};

/// Shorter tokens could be guessed.
const MIN_LENGTH: usize = 16;
/// The longest `authorization` that is read.
const MAX_SHOWN: usize = 4096;

/// The operators' token.
#[derive(Debug, Clone)]
pub struct OperatorToken(SecretString);

/// A token that may change while the port is open; `None`: there is none.
pub type SharedOperatorToken = Arc<ArcSwapOption<OperatorToken>>;

/// A token that could be guessed.
#[derive(Debug, thiserror::Error)]
#[error("--operator-token must have at least {MIN_LENGTH} characters")]
pub struct TooShort;

/// How a token was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As `Bearer`, by a program: no page of another site makes a browser send it.
    Bearer,
    /// As the password of `Basic`, by a browser, which then sends it with every request to the same address, whoever
    /// has caused it.
    Basic,
}

impl OperatorToken {
    /// One that is long enough.
    ///
    /// # Errors
    /// When it is not.
    pub fn new(token: SecretString) -> Result<Self, TooShort> {
        match token.expose_secret().len() < MIN_LENGTH {
            true => Err(TooShort),
            false => Ok(Self(token)),
        }
    }

    /// How the headers show this token; `None`: not at all. It takes as long whatever is wrong with it.
    pub fn shown_in(&self, headers: &HeaderMap) -> Option<Shown> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next()?.as_bytes();
        if values.next().is_some() || value.len() > MAX_SHOWN {
            return None;
        }
        let (scheme, credentials) = std::str::from_utf8(value).ok()?.split_once(' ')?;
        let credentials = credentials.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return self.is(credentials.as_bytes()).then_some(Shown::Bearer);
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = BASE64_STANDARD.decode(credentials).ok()?;
        // Whatever the name is: there is one token.
        let colon = decoded.iter().position(|byte| *byte == b':')?;
        self.is(&decoded[colon + 1..]).then_some(Shown::Basic)
    }

    fn is(&self, shown: &[u8]) -> bool {
        let hash = |bytes: &[u8]| digest(&SHA256, bytes);
        let known = hash(self.0.expose_secret().as_bytes());
        verify_slices_are_equal(known.as_ref(), hash(shown).as_ref()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn token() -> OperatorToken {
        OperatorToken::new("a token of an operator".into()).unwrap()
    }

    #[track_caller]
    fn check(values: &[&str], shown: Option<Shown>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::try_from(*value).unwrap());
        }
        assert_eq!(token().shown_in(&headers), shown, "{values:?}");
    }

    #[test]
    fn the_token_is_shown_by_a_program_or_as_a_browsers_password() {
        let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        check(&["Bearer a token of an operator"], Some(Shown::Bearer));
        check(
            &[&basic("operator:a token of an operator")],
            Some(Shown::Basic),
        );
        check(&[&basic(":a token of an operator")], Some(Shown::Basic));
        check(&[], None);
        check(&["Bearer another token of an operator"], None);
        check(&["Bearer "], None);
        check(&["Digest a token of an operator"], None);
        check(&[&basic("a token of an operator")], None);
        check(&[&basic("operator:a token of an operato")], None);
        check(&["Basic a token of an operator"], None);
        check(&["Bearer a token of an operator", "Bearer x"], None);
    }

    #[test]
    fn a_token_that_could_be_guessed_is_none_and_none_is_printed() {
        let short = OperatorToken::new("canary".into()).unwrap_err().to_string();
        assert!(!short.contains("canary"), "{short}");
        assert!(!format!("{:?}", token()).contains("operator\""));
    }
}

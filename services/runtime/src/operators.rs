//! What proves operators, and what each is called where it is noted what they did.

use std::{fmt, sync::Arc};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret as _, SecretString};

/// Shorter tokens could be guessed.
const MIN_TOKEN_LENGTH: usize = 16;
/// The longest name of an operator.
const MAX_NAME_LENGTH: usize = 32;
/// What whoever shows `--operator-token` is called, which has no name.
const UNNAMED: &str = "operator";

/// The operators, each with their token.
pub struct Operators(Vec<(Arc<str>, SecretString)>);

impl Operators {
    /// From the value of `--operator-token` of auth or chat, and that of `--operator-tokens`: `NAME=TOKEN`, separated by white
    /// space.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(
        unnamed: Option<&SecretString>,
        named: Option<&SecretString>,
    ) -> Result<Self, &'static str> {
        let mut all: Vec<(Arc<str>, SecretString)> = Vec::new();
        if let Some(token) = unnamed {
            if token.expose_secret().len() < MIN_TOKEN_LENGTH {
                return Err(
                    "an operator token must have at least 16 characters (--operator-token, --chat-operator-token)",
                );
            }
            all.push((UNNAMED.into(), token.clone()));
        }
        let named = named.map_or("", |text| text.expose_secret());
        for entry in named.split_whitespace() {
            let (name, token) = entry.split_once('=').filter(|(name, _)| is_name(name)).ok_or(
                "named operator tokens must be NAME=TOKEN, separated by spaces or lines, with at most 32 letters, digits, dots, \
                 dashes and underscores in a name (--operator-tokens, --chat-operator-tokens)",
            )?;
            if token.len() < MIN_TOKEN_LENGTH {
                return Err(
                    "a named operator token must have at least 16 characters (--operator-tokens, --chat-operator-tokens)",
                );
            }
            all.push((name.into(), SecretString::from(token)));
        }
        Ok(Self(all))
    }

    /// Whether there are any.
    pub fn are_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whose token it is. It takes as long whatever is wrong with it.
    pub fn name_of(&self, token: &str) -> Option<Arc<str>> {
        let mut found = None;
        for (name, expected) in &self.0 {
            let expected = expected.expose_secret().as_bytes();
            if verify_slices_are_equal(expected, token.as_bytes()).is_ok() {
                found = Some(Arc::clone(name));
            }
        }
        found
    }
}

/// Whether an operator may be called so: 1 to 32 letters, digits, dots, dashes and underscores.
pub fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_NAME_LENGTH).contains(&text.len()) && text.bytes().all(plain)
}

impl fmt::Debug for Operators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(unnamed: Option<&str>, named: &str) -> Result<Operators, &'static str> {
        let [unnamed, named] = [unnamed, Some(named)].map(|text| text.map(SecretString::from));
        Operators::read(unnamed.as_ref(), named.as_ref())
    }

    #[test]
    fn each_token_has_the_name_of_its_operator() {
        let operators = read(
            Some("0123456789abcdef"),
            "ada=aaaaaaaaaaaaaaaa= \n bob=bbbbbbbbbbbbbbbb\n",
        );
        let operators = operators.unwrap();
        let name = |token| operators.name_of(token).map(|name| name.to_string());
        assert_eq!(name("0123456789abcdef").as_deref(), Some("operator"));
        assert_eq!(name("aaaaaaaaaaaaaaaa=").as_deref(), Some("ada"));
        assert_eq!(name("bbbbbbbbbbbbbbbb").as_deref(), Some("bob"));
        for wrong in ["", "ada", "aaaaaaaaaaaaaaaa", "bob=bbbbbbbbbbbbbbbb"] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
        assert!(!format!("{operators:?}").contains("aaaa"));
        assert!(!read(None, " ").unwrap().are_any());
    }

    #[test]
    fn what_is_no_name_or_could_be_guessed_is_refused() {
        for named in [
            "ada",
            "=aaaaaaaaaaaaaaaa",
            "a/b=aaaaaaaaaaaaaaaa",
            "ada=short",
        ] {
            assert!(read(None, named).is_err(), "{named}");
        }
        assert!(read(Some("short"), "").is_err());
    }
}

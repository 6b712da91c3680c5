//! API tokens, by which programs ask for a user: their text, and what may be said of one when it is made. A token has as
//! many random bits that a plain hash of it keeps it secret.

use access_token::{InvalidScope, Scope};
use aws_lc_rs::{
    digest,
    error::Unspecified,
    rand::{SecureRandom as _, SystemRandom},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proto::ids::LoginSessionId;
use runtime::clock::Timestamp;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use uuid::Uuid;

use crate::{refresh::SecretHash, user::User};

/// Marks a text as an API token, for people and for scanners of leaked secrets.
const PREFIX: &str = "rct_";
const ID_LENGTH: usize = 16;
/// 192 random bits.
const SECRET_LENGTH: usize = 24;
const TOKEN_LENGTH: usize = ID_LENGTH + SECRET_LENGTH;
/// How many characters its name may have.
const MAX_NAME_CHARS: usize = 64;
/// When a token ends that has no end: the last day of the year 9999.
pub(crate) const NEVER: Timestamp = Timestamp::from_unix_millis(253_402_214_400_000);

/// What cannot be said of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidApiToken {
    #[error("The name must have 1 to {MAX_NAME_CHARS} characters, and no control characters")]
    Name,
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    #[error("An API token must live for at least a second")]
    Life,
}

/// An API token as it is kept: a login session with a scope.
#[derive(Debug, Clone)]
pub(crate) struct ApiToken {
    pub(crate) id: LoginSessionId,
    pub(crate) user: User,
    /// What the user calls it.
    pub(crate) name: String,
    pub(crate) scope: Scope,
    /// When it was last exchanged.
    pub(crate) used_at: Option<Timestamp>,
    /// [`NEVER`]: when it is taken back.
    pub(crate) expires_at: Timestamp,
}

/// An API token as somebody shows it.
#[derive(Debug)]
pub(crate) struct Shown {
    id: Uuid,
    secret: SecretBox<[u8; SECRET_LENGTH]>,
}

impl Shown {
    /// A new one.
    pub(crate) fn random() -> Result<Self, Unspecified> {
        let mut secret = Box::new([0; SECRET_LENGTH]);
        SystemRandom::new().fill(secret.as_mut_slice())?;
        Ok(Self {
            id: Uuid::now_v7(),
            secret: SecretBox::new(secret),
        })
    }

    /// Reads a text; `None` when it cannot be a token.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix(PREFIX)?;
        let mut bytes = [0; TOKEN_LENGTH];
        // Decoding into a slice refuses what is longer.
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (id, secret) = bytes.split_first_chunk()?;
        (length == TOKEN_LENGTH).then_some(Self {
            id: Uuid::from_bytes(*id),
            secret: SecretBox::new(Box::new(*secret.first_chunk()?)),
        })
    }

    /// The text that goes to the user.
    pub(crate) fn write(&self) -> SecretString {
        let mut bytes = Vec::with_capacity(TOKEN_LENGTH);
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(self.secret.expose_secret());
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into()
    }

    pub(crate) fn id(&self) -> LoginSessionId {
        self.id.into()
    }

    /// All that is kept of the secret.
    pub(crate) fn hash(&self) -> SecretHash {
        let mut hash = [0; 32];
        let sum = digest::digest(&digest::SHA256, self.secret.expose_secret());
        hash.copy_from_slice(sum.as_ref());
        SecretHash(hash)
    }
}

/// What a user calls a token, without the space around it.
pub(crate) fn checked_name(name: &str) -> Result<&str, InvalidApiToken> {
    let name = name.trim();
    let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
    match fits && !name.contains(char::is_control) {
        true => Ok(name),
        false => Err(InvalidApiToken::Name),
    }
}

/// Reads words that were told one by one.
pub(crate) fn checked_scope(words: &[String]) -> Result<Scope, InvalidApiToken> {
    // Two in one would be read as well, but not shown as they were told.
    match words.iter().any(|word| word.contains(' ')) {
        true => Err(InvalidScope::UnknownWord.into()),
        false => Ok(words.join(" ").parse()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_no_other_text_is_one() {
        let token = Shown::random().unwrap();
        let text = token.write();
        let text = text.expose_secret();
        let read = Shown::read(text).unwrap();
        assert!(read.id() == token.id() && read.hash() == token.hash());
        assert!(text.starts_with("rct_") && !format!("{token:?}").contains(&text[30..]));
        let other = Shown::random().unwrap();
        assert!(other.id() != token.id() && other.hash() != token.hash());
        for wrong in [
            "",
            "rct_",
            &text[4..],
            &text[..text.len() - 1],
            &format!("{text}A"),
            &text.replacen("rct_", "rcr_", 1),
            &format!("rct_{}", "!".repeat(54)),
        ] {
            assert!(Shown::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn names_and_scopes_are_checked() {
        assert_eq!(checked_name(" timer bot "), Ok("timer bot"));
        for name in ["", " ", "a\nb", &"x".repeat(65)] {
            assert_eq!(checked_name(name), Err(InvalidApiToken::Name));
        }
        let scope = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
            checked_scope(&words)
        };
        let pie = scope(&["recipes:read", "recipe:pie"]).unwrap();
        assert_eq!(pie.to_string(), "recipes:read recipe:pie");
        let unknown = Err(InvalidApiToken::Scope(InvalidScope::UnknownWord));
        assert_eq!(scope(&["recipes:read recipe:pie"]), unknown);
        assert_eq!(scope(&["account"]), unknown);
        assert_eq!(
            scope(&[]),
            Err(InvalidApiToken::Scope(InvalidScope::NoLevel))
        );
    }
}

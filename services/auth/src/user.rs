//! Users as people type them: names and passwords, read once at the border by the rules of the contract.

mod common;
mod display_name;

use std::{fmt, str::FromStr, sync::Arc};

use proto::ids::UserId;
use secrecy::{ExposeSecret, SecretString};

pub(crate) use self::display_name::{DisplayName, InvalidDisplayName};

/// A user as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: UserId,
    /// What they sign in with, and are invited by.
    pub(crate) name: Username,
    /// What others see; `None`: the name.
    pub(crate) display_name: Option<DisplayName>,
    /// Whether they have no password, and are deleted when they are not seen for long.
    pub(crate) guest: bool,
}

impl User {
    /// A new one of that name.
    pub(crate) fn new(name: Username) -> Self {
        Self {
            id: UserId::random(),
            name,
            display_name: None,
            guest: false,
        }
    }

    /// What others see.
    pub(crate) fn shown_name(&self) -> &str {
        let own = self.display_name.as_ref();
        own.map_or(self.name.as_str(), DisplayName::as_str)
    }
}

/// How the names of guests begin. Nobody may choose such a name: what was meant for a guest must not reach another.
pub(crate) const GUEST_PREFIX: &str = "guest-";

/// 1 to 64 letters, digits, `.`, `_` and `-`, kept as typed and compared ignoring case.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Username(Arc<str>);

/// Why a text cannot be a username.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidName {
    #[error("The username must have 1 to 64 characters")]
    Length,
    #[error("The username may hold only letters, digits, dots, underscores and hyphens")]
    Characters,
    #[error("The username may not begin with guest-, as the made-up names of guests do")]
    OfGuests,
}

impl Username {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, where somebody may choose it.
    pub(crate) fn chosen(self) -> Result<Self, InvalidName> {
        match self.key().starts_with(GUEST_PREFIX) {
            true => Err(InvalidName::OfGuests),
            false => Ok(self),
        }
    }

    /// What makes it unique.
    pub(crate) fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for Username {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if !(1..=64).contains(&text.chars().count()) {
            return Err(InvalidName::Length);
        }
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if !text.bytes().all(allowed) {
            return Err(InvalidName::Characters);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The longest password that may be chosen, in characters.
pub(crate) const MAX_PASSWORD_LENGTH: usize = 256;

/// Why a password may not be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WeakPassword {
    #[error("The password must have at least 8 characters")]
    TooShort,
    #[error("The password must have at most 256 characters")]
    TooLong,
    #[error("The password must differ from the username")]
    SameAsName,
    #[error("The password is one of the commonest; choose one that nobody would guess")]
    Common,
}

/// Checks a password that somebody chooses for themselves.
pub(crate) fn check_chosen(password: &SecretString, name: &Username) -> Result<(), WeakPassword> {
    let text = password.expose_secret();
    match text.chars().count() {
        0..8 => Err(WeakPassword::TooShort),
        8..=MAX_PASSWORD_LENGTH => {
            if text.eq_ignore_ascii_case(name.as_str()) {
                Err(WeakPassword::SameAsName)
            } else if common::is_common(text) {
                Err(WeakPassword::Common)
            } else {
                Ok(())
            }
        }
        _ => Err(WeakPassword::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_name(text: &str, expected: Result<(), InvalidName>) {
        assert_eq!(text.parse::<Username>().map(|_| ()), expected, "{text:?}");
    }

    #[test]
    fn a_name_is_1_to_64_plain_characters() {
        check_name("a", Ok(()));
        check_name("Ada.Love_lace-1815", Ok(()));
        check_name(&"x".repeat(64), Ok(()));
        check_name("", Err(InvalidName::Length));
        check_name(&"x".repeat(65), Err(InvalidName::Length));
        check_name("ada lovelace", Err(InvalidName::Characters));
        check_name("adä", Err(InvalidName::Characters));
        check_name("ada\0", Err(InvalidName::Characters));
        check_name("ada@example.org", Err(InvalidName::Characters));
    }

    #[track_caller]
    fn check_password(text: &str, expected: Result<(), WeakPassword>) {
        let name = "Grace.Hopper".parse().unwrap();
        assert_eq!(check_chosen(&text.into(), &name), expected, "{text:?}");
    }

    #[test]
    fn a_password_counts_characters_and_differs_from_the_name() {
        check_password("brownies", Ok(()));
        check_password("éèéèéèéè", Ok(()));
        check_password("1234567", Err(WeakPassword::TooShort));
        check_password("ééééééé", Err(WeakPassword::TooShort));
        check_password(&"xy".repeat(128), Ok(()));
        check_password(&"é".repeat(257), Err(WeakPassword::TooLong));
        check_password("grace.hopper", Err(WeakPassword::SameAsName));
    }

    #[test]
    fn a_password_is_not_one_of_the_commonest() {
        for common in ["password", "PassWord", "12345678", "aaaaaaaa", "        "] {
            check_password(common, Err(WeakPassword::Common));
        }
    }
}

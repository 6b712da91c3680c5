//! Identifiers that cross borders. Each can only be built from text that keeps the contract's rule, so that
//! no check is repeated inside.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

/// A position in a recipe's total order: 0 before the first message, then 1, 2, 3…
pub type Revision = u64;

/// Says which identifier was malformed and what it must look like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be {rule}")]
pub struct InvalidId {
    name: &'static str,
    rule: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $id:ident, $name:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $id(Arc<str>);

        impl $id {
            /// The text as it crosses borders.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $id {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidId { name: $name, rule: $rule })
                }
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $id {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(
    /// A recipe, chosen by whoever creates it.
    RecipeId,
    "a recipe id",
    "1 to 64 characters of A-Z, a-z, 0-9, _ and -",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
);

id!(
    /// A message, chosen by its author's client: the idempotency key.
    MessageId,
    "an id",
    "1 to 128 characters without control characters",
    |text| (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control)
);

id!(
    /// A user.
    UserId,
    "a user id",
    "1 to 64 visible ASCII characters",
    opaque
);

id!(
    /// A login session: what logout ends. One login, many connections.
    LoginSessionId,
    "a login session id",
    "1 to 64 visible ASCII characters",
    opaque
);

id!(
    /// A session: one authenticated connection to one recipe, which outlives the socket under it.
    SessionId,
    "a session id",
    "1 to 64 characters of A-Z, a-z, 0-9, _ and -",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
);

id!(
    /// One WebSocket connection at one edge: what its log lines carry, and what its client may show.
    ConnectionId,
    "a connection id",
    "1 to 64 visible ASCII characters",
    opaque
);

impl ConnectionId {
    /// A new, unique one.
    pub fn random() -> Self {
        Self(uuid::Uuid::now_v7().to_string().into())
    }
}

impl SessionId {
    /// A new, unique one.
    pub fn random() -> Self {
        Self(uuid::Uuid::now_v7().to_string().into())
    }
}

impl MessageId {
    /// A new, unique one.
    pub fn random() -> Self {
        Self(uuid::Uuid::now_v7().to_string().into())
    }
}

impl LoginSessionId {
    /// A new, unique one.
    pub fn random() -> Self {
        Self(uuid::Uuid::now_v7().to_string().into())
    }
}

impl From<uuid::Uuid> for LoginSessionId {
    fn from(id: uuid::Uuid) -> Self {
        Self(id.to_string().into())
    }
}

impl UserId {
    /// A new, unique one.
    pub fn random() -> Self {
        Self(uuid::Uuid::now_v7().to_string().into())
    }
}

impl RecipeId {
    /// A new, unique one.
    pub fn random() -> Self {
        Self(uuid::Uuid::now_v7().to_string().into())
    }
}

/// Where somebody stands in a recipe's order. The message makes it comparable: after a store was set back, the same
/// revisions come again with other messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The last revision that they have.
    pub revision: Revision,
    /// The id of the message there; `None` at revision 0, and when it is not known.
    pub message: Option<MessageId>,
}

impl Position {
    /// Whether the two cannot be of one history: they name different messages at one revision.
    pub fn contradicts(&self, other: &Self) -> bool {
        let messages = self.message.as_ref().zip(other.message.as_ref());
        self.revision == other.revision && messages.is_some_and(|(mine, theirs)| mine != theirs)
    }
}

fn opaque(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, valid: bool) {
        assert_eq!(text.parse::<RecipeId>().is_ok(), valid, "{text:?}");
    }

    #[test]
    fn a_recipe_id_is_1_to_64_plain_characters() {
        check("pancakes", true);
        check("A-z_09", true);
        check(&"x".repeat(64), true);
        check("", false);
        check(&"x".repeat(65), false);
        check("a/b", false);
        check("crème", false);
        check("a b", false);
        check("a\0b", false);
    }

    #[test]
    fn positions_contradict_each_other_only_by_known_messages_at_one_revision() {
        let at = |revision, message: Option<&str>| Position {
            revision,
            message: message.map(|id| id.parse().unwrap()),
        };
        assert!(at(5, Some("a")).contradicts(&at(5, Some("b"))));
        assert!(!at(5, Some("a")).contradicts(&at(5, Some("a"))));
        assert!(!at(5, Some("a")).contradicts(&at(5, None)));
        assert!(!at(5, Some("a")).contradicts(&at(6, Some("b"))));
    }

    #[test]
    fn a_message_id_counts_characters_not_bytes() {
        assert!("é".repeat(128).parse::<MessageId>().is_ok());
        assert!("é".repeat(129).parse::<MessageId>().is_err());
        assert!("".parse::<MessageId>().is_err());
        assert!("a\nb".parse::<MessageId>().is_err());
    }
}

//! What people write: messages on their way in, and messages that were accepted.

use std::{str::FromStr, sync::Arc};

use proto::ids::{MessageId, RecipeId, Revision, UserId};
use runtime::clock::Timestamp;

use crate::recipe::Recipe;

/// How many characters a message may have.
const LONGEST: usize = 4_000;
/// How many characters a user's name may have.
const LONGEST_NAME: usize = 128;

/// Text that cannot be a message or a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidText {
    /// Empty after trimming, or too long.
    #[error("a message must have 1 to 4000 characters")]
    Content,
    /// Empty, too long, or nothing that can be shown.
    #[error("a name must have 1 to 128 characters, and no control characters")]
    Name,
}

/// What was written: 1 to 4,000 characters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content(Arc<str>);

impl Content {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Content {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        // Not every database can keep a NUL, and nobody can read one.
        let text = text.replace('\0', "");
        let text = text.trim();
        // A character has at least one byte, so most texts need no counting.
        let fits = text.len() <= LONGEST || text.chars().count() <= LONGEST;
        if text.is_empty() || !fits {
            return Err(InvalidText::Content);
        }
        Ok(Self(text.into()))
    }
}

/// Who asks, as verified by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// The user.
    pub(crate) user: UserId,
    name: Arc<str>,
}

impl Principal {
    /// A user with the name that others see.
    ///
    /// # Errors
    /// When the name is empty, too long, or cannot be shown.
    pub(crate) fn new(user: UserId, name: &str) -> Result<Self, InvalidText> {
        let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
        if !fits || name.contains(char::is_control) {
            return Err(InvalidText::Name);
        }
        Ok(Self {
            user,
            name: name.into(),
        })
    }

    /// The name, as others see it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// What makes a message the same one when it comes again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct MessageKey {
    /// Where it was posted.
    pub recipe: RecipeId,
    /// By whom.
    pub author: UserId,
    /// Under which id.
    pub id: MessageId,
}

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Chosen by the author's client.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Principal,
    /// What was written.
    pub content: Content,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Its place in the recipe's order.
    pub revision: Revision,
    /// What it did, in words.
    pub effect: Option<String>,
    /// What would have worked.
    pub hint: Option<String>,
}

/// An accepted message and the recipe after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Update {
    /// Where it happened.
    pub recipe_id: RecipeId,
    /// The recipe after the message.
    pub recipe: Arc<Recipe>,
    /// The message.
    pub message: Arc<Message>,
    /// The W3C trace context of the message, while it is fresh.
    pub traceparent: Option<String>,
}

impl Update {
    /// The revision that the message made.
    pub(crate) fn revision(&self) -> Revision {
        self.message.revision
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_trimmed_and_counted_in_characters() {
        assert_eq!("  hi \n".parse::<Content>().unwrap().as_str(), "hi");
        assert_eq!("a\0b".parse::<Content>().unwrap().as_str(), "ab");
        assert!("\0".parse::<Content>().is_err());
        assert!("é".repeat(LONGEST).parse::<Content>().is_ok());
        assert!("é".repeat(LONGEST + 1).parse::<Content>().is_err());
        assert!(" \t\n ".parse::<Content>().is_err());
    }
}

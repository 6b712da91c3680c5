//! What people write: messages on their way in, and messages that were accepted.

use std::sync::Arc;

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proto::ids::{MessageId, Position, RecipeId, Revision, UserId};
use runtime::clock::Timestamp;

pub(crate) use crate::principal::{InvalidName, Principal};
use crate::{
    access::Access,
    recipe::{Element, ElementChange, Recipe},
};

/// How many characters of an effect or a hint are kept.
const MAX_WORDS: usize = 2_000;
/// How many bytes of a digest are kept of what was written.
const DIGEST_BYTES: usize = 16;

/// What was written.
pub(crate) type Content = proto::text::MessageText;

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

/// What stays of what was written once it is not kept any more: it tells whether another text is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentDigest(String);

impl ContentDigest {
    /// That of a message. Its place and id are in it, so that equal texts do not look alike.
    pub(crate) fn of(recipe: &RecipeId, id: &MessageId, content: &Content) -> Self {
        let text = format!("{recipe}\n{id}\n{}", content.as_str());
        let digest = digest::digest(&digest::SHA256, text.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(&digest.as_ref()[..DIGEST_BYTES]))
    }

    /// As it was stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// As it is stored.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A message that was accepted before, as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AcceptedBefore {
    /// The message, perhaps without its text.
    pub message: Arc<Message>,
    /// What stays of its text, when that is gone.
    pub digest: Option<ContentDigest>,
}

impl AcceptedBefore {
    /// The message with its text, when it is the same that has come again.
    pub(crate) fn repeated_by(&self, key: &MessageKey, content: &Content) -> Option<Arc<Message>> {
        let Some(digest) = &self.digest else {
            return (self.message.content == *content).then(|| Arc::clone(&self.message));
        };
        let same = *digest == ContentDigest::of(&key.recipe, &key.id, content);
        same.then(|| {
            Arc::new(Message {
                content: content.clone(),
                ..Message::clone(&self.message)
            })
        })
    }
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
    /// Messages that would work, word for word; not stored.
    pub suggestions: Vec<String>,
    /// What it changed; not stored.
    pub changes: Vec<(ElementChange, Element)>,
}

impl Message {
    /// What the store has of it: what it does not keep is told anew or not at all.
    #[cfg(test)]
    pub(crate) fn as_stored(&self) -> Self {
        Self {
            suggestions: Vec::new(),
            changes: Vec::new(),
            ..self.clone()
        }
    }

    /// How many bytes of text are in it.
    pub(crate) fn text_size(&self) -> usize {
        let words = self
            .effect
            .iter()
            .chain(&self.hint)
            .chain(&self.suggestions);
        self.content.as_str().len() + words.map(String::len).sum::<usize>()
    }
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
    /// The id of the message before it; `None` for the first, and when it is not known.
    pub previous: Option<MessageId>,
    /// The W3C trace context of the message, while it is fresh.
    pub traceparent: Option<String>,
    /// Who may do what after it; only where that may be another than before.
    pub access: Option<Arc<Access>>,
    /// About how many bytes it takes while it waits to be sent.
    pub size: usize,
}

impl Update {
    /// A message, the recipe after it, and the id of the message before it.
    pub(crate) fn new(
        recipe_id: RecipeId,
        recipe: Arc<Recipe>,
        message: Arc<Message>,
        previous: Option<MessageId>,
        traceparent: Option<String>,
    ) -> Self {
        Self {
            size: recipe.text_size() + message.text_size(),
            recipe_id,
            recipe,
            message,
            previous,
            traceparent,
            access: None,
        }
    }

    /// The same with who may do what from now on.
    #[must_use]
    pub(crate) fn with_access(self, access: Access) -> Self {
        Self {
            size: self.size + access.text_size(),
            access: Some(Arc::new(access)),
            ..self
        }
    }

    /// The revision that the message made.
    pub(crate) fn revision(&self) -> Revision {
        self.message.revision
    }

    /// Where the recipe stands after it.
    pub(crate) fn position(&self) -> Position {
        Position {
            revision: self.message.revision,
            message: Some(self.message.id.clone()),
        }
    }

    /// Where it stood before.
    pub(crate) fn previous(&self) -> Position {
        Position {
            revision: self.message.revision.saturating_sub(1),
            message: self.previous.clone(),
        }
    }
}

/// An effect or a hint that is short enough for people, and for every frame: the rest of it gives way to "…".
pub(crate) fn shortened(words: String) -> String {
    match words.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

/// A message that is durable.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    /// The message as it was first accepted.
    pub message: Arc<Message>,
    /// Whether it had been accepted before.
    pub duplicate: bool,
    /// The recipe after it, unless it lies too far back to be at hand.
    pub recipe: Option<Arc<Recipe>>,
    /// How many bytes the store takes more for it.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_or_hint_is_cut_where_nobody_reads_on() {
        assert_eq!(shortened("Added salt".to_owned()), "Added salt");
        let long = shortened("é".repeat(MAX_WORDS + 1));
        assert_eq!(long.chars().count(), MAX_WORDS + 1);
        assert!(long.ends_with('…'));
    }
}

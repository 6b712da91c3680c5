//! What a connection asks for when it joins a recipe, and what it finds there.

use std::sync::Arc;

use proto::{
    ids::{Position, RecipeId, Revision},
    websocket::frames::{Message, Recipe},
};

use super::Principal;
use crate::access::Grant;

/// What a join asks for.
#[derive(Debug, Clone)]
pub struct Join {
    /// Who.
    pub principal: Arc<Principal>,
    /// Where.
    pub recipe: RecipeId,
    /// Where the client stands.
    pub after: Option<Position>,
}

/// The recipe as the one who joins finds it.
#[derive(Debug)]
pub struct Joined {
    /// The position that the recipe stands at.
    pub position: Position,
    /// The recipe.
    pub recipe: Arc<Recipe>,
    /// Those after [`Join::after`], else the latest ones.
    pub messages: Vec<Arc<Message>>,
    /// Whether older ones exist.
    pub truncated: bool,
    /// What became of [`Join::after`].
    pub recovery: Recovery,
    /// What the user may do; `None` from a chat service that does not tell.
    pub grant: Option<Grant>,
    /// What others see the user as there; `None` from a chat service that does not tell.
    pub name: Option<Arc<str>>,
    /// Whether the chat service tells who is there.
    pub tells_presence: bool,
    /// Where the recipe's room stood when the chat service was asked, for the last time if the link broke meanwhile.
    pub asked_at: Option<Position>,
}

/// What became of the position that a join named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// It named none.
    Unasked,
    /// All that came after it is there.
    Complete,
    /// It is of this history, but too much came after it.
    Truncated,
    /// The recipe has not come that far, or has another message there.
    Diverged,
}

impl Joined {
    /// What is known of the message at a revision.
    pub fn at(&self, revision: Revision) -> Option<Position> {
        if revision == self.position.revision {
            return Some(self.position.clone());
        }
        let found = self.messages.iter().find(|m| m.revision == revision);
        found.map(|message| Position {
            revision,
            message: message.id.parse().ok(),
        })
    }
}

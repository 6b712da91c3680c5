//! What the client knows of the recipe: its state, its messages, and up to which revision. Each message is shown
//! once, in the recipe's order.

use std::{collections::VecDeque, sync::Arc};

use proto::websocket::frames::{Author, Message, Recipe, RecipeUpdate};

/// Older messages are forgotten.
const MAX_MESSAGES: usize = 1_000;

/// A line of the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Said(Arc<Message>),
    NotSaid { content: String, reason: String },
}

#[derive(Debug, Default)]
pub struct History {
    /// `None` before the first answer.
    revision: Option<u64>,
    /// The id of the message at that revision, when known.
    message_id: Option<String>,
    recipe: Arc<Recipe>,
    me: Option<Author>,
    session: Option<String>,
    lines: VecDeque<Line>,
}

/// What an update has brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MergeResult {
    /// These messages, which were not known.
    New(Vec<Arc<Message>>),
    /// These messages, in place of all that were known.
    Anew(Vec<Arc<Message>>),
    /// Something between what is known and this is missing.
    Gap,
}

impl History {
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }

    /// What the server suggests to say in place of the last message of this user.
    pub fn suggestions(&self) -> &[String] {
        let mine = self.lines.iter().rev().find_map(|line| match line {
            Line::Said(message) if self.is_mine(message) => Some(message),
            Line::Said(_) | Line::NotSaid { .. } => None,
        });
        let suggestions = mine.and_then(|message| message.suggestions.as_deref());
        suggestions.unwrap_or_default()
    }

    /// Who the client is, once the server has said so.
    pub fn me(&self) -> Option<&Author> {
        self.me.as_ref()
    }

    /// The last revision that is known.
    pub(super) fn revision(&self) -> Option<u64> {
        self.revision
    }

    /// The id of the message there.
    pub(super) fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// The session to resume.
    pub(super) fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Another connection has it now.
    pub(super) fn forget_session(&mut self) {
        self.session = None;
    }

    pub(super) fn is_mine(&self, message: &Message) -> bool {
        self.me
            .as_ref()
            .is_some_and(|me| me.id == message.author.id)
    }

    /// Takes in an update, which the server sends in increasing order of revision on a connection.
    pub(super) fn take(&mut self, update: &RecipeUpdate) -> MergeResult {
        let answers_auth = update.session.is_some();
        let known = self.revision.unwrap_or(update.revision);
        let skips = update.messages.is_none() && update.revision > known + 1;
        if skips && !answers_auth {
            // An answer about an older message may run ahead of the updates before it, which still come.
            return match update.in_reply_to {
                Some(_) => MergeResult::New(Vec::new()),
                None => MergeResult::Gap,
            };
        }
        if let Some(session) = &update.session {
            self.me = Some(session.user.clone());
            self.session = Some(session.id.clone());
        }
        let anew = update.recovered == Some(false);
        if anew {
            self.message_id = None;
            self.lines
                .retain(|line| matches!(line, Line::NotSaid { .. }));
        }
        // After an `auth` the server's word stands, even if it has gone back to an older state.
        if answers_auth || update.revision >= known {
            if let Some(newest) = newest(update) {
                self.message_id = Some(newest.id.clone());
            } else if self.revision != Some(update.revision) {
                self.message_id = None;
            }
            self.revision = Some(update.revision);
            self.recipe = update.recipe.clone();
        }
        let several = update.messages.iter().flatten();
        let unknown: Vec<_> = several
            .chain(&update.message)
            .filter(|message| !self.knows(message))
            .cloned()
            .collect();
        for message in &unknown {
            self.add(Line::Said(message.clone()));
        }
        match anew {
            true => MergeResult::Anew(unknown),
            false => MergeResult::New(unknown),
        }
    }

    pub(super) fn add(&mut self, line: Line) {
        if self.lines.len() == MAX_MESSAGES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    fn knows(&self, message: &Message) -> bool {
        self.lines.iter().rev().any(|line| match line {
            Line::Said(said) => said.revision == message.revision && said.id == message.id,
            Line::NotSaid { .. } => false,
        })
    }
}

/// The message that made an update's revision, when it is there.
fn newest(update: &RecipeUpdate) -> Option<&Arc<Message>> {
    let messages = update.messages.iter().flatten().chain(&update.message);
    messages
        .rev()
        .find(|message| message.revision == update.revision)
}

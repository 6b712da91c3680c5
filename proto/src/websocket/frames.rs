//! The frames as serde types, for both directions. The published JSON Schema, the TypeScript types and the
//! terminal client are made from these.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::codes::{ClosingAction, ErrorCode};

/// A frame that a client sends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Proves who the client is: first on every connection, and again when asked.
    Auth {
        /// Unique per sender.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// RFC 3339, UTC; informative.
        #[serde(skip_serializing_if = "Option::is_none")]
        timestamp: Option<String>,
        payload: AuthPayload,
    },
    /// Says something about the recipe.
    ChatMessage {
        /// The idempotency key: 1 to 128 characters.
        #[schemars(length(min = 1, max = 128))]
        id: String,
        /// RFC 3339, UTC; informative.
        #[serde(skip_serializing_if = "Option::is_none")]
        timestamp: Option<String>,
        payload: ChatPayload,
    },
    /// Asks for a `pong`.
    Ping {
        /// Named by the `pong`.
        #[schemars(length(min = 1, max = 128))]
        id: String,
        /// RFC 3339, UTC; informative.
        #[serde(skip_serializing_if = "Option::is_none")]
        timestamp: Option<String>,
        payload: Empty,
    },
    /// Says that the user is writing a message.
    Typing {
        /// Named by nothing: there is no answer.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// RFC 3339, UTC; informative.
        #[serde(skip_serializing_if = "Option::is_none")]
        timestamp: Option<String>,
        payload: Empty,
    },
}

/// It may hold a token: only its type is printed.
impl std::fmt::Debug for ClientFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Auth { .. } => "auth [redacted]",
            Self::ChatMessage { .. } => "chat_message",
            Self::Ping { .. } => "ping",
            Self::Typing { .. } => "typing",
        })
    }
}

/// What proves who the client is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthPayload {
    /// The access token.
    pub token: String,
    /// A session to resume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The last revision that the client has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The id of the message at that revision; absent at revision 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub message_id: Option<String>,
    /// W3C trace context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

impl std::fmt::Debug for AuthPayload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthPayload { [redacted] }")
    }
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChatPayload {
    /// 1 to 4,000 characters after trimming.
    pub content: String,
    /// W3C trace context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// Nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Empty {}

/// A frame that the server sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The recipe, as the answer to `auth` or after an accepted message.
    RecipeUpdate {
        /// UUIDv7.
        id: String,
        /// RFC 3339, UTC.
        timestamp: String,
        payload: RecipeUpdate,
    },
    /// The client must send a fresh `auth`.
    AuthRequired {
        /// UUIDv7.
        id: String,
        /// RFC 3339, UTC.
        timestamp: String,
        payload: AuthRequired,
    },
    /// A client's message was not carried out.
    Error {
        /// UUIDv7.
        id: String,
        /// RFC 3339, UTC.
        timestamp: String,
        payload: ErrorPayload,
    },
    /// The answer to `ping`.
    Pong {
        /// UUIDv7.
        id: String,
        /// RFC 3339, UTC.
        timestamp: String,
        payload: Pong,
    },
    /// Who is on the recipe, after the first answer to `auth` and when it has changed.
    Presence {
        /// UUIDv7.
        id: String,
        /// RFC 3339, UTC.
        timestamp: String,
        payload: Presence,
    },
    /// The connection is being closed: nothing but the close itself follows.
    Closing {
        /// UUIDv7.
        id: String,
        /// RFC 3339, UTC.
        timestamp: String,
        payload: Closing,
    },
}

// `in_reply_to` stands last: `outbound::reply` adds it to a frame that is already serialised.
/// A recipe at a revision, and what led there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecipeUpdate {
    pub recipe_id: String,
    /// The revision that `recipe` stands at.
    pub revision: u64,
    pub recipe: Arc<Recipe>,
    /// The message that was accepted; absent in the answer to `auth`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Arc<Message>>,
    /// Messages that the client may not have, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<Arc<Message>>>,
    /// Whether older messages exist than the first of `messages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages_truncated: Option<bool>,
    /// The client's session: in the answer to `auth`, and without `in_reply_to` when its role or visibility has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionInfo>,
    /// Only in the answer to an `auth` that named a revision: whether nothing is missing since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered: Option<bool>,
    /// The `id` of the client's message that this answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
}

/// The state of a recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recipe {
    pub title: String,
    /// A few words on the dish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How many it serves.
    pub servings: u32,
    pub ingredients: Vec<Ingredient>,
    pub steps: Vec<Step>,
    pub tags: Vec<String>,
    /// Those that run, and those that ended less than an hour ago and nobody has stopped; builds before them leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timers: Option<Vec<Timer>>,
}

/// A timer, started by a message such as `timer 9 minutes for the pasta`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timer {
    /// Unique in the recipe, never used again.
    pub id: String,
    /// What it is for; empty when nobody said.
    pub label: String,
    /// RFC 3339, UTC.
    pub ends_at: String,
    /// The name of whoever started it.
    pub by: String,
}

/// One line of the ingredient list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ingredient {
    /// Unique in the recipe, never used again.
    pub id: String,
    pub name: String,
    /// As a cook writes it: `1 1/2`, `2-3`; empty when there is none.
    pub quantity: String,
    /// Empty when there is none.
    pub unit: String,
    /// Empty when there is none.
    pub note: String,
}

/// One step of the method.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Unique in the recipe, never used again.
    pub id: String,
    pub text: String,
}

/// A message that was accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Chosen by the author's client.
    pub id: String,
    pub author: Author,
    pub content: String,
    /// When it was accepted: RFC 3339, UTC.
    pub timestamp: String,
    /// Its place in the recipe's one order: 1, 2, 3…
    pub revision: u64,
    /// What it did to the recipe, in words; `null` for plain talk.
    pub effect: Option<String>,
    /// What would work, when it looked like a command that could not be followed; only its author is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// At most 3 messages that would work, word for word, to be offered for a tap; only its author is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestions: Option<Vec<String>>,
    /// What it changed in the recipe; left out in old messages, and where that is nearly everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<Change>>,
}

/// A part of a recipe that a message changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    pub op: ChangeOp,
    pub what: ChangedPart,
    /// Of an ingredient or step: its id; of a tag: the tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeOp {
    Added,
    Changed,
    Removed,
    Moved,
}

/// Which kind of part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangedPart {
    Ingredient,
    Step,
    Title,
    Servings,
    Tag,
    Description,
}

/// A user as others see them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    pub id: String,
    pub name: String,
}

/// What somebody may do with a recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Change it, and decide who else may.
    Owner,
    /// Change it.
    Editor,
    /// Read it.
    Viewer,
}

/// Who may come into a recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Its members.
    Private,
    /// Every signed-in user who has its id, and they may change it.
    Open,
    /// Everybody may read it; only members change it.
    Public,
}

/// The session that an `auth` opened or renewed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionInfo {
    /// Give it as `payload.session` to resume after a lost connection.
    pub id: String,
    /// The id under which operators find this connection; builds before it was told leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    pub user: Author,
    /// What the user may do; builds before it was told leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Who may come in; builds before it was told leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// When `auth_required` will come: RFC 3339, UTC.
    pub reauth_at: String,
    /// When the token ends: RFC 3339, UTC.
    pub expires_at: String,
}

/// Asks for a fresh `auth`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthRequired {
    pub reason: AuthRequiredReason,
    /// When the connection will be closed if nothing comes: RFC 3339, UTC.
    pub expires_at: String,
}

/// Why a fresh `auth` is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AuthRequiredReason {
    /// The token ends soon.
    #[serde(rename = "Token expiring soon")]
    Expiring,
    /// An operator asked for it.
    #[serde(rename = "Session review requested")]
    Review,
}

/// Why a client's message was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorPayload {
    pub code: ErrorCode,
    /// For people.
    pub message: String,
    /// Whether the same message may succeed later.
    pub retryable: bool,
    /// When to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The `id` of the client's message, when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
}

/// The answer to `ping`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pong {
    /// The `id` of the `ping`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
}

/// Who is on the recipe, at any edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// The first 50, in the order in which they came.
    pub people: Vec<Person>,
    /// How many there are.
    pub count: u64,
}

/// Somebody who is on the recipe, by however many connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    pub id: String,
    /// As others see it.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they are writing a message.
    pub typing: bool,
}

/// Why the server closes the connection, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Closing {
    /// The code of the close that follows.
    pub code: u32,
    /// Its reason.
    pub reason: String,
    pub action: ClosingAction,
    /// With `reconnect`: how long to wait at least. It differs from client to client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The id under which operators find this connection.
    pub connection: String,
}

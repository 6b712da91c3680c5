//! Reads what clients send. Unknown keys are ignored, doubled ones are refused, and nothing is trusted: each
//! fault has its own words and names the client's message when it can.

use std::fmt;

use proto::{
    ids::{MessageId, Position, Revision, SessionId},
    text::{InvalidMessageText, MessageText},
    websocket::codes::{Close, ErrorCode},
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A well-formed message of a client.
#[derive(Debug)]
pub enum ClientMessage {
    /// Proves who the client is.
    Auth(Auth),
    /// Says something about the recipe.
    Chat(Chat),
    /// Asks for a `pong` that names this id.
    Ping(Option<MessageId>),
    /// Says that somebody is writing; it has no answer.
    Typing,
}

/// The client's proof of who it is.
#[derive(Debug)]
pub struct Auth {
    /// Named by the answer.
    pub id: Option<MessageId>,
    /// The access token.
    pub token: SecretString,
    /// A session to resume.
    pub session: Option<SessionId>,
    /// Where the client stands.
    pub resume: ResumeFrom,
    /// W3C trace context.
    pub traceparent: Option<String>,
}

/// What a client says that it has of the recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ResumeFrom {
    /// Nothing: it named no revision.
    #[default]
    Start,
    /// All up to this position.
    Position(Position),
    /// A revision or a message that no recipe has.
    Nowhere,
}

impl ResumeFrom {
    /// The position, when it is one.
    pub fn position(&self) -> Option<&Position> {
        match self {
            Self::Position(position) => Some(position),
            Self::Start | Self::Nowhere => None,
        }
    }
}

/// Something said about the recipe.
#[derive(Debug)]
pub struct Chat {
    /// The idempotency key.
    pub id: MessageId,
    /// As the chat service keeps it.
    pub content: MessageText,
    /// W3C trace context.
    pub traceparent: Option<String>,
}

/// A message that cannot be followed, in words for the client's developer.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// `invalid_message` or `message_too_long`.
    pub code: ErrorCode,
    /// What is wrong and how to mend it.
    pub words: String,
    /// The client's id, when it has a good one.
    pub id: Option<MessageId>,
    /// Set when the message is an `auth` without a token.
    missing_token: bool,
}

impl Fault {
    fn new(words: impl fmt::Display, id: Option<MessageId>) -> Self {
        Self {
            code: ErrorCode::InvalidMessage,
            words: words.to_string(),
            id,
            missing_token: false,
        }
    }

    /// How a connection ends when this is an answer to a demand for `auth`; `None` when it is not an `auth`.
    pub fn close(&self) -> Option<Close> {
        self.missing_token.then_some(Close::MissingAuthToken)
    }
}

/// Reads one text frame.
///
/// # Errors
/// A [`Fault`] that says what is wrong, naming the client's message when possible.
pub fn read(text: &str) -> Result<ClientMessage, Fault> {
    let envelope: Envelope<'_> = object(text).map_err(|wrong| {
        Fault::new(
            format_args!("the frame must be one JSON object: {wrong}"),
            None,
        )
    })?;
    let id = envelope.id();
    let Ok(kind) = string(envelope.kind) else {
        return Err(Fault::new("`type` must be a string", id.ok().flatten()));
    };
    match kind.as_deref() {
        Some("auth") => auth(&envelope, id.ok().flatten()).map(ClientMessage::Auth),
        Some("chat_message") => chat(&envelope, id?).map(ClientMessage::Chat),
        Some("ping") => Ok(ClientMessage::Ping(id?)),
        Some("typing") => Ok(ClientMessage::Typing),
        Some(other) => Err(Fault::new(
            format_args!(
                "no message type {:?}; send auth, chat_message, typing or ping",
                other.chars().take(40).collect::<String>()
            ),
            id.ok().flatten(),
        )),
        None => Err(Fault::new("`type` is missing", id.ok().flatten())),
    }
}

/// Judges the first frame of a connection: nothing but an `auth` with a token will do.
///
/// # Errors
/// How the connection ends.
pub fn read_first(text: &str) -> Result<Auth, Close> {
    match read(text) {
        Ok(ClientMessage::Auth(auth)) => Ok(auth),
        Ok(_) => Err(Close::FirstMessageMustBeAuth),
        Err(fault) => Err(fault.close().unwrap_or(Close::FirstMessageMustBeAuth)),
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl Envelope<'_> {
    fn id(&self) -> Result<Option<MessageId>, Fault> {
        let wrong = |words: String| Fault::new(words, None);
        match string(self.id) {
            Ok(None) => Ok(None),
            Ok(Some(id)) => id
                .parse()
                .map(Some)
                .map_err(|wrong_id: proto::ids::InvalidId| wrong(wrong_id.to_string())),
            Err(()) => Err(wrong("`id` must be a string".to_owned())),
        }
    }
}

#[derive(Default, Deserialize)]
struct AuthPayload<'a> {
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    session: Option<&'a RawValue>,
    #[serde(borrow)]
    revision: Option<&'a RawValue>,
    #[serde(borrow)]
    message_id: Option<&'a RawValue>,
    #[serde(borrow)]
    traceparent: Option<&'a RawValue>,
}

fn auth(envelope: &Envelope<'_>, id: Option<MessageId>) -> Result<Auth, Fault> {
    let missing_token = |id| Fault {
        missing_token: true,
        ..Fault::new("`payload.token` must be a non-empty string", id)
    };
    let Some(Ok(payload)) = envelope.payload.map(payload::<AuthPayload<'_>>) else {
        return Err(missing_token(id));
    };
    let token = match string(payload.token) {
        Ok(Some(token)) if !token.is_empty() => SecretString::from(token),
        Ok(_) | Err(()) => return Err(missing_token(id)),
    };
    Ok(Auth {
        id,
        token,
        // A session or position that makes no sense cannot be resumed from: the client starts afresh.
        session: string(payload.session)
            .ok()
            .flatten()
            .and_then(|session| session.parse().ok()),
        resume: resume_from(&payload),
        traceparent: string(payload.traceparent).ok().flatten(),
    })
}

fn resume_from(payload: &AuthPayload<'_>) -> ResumeFrom {
    let named = payload.revision.map_or("null", RawValue::get);
    let revision: Option<Revision> = match serde_json::from_str(named) {
        Ok(revision) => revision,
        Err(_) => return ResumeFrom::Nowhere,
    };
    let Some(revision) = revision else {
        return ResumeFrom::Start;
    };
    match string(payload.message_id).map(|id| id.map(|id| id.parse()).transpose()) {
        Ok(Ok(message)) => ResumeFrom::Position(Position { revision, message }),
        Ok(Err(_)) | Err(()) => ResumeFrom::Nowhere,
    }
}

#[derive(Default, Deserialize)]
struct ChatPayload<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    traceparent: Option<&'a RawValue>,
}

fn chat(envelope: &Envelope<'_>, id: Option<MessageId>) -> Result<Chat, Fault> {
    let Some(id) = id else {
        return Err(Fault::new(
            "`id` is missing: a chat_message needs one, so that it can be sent again safely",
            None,
        ));
    };
    let wrong = |words: &str| Fault::new(words, Some(id.clone()));
    let payload: ChatPayload<'_> = match envelope.payload.map(payload) {
        Some(Ok(payload)) => payload,
        Some(Err(_)) => return Err(wrong("`payload` must be an object")),
        None => return Err(wrong("`payload` is missing")),
    };
    let Ok(Some(content)) = string(payload.content) else {
        return Err(wrong("`payload.content` must be a string"));
    };
    match content.parse() {
        Ok(content) => Ok(Chat {
            content,
            traceparent: string(payload.traceparent).ok().flatten(),
            id,
        }),
        Err(InvalidMessageText::Empty) => Err(wrong("`payload.content` is empty")),
        Err(too_long @ InvalidMessageText::TooLong) => Err(Fault {
            code: ErrorCode::MessageTooLong,
            ..wrong(&too_long.to_string())
        }),
    }
}

fn payload<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, serde_json::Error> {
    object(raw.get())
}

/// Reads a JSON object. Serde would take an array for a struct too, by position.
fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    if !text.trim_start().starts_with('{') {
        return Err(serde::de::Error::custom("it does not begin with {"));
    }
    serde_json::from_str(text)
}

/// Reads a JSON string; `null` counts as missing.
fn string(raw: Option<&RawValue>) -> Result<Option<String>, ()> {
    match raw {
        None => Ok(None),
        Some(raw) => serde_json::from_str(raw.get()).map_err(|_| ()),
    }
}

#[cfg(test)]
mod tests;

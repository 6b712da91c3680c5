//! Makes the server's frames. An update is serialised once for all who see it.

use std::{sync::Arc, time::Duration};

use bytes::{BufMut as _, Bytes, BytesMut};
use proto::{
    ids::{ConnectionId, RecipeId, UserId},
    websocket::{
        MAX_FRAME,
        codes::{Close, ErrorCode},
        frames::{
            AuthRequired, AuthRequiredReason, Closing, ErrorPayload, Message, Pong, Presence,
            RecipeUpdate, ServerFrame,
        },
    },
};
use rand::RngExt as _;
use runtime::clock::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use uuid::Uuid;

use super::{
    fitting::{MAX_REPLY, fitted},
    rendered::Rendered,
};

/// How many bytes an update usually has beside its recipe.
const USUAL_ENVELOPE: usize = 768;

/// A `recipe_update`, with less in it than was given when that is more than a frame holds.
pub(crate) fn recipe_update(payload: RecipeUpdate, now: Timestamp) -> Utf8Bytes {
    let mut frame = ServerFrame::RecipeUpdate {
        id: id(),
        timestamp: now.to_string(),
        payload,
    };
    let whole = text(&frame);
    if whole.len() <= MAX_FRAME - MAX_REPLY {
        return whole;
    }
    if let ServerFrame::RecipeUpdate { payload, .. } = &mut frame {
        *payload = fitted(payload.clone());
    }
    text(&frame)
}

/// The `recipe_update` of an accepted message: the same as of [`recipe_update`], with the recipe's JSON as it is at hand.
pub(crate) fn room_update(
    recipe_id: &RecipeId,
    recipe: &Rendered,
    message: &Arc<Message>,
    now: Timestamp,
) -> Utf8Bytes {
    let frame = RoomUpdate {
        kind: "recipe_update",
        id: id(),
        timestamp: now.to_string(),
        payload: RoomUpdatePayload {
            recipe_id: recipe_id.as_str(),
            revision: message.revision,
            recipe: recipe.json(),
            message,
        },
    };
    let mut whole = Vec::with_capacity(recipe.len() + USUAL_ENVELOPE);
    // As below, it cannot fail.
    serde_json::to_writer(&mut whole, &frame).unwrap_or_default();
    if whole.len() <= MAX_FRAME - MAX_REPLY {
        return utf8(whole.into());
    }
    let payload = RecipeUpdate {
        recipe_id: recipe_id.to_string(),
        revision: message.revision,
        recipe: Arc::clone(recipe.recipe()),
        message: Some(Arc::clone(message)),
        messages: None,
        messages_truncated: None,
        session: None,
        recovered: None,
        in_reply_to: None,
    };
    recipe_update(payload, now)
}

/// What of [`ServerFrame::RecipeUpdate`] the update of a room has, in the same order.
#[derive(Serialize)]
struct RoomUpdate<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    timestamp: String,
    payload: RoomUpdatePayload<'a>,
}

#[derive(Serialize)]
struct RoomUpdatePayload<'a> {
    recipe_id: &'a str,
    revision: u64,
    recipe: &'a RawValue,
    message: &'a Message,
}

/// The message as those see it who did not write it: hints and suggestions are for its author.
pub(crate) fn for_everybody(message: &Arc<Message>) -> Arc<Message> {
    if message.hint.is_none() && message.suggestions.is_none() {
        return Arc::clone(message);
    }
    Arc::new(Message {
        hint: None,
        suggestions: None,
        ..Message::clone(message)
    })
}

/// The message as a user sees it.
pub(crate) fn seen_by(user: &UserId, message: Arc<Message>) -> Arc<Message> {
    match message.author.id == user.as_str() {
        true => message,
        false => for_everybody(&message),
    }
}

/// An `auth_required`; `closes_at` is when the connection ends if nothing comes.
pub(crate) fn auth_required(
    reason: AuthRequiredReason,
    closes_at: Timestamp,
    now: Timestamp,
) -> Utf8Bytes {
    text(&ServerFrame::AuthRequired {
        id: id(),
        timestamp: now.to_string(),
        payload: AuthRequired {
            reason,
            expires_at: closes_at.to_string(),
        },
    })
}

/// An `error`.
pub(crate) fn error(
    code: ErrorCode,
    message: impl Into<String>,
    in_reply_to: Option<String>,
    retry_after: Option<Duration>,
    now: Timestamp,
) -> Utf8Bytes {
    text(&ServerFrame::Error {
        id: id(),
        timestamp: now.to_string(),
        payload: ErrorPayload {
            code,
            message: message.into(),
            retryable: code.retryable(),
            retry_after_ms: retry_after.map(millis),
            in_reply_to,
        },
    })
}

/// A `pong`.
pub(crate) fn pong(in_reply_to: Option<String>, now: Timestamp) -> Utf8Bytes {
    text(&ServerFrame::Pong {
        id: id(),
        timestamp: now.to_string(),
        payload: Pong { in_reply_to },
    })
}

/// A `presence`.
pub(crate) fn presence(payload: Presence, now: Timestamp) -> Utf8Bytes {
    text(&ServerFrame::Presence {
        id: id(),
        timestamp: now.to_string(),
        payload,
    })
}

/// A `closing`. When its client may come back is drawn anew for each.
pub(crate) fn closing(close: Close, connection: &ConnectionId, now: Timestamp) -> Utf8Bytes {
    let wait = close
        .retry_after()
        .map(|spread| millis(rand::rng().random_range(spread)));
    text(&ServerFrame::Closing {
        id: id(),
        timestamp: now.to_string(),
        payload: Closing {
            code: close.code().into(),
            reason: close.reason().to_owned(),
            action: close.action(),
            retry_after_ms: wait,
            connection: connection.to_string(),
        },
    })
}

/// The same `recipe_update`, as the answer to the client's message `id`: `in_reply_to` is put before the two
/// braces that end payload and frame.
pub(crate) fn reply(update: &Utf8Bytes, id: &str) -> Utf8Bytes {
    let Some(open) = update.strip_suffix("}}") else {
        return update.clone();
    };
    let name = serde_json::Value::from(id).to_string();
    let mut frame = BytesMut::with_capacity(update.len() + name.len() + 20);
    frame.put_slice(open.as_bytes());
    frame.put_slice(b",\"in_reply_to\":");
    frame.put_slice(name.as_bytes());
    frame.put_slice(b"}}");
    utf8(frame.freeze())
}

fn text(frame: &ServerFrame) -> Utf8Bytes {
    // Serialising these types cannot fail: every key is a string and no number is a float.
    utf8(serde_json::to_vec(frame).unwrap_or_default().into())
}

fn utf8(bytes: Bytes) -> Utf8Bytes {
    Utf8Bytes::try_from(bytes).unwrap_or_default()
}

/// Whole milliseconds, at least one.
fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn id() -> String {
    Uuid::now_v7().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::websocket::frames::{Author, Recipe};

    #[test]
    fn the_authors_copy_says_what_it_answers_and_nothing_else_differs() {
        let payload = RecipeUpdate {
            recipe_id: "pancakes".into(),
            revision: 3,
            recipe: Recipe::default().into(),
            message: None,
            messages: None,
            messages_truncated: None,
            session: None,
            recovered: None,
            in_reply_to: None,
        };
        let frame = recipe_update(payload, Timestamp::default());

        let copy = reply(&frame, "quote\" and é");

        let mut expected: serde_json::Value = serde_json::from_str(&frame).unwrap();
        expected["payload"]["in_reply_to"] = "quote\" and é".into();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&copy).unwrap(),
            expected
        );
    }

    #[test]
    fn an_update_with_json_at_hand_is_the_same_as_one_that_is_serialised() {
        let message = Arc::new(Message {
            id: "m7".into(),
            author: Author {
                id: "u1".into(),
                name: "ada".into(),
            },
            content: "add \"salt\"".into(),
            revision: 7,
            effect: Some("Added salt".into()),
            ..Message::default()
        });
        let pie = Recipe {
            title: "Pie \u{e9}".into(),
            ..Recipe::default()
        };
        let feast = Recipe {
            description: Some("x".repeat(2 * MAX_FRAME)),
            ..Recipe::default()
        };
        for recipe in [pie, feast].map(Arc::new) {
            let payload = RecipeUpdate {
                recipe_id: "pancakes".into(),
                revision: 7,
                recipe: Arc::clone(&recipe),
                message: Some(Arc::clone(&message)),
                messages: None,
                messages_truncated: None,
                session: None,
                recovered: None,
                in_reply_to: None,
            };
            let serialised = recipe_update(payload, Timestamp::default());
            let id = "pancakes".parse().unwrap();
            let frame = room_update(&id, &Rendered::new(recipe), &message, Timestamp::default());

            assert!(frame.len() <= MAX_FRAME);
            let without_id = |frame: &Utf8Bytes| {
                let (before, after) = frame.split_at(r#"{"type":"recipe_update","id":""#.len());
                (
                    before.to_owned(),
                    after[Uuid::nil().to_string().len()..].to_owned(),
                )
            };
            assert_eq!(without_id(&frame), without_id(&serialised));
        }
    }
}

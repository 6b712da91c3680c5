//! Holds every frame of a server against the contract's envelope.

use std::collections::HashSet;

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

const KINDS: [&str; 6] = [
    "recipe_update",
    "presence",
    "auth_required",
    "error",
    "pong",
    "closing",
];
const ROLES: [&str; 3] = ["owner", "editor", "viewer"];
const ACTIONS: [&str; 3] = ["reconnect", "sign_in", "stop"];
const CODES: [&str; 7] = [
    "invalid_message",
    "message_too_long",
    "rate_limited",
    "forbidden",
    "conflict",
    "unavailable",
    "internal",
];

/// The envelopes of one connection: their ids are never used twice.
#[derive(Debug, Default)]
pub(super) struct Envelopes {
    ids: HashSet<String>,
}

impl Envelopes {
    /// Reads a frame. Panics when it is not as the contract says.
    pub(super) fn check(&mut self, text: &str) -> Value {
        let message: Value = serde_json::from_str(text).expect("a server sends JSON");
        let kind = message["type"].as_str().unwrap_or_default();
        assert!(KINDS.contains(&kind), "no type of a server: {text}");
        let id = message["id"].as_str().unwrap_or_default();
        let version = Uuid::parse_str(id).ok().map(|id| id.get_version_num());
        assert_eq!(version, Some(7), "the id is no UUIDv7: {text}");
        assert!(self.ids.insert(id.to_owned()), "an id came twice: {text}");
        assert!(is_utc(&message["timestamp"]), "no time in UTC: {text}");
        assert!(message["payload"].is_object(), "no payload: {text}");
        check_payload(kind, &message["payload"]);
        message
    }
}

fn check_payload(kind: &str, payload: &Value) {
    match kind {
        "recipe_update" => check_update(payload),
        "auth_required" => {
            let reason = payload["reason"].as_str().unwrap_or_default();
            let known = ["Token expiring soon", "Session review requested"];
            assert!(known.contains(&reason), "no such reason: {payload}");
            assert!(is_utc(&payload["expires_at"]), "{payload}");
        }
        "error" => {
            let code = payload["code"].as_str().unwrap_or_default();
            assert!(CODES.contains(&code), "no such code: {payload}");
            let words = payload["message"].as_str().unwrap_or_default();
            assert!(!words.is_empty(), "no words for people: {payload}");
            assert!(payload["retryable"].is_boolean(), "{payload}");
        }
        "presence" => check_presence(payload),
        "closing" => check_closing(payload),
        _ => assert!(payload["in_reply_to"].is_string(), "{payload}"),
    }
}

fn check_presence(payload: &Value) {
    let people = payload["people"].as_array().expect("a list of people");
    assert!(people.len() <= 50, "the first 50: {payload}");
    let count = payload["count"].as_u64().expect("a count");
    assert!(count >= people.len() as u64, "{payload}");
    let mut ids = HashSet::new();
    for person in people {
        let role = person["role"].as_str().unwrap_or_default();
        assert!(ROLES.contains(&role), "no such role: {payload}");
        assert!(person["name"].is_string(), "{payload}");
        assert!(person["typing"].is_boolean(), "{payload}");
        let id = person["id"].as_str().expect("an id");
        assert!(ids.insert(id), "{id} is there twice: {payload}");
    }
}

fn check_closing(payload: &Value) {
    assert!(payload["code"].is_u64(), "{payload}");
    assert!(payload["reason"].is_string(), "{payload}");
    assert!(payload["connection"].is_string(), "{payload}");
    let action = payload["action"].as_str().unwrap_or_default();
    assert!(ACTIONS.contains(&action), "no such action: {payload}");
    let told = payload["retry_after_ms"].is_u64();
    assert_eq!(told, action == "reconnect", "{payload}");
}

fn check_update(payload: &Value) {
    assert!(payload["revision"].is_u64(), "{payload}");
    let recipe = &payload["recipe"];
    assert!(recipe["title"].is_string(), "{payload}");
    assert!(recipe["servings"].is_u64(), "{payload}");
    for list in ["ingredients", "steps", "tags"] {
        assert!(recipe[list].is_array(), "no {list}: {payload}");
    }
    let skipped = payload["messages"].as_array().into_iter().flatten();
    let own = payload.get("message");
    skipped.chain(own).for_each(check_message);
    if let Some(recovered) = payload.get("recovered") {
        assert!(recovered.is_boolean(), "{payload}");
        assert!(
            payload["session"].is_object(),
            "only in the answer to an auth: {payload}"
        );
    }
    if let Some(session) = payload.get("session") {
        assert!(session["id"].is_string(), "{payload}");
        assert!(session["connection"].is_string(), "{payload}");
        assert!(session["user"]["id"].is_string(), "{payload}");
        assert!(session["user"]["name"].is_string(), "{payload}");
        assert!(is_utc(&session["reauth_at"]), "{payload}");
        assert!(is_utc(&session["expires_at"]), "{payload}");
    }
}

fn check_message(message: &Value) {
    for text in ["id", "content"] {
        assert!(message[text].is_string(), "no {text}: {message}");
    }
    assert!(message["author"]["id"].is_string(), "{message}");
    assert!(message["author"]["name"].is_string(), "{message}");
    assert!(is_utc(&message["timestamp"]), "{message}");
    assert!(message["revision"].is_u64(), "{message}");
    let effect = message.get("effect");
    let spoken = effect.is_some_and(|effect| effect.is_string() || effect.is_null());
    assert!(spoken, "effect is words or null: {message}");
}

fn is_utc(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    OffsetDateTime::parse(text, &Rfc3339).is_ok_and(|time| time.offset().is_utc())
}

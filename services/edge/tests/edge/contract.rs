//! The protocol's published files are made from the code: this writes them anew and fails when they were stale.

use std::{path::PathBuf, sync::Arc};

use edge::internals::inbound;
use proto::websocket::{
    codes::{Close, ErrorCode},
    frames::{
        AuthPayload, AuthRequired, AuthRequiredReason, Author, ChatPayload, ClientFrame, Closing,
        Empty, ErrorPayload, Ingredient, Message, Person, Pong, Presence, Recipe, RecipeUpdate,
        Role, ServerFrame, SessionInfo, Step, Timer, Visibility,
    },
};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

#[test]
fn the_schema_is_what_the_code_says() {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<ClientFrame>();
    generator.subschema_for::<ServerFrame>();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Recipe Chat, WebSocket protocol, version 1",
        "oneOf": [{ "$ref": "#/$defs/ClientFrame" }, { "$ref": "#/$defs/ServerFrame" }],
        "$defs": generator.take_definitions(true),
    });
    assert_current([("schema.json".to_owned(), schema)]);
}

#[test]
fn the_table_of_codes_is_what_the_code_says() {
    let closes: Vec<_> = Close::ALL
        .iter()
        .map(|close| {
            json!({
                "code": close.code(),
                "reason": close.reason(),
                "verdict": close.verdict(),
                "action": close.action(),
            })
        })
        .collect();
    let errors: Vec<_> = ErrorCode::ALL
        .iter()
        .map(|code| json!({ "code": code, "retryable": code.retryable() }))
        .collect();
    let codes = json!({ "closes": closes, "errors": errors });
    assert_current([("codes.json".to_owned(), codes)]);
}

#[test]
fn the_examples_are_what_the_code_says() {
    let client = client_examples().into_iter().map(|(name, frame)| {
        let example = serde_json::to_value(&frame).unwrap();
        inbound::read(&example.to_string()).expect("the server takes it");
        (format!("examples/{name}.json"), example)
    });
    let server = server_examples().into_iter().map(|(name, frame)| {
        let example = serde_json::to_value(&frame).unwrap();
        let read: ServerFrame = serde_json::from_value(example.clone()).unwrap();
        assert_eq!(read, frame);
        (format!("examples/{name}.json"), example)
    });
    assert_current(client.chain(server));
}

#[track_caller]
fn assert_current(files: impl IntoIterator<Item = (String, Value)>) {
    let folder = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../proto/websocket"
    ));
    let stale: Vec<_> = files
        .into_iter()
        .filter(|(name, fresh)| {
            let path = folder.join(name);
            let fresh = serde_json::to_string_pretty(fresh).unwrap() + "\n";
            let stale = std::fs::read_to_string(&path).unwrap_or_default() != fresh;
            if stale {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, fresh).unwrap();
            }
            stale
        })
        .map(|(name, _)| name)
        .collect();
    assert!(
        stale.is_empty(),
        "files of proto/websocket were stale and have been written anew; commit them: {stale:?}"
    );
}

const NOW: &str = "2026-11-22T20:36:02.123Z";
const CONNECTION: &str = "0198a7c2-5b1e-7c3a-9d4f-cccccccccccc";
const FRAME: &str = "0198a7c2-5b1e-7c3a-9d4f-1a2b3c4d5e6f";

fn client_examples() -> Vec<(&'static str, ClientFrame)> {
    let timestamp = Some(NOW.to_owned());
    let auth = |session: Option<&str>, revision, message_id: Option<&str>| ClientFrame::Auth {
        id: Some("auth-1".into()),
        timestamp: timestamp.clone(),
        payload: AuthPayload {
            token: "<access token>".into(),
            session: session.map(Into::into),
            revision,
            message_id: message_id.map(Into::into),
            traceparent: None,
        },
    };
    vec![
        ("auth", auth(None, None, None)),
        (
            "auth_resume",
            auth(
                Some("0198a7c2-5b1e-7c3a-9d4f-aaaaaaaaaaaa"),
                Some(41),
                Some("message-41"),
            ),
        ),
        (
            "chat_message",
            ClientFrame::ChatMessage {
                id: "message-1".into(),
                timestamp: timestamp.clone(),
                payload: ChatPayload {
                    content: "add 1 1/2 cups flour".into(),
                    traceparent: None,
                },
            },
        ),
        (
            "ping",
            ClientFrame::Ping {
                id: "ping-1".into(),
                timestamp,
                payload: Empty {},
            },
        ),
        (
            "typing",
            ClientFrame::Typing {
                id: None,
                timestamp: None,
                payload: Empty {},
            },
        ),
    ]
}

fn server_examples() -> Vec<(&'static str, ServerFrame)> {
    let update = |payload| ServerFrame::RecipeUpdate {
        id: FRAME.into(),
        timestamp: NOW.into(),
        payload,
    };
    let asked = |reason| ServerFrame::AuthRequired {
        id: FRAME.into(),
        timestamp: NOW.into(),
        payload: AuthRequired {
            reason,
            expires_at: "2026-11-22T20:36:32.123Z".into(),
        },
    };
    let error = |code: ErrorCode, message: &str, retry_after_ms| ServerFrame::Error {
        id: FRAME.into(),
        timestamp: NOW.into(),
        payload: ErrorPayload {
            code,
            message: message.into(),
            retryable: code.retryable(),
            retry_after_ms,
            in_reply_to: Some("message-1".into()),
        },
    };
    let closing = |close: Close, retry_after_ms| ServerFrame::Closing {
        id: FRAME.into(),
        timestamp: NOW.into(),
        payload: Closing {
            code: close.code().into(),
            reason: close.reason().into(),
            action: close.action(),
            retry_after_ms,
            connection: CONNECTION.into(),
        },
    };
    vec![
        ("recipe_update_welcome", update(welcome())),
        ("recipe_update_message", update(after_message())),
        ("recipe_update_missed", update(missed())),
        ("recipe_update_recovered", update(recovered())),
        ("recipe_update_anew", update(anew())),
        ("recipe_update_access", update(access_changed())),
        ("auth_required", asked(AuthRequiredReason::Expiring)),
        ("auth_required_review", asked(AuthRequiredReason::Review)),
        (
            "error_rate_limited",
            error(
                ErrorCode::RateLimited,
                "Too many messages in a short time; wait a moment",
                Some(200),
            ),
        ),
        (
            "error_conflict",
            error(
                ErrorCode::Conflict,
                "This message id was used before, with another content",
                None,
            ),
        ),
        (
            "pong",
            ServerFrame::Pong {
                id: FRAME.into(),
                timestamp: NOW.into(),
                payload: Pong {
                    in_reply_to: Some("ping-1".into()),
                },
            },
        ),
        (
            "presence",
            ServerFrame::Presence {
                id: FRAME.into(),
                timestamp: NOW.into(),
                payload: presence(),
            },
        ),
        (
            "closing_reconnect",
            closing(Close::ServiceRestart, Some(640)),
        ),
        ("closing_sign_in", closing(Close::SessionRevoked, None)),
    ]
}

fn presence() -> Presence {
    let person = |id: &str, name: &str, role, typing| Person {
        id: id.into(),
        name: name.into(),
        role,
        typing,
    };
    let bob = "0198a7c2-0000-7000-8000-000000000002";
    Presence {
        people: vec![
            person(&ada().id, "ada", Role::Owner, false),
            person(bob, "bob", Role::Editor, true),
        ],
        count: 2,
    }
}

fn ada() -> Author {
    Author {
        id: "0198a7c2-0000-7000-8000-000000000001".into(),
        name: "ada".into(),
    }
}

fn message(revision: u64, content: &str, effect: Option<&str>) -> Arc<Message> {
    Arc::new(Message {
        id: format!("message-{revision}"),
        author: ada(),
        content: content.into(),
        timestamp: NOW.into(),
        revision,
        effect: effect.map(Into::into),
        hint: None,
        suggestions: None,
        changes: None,
    })
}

fn recipe() -> Arc<Recipe> {
    Arc::new(Recipe {
        title: "Pancakes".into(),
        description: None,
        servings: 4,
        ingredients: vec![Ingredient {
            id: "i1".into(),
            name: "flour".into(),
            quantity: "1 1/2".into(),
            unit: "cup".into(),
            note: "sifted".into(),
        }],
        steps: vec![Step {
            id: "s1".into(),
            text: "Whisk the flour and the milk.".into(),
        }],
        tags: vec!["breakfast".into()],
        timers: Some(vec![Timer {
            id: "t1".into(),
            label: "batter".into(),
            ends_at: NOW.into(),
            by: "ada".into(),
        }]),
    })
}

fn at(revision: u64) -> RecipeUpdate {
    RecipeUpdate {
        recipe_id: "pancakes".into(),
        revision,
        recipe: recipe(),
        message: None,
        messages: None,
        messages_truncated: None,
        session: None,
        recovered: None,
        in_reply_to: None,
    }
}

fn welcome() -> RecipeUpdate {
    RecipeUpdate {
        messages: Some(vec![message(41, "good morning", None)]),
        messages_truncated: Some(true),
        session: Some(SessionInfo {
            id: "0198a7c2-5b1e-7c3a-9d4f-aaaaaaaaaaaa".into(),
            connection: Some(CONNECTION.into()),
            user: ada(),
            role: Some(Role::Editor),
            visibility: Some(Visibility::Private),
            reauth_at: "2026-11-22T20:50:02.000Z".into(),
            expires_at: "2026-11-22T20:51:02.000Z".into(),
        }),
        in_reply_to: Some("auth-1".into()),
        ..at(41)
    }
}

fn recovered() -> RecipeUpdate {
    RecipeUpdate {
        messages: Some(vec![message(42, "lovely", None)]),
        messages_truncated: None,
        recovered: Some(true),
        revision: 42,
        ..welcome()
    }
}

/// The server was set back to revision 40, and somebody has spoken since.
fn anew() -> RecipeUpdate {
    let mut other = Message::clone(&message(41, "where was I?", None));
    other.id = "message-41-again".into();
    RecipeUpdate {
        messages: Some(vec![message(40, "hello", None), Arc::new(other)]),
        recovered: Some(false),
        ..welcome()
    }
}

/// The owner has made the user a viewer, and the recipe open to read for everybody.
fn access_changed() -> RecipeUpdate {
    let session = welcome().session.map(|session| SessionInfo {
        role: Some(Role::Viewer),
        visibility: Some(Visibility::Public),
        ..session
    });
    RecipeUpdate { session, ..at(43) }
}

fn after_message() -> RecipeUpdate {
    let mut message = Message::clone(&message(
        42,
        "add 1 1/2 cups flour",
        Some("Added 1 1/2 cup flour"),
    ));
    message.id = "message-1".into();
    RecipeUpdate {
        in_reply_to: Some(message.id.clone()),
        message: Some(Arc::new(message)),
        ..at(42)
    }
}

fn missed() -> RecipeUpdate {
    let mut unclear = Message::clone(&message(44, "remove stpe 9", None));
    unclear.hint = Some("There is no step 9; the recipe has 1 step.".into());
    RecipeUpdate {
        messages: Some(vec![message(43, "lovely", None), Arc::new(unclear)]),
        ..at(44)
    }
}

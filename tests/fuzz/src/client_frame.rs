//! What clients send over a WebSocket.

use edge::internals::inbound::{Auth, Chat, ClientMessage, Fault, ResumeFrom, read, read_first};
use proto::websocket::frames::{AuthPayload, ChatPayload, ClientFrame, Empty};
use secrecy::ExposeSecret as _;

/// How many bytes a fault has at most, however long the frame.
const WORDS: usize = 500;

/// A text frame. What is read is written as the schema says, and reads the same again.
pub fn client_frame(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match read(text) {
        Ok(message) => {
            let is_auth = matches!(message, ClientMessage::Auth(_));
            assert_eq!(read_first(text).is_ok(), is_auth);
            assert_reads_again(&message);
        }
        Err(fault) => assert_in_few_words(text, &fault),
    }
}

fn assert_in_few_words(text: &str, fault: &Fault) {
    assert!(read_first(text).is_err());
    assert!(!fault.words.is_empty() && fault.words.len() <= WORDS);
}

fn assert_reads_again(message: &ClientMessage) {
    let Some(frame) = written(message) else {
        return;
    };
    let text = serde_json::to_string(&frame).expect("JSON");
    let again = read(&text).expect("a frame that was written");
    assert!(written(&again) == Some(frame), "it reads as another frame");
}

/// The message as the schema has it; `None` for what good clients do not send.
fn written(message: &ClientMessage) -> Option<ClientFrame> {
    let timestamp = None;
    Some(match message {
        ClientMessage::Auth(auth) => ClientFrame::Auth {
            id: auth.id.as_ref().map(ToString::to_string),
            timestamp,
            payload: proof(auth)?,
        },
        ClientMessage::Chat(Chat {
            id,
            content,
            traceparent,
        }) => ClientFrame::ChatMessage {
            id: id.to_string(),
            timestamp,
            payload: ChatPayload {
                content: content.as_str().to_owned(),
                traceparent: traceparent.clone(),
            },
        },
        ClientMessage::Ping(id) => ClientFrame::Ping {
            id: id.as_ref()?.to_string(),
            timestamp,
            payload: Empty {},
        },
        ClientMessage::Typing => ClientFrame::Typing {
            id: None,
            timestamp,
            payload: Empty {},
        },
    })
}

fn proof(auth: &Auth) -> Option<AuthPayload> {
    let (revision, message_id) = match &auth.resume {
        ResumeFrom::Start => (None, None),
        ResumeFrom::Position(position) => (
            Some(position.revision),
            position.message.as_ref().map(ToString::to_string),
        ),
        ResumeFrom::Nowhere => return None,
    };
    Some(AuthPayload {
        token: auth.token.expose_secret().to_owned(),
        session: auth.session.as_ref().map(ToString::to_string),
        revision,
        message_id,
        traceparent: auth.traceparent.clone(),
    })
}

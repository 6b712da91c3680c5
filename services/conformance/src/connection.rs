//! One WebSocket of a case: keeps what the server sends, in order, and checks what holds for every frame and every close.

use futures_util::{SinkExt as _, StreamExt as _};
use recipe_chat_client::{Server, Stream};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self, Message,
        client::IntoClientRequest as _,
        http::{HeaderValue, header},
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

use crate::{ANSWER_TIMEOUT, Fault, table::Details};

/// The longest frame that the protocol allows a server, in bytes.
const MAX_FRAME: usize = 512 << 10;
/// What is read of a longer one, so that it can be told of.
const MAX_READ: usize = 4 << 20;

pub(crate) struct Connection {
    socket: WebSocketStream<Stream>,
    /// The subprotocol that the server has taken; empty: none.
    pub(crate) protocol: String,
    received: Vec<Frame>,
    closed: Option<(u16, String)>,
    closed_by_us: bool,
    authenticated: bool,
    last_revision: u64,
    /// What broke the contract in a frame that no step asked about.
    pub(crate) faults: Vec<String>,
}

/// What the server has sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    pub(crate) json: Value,
    kind: String,
    /// It may come between others at any time.
    unsolicited: bool,
}

/// What an attempt to open a WebSocket came to.
pub(crate) enum Opened {
    Connection(Box<Connection>),
    /// The upgrade was answered by that status.
    Refused(u16),
}

impl Connection {
    pub(crate) async fn open(
        server: &Server,
        recipe: &str,
        details: &Details,
    ) -> Result<Opened, Fault> {
        let address = server.web_socket(&format!("/v1/chat/{recipe}"));
        let mut request = address.into_client_request()?;
        let headers = request.headers_mut();
        if !details.protocols.is_empty() {
            let protocols = HeaderValue::try_from(details.protocols.join(", "));
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocols?);
        }
        if let Some(origin) = &details.origin {
            headers.insert(header::ORIGIN, HeaderValue::try_from(origin)?);
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_READ))
            .max_frame_size(Some(MAX_READ));
        let stream = server.dial().await?;
        let upgrade = Box::pin(client_async_with_config(request, stream, Some(config)));
        match timeout_at(Instant::now() + ANSWER_TIMEOUT, upgrade).await {
            Ok(Ok((socket, response))) => {
                let protocol = response.headers().get(header::SEC_WEBSOCKET_PROTOCOL);
                let protocol = protocol.and_then(|name| name.to_str().ok());
                Ok(Opened::Connection(Box::new(Self {
                    socket,
                    protocol: protocol.unwrap_or_default().to_owned(),
                    received: Vec::new(),
                    closed: None,
                    closed_by_us: false,
                    authenticated: false,
                    last_revision: 0,
                    faults: Vec::new(),
                })))
            }
            Ok(Err(tungstenite::Error::Http(response))) => {
                Ok(Opened::Refused(response.status().as_u16()))
            }
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(Fault::from("the upgrade is not answered")),
        }
    }

    /// Sends something. A server that has closed meanwhile shows when it is read.
    pub(crate) async fn send(&mut self, message: Message) {
        let sending = self.socket.send(message);
        timeout_at(Instant::now() + ANSWER_TIMEOUT, sending)
            .await
            .ok();
    }

    pub(crate) async fn leave(&mut self) {
        self.closed_by_us = true;
        let frame = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        self.send(Message::Close(Some(frame))).await;
    }

    /// The next frame that answers somebody, or is of the type that is asked for.
    pub(crate) async fn frame(
        &mut self,
        kind: Option<&str>,
        deadline: Instant,
    ) -> Result<Value, Fault> {
        loop {
            let counts = |frame: &Frame| !frame.unsolicited || kind == Some(&frame.kind);
            if let Some(at) = self.received.iter().position(counts) {
                return Ok(self.received.remove(at).json);
            }
            if let Some((code, reason)) = &self.closed {
                return Err(Fault(format!("closed by {code} {reason:?}")));
            }
            self.read(deadline).await?;
        }
    }

    /// The code and reason that the server closes with; what came before it and nobody asked about is dropped.
    pub(crate) async fn close(&mut self, deadline: Instant) -> Result<(u16, String), Fault> {
        let closed = loop {
            match &self.closed {
                Some(closed) => break closed.clone(),
                None => self.read(deadline).await?,
            }
        };
        let is_announced = self.received.last().is_some_and(|last| {
            let payload = last.json.get("payload");
            let code = payload.and_then(|payload| payload.get("code")?.as_u64());
            let reason = payload.and_then(|payload| payload.get("reason")?.as_str());
            last.kind == "closing" && (code, reason) == (Some(closed.0.into()), Some(&closed.1))
        });
        let is_theirs = !self.closed_by_us && closed.0 != 1006;
        if self.authenticated && is_theirs && !is_announced {
            let words =
                r#"the last frame before the close is no "closing" with its code and reason"#;
            self.faults.push(words.to_owned());
        }
        Ok(closed)
    }

    /// Takes in what comes next.
    async fn read(&mut self, deadline: Instant) -> Result<(), Fault> {
        let next = timeout_at(deadline, self.socket.next()).await;
        match next.map_err(|_| Fault::from("nothing came in time"))? {
            Some(Ok(Message::Text(text))) => self.take_in(&text),
            Some(Ok(Message::Binary(_))) => self.faults.push("a binary frame".to_owned()),
            Some(Ok(Message::Close(Some(frame)))) => {
                self.closed = Some((frame.code.into(), frame.reason.to_string()));
            }
            Some(Ok(Message::Close(None))) => self.closed = Some((1005, String::new())),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(_)) | None => self.closed = Some((1006, String::new())),
        }
        Ok(())
    }

    fn take_in(&mut self, text: &str) {
        if text.len() > MAX_FRAME {
            self.faults.push(format!("a frame of {} bytes", text.len()));
        }
        let Ok(json) = serde_json::from_str::<Value>(text) else {
            self.faults.push("a frame that is not JSON".to_owned());
            return;
        };
        if !is_whole(&json) {
            let start: String = text.chars().take(200).collect();
            self.faults.push(format!(
                "a frame without type, id, timestamp and payload: {start}"
            ));
        }
        let kind = json.get("type").and_then(Value::as_str).unwrap_or_default();
        let part = |name: &str| {
            json.get("payload")?
                .get(name)
                .filter(|part| !part.is_null())
        };
        let answers = part("in_reply_to").is_some();
        let is_update = kind == "recipe_update";
        // A change of the session, such as of the role.
        let is_change = is_update && self.authenticated && part("message").is_none() && !answers;
        let frame = Frame {
            kind: if is_change { "session_change" } else { kind }.to_owned(),
            unsolicited: is_change || matches!(kind, "presence" | "auth_required"),
            json: json.clone(),
        };
        if is_update {
            // Revisions only go on, but for the answer to a message that was accepted before.
            let revision = part("revision").and_then(Value::as_u64).unwrap_or_default();
            if part("message").is_some() && !answers && revision <= self.last_revision {
                let words = format!("revision {revision} after {}", self.last_revision);
                self.faults.push(words);
            }
            self.authenticated = true;
            self.last_revision = self.last_revision.max(revision);
        }
        self.received.push(frame);
    }
}

/// Whether a frame has what each has.
fn is_whole(json: &Value) -> bool {
    let text = |name: &str| json.get(name)?.as_str();
    let time = text("timestamp").map(|time| OffsetDateTime::parse(time, &Rfc3339).is_ok());
    let has_payload = json.get("payload").is_some_and(Value::is_object);
    text("type").is_some() && text("id").is_some() && time == Some(true) && has_payload
}

//! A strict WebSocket client: every wait has an end, every server frame is held against the contract, and
//! the updates of a connection must follow each other without a gap.

mod envelope;
mod expecting;
mod place;

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};
use uuid::Uuid;

pub use self::place::{Place, Seen};
use crate::{
    canary::Canary,
    http::Api,
    timeouts::{STEP_TIMEOUT, within},
};

/// The largest frame of a server.
const MAX_FRAME: usize = 512 << 10;

/// One connection to one recipe.
#[derive(Debug)]
pub struct Client {
    api: Api,
    socket: WebSocketStream<TcpStream>,
    canary: Canary,
    recipe: String,
    envelopes: envelope::Envelopes,
    place: Place,
    /// What arrived while something else was awaited.
    set_aside: VecDeque<Event>,
    user: Option<String>,
    /// The payload of the last `presence`.
    presence: Option<Value>,
    /// The payload of `closing`, which only a close may follow.
    closing: Option<Value>,
}

/// What a server does.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It sent a message.
    Message(Value),
    /// It closed the connection, with words.
    Closed(u16, String),
    /// The connection was gone without a close frame.
    Lost(String),
}

/// What a handshake carries beside what it must.
#[derive(Debug, Clone, Default)]
pub struct Handshake {
    /// More headers.
    pub headers: Vec<(String, String)>,
    /// A small receive buffer, for a reader that shall be slow.
    pub receive_buffer: Option<u32>,
}

impl Client {
    /// Opens a connection.
    pub async fn connect(address: SocketAddr, recipe: &str, canary: &Canary) -> Self {
        Self::connect_with(address, recipe, canary, Handshake::default()).await
    }

    /// Opens a connection with a handshake of the test's own. `recipe` may carry a query.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn connect_with(
        address: SocketAddr,
        recipe: &str,
        canary: &Canary,
        handshake: Handshake,
    ) -> Self {
        Self::try_connect(address, recipe, canary, handshake)
            .await
            .unwrap_or_else(|error| panic!("the handshake for {recipe} failed: {error}"))
    }

    /// Opens a connection, or tells why not.
    ///
    /// # Errors
    /// When the edge cannot be reached, or refuses.
    pub async fn try_connect(
        address: SocketAddr,
        recipe: &str,
        canary: &Canary,
        handshake: Handshake,
    ) -> anyhow::Result<Self> {
        let url = format!("ws://{address}/v1/chat/{recipe}");
        let mut request = url.into_client_request()?;
        for (name, value) in handshake.headers {
            let name: tokio_tungstenite::tungstenite::http::HeaderName = name.parse()?;
            request
                .headers_mut()
                .insert(name, HeaderValue::from_str(&value)?);
        }
        let tcp = TcpSocket::new_v4()?;
        if let Some(size) = handshake.receive_buffer {
            tcp.set_recv_buffer_size(size)?;
        }
        let opening = async {
            let stream = tcp.connect(address).await?;
            stream.set_nodelay(true)?;
            anyhow::Ok(client_async(request, stream).await?)
        };
        let (socket, _) = within("the WebSocket handshake", opening).await?;
        let recipe = recipe.split('?').next().unwrap_or_default();
        Ok(Self {
            api: Api::new(address, canary.clone()),
            socket,
            canary: canary.clone(),
            recipe: recipe.to_owned(),
            envelopes: envelope::Envelopes::default(),
            place: Place::default(),
            set_aside: VecDeque::new(),
            user: None,
            presence: None,
            closing: None,
        })
    }

    /// Gives a token, and awaits the update that accepts it.
    pub async fn auth(&mut self, token: &str) -> Value {
        self.auth_with(json!({"token": token})).await
    }

    /// Gives an `auth` payload, and awaits the update that accepts it. Makes the recipe first, open to everybody, when
    /// there is none.
    pub async fn auth_with(&mut self, payload: Value) -> Value {
        if let (None, Some(token)) = (&self.user, payload["token"].as_str()) {
            self.api.make_recipe(token, &self.recipe).await;
        }
        let id = self.send_auth(payload).await;
        let answer = self.answer_to(&id).await;
        assert_eq!(
            answer["type"], "recipe_update",
            "an answer to auth: {answer}"
        );
        let session = &answer["payload"]["session"];
        assert!(
            session.is_object(),
            "an answer to auth has a session: {answer}"
        );
        self.user = session["user"]["id"].as_str().map(str::to_owned);
        answer["payload"].clone()
    }

    /// Gives an `auth` payload and waits for nothing. Its id is the answer's `in_reply_to`.
    pub async fn send_auth(&mut self, payload: Value) -> String {
        if let Some(token) = payload["token"].as_str() {
            self.canary.remember(token);
        }
        self.send("auth", payload).await
    }

    /// Says something, and awaits this connection's own copy of it.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn say(&mut self, content: &str) -> Value {
        match self.try_say(&new_id(), content).await {
            Ok(update) => update,
            Err(error) => panic!("{content:?} was refused: {error}"),
        }
    }

    /// Says something under an id of the test's own, and awaits the answer.
    ///
    /// # Errors
    /// The payload of the `error` that refused it.
    pub async fn try_say(&mut self, id: &str, content: &str) -> Result<Value, Value> {
        self.send_json(&chat_message(id, content)).await;
        let answer = self.answer_to(id).await;
        let payload = answer["payload"].clone();
        if answer["type"] == "error" {
            return Err(payload);
        }
        let message = &payload["message"];
        assert_eq!(message["id"], id, "the author's own copy: {payload}");
        // Nobody can read a control character: they are not kept.
        let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
        let kept: String = content.trim().chars().filter(kept).collect();
        assert_eq!(message["content"], kept, "{payload}");
        assert_eq!(
            message["author"]["id"].as_str(),
            self.user.as_deref(),
            "{payload}"
        );
        Ok(payload)
    }

    /// Sends a message of `kind` under a new id, which it gives.
    pub async fn send(&mut self, kind: &str, payload: Value) -> String {
        let id = new_id();
        let message = json!({"type": kind, "id": id, "timestamp": now(), "payload": payload});
        self.send_json(&message).await;
        id
    }

    /// Sends any JSON.
    pub async fn send_json(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    /// Sends any text. A connection that is gone already shows in the next event.
    pub async fn send_text(&mut self, text: &str) {
        self.send_frame(Message::text(text)).await;
    }

    /// Sends any frame.
    pub async fn send_frame(&mut self, frame: Message) {
        within("room to send", self.socket.send(frame)).await.ok();
    }

    /// Waits for the answer that names `id`; other messages are set aside for later.
    ///
    /// # Panics
    /// When the connection ends instead.
    pub async fn answer_to(&mut self, id: &str) -> Value {
        match self.try_answer_to(id).await {
            Ok(answer) => answer,
            Err(other) => panic!("no answer to {id}, but {other:?}"),
        }
    }

    /// Waits for the answer that names `id`; other messages are set aside for later.
    ///
    /// # Errors
    /// How the connection ended instead.
    ///
    /// # Panics
    /// When neither comes.
    pub async fn try_answer_to(&mut self, id: &str) -> Result<Value, Event> {
        let give_up = Instant::now() + STEP_TIMEOUT;
        loop {
            let left = give_up.saturating_duration_since(Instant::now());
            match self.arrival(left).await {
                Some(Event::Message(message)) if message["payload"]["in_reply_to"] == id => {
                    return Ok(message);
                }
                Some(message @ Event::Message(_)) => self.set_aside.push_back(message),
                Some(end) => return Err(end),
                None => panic!("no answer to {id} within {STEP_TIMEOUT:?}"),
            }
        }
    }

    /// Reads for this long and keeps nothing but its place.
    ///
    /// # Errors
    /// How the connection ended.
    pub async fn read_for(&mut self, length: Duration) -> Result<(), Event> {
        let end = Instant::now() + length;
        self.set_aside.clear();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.arrival(left).await {
                Some(Event::Message(_)) => {}
                Some(end) => return Err(end),
                None => return Ok(()),
            }
        }
    }

    /// The next thing that the server does, in order.
    ///
    /// # Panics
    /// When it does nothing.
    pub async fn next(&mut self) -> Event {
        match self.next_within(STEP_TIMEOUT).await {
            Some(event) => event,
            None => panic!("the server was silent for {STEP_TIMEOUT:?}"),
        }
    }

    /// The next thing that the server does within `time_limit`.
    pub async fn next_within(&mut self, time_limit: Duration) -> Option<Event> {
        match self.set_aside.pop_front() {
            Some(event) => Some(event),
            None => self.arrival(time_limit).await,
        }
    }

    /// Leaves in order.
    pub async fn leave(mut self) {
        within("the close to be sent", self.socket.close(None))
            .await
            .ok();
        self.end().await;
    }

    /// Takes the connection out of all order: what is sent and read from now on are bytes.
    pub fn into_raw(self) -> TcpStream {
        self.socket.into_inner()
    }

    /// What the server said before it closed the connection, if it did: the payload of `closing`.
    pub fn closing(&self) -> Option<&Value> {
        self.closing.as_ref()
    }

    /// Where this connection stands in the recipe's order, and what it has seen.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The last revision that it has seen.
    pub fn revision(&self) -> u64 {
        self.place.revision()
    }

    /// Who is there, once that is so; other messages are set aside for later.
    ///
    /// # Panics
    /// When it is never told, or the connection ends first.
    pub async fn until_presence(&mut self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let told = async {
            loop {
                if let Some(presence) = self.presence.as_ref().filter(|presence| is_so(presence)) {
                    return presence.clone();
                }
                let arrived = next_frame(&mut self.socket).await;
                match self.take(arrived) {
                    Some(message @ Event::Message(_)) => self.set_aside.push_back(message),
                    Some(end) => panic!("not {what}, but {end:?}"),
                    None => {}
                }
            }
        };
        within(what, told).await
    }

    /// Who is there, as it was told last.
    pub fn presence(&self) -> Option<&Value> {
        self.presence.as_ref()
    }

    /// What the network brings next, past what was set aside.
    async fn arrival(&mut self, time_limit: Duration) -> Option<Event> {
        let end = Instant::now() + time_limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let arrived = timeout(left, next_frame(&mut self.socket)).await.ok()?;
            if let Some(event) = self.take(arrived) {
                return Some(event);
            }
        }
    }

    /// Holds what arrived against the contract; `None` when it only announces what comes next.
    fn take(&mut self, arrived: Incoming) -> Option<Event> {
        Some(match arrived {
            Incoming::Text(text) => {
                assert!(text.len() <= MAX_FRAME, "a frame of {} bytes", text.len());
                let message = self.envelopes.check(&text);
                assert_eq!(self.closing, None, "closing is the last: {text}");
                if message["type"] == "closing" {
                    self.closing = Some(message["payload"].clone());
                    return None;
                }
                if message["type"] == "presence" {
                    self.presence = Some(message["payload"].clone());
                    return None;
                }
                if message["type"] == "recipe_update" {
                    assert_eq!(message["payload"]["recipe_id"], self.recipe.as_str());
                    self.place.follow(&message["payload"]);
                }
                Event::Message(message)
            }
            Incoming::End(event) => {
                if let (Event::Closed(code, reason), Some(told)) = (&event, &self.closing) {
                    assert_eq!(told["code"], *code, "{told}");
                    assert_eq!(told["reason"], reason.as_str(), "{told}");
                }
                event
            }
        })
    }
}

enum Incoming {
    Text(String),
    End(Event),
}

async fn next_frame(socket: &mut WebSocketStream<TcpStream>) -> Incoming {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Incoming::Text(text.to_string()),
            Some(Ok(Message::Close(Some(close)))) => {
                // The library answers a close when it is asked for more.
                timeout(Duration::from_secs(1), socket.next()).await.ok();
                let end = Event::Closed(close.code.into(), close.reason.to_string());
                return Incoming::End(end);
            }
            // The answer to a close without a code has none either.
            Some(Ok(Message::Close(None))) => {
                return Incoming::End(Event::Closed(1005, String::new()));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(other)) => panic!("a server sends text frames only: {other:?}"),
            Some(Err(error)) => return Incoming::End(Event::Lost(error.to_string())),
            None => return Incoming::End(Event::Lost("the stream ended".to_owned())),
        }
    }
}

/// A `chat_message`.
pub fn chat_message(id: &str, content: &str) -> Value {
    json!({
        "type": "chat_message",
        "id": id,
        "timestamp": now(),
        "payload": {"content": content},
    })
}

/// A new message id.
pub fn new_id() -> String {
    Uuid::now_v7().to_string()
}

fn now() -> &'static str {
    // It is informative only and never trusted, so any will do.
    "2026-11-22T20:36:02.123Z"
}

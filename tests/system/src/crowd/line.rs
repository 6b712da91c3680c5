//! A light WebSocket connection: small buffers, so that one process can hold thousands.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};

use crate::{client::new_id, timeouts::STEP_TIMEOUT};

/// A WebSocket to one recipe.
#[derive(Debug)]
pub(super) struct Connection(WebSocketStream<TcpStream>);

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum ConnectError {
    /// The edge said 503, and when to come again.
    TurnedAway {
        /// Its `Retry-After`.
        wait: Option<Duration>,
    },
    /// The edge cannot be reached, or does not answer.
    Unreachable,
}

/// What comes over a connection.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A message of the protocol.
    Message(Value),
    /// A close, with its words.
    Closed(u16, String),
    /// The end without one.
    Lost,
}

impl Connection {
    /// Opens one from the address `source`, of any port.
    pub(super) async fn open(
        source: Ipv4Addr,
        edge: SocketAddr,
        recipe: &str,
    ) -> Result<Self, ConnectError> {
        let small = WebSocketConfig::default()
            .read_buffer_size(4 << 10)
            .write_buffer_size(0)
            .max_message_size(Some(1 << 20));
        let opening = async {
            let socket = TcpSocket::new_v4()?;
            if !source.is_unspecified() {
                socket.bind((source, 0).into())?;
            }
            let stream = socket.connect(edge).await?;
            stream.set_nodelay(true)?;
            let url = format!("ws://{edge}/v1/chat/{recipe}");
            client_async_with_config(url, stream, Some(small)).await
        };
        match timeout(STEP_TIMEOUT, opening).await {
            Ok(Ok((socket, _))) => Ok(Self(socket)),
            Ok(Err(Error::Http(answer))) if answer.status() == 503 => {
                let named = answer.headers().get("retry-after");
                let seconds = named.and_then(|value| value.to_str().ok()?.parse().ok());
                let wait = seconds.map(Duration::from_secs);
                Err(ConnectError::TurnedAway { wait })
            }
            Ok(Err(Error::Http(answer))) => panic!("an upgrade was refused: {answer:?}"),
            Ok(Err(_)) | Err(_) => Err(ConnectError::Unreachable),
        }
    }

    /// Sends a message and gives its id. A connection that is gone already shows in what is heard next.
    pub(super) async fn send(&mut self, kind: &str, id: Option<&str>, payload: Value) -> String {
        let id = id.map_or_else(new_id, str::to_owned);
        let message = json!({"type": kind, "id": id, "payload": payload});
        let sent = self.0.send(Message::text(message.to_string()));
        timeout(STEP_TIMEOUT, sent).await.ok();
        id
    }

    /// What comes next. Cancel-safe.
    pub(super) async fn hear(&mut self) -> Incoming {
        loop {
            return match self.0.next().await {
                Some(Ok(Message::Text(text))) => Incoming::Message(read(&text)),
                Some(Ok(Message::Close(Some(close)))) => {
                    Incoming::Closed(close.code.into(), close.reason.to_string())
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(None)) | Err(_)) | None => Incoming::Lost,
                Some(Ok(other)) => panic!("a server sends text frames only: {other:?}"),
            };
        }
    }

    /// Leaves in order.
    pub(super) async fn leave(mut self) {
        let closing = async {
            self.0.close(None).await.ok();
            while let Some(Ok(_)) = self.0.next().await {}
        };
        timeout(Duration::from_secs(2), closing).await.ok();
    }
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("a server sends JSON: {text}"))
}

//! A client that is as cheap as can be: it looks for the answer to what it sent and judges nothing else.

use std::net::SocketAddr;

use anyhow::{Context as _, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, Utf8Bytes},
};
use uuid::Uuid;

/// One connection to one recipe.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Connects and shows a token.
    pub(crate) async fn join(edge: SocketAddr, recipe: &str, token: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(edge).await?;
        stream.set_nodelay(true)?;
        let url = format!("ws://{edge}/v1/chat/{recipe}");
        let mut socket = Self(client_async(url, stream).await?.0);
        socket.ask("auth", json!({"token": token})).await?;
        Ok(socket)
    }

    /// Says something and waits for its own copy; gives how many bytes that has.
    pub(crate) async fn say(&mut self, content: &str) -> anyhow::Result<usize> {
        self.ask("chat_message", json!({"content": content})).await
    }

    async fn ask(&mut self, kind: &str, payload: Value) -> anyhow::Result<usize> {
        let id = Uuid::now_v7().to_string();
        let message = json!({"type": kind, "id": id, "timestamp": "2026-11-22T20:36:02.123Z", "payload": payload});
        self.0.send(Message::text(message.to_string())).await?;
        loop {
            let frame = self.next().await?;
            // An update, the answer to it or an error: each names the message.
            if frame.contains(&id) {
                ensure!(
                    frame.contains("recipe_update"),
                    "{kind} was refused: {frame}"
                );
                return Ok(frame.len());
            }
        }
    }

    /// The next text frame.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Utf8Bytes> {
        loop {
            match self.0.next().await.context("the connection is gone")?? {
                // Who is there is told between other things, and answers nothing.
                Message::Text(text) if text.contains(r#""type":"presence""#) => {}
                Message::Text(text) => return Ok(text),
                Message::Close(close) => bail!("the server closed: {close:?}"),
                _ => {}
            }
        }
    }

    /// Leaves in order.
    pub(crate) async fn leave(mut self) -> anyhow::Result<()> {
        self.0.close(None).await?;
        while let Some(frame) = self.0.next().await {
            if frame.is_err() {
                break;
            }
        }
        Ok(())
    }
}

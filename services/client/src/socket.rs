//! The WebSocket to a recipe: opens it, reads what matters, writes in bounded time.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use proto::{
    ids::RecipeId,
    websocket::{
        SUBPROTOCOL,
        frames::{AuthPayload, ChatPayload, ClientFrame, Empty},
    },
};
use runtime::clock::Timestamp;
use secrecy::ExposeSecret as _;
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self, Message, Utf8Bytes,
        client::IntoClientRequest as _,
        handshake::client::{Request, Response},
        http::{HeaderValue, StatusCode, header},
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};
use uuid::Uuid;

use crate::{
    chat::{NotOpened, Outgoing},
    dial::{Server, Stream},
};

/// How long the server may take to agree to a WebSocket.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a write may make no progress.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a close may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The largest frame that is read: a recipe with its latest messages stays far below.
const MAX_FRAME: usize = 4 << 20;
/// How much is read at once.
const READ_BUFFER_SIZE: usize = 16 << 10;

/// What has come.
#[derive(Debug)]
pub(crate) enum Incoming {
    Text(Utf8Bytes),
    /// Something that shows life and says nothing.
    Sign,
    Closed {
        code: Option<u16>,
        reason: String,
    },
}

pub(crate) struct Socket(WebSocketStream<Stream>);

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Socket")
    }
}

impl Socket {
    /// Opens a connection to the recipe. No credential goes into the request.
    pub(crate) async fn open(server: Server, recipe: RecipeId) -> Result<Self, NotOpened> {
        let unreachable =
            |error: String| NotOpened::Unreachable(format!("cannot reach it: {error}"));
        let request =
            request(&server, &recipe).map_err(|error| NotOpened::Refused(error.to_string()))?;
        let stream = server
            .dial()
            .await
            .map_err(|error| unreachable(error.to_string()))?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_SIZE)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        let upgrade = client_async_with_config(request, stream, Some(config));
        match timeout(UPGRADE_TIMEOUT, Box::pin(upgrade)).await {
            Ok(Ok((socket, _))) => Ok(Self(socket)),
            Ok(Err(tungstenite::Error::Http(response))) => Err(refused(&response)),
            Ok(Err(error)) => Err(unreachable(error.to_string())),
            Err(_) => Err(unreachable("it does not answer".to_owned())),
        }
    }

    /// Waits for what comes next. Cancel-safe.
    pub(crate) async fn read(&mut self) -> Incoming {
        let lost = Incoming::Closed {
            code: None,
            reason: String::new(),
        };
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Incoming::Text(text),
            Some(Ok(Message::Close(Some(frame)))) => Incoming::Closed {
                code: Some(frame.code.into()),
                reason: frame.reason.to_string(),
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => Incoming::Sign,
            Some(Ok(Message::Close(None) | Message::Frame(_)) | Err(_)) | None => lost,
        }
    }

    /// Sends a frame; whether it could be written.
    pub(crate) async fn send(&mut self, outgoing: Outgoing, now: Timestamp) -> bool {
        let Ok(text) = serde_json::to_string(&frame(outgoing, now)) else {
            return false;
        };
        let sent = timeout(WRITE_TIMEOUT, self.0.send(Message::text(text))).await;
        matches!(sent, Ok(Ok(())))
    }

    /// Says good-bye and waits a moment for the answer.
    pub(crate) async fn close(mut self) {
        let good_bye = CloseFrame {
            code: CloseCode::Normal,
            reason: Utf8Bytes::default(),
        };
        let closing = async {
            self.0.close(Some(good_bye)).await.ok();
            while let Some(Ok(_)) = self.0.next().await {}
        };
        // A server that does not answer has nothing more to say.
        timeout(CLOSE_TIMEOUT, closing).await.ok();
    }
}

fn request(server: &Server, recipe: &RecipeId) -> Result<Request, tungstenite::Error> {
    let mut request = server
        .web_socket(&format!("/v1/chat/{recipe}"))
        .into_client_request()?;
    request.headers_mut().insert(
        header::SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL),
    );
    Ok(request)
}

fn refused(response: &Response) -> NotOpened {
    let status = response.status();
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|seconds| seconds.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return NotOpened::Busy { retry_after };
    }
    NotOpened::Refused(format!("the server refused the chat with {status}"))
}

fn frame(outgoing: Outgoing, now: Timestamp) -> ClientFrame {
    let timestamp = Some(now.to_string());
    match outgoing {
        Outgoing::Auth {
            id,
            access,
            session,
            revision,
            message_id,
        } => ClientFrame::Auth {
            id: Some(id),
            timestamp,
            payload: AuthPayload {
                token: access.expose_secret().to_owned(),
                session,
                revision,
                message_id,
                traceparent: None,
            },
        },
        Outgoing::Say { id, content } => ClientFrame::ChatMessage {
            id,
            timestamp,
            payload: ChatPayload {
                content,
                traceparent: None,
            },
        },
        Outgoing::Ping => ClientFrame::Ping {
            id: Uuid::now_v7().to_string(),
            timestamp,
            payload: Empty {},
        },
    }
}

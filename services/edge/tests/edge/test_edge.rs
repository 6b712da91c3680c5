//! An edge with stand-ins behind it, and clients that talk to it over in-memory streams.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use clap::Parser;
use edge::{
    Config, Replicas, Services, assemble,
    internals::{self, Edge, Upgraded},
};
use futures_util::{SinkExt as _, StreamExt as _};
use proto::{
    auth::auth_service_server::AuthServiceServer, chat::chat_service_server::ChatServiceServer,
};
use runtime::{
    clock::{ManualClock, Timestamp},
    grpc::Pool,
    lifecycle::Lifecycle,
    telemetry::Prometheus,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use crate::stand_ins::{FakeAuth, FakeChat, Served, in_memory};

/// Longer than anything here may take, by the paused clock.
const VIRTUAL_TIMEOUT: Duration = Duration::from_secs(3_600);

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

/// An edge that serves nobody yet.
pub(crate) struct TestEdge {
    pub(crate) edge: Arc<Edge>,
    pub(crate) auth: Arc<FakeAuth>,
    pub(crate) chat: Arc<FakeChat>,
    /// Its machine's clock: it runs when it is told to.
    pub(crate) clock: ManualClock,
    _background: Lifecycle,
}

impl TestEdge {
    /// With these flags.
    pub(crate) async fn open(flags: &[&str]) -> Self {
        let words = std::iter::once("edge").chain(flags.iter().copied());
        let clock = ManualClock::at(Timestamp::from_unix_millis(1_795_379_762_123));
        let auth = Arc::new(FakeAuth::default());
        let chat = Arc::new(FakeChat::default());
        let services = Services {
            auth: Pool::over(in_memory(AuthServiceServer::from_arc(Arc::clone(&auth)))),
            chat: Replicas::over(in_memory(ChatServiceServer::new(Served(Arc::clone(&chat))))),
            redis: None,
            background: Lifecycle::new(),
        };
        let (edge, background) = assemble(
            Flags::parse_from(words).config,
            services,
            Arc::new(clock.clone()),
            Prometheus::default(),
            Lifecycle::new(),
        )
        .start();
        assert!(edge.link.opened_within(VIRTUAL_TIMEOUT).await);
        Self {
            edge,
            auth,
            chat,
            clock,
            _background: background,
        }
    }

    /// A client that has been upgraded and has said nothing.
    pub(crate) async fn connect(&self) -> Client {
        self.connect_over(64 << 10).await
    }

    /// The same, with only so many bytes between it and the edge.
    pub(crate) async fn connect_over(&self, bytes: usize) -> Client {
        self.connect_to("pancakes", bytes).await
    }

    /// The same, to another recipe.
    pub(crate) async fn connect_to(&self, recipe: &str, bytes: usize) -> Client {
        let (near, far) = tokio::io::duplex(bytes);
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let upgraded = Upgraded {
            recipe: recipe.parse().unwrap(),
            address,
            place: self.edge.places.take(address.into()).unwrap(),
            unauthenticated: None,
        };
        tokio::spawn(internals::run_connection(
            Arc::clone(&self.edge),
            far,
            upgraded,
        ));
        Client(WebSocketStream::from_raw_socket(near, Role::Client, None).await)
    }

    /// A client that has come in, with what it was told.
    pub(crate) async fn enter(&self, token: &str) -> (Client, Value) {
        let mut client = self.connect().await;
        client.auth(token).await;
        let welcome = client.next().await;
        assert_eq!(welcome["type"], "recipe_update", "{welcome}");
        (client, welcome)
    }
}

/// A client.
pub(crate) struct Client(WebSocketStream<DuplexStream>);

impl Client {
    pub(crate) async fn send(&mut self, frame: &Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// Sends bytes as they are.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.unwrap();
    }

    /// Takes at most so many bytes of what lies there, whatever they are.
    pub(crate) async fn take(&mut self, count: usize) {
        let mut bytes = vec![0; count];
        timeout(VIRTUAL_TIMEOUT, self.0.get_mut().read(&mut bytes))
            .await
            .unwrap()
            .unwrap();
    }

    pub(crate) async fn auth(&mut self, token: &str) {
        self.send(&json!({ "type": "auth", "id": "a", "payload": { "token": token } }))
            .await;
    }

    pub(crate) async fn say(&mut self, id: &str, content: &str) {
        let frame = json!({ "type": "chat_message", "id": id, "payload": { "content": content } });
        self.send(&frame).await;
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            match timeout(VIRTUAL_TIMEOUT, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("a frame was expected, not {other:?}"),
            }
        }
    }

    /// What comes next, whatever it is; `None`: the connection ended.
    pub(crate) async fn next_raw(&mut self) -> Option<Message> {
        let next = timeout(VIRTUAL_TIMEOUT, self.0.next()).await.unwrap();
        next.and_then(Result::ok)
    }

    /// Hangs up in one direction: nothing more is sent, what comes is still read.
    pub(crate) async fn half_close(&mut self) {
        self.0.get_mut().shutdown().await.unwrap();
    }

    /// The close that comes next, other frames aside.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        self.last_words().await.1
    }

    /// The last frame before the close, if there is one, and the close.
    pub(crate) async fn last_words(&mut self) -> (Option<Value>, (u16, String)) {
        let mut last = None;
        loop {
            match timeout(VIRTUAL_TIMEOUT, self.0.next()).await.unwrap() {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (last, (frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(Message::Text(text))) => last = Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(_)) => {}
                other => panic!("a close was expected, not {other:?}"),
            }
        }
    }
}

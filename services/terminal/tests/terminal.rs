//! The whole client in lines, against a server that does what each test tells it.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test ends where it goes wrong"
)]

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{
        Path, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{any, post},
};
use clap::Parser as _;
use serde_json::{Value, json};
use terminal::{Config, Failure, Format, Lines, chat_in};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A server of which the test holds every WebSocket.
struct Server {
    address: SocketAddr,
    sockets: mpsc::Receiver<WebSocket>,
    calls: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Shared {
    sockets: mpsc::Sender<WebSocket>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start() -> Self {
        let (sender, sockets) = mpsc::channel(8);
        let calls = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared {
            sockets: sender,
            calls: calls.clone(),
        };
        let router = Router::new()
            .route("/v1/auth/{call}", post(sign_in))
            .route("/v1/chat/{recipe}", any(upgrade))
            .with_state(shared);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            sockets,
            calls,
        }
    }

    /// The next connection, with its first `auth`.
    async fn connection(&mut self) -> (Peer, Value) {
        let socket = within(self.sockets.recv()).await.expect("a connection");
        let mut peer = Peer(socket);
        let auth = peer.expect("auth").await;
        (peer, auth)
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

async fn sign_in(
    State(shared): State<Shared>,
    Path(call): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let number = {
        let mut calls = shared.calls.lock().unwrap();
        calls.push(call.clone());
        calls.len()
    };
    if call == "logout" {
        return StatusCode::NO_CONTENT.into_response();
    }
    if call == "login" && body["password"] != "right" {
        let problem = json!({ "detail": "Invalid username or password" });
        return (StatusCode::UNAUTHORIZED, Json(problem)).into_response();
    }
    assert_eq!(body["refresh"], "body");
    if call == "refresh" {
        assert_eq!(
            body["refresh_token"],
            format!("canary-refresh-{}", number - 1)
        );
    }
    let pair = json!({
        "access_token": format!("canary-access-{number}"),
        "refresh_token": format!("canary-refresh-{number}"),
        "token_type": "Bearer",
        "expires_in": 900,
        "user": { "id": "u1", "name": "ada" },
    });
    Json(pair).into_response()
}

async fn upgrade(State(shared): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .protocols(["recipe-chat.v1"])
        .on_upgrade(|socket| async move { shared.sockets.send(socket).await.unwrap_or_default() })
}

/// The server's end of a connection.
struct Peer(WebSocket);

impl Peer {
    /// The next frame, which must be of this type.
    async fn expect(&mut self, kind: &str) -> Value {
        loop {
            let message = within(self.0.recv()).await.expect("a frame").unwrap();
            if let Message::Text(text) = message {
                let frame: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(frame["type"], kind, "{frame}");
                return frame;
            }
        }
    }

    async fn send(&mut self, kind: &str, payload: Value) {
        let frame = json!({
            "type": kind,
            "id": "f",
            "timestamp": "2026-11-22T20:36:02.123Z",
            "payload": payload,
        });
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn welcome(&mut self, auth: &Value, revision: u64) {
        let mut payload = update(revision);
        payload["in_reply_to"] = auth["id"].clone();
        payload["messages"] = json!([]);
        payload["session"] = json!({
            "id": "session-1",
            "user": { "id": "u1", "name": "ada" },
            "reauth_at": "",
            "expires_at": "",
        });
        self.send("recipe_update", payload).await;
    }

    async fn accept(&mut self, message: &Value, revision: u64, effect: &str) {
        let mut payload = update(revision);
        payload["in_reply_to"] = message["id"].clone();
        payload["message"] = json!({
            "id": message["id"],
            "author": { "id": "u1", "name": "ada" },
            "content": message["payload"]["content"],
            "timestamp": "",
            "revision": revision,
            "effect": effect,
        });
        self.send("recipe_update", payload).await;
    }

    async fn close(mut self, code: u16, reason: &str) {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        self.0.send(Message::Close(Some(frame))).await.unwrap();
        while let Some(Ok(_)) = within(self.0.recv()).await {}
    }
}

fn update(revision: u64) -> Value {
    json!({
        "recipe_id": "soup",
        "revision": revision,
        "recipe": { "title": "Soup", "servings": 4, "ingredients": [], "steps": [], "tags": [] },
    })
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(TEST_TIMEOUT, future)
        .await
        .expect("it takes too long")
}

/// What is printed.
#[derive(Debug, Clone, Default)]
struct CapturedOutput(Arc<Mutex<Vec<u8>>>);

impl CapturedOutput {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for CapturedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(clap::Parser)]
struct CommandLine {
    #[command(flatten)]
    config: Config,
}

/// A client that is typed into and read from.
#[derive(Default)]
struct Client {
    out: CapturedOutput,
    err: CapturedOutput,
}

impl Client {
    async fn run(
        &self,
        address: SocketAddr,
        password: &str,
        input: mpsc::Receiver<String>,
        format: Format,
    ) -> Result<(), Failure> {
        let url = format!("http://{address}");
        let words = ["terminal", "soup", "--url", &url, "--user", "ada"];
        let config = CommandLine::parse_from(words).config;
        let lines = Lines::new(input, self.out.clone(), self.err.clone(), format);
        within(chat_in(
            config,
            &password.into(),
            lines,
            std::future::pending(),
        ))
        .await
    }
}

fn typed(lines: &[&str]) -> mpsc::Receiver<String> {
    let (sender, input) = mpsc::channel(lines.len().max(1));
    for line in lines {
        sender.try_send((*line).to_owned()).unwrap();
    }
    input
}

#[tokio::test]
async fn a_chat_outlives_its_connections_and_its_tokens() {
    let mut server = Server::start().await;
    let address = server.address;
    let client = Client::default();
    let (keyboard, input) = mpsc::channel(1);
    let script = async {
        keyboard.send("add 2 leeks".to_owned()).await.unwrap();
        let (mut peer, auth) = server.connection().await;
        assert_eq!(auth["payload"]["token"], "canary-access-1");
        assert_eq!(auth["payload"]["session"], Value::Null);
        peer.welcome(&auth, 0).await;
        let leeks = peer.expect("chat_message").await;
        // The answer is lost with the connection.
        peer.close(1012, "Service restart").await;

        let (mut peer, auth) = server.connection().await;
        assert_eq!(auth["payload"]["session"], "session-1");
        assert_eq!(auth["payload"]["revision"], 0);
        peer.welcome(&auth, 0).await;
        let again = peer.expect("chat_message").await;
        assert_eq!(again["id"], leeks["id"]);
        peer.accept(&again, 1, "Added 2 leeks").await;

        let asked = json!({ "reason": "Token expiring soon", "expires_at": "" });
        peer.send("auth_required", asked).await;
        let auth = peer.expect("auth").await;
        assert_eq!(auth["payload"]["token"], "canary-access-2");
        peer.welcome(&auth, 1).await;
        keyboard.send("add salt".to_owned()).await.unwrap();
        drop(keyboard);
        let salt = peer.expect("chat_message").await;
        peer.accept(&salt, 2, "Added salt").await;
        while let Some(Ok(_)) = within(peer.0.recv()).await {}
    };

    let run = client.run(address, "right", input, Format::Text);
    let (ended, ()) = tokio::join!(run, script);

    ended.unwrap();
    assert_eq!(
        client.out.text(),
        "1 ada: add 2 leeks  -> Added 2 leeks\n2 ada: add salt  -> Added salt\n"
    );
    let status =
        "Connecting...\nConnected\nReconnecting... (the server said: Service restart)\nConnected\n";
    assert_eq!(client.err.text(), status);
    assert_eq!(server.calls(), ["login", "refresh", "logout"]);
    assert!(!client.out.text().contains("canary") && !client.err.text().contains("canary"));
}

#[tokio::test]
async fn json_gives_the_frames_as_they_came() {
    let mut server = Server::start().await;
    let address = server.address;
    let client = Client::default();
    let script = async {
        let (mut peer, auth) = server.connection().await;
        peer.welcome(&auth, 0).await;
        let milk = peer.expect("chat_message").await;
        peer.accept(&milk, 1, "Added milk").await;
        while let Some(Ok(_)) = within(peer.0.recv()).await {}
    };

    let run = client.run(address, "right", typed(&["add milk"]), Format::Json);
    let (ended, ()) = tokio::join!(run, script);

    ended.unwrap();
    let out = client.out.text();
    let frames: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1]["payload"]["message"]["content"], "add milk");
}

#[tokio::test]
async fn a_close_that_is_final_ends_the_client_with_its_reason() {
    let mut server = Server::start().await;
    let address = server.address;
    let client = Client::default();
    let script = async {
        let (peer, _) = server.connection().await;
        peer.close(1008, "Not allowed").await;
    };

    let run = client.run(address, "right", typed(&["add milk"]), Format::Text);
    let (ended, ()) = tokio::join!(run, script);

    assert_eq!(
        ended.unwrap_err().to_string(),
        "the server said: Not allowed"
    );
}

#[tokio::test]
async fn a_wrong_password_is_told_in_the_servers_words() {
    let server = Server::start().await;
    let client = Client::default();
    let ended = client
        .run(server.address, "canary", typed(&[]), Format::Text)
        .await;
    assert_eq!(
        ended.unwrap_err().to_string(),
        "Invalid username or password"
    );
    assert_eq!(client.err.text(), "");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_one_line() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let client = Client::default();
    let ended = client.run(nobody, "right", typed(&[]), Format::Text).await;
    let words = ended.unwrap_err().to_string();
    assert!(
        words.starts_with(&format!("cannot reach http://{nobody}: ")),
        "{words}"
    );
    assert!(!words.contains('\n'), "{words}");
}

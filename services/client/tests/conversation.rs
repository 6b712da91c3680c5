//! A whole conversation of a program, with tokens from a function of its own, against a server that does what each test
//! tells it.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test ends where it goes wrong"
)]

use std::{future::ready, net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    response::Response,
    routing::any,
};
use recipe_chat_client::{Conversation, Ended, Ending, News, NoToken, Server, Status, Token};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

const TEST_TIMEOUT: Duration = Duration::from_secs(20);

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(TEST_TIMEOUT, future)
        .await
        .expect("it takes too long")
}

/// A server of which the test holds every WebSocket.
async fn start() -> (SocketAddr, mpsc::Receiver<WebSocket>) {
    let (sender, sockets) = mpsc::channel(8);
    let router = Router::new()
        .route("/v1/chat/soup", any(upgrade))
        .with_state(sender);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, sockets)
}

async fn upgrade(
    State(sockets): State<mpsc::Sender<WebSocket>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .protocols(["recipe-chat.v1"])
        .on_upgrade(|socket| async move { sockets.send(socket).await.unwrap_or_default() })
}

/// The server's end of a connection.
struct Peer(WebSocket);

impl Peer {
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
        let timestamp = "2026-11-22T20:36:02.123Z";
        let frame = json!({ "type": kind, "id": "f", "timestamp": timestamp, "payload": payload });
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn update(&mut self, revision: u64, more: Value) {
        let recipe =
            json!({ "title": "Soup", "servings": 4, "ingredients": [], "steps": [], "tags": [] });
        let mut payload = json!({ "recipe_id": "soup", "revision": revision, "recipe": recipe });
        let Value::Object(more) = more else { return };
        payload.as_object_mut().unwrap().extend(more);
        self.send("recipe_update", payload).await;
    }

    async fn welcome(&mut self, auth: &Value) {
        let session = json!({
            "id": "session-1",
            "user": { "id": "u1", "name": "ada" },
            "reauth_at": "",
            "expires_at": "",
        });
        self.update(1, json!({ "in_reply_to": auth["id"], "session": session }))
            .await;
    }
}

fn token(access: &str) -> Token {
    Token {
        access: access.to_owned().into(),
        good_for: Duration::from_secs(900),
    }
}

fn begin(address: SocketAddr, tokens: impl recipe_chat_client::Tokens + 'static) -> Conversation {
    let server = Server::at(&format!("http://{address}")).unwrap();
    Conversation::begin(server, "soup".parse().unwrap(), tokens, token("first"))
}

/// The next that is told of what was said.
async fn said(chat: &mut Conversation) -> News {
    loop {
        match within(chat.next()).await.expect("news") {
            News::Status(_) => {}
            news => return news,
        }
    }
}

#[tokio::test]
async fn a_program_says_something_and_hears_what_it_did() {
    let (address, mut sockets) = start().await;
    let mut chat = begin(address, || ready(Err(NoToken::Unavailable)));
    let mut peer = Peer(within(sockets.recv()).await.unwrap());
    let auth = peer.expect("auth").await;
    assert_eq!(auth["payload"]["token"], "first");
    peer.welcome(&auth).await;
    chat.say("add 2 eggs").await.unwrap();
    let message = peer.expect("chat_message").await;
    assert_eq!(message["payload"]["content"], "add 2 eggs");
    let stored = json!({
        "id": message["id"],
        "author": { "id": "u1", "name": "ada" },
        "content": "add 2 eggs",
        "timestamp": "",
        "revision": 2,
        "effect": "Added 2 eggs",
    });
    let more = json!({ "in_reply_to": message["id"], "message": stored });
    peer.update(2, more).await;
    match said(&mut chat).await {
        News::Said(message) => assert_eq!(message.effect.as_deref(), Some("Added 2 eggs")),
        news => panic!("{news:?}"),
    }
    let ending = within(chat.leave()).await.unwrap();
    assert_eq!(ending, Ending::Left { unsent: 0 });
    // The server is told.
    while let Some(Ok(_)) = within(peer.0.recv()).await {}
}

#[tokio::test]
async fn the_programs_function_gives_the_fresh_token_on_the_open_connection() {
    let (address, mut sockets) = start().await;
    let mut number = 0;
    let tokens = move || {
        number += 1;
        ready(Ok(token(&format!("fresh-{number}"))))
    };
    let chat = begin(address, tokens);
    let mut peer = Peer(within(sockets.recv()).await.unwrap());
    let auth = peer.expect("auth").await;
    peer.welcome(&auth).await;
    let asked = json!({ "reason": "Token expiring soon", "expires_at": "" });
    peer.send("auth_required", asked).await;
    let again = peer.expect("auth").await;
    assert_eq!(again["payload"]["token"], "fresh-1");
    within(chat.leave()).await.unwrap();
}

#[tokio::test]
async fn a_chat_that_the_server_ends_says_why() {
    let (address, mut sockets) = start().await;
    let mut chat = begin(address, || {
        ready(Err(NoToken::Denied("signed out".to_owned())))
    });
    let mut peer = Peer(within(sockets.recv()).await.unwrap());
    let auth = peer.expect("auth").await;
    peer.welcome(&auth).await;
    let frame = CloseFrame {
        code: 1008,
        reason: "Session revoked".into(),
    };
    peer.0.send(Message::Close(Some(frame))).await.unwrap();
    let mut last = None;
    while let Some(news) = within(chat.next()).await {
        last = Some(news);
    }
    assert_eq!(last, Some(News::Status(Status::Disconnected)));
    assert_eq!(chat.say("anybody?").await, Err(Ended));
    match within(chat.leave()).await.unwrap() {
        Ending::Failed(words) => assert!(words.contains("Session revoked"), "{words}"),
        ending => panic!("{ending:?}"),
    }
}

//! The baseline of `tests/load/table`: what a chat on WebSockets costs when nothing is kept, nobody is asked again and
//! everything is in one process. One axum server that verifies HS256 by itself and has rooms in memory; each update is
//! serialised once, with a recipe in it, and sent to everybody in the room.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context as _;
use axum::{
    Router,
    extract::{
        Path, State,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    response::Response,
    routing::get,
    serve::ListenerExt as _,
};
use clap::Parser as _;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, select, sync::broadcast};
use uuid::Uuid;

/// How large a connection's read buffer is, as at an edge; the usual 128 KiB would be most of what an idle one costs.
const READ_BUFFER: usize = 4 << 10;

#[derive(Debug, clap::Parser)]
struct Options {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// The key of the tokens
    #[arg(long)]
    key: String,

    /// How many ingredients a recipe has: an update is as large as those that Recipe Chat is measured with
    #[arg(long, default_value_t = 10)]
    ingredients: usize,

    /// How many updates a room keeps for slow readers
    #[arg(long, default_value_t = 64)]
    room_capacity: usize,
}

struct Server {
    key: DecodingKey,
    ingredients: usize,
    room_capacity: usize,
    rooms: Mutex<HashMap<String, Arc<Room>>>,
}

struct Room {
    name: String,
    recipe: Recipe,
    revision: Mutex<u64>,
    updates: broadcast::Sender<Utf8Bytes>,
}

#[derive(Serialize)]
struct Recipe {
    title: String,
    servings: u32,
    ingredients: Vec<Ingredient>,
    steps: Vec<String>,
}

#[derive(Serialize)]
struct Ingredient {
    id: String,
    name: String,
    quantity: String,
    unit: &'static str,
    note: &'static str,
}

#[derive(Deserialize)]
struct Received {
    id: String,
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    token: Option<String>,
    content: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

#[derive(Serialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: Uuid,
    payload: Update<'a>,
}

#[derive(Serialize)]
struct Update<'a> {
    recipe_id: &'a str,
    revision: u64,
    recipe: &'a Recipe,
    message: Said<'a>,
}

#[derive(Serialize)]
struct Said<'a> {
    id: &'a str,
    author: &'a str,
    content: &'a str,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let server = Arc::new(Server {
        key: DecodingKey::from_secret(options.key.as_bytes()),
        ingredients: options.ingredients,
        room_capacity: options.room_capacity,
        rooms: Mutex::default(),
    });
    let listener = TcpListener::bind(options.listen).await?;
    print(&format!(
        "bare listening on http://{}",
        listener.local_addr()?
    ));
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let app = Router::new()
        .route("/v1/chat/{recipe}", get(upgrade))
        .with_state(server);
    Ok(axum::serve(listener, app).await?)
}

async fn upgrade(
    State(server): State<Arc<Server>>,
    Path(recipe): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .on_upgrade(move |socket| async move {
            // Whoever breaks off is gone, and so is their connection.
            serve(&server, recipe, socket).await.ok();
        })
}

async fn serve(server: &Server, recipe: String, mut socket: WebSocket) -> anyhow::Result<()> {
    let first = socket.recv().await.context("gone")??;
    let auth: Received = serde_json::from_str(first.to_text()?)?;
    let token = auth.payload.token.context("a token")?;
    let validation = Validation::new(Algorithm::HS256);
    let claims = decode::<Claims>(token.as_bytes(), &server.key, &validation)?.claims;
    let room = server.room(recipe);
    let mut updates = room.updates.subscribe();
    socket.send(room.frame(&auth.id, &claims.sub, "")?).await?;
    loop {
        select! {
            update = updates.recv() => socket.send(Message::Text(update?)).await?,
            received = socket.recv() => {
                let Message::Text(text) = received.context("gone")?? else { continue };
                let said: Received = serde_json::from_str(&text)?;
                room.say(&said, &claims.sub)?;
            }
        }
    }
}

impl Server {
    fn room(&self, name: String) -> Arc<Room> {
        let mut rooms = lock(&self.rooms);
        let room = rooms
            .entry(name)
            .or_insert_with_key(|name| Arc::new(self.make_room(name)));
        Arc::clone(room)
    }

    fn make_room(&self, name: &str) -> Room {
        let ingredient = |number: usize| Ingredient {
            id: format!("i{number}"),
            name: format!("ingredient {number}"),
            quantity: number.to_string(),
            unit: "cups",
            note: "",
        };
        Room {
            name: name.to_owned(),
            recipe: Recipe {
                title: name.to_owned(),
                servings: 4,
                ingredients: (0..self.ingredients).map(ingredient).collect(),
                steps: Vec::new(),
            },
            revision: Mutex::default(),
            updates: broadcast::Sender::new(self.room_capacity),
        }
    }
}

impl Room {
    fn say(&self, said: &Received, author: &str) -> anyhow::Result<()> {
        let content = said.payload.content.as_deref().context("a content")?;
        // One order for everybody: it is sent while the revision is held.
        let mut revision = lock(&self.revision);
        *revision += 1;
        let frame = self.text(*revision, &said.id, author, content)?;
        self.updates.send(frame)?;
        Ok(())
    }

    fn frame(&self, id: &str, author: &str, content: &str) -> anyhow::Result<Message> {
        let revision = *lock(&self.revision);
        Ok(Message::Text(self.text(revision, id, author, content)?))
    }

    fn text(
        &self,
        revision: u64,
        id: &str,
        author: &str,
        content: &str,
    ) -> anyhow::Result<Utf8Bytes> {
        let frame = Frame {
            kind: "recipe_update",
            id: Uuid::now_v7(),
            payload: Update {
                recipe_id: &self.name,
                revision,
                recipe: &self.recipe,
                message: Said {
                    id,
                    author,
                    content,
                },
            },
        };
        Ok(serde_json::to_string(&frame)?.into())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::print_stdout, reason = "whoever starts it waits for this line")]
fn print(line: &str) {
    println!("{line}");
}

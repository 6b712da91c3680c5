//! Clients that send what fuzzing is seeded with, as it is and changed at random: over the doors that are open to anybody, as
//! users who are signed in, and at the port of the chat service. What they are answered is not looked at.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use serde_json::json;
use system_tests::{
    crowd::{TokenCache, token_caches},
    http::Api,
    stack::Stack,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, interval, timeout},
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};
use tokio_util::sync::CancellationToken;

use super::super::edges_from;

/// How many attack at once.
const ATTACKERS: u32 = 8;
/// How long an attack may take, and how long one waits for answers.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_millis(200);
/// How long a token is used.
const TOKEN: Duration = Duration::from_secs(5);
/// How many recipes they write to.
const RECIPES: u32 = 8;
/// What a client of gRPC says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// All of them.
#[derive(Debug)]
pub(super) struct Attackers {
    tasks: JoinSet<()>,
    stop: CancellationToken,
    attacks: Arc<AtomicUsize>,
}

/// A hostile input and the name of its corpus.
#[derive(Debug)]
struct Input {
    corpus: String,
    data: Vec<u8>,
}

struct Attacker {
    rng: SmallRng,
    edge: SocketAddr,
    chat: SocketAddr,
    inputs: Arc<Vec<Input>>,
    token_cache: Arc<TokenCache>,
    token: (String, Instant),
}

impl Attackers {
    /// They begin, with so many attacks a second in all.
    pub(super) async fn start(stack: &Stack, rate: f64) -> Self {
        let inputs = Arc::new(inputs());
        let (stop, attacks) = (CancellationToken::new(), Arc::default());
        let mut tasks = JoinSet::new();
        let token_caches = token_caches(2, &edges_from(stack, 0), &stack.api()).await;
        for number in 0..ATTACKERS {
            let token_cache = token_caches[number as usize % token_caches.len()].clone();
            let attacker = Attacker {
                rng: SmallRng::seed_from_u64(number.into()),
                edge: stack.edges[number as usize % stack.edges.len()].address(),
                chat: stack.chats[0].address(),
                inputs: Arc::clone(&inputs),
                token: (token_cache.fresh_token().await, Instant::now()),
                token_cache,
            };
            let pace = Duration::from_secs_f64(f64::from(ATTACKERS) / rate);
            tasks.spawn(attacker.live(pace, stop.clone(), Arc::clone(&attacks)));
        }
        Self {
            tasks,
            stop,
            attacks,
        }
    }

    /// Waits until all have left, and tells how many attacks there were.
    pub(super) async fn leave(self) -> usize {
        self.stop.cancel();
        self.tasks.join_all().await;
        self.attacks.load(Ordering::Relaxed)
    }
}

/// Every file of every corpus.
fn inputs() -> Vec<Input> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let home = env::var_os("SOAK_CORPUS").map_or(home, PathBuf::from);
    let mut inputs = Vec::new();
    for folder in fs::read_dir(home).expect("a folder of corpora") {
        let folder = folder.unwrap();
        let corpus = folder.file_name().to_string_lossy().into_owned();
        for file in fs::read_dir(folder.path()).unwrap() {
            let data = fs::read(file.unwrap().path()).unwrap();
            inputs.push(Input {
                corpus: corpus.clone(),
                data,
            });
        }
    }
    assert!(!inputs.is_empty(), "no inputs");
    inputs
}

impl Attacker {
    async fn live(mut self, pace: Duration, stop: CancellationToken, attacks: Arc<AtomicUsize>) {
        let mut turns = interval(pace);
        while stop.run_until_cancelled(turns.tick()).await.is_some() {
            if self.token.1.elapsed() > TOKEN {
                self.token = (self.token_cache.fresh_token().await, Instant::now());
            }
            let inputs = Arc::clone(&self.inputs);
            let input = &inputs[self.rng.random_range(0..inputs.len())];
            let data = self.changed(&input.data);
            // Refusals, closes and silence are all fine.
            timeout(STEP_TIMEOUT, self.attack(&input.corpus, &data))
                .await
                .ok();
            attacks.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// As it is, or with some bytes changed, left out or said again.
    fn changed(&mut self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        for _ in 0..self.rng.random_range(0..6) {
            let length = data.len();
            let (from, upto) = (
                self.rng.random_range(0..=length),
                self.rng.random_range(0..=length),
            );
            let piece = from.min(upto)..from.max(upto);
            match self.rng.random_range(0..3) {
                0 if from < length => data[from] = self.rng.random(),
                1 if piece.len() < length / 2 => drop(data.drain(piece)),
                2 if length < 32 << 10 => data.extend_from_within(piece),
                _ => {}
            }
        }
        data
    }

    async fn attack(&mut self, corpus: &str, data: &[u8]) -> anyhow::Result<()> {
        let text = String::from_utf8_lossy(data);
        match corpus {
            "client_frame" => {
                let signed_in = self.rng.random();
                self.say(signed_in, vec![Message::text(&*text)]).await
            }
            "access_token" => {
                let auth = json!({"type": "auth", "payload": {"token": text}});
                self.say(false, vec![Message::text(auth.to_string())])
                    .await?;
                let token = text.replace(char::is_whitespace, "");
                let bearer = format!(
                    "GET /v1/recipes HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n"
                );
                send(self.edge, bearer.as_bytes()).await
            }
            "recipe_language" | "plain_text" => {
                let message = |content: &str| {
                    let id = uuid::Uuid::now_v7();
                    json!({"type": "chat_message", "id": id, "payload": {"content": content}})
                };
                let messages = text
                    .split('\u{1e}')
                    .take(6)
                    .map(|part| Message::text(message(part).to_string()));
                let messages = messages.collect();
                self.say(true, messages).await
            }
            "cooklang" => self.import("text/x-cooklang", data).await,
            "json_ld" => self.import("application/ld+json", data).await,
            "http_request" => send(self.edge, &with_line_ends(data)).await,
            "websocket_stream" => {
                let stream = self.upgraded().await?.into_inner();
                converse(stream, data.get(1..).unwrap_or_default()).await
            }
            _ => {
                send(self.edge, data).await?;
                send(self.chat, &[PREFACE, data].concat()).await
            }
        }
    }

    fn recipe(&mut self) -> String {
        format!("hostile-{}", self.rng.random_range(0..RECIPES))
    }

    /// Says something over a connection of its own, which it then lets fall.
    async fn say(&mut self, signed_in: bool, frames: Vec<Message>) -> anyhow::Result<()> {
        let mut socket = self.upgraded().await?;
        if signed_in {
            let auth = json!({"type": "auth", "payload": {"token": self.token.0}});
            socket.send(Message::text(auth.to_string())).await?;
        }
        for frame in frames {
            socket.send(frame).await?;
        }
        while let Ok(Some(Ok(_))) = timeout(ANSWER, socket.next()).await {}
        Ok(())
    }

    async fn upgraded(&mut self) -> anyhow::Result<WebSocketStream<TcpStream>> {
        let recipe = self.recipe();
        let stream = TcpStream::connect(self.edge).await?;
        let url = format!("ws://{}/v1/chat/{recipe}", self.edge);
        Ok(client_async(url, stream).await?.0)
    }

    async fn import(&mut self, media_type: &str, document: &[u8]) -> anyhow::Result<()> {
        let (api, recipe) = (Api::new(self.edge, Default::default()), self.recipe());
        let put = api.request("PUT", &format!("/v1/recipes/{recipe}"));
        let put = put.bearer(&self.token.0).header("Content-Type", media_type);
        put.body(document).try_send().await?;
        Ok(())
    }
}

/// Sends bytes as they are, and reads what comes until there is nothing more.
async fn send(address: SocketAddr, data: &[u8]) -> anyhow::Result<()> {
    converse(TcpStream::connect(address).await?, data).await
}

async fn converse(mut stream: TcpStream, data: &[u8]) -> anyhow::Result<()> {
    stream.write_all(data).await?;
    let mut answer = vec![0; 16 << 10];
    while let Ok(Ok(1..)) = timeout(ANSWER, stream.read(&mut answer)).await {}
    Ok(())
}

/// A request of the corpus as it crosses the wire: the version behind the path, and line ends of two characters.
fn with_line_ends(data: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(data);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let (first, headers) = head.split_once('\n').unwrap_or((head, ""));
    let headers = headers.replace('\n', "\r\n");
    format!(
        "{first} HTTP/1.1\r\n{headers}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

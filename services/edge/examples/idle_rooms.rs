//! What a room costs while nothing happens in it: 100,000 rooms with one member each on an edge, attached over the
//! link to a chat service in a process of its own. The connections themselves are not counted.
//!
//! `cargo run --profile ci-release -p edge --example idle_rooms`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement that is read on the terminal and may end at the first fault"
)]

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use edge::{
    Replicas,
    internals::{AccessToken, Link, Member, Principal, Rooms, SeenAs},
};
use proto::ids::{LoginSessionId, Position, RecipeId, UserId};
use runtime::{
    clock::{SystemClock, Timestamp},
    grpc::{Access, Credentials},
    lifecycle::Lifecycle,
    listener,
    replicas::ServiceAddress,
};

const ROOMS: u64 = 100_000;
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("chat") => serve_chat().await,
        _ => measure().await,
    }
}

async fn measure() {
    let (mut chat, address) = start_chat();
    let rooms = Rooms::new();
    let lifecycle = Lifecycle::new();
    let address: ServiceAddress = address.parse().unwrap();
    let replicas = Replicas::new(
        address.clone().follow(&lifecycle),
        address.dialer("chat", &Credentials::default()).unwrap(),
    );
    let (link, task) = Link::new(replicas, Arc::clone(&rooms), SystemClock::shared());
    lifecycle.spawn(task.run(Arc::new(|_: &RecipeId, _| {}), lifecycle.clone()));
    assert!(link.opened_within(STEP_TIMEOUT).await);

    let chat_id = chat.id();
    let memory = || [memory(std::process::id()), memory(chat_id)];
    let before = memory();
    let members: Vec<Member> = (0..ROOMS)
        .map(|n| {
            let recipe = format!("idle-recipe-{n:08}").parse().unwrap();
            rooms.enter(
                &recipe,
                &somebody(),
                &Position::default(),
                None,
                &SeenAs::default(),
            )
        })
        .collect();
    let after = settled(memory).await;
    let [edge, service] = [0, 1].map(|at| after[at].saturating_sub(before[at]) / ROOMS);
    println!("an idle room: {edge} bytes on the edge, {service} in the chat service");
    drop(members);
    lifecycle.kill();
    chat.kill().unwrap();
}

fn somebody() -> Arc<Principal> {
    Arc::new(Principal {
        user: UserId::random(),
        name: "somebody".into(),
        shown_name: "somebody".into(),
        login_session: LoginSessionId::random(),
        validated_at: Timestamp::default(),
        token_id: "".into(),
        scope: "".into(),
        token_ends: Timestamp::default(),
        // As long as one of ours.
        token: AccessToken::new("x".repeat(450).into()),
    })
}

/// The value once it has not changed for a while.
async fn settled<T: PartialEq>(value: impl Fn() -> T) -> T {
    let (mut last, mut same) = (value(), 0);
    while same < 20 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = value();
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

fn start_chat() -> (Child, String) {
    let mut chat = Command::new(std::env::current_exe().unwrap())
        .arg("chat")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    let output = chat.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut address).unwrap();
    (chat, address.trim().to_owned())
}

async fn serve_chat() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/chat.db", folder.path().display());
    let url = url.parse().unwrap();
    let config = chat::Config::default();
    let chat = chat::open(&config, &url, None, SystemClock::shared());
    let chat = chat.await.unwrap();
    let listener = listener::bind("--listen", "127.0.0.1:0".parse().unwrap()).unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    chat.serve(listener, Access::default(), Lifecycle::new())
        .await
        .unwrap();
}

/// The memory that only that process uses, in bytes.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let kibibytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kibibytes.parse::<u64>().unwrap() * 1024
}

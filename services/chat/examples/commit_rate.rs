//! How many messages a second the chat service commits: 256 clients, each with one post under way, over one link,
//! on 64 recipes and then on a single hot one. Every second message changes the recipe. The processor time is that
//! of service and clients together (and not of a database server), so that it tells something on a busy machine.
//! Then what an attached recipe costs while nothing happens.
//!
//! `cargo run --profile ci-release -p chat --example commit_rate [sqlite:PATH | postgres://…]`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement that is read on the terminal and may end at the first fault"
)]

use std::{collections::HashMap, time::Duration};

use chat::Config;
use proto::chat::{
    self as wire, answer, chat_service_client::ChatServiceClient, link_request, link_response,
};
use runtime::{
    clock::SystemClock,
    grpc::{Access, Credentials},
    lifecycle::Lifecycle,
    listener,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_stream::wrappers::ReceiverStream;

const CLIENTS: usize = 256;
const RECIPES: usize = 64;
const IDLE: u64 = 100_000;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(8);

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let url = std::env::args()
        .nth(1)
        .unwrap_or_else(|| format!("sqlite:{}/chat.db", folder.path().display()));
    let clock = SystemClock::shared();
    let config = Config {
        reloadable: chat::Reloadable {
            bytes_per_user: 0,
            ..chat::Reloadable::default()
        },
        ..Config::default()
    };
    let chat = chat::open(&config, &url.parse().unwrap(), None, clock)
        .await
        .unwrap();
    let listener = listener::bind("--listen", "127.0.0.1:0".parse().unwrap()).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let lifecycle = Lifecycle::new();
    let served = tokio::spawn(chat.serve(listener, Access::default(), lifecycle.clone()));

    let kind = url.split(':').next().unwrap_or_default();
    for (name, recipes, attached) in [
        ("64 recipes", RECIPES, false),
        ("64 recipes, attached", RECIPES, true),
        ("one hot recipe", 1, false),
        ("one hot recipe, attached", 1, true),
    ] {
        let run = Run::new(&address, name, recipes, attached).await;
        let (rate, p50, p99, busy) = run.measure().await;
        println!(
            "{kind}, {name}: {rate:.0} messages/s, p50 {p50:.1?}, p99 {p99:.1?}, {busy:.0?} of processor time each"
        );
    }
    let each = Run::new(&address, "idle", 0, false).await.idle().await;
    println!("{kind}, an idle attached recipe: {each} bytes");
    lifecycle.stop();
    served.await.unwrap().unwrap();
    lifecycle.finished(Duration::from_secs(10)).await;
}

/// 256 clients behind one link.
struct Run {
    client: ChatServiceClient<runtime::grpc::Channel>,
    requests: mpsc::Sender<wire::LinkRequest>,
    answers: tonic::Streaming<wire::LinkResponse>,
    recipes: Vec<String>,
    name: String,
    posted: u64,
    under_way: HashMap<u64, Instant>,
}

impl Run {
    async fn new(address: &str, name: &str, recipes: usize, attached: bool) -> Self {
        let (requests, outgoing) = mpsc::channel(CLIENTS * 2);
        let mut client = ChatServiceClient::new(
            runtime::grpc::channel(address, &["chat"], &Credentials::default()).unwrap(),
        );
        let answers = client.link(ReceiverStream::new(outgoing)).await.unwrap();
        let base = name.replace([' ', ','], "-");
        let mut run = Self {
            client,
            requests,
            answers: answers.into_inner(),
            recipes: (0..recipes).map(|n| format!("{base}-{n}")).collect(),
            name: name.to_owned(),
            posted: 0,
            under_way: HashMap::new(),
        };
        for recipe in run.recipes.clone() {
            run.prepare(&recipe, attached).await;
        }
        run
    }

    async fn prepare(&mut self, recipe: &str, attached: bool) {
        let create = wire::CreateRecipeRequest {
            principal: someone(0),
            recipe_id: recipe.to_owned(),
            visibility: wire::Visibility::Open.into(),
            ..wire::CreateRecipeRequest::default()
        };
        self.client.create_recipe(create).await.unwrap();
        self.call(link_request::Call::Join(wire::JoinRecipeRequest {
            principal: someone(0),
            recipe_id: recipe.to_owned(),
            ..wire::JoinRecipeRequest::default()
        }))
        .await;
        self.answer().await;
        for ingredient in [
            "2 cups flour",
            "3 eggs",
            "1 cup milk",
            "2 tbsp sugar",
            "1 tsp salt",
        ] {
            self.post(recipe.to_owned(), format!("add {ingredient}"))
                .await;
            self.answer().await;
        }
        if attached {
            self.call(link_request::Call::Attach(wire::Attach {
                recipe_id: recipe.to_owned(),
                ..wire::Attach::default()
            }))
            .await;
            self.answer().await;
        }
    }

    /// What an attached recipe adds to the memory of the process.
    async fn idle(mut self) -> u64 {
        let before = memory();
        for n in 0..IDLE {
            self.call(link_request::Call::Attach(wire::Attach {
                recipe_id: format!("idle-recipe-{n:08}"),
                ..wire::Attach::default()
            }))
            .await;
            if n >= CLIENTS as u64 {
                self.answer().await;
            }
        }
        for _ in 0..CLIENTS {
            self.answer().await;
        }
        memory().saturating_sub(before) / IDLE
    }

    async fn measure(mut self) -> (f64, Duration, Duration, Duration) {
        for _ in 0..CLIENTS {
            self.next_post().await;
        }
        self.work(WARM_UP).await;
        let (started, busy) = (Instant::now(), processor_time());
        let mut times = self.work(MEASURED).await;
        let rate = times.len() as f64 / started.elapsed().as_secs_f64();
        times.sort_unstable();
        let busy = (processor_time() - busy) / u32::try_from(times.len()).unwrap();
        (
            rate,
            times[times.len() / 2],
            times[times.len() * 99 / 100],
            busy,
        )
    }

    async fn work(&mut self, time: Duration) -> Vec<Duration> {
        let until = Instant::now() + time;
        let mut times = Vec::new();
        while Instant::now() < until {
            times.push(self.answer().await);
            self.next_post().await;
        }
        times
    }

    async fn next_post(&mut self) {
        let at = usize::try_from(self.posted).unwrap() % self.recipes.len();
        let content = match self.posted / self.recipes.len() as u64 % 2 {
            0 => "That looks good, let us keep it that way.".to_owned(),
            _ => format!("change flour to {} cups", self.posted % 90 + 1),
        };
        self.post(self.recipes[at].clone(), content).await;
    }

    async fn post(&mut self, recipe: String, content: String) {
        self.call(link_request::Call::Post(wire::PostMessageRequest {
            principal: someone(self.posted % CLIENTS as u64),
            recipe_id: recipe,
            message_id: format!("{}-{}", self.name, self.posted),
            content,
            ..wire::PostMessageRequest::default()
        }))
        .await;
    }

    async fn call(&mut self, call: link_request::Call) {
        self.posted += 1;
        self.under_way.insert(self.posted, Instant::now());
        let request = wire::LinkRequest {
            number: self.posted,
            traceparent: String::new(),
            call: Some(call),
        };
        self.requests.send(request).await.unwrap();
    }

    /// The next answer's time; updates are read and dropped.
    async fn answer(&mut self) -> Duration {
        loop {
            let event = self
                .answers
                .message()
                .await
                .unwrap()
                .unwrap()
                .event
                .unwrap();
            if let link_response::Event::Answer(answer) = event {
                let result = answer.result.unwrap();
                assert!(!matches!(result, answer::Result::Failure(_)), "{result:?}");
                return self.under_way.remove(&answer.number).unwrap().elapsed();
            }
        }
    }
}

fn someone(n: u64) -> Option<wire::Principal> {
    Some(wire::Principal {
        user_id: format!("0198aaaa-bbbb-7ccc-8ddd-{n:012}"),
        name: format!("cook{n}"),
        ..wire::Principal::default()
    })
}

/// What the kernel says that this process has used, in ticks of 10 ms.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(") ").next().unwrap().split(' ');
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .map(|t| t.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// The memory that only this process uses, in bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("RssAnon:"))
        .unwrap();
    let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes * 1024
}

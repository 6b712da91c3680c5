//! Everything can be started in any order: an edge before auth, chat and Redis, auth and chat before their databases.

use std::net::SocketAddr;

use serde_json::{Value, json};
use system_tests::{
    account::Account,
    binary::{self, recipe_chat},
    canary::Canary,
    client::Client,
    http::Api,
    postgres::Postgres,
    process::Process,
    redis_server::{RedisServer, free_port},
    service::{Launch, Service},
    stack::Plan,
    timeouts::eventually,
};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::faults::tell;

async fn readiness(api: &Api) -> (u16, Value) {
    let answer = api.get("/readyz").send().await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn edges_that_start_without_redis_are_ready_and_join_it_when_it_comes() {
    let port = free_port();
    let url = format!("redis://127.0.0.1:{port}");
    let stack = Plan::apart(2).with_redis_at(url).start().await;
    for edge in 0..2 {
        let api = stack.api_at(edge);
        eventually("readiness", async || readiness(&api).await.0 == 200).await;
        let (_, told) = readiness(&api).await;
        assert_eq!(
            (&told["redis"], &told["degraded"]),
            (&false.into(), &true.into()),
            "{told}"
        );
        let problem = told["redis_problem"].as_str().unwrap_or_default();
        assert!(
            problem.starts_with(&format!("unreachable 127.0.0.1:{port}")),
            "{told}"
        );
    }
    let ada = stack.register("ada").await;
    let mut client = stack.connect_at(0, "soup").await;
    let session = client.auth(&ada.access_token).await["session"].clone();
    client.say("cooking without Redis").await;

    let redis = RedisServer::start_at(port).await;
    let came = Instant::now();

    for edge in 0..2 {
        let api = stack.api_at(edge);
        eventually("Redis joined", async || {
            let (status, told) = readiness(&api).await;
            status == 200 && told["redis"] == true && told["degraded"] == false
        })
        .await;
    }
    let joined = came.elapsed().as_secs_f64();
    tell("Redis comes later", &json!({"joined_after_s": joined}));
    // The session of before is written, so that another edge can take it over.
    eventually("the session in Redis", async || {
        !redis.keys("rc:{*}:session:*").await.is_empty()
    })
    .await;
    let mut elsewhere = stack.connect_at(1, "soup").await;
    let resume = json!({"token": ada.access_token, "session": session["id"], "revision": 1});
    let resumed = elsewhere.auth_with(resume).await["session"].clone();
    assert_eq!(resumed["id"], session["id"]);
    // Auth has joined as well: a logout leaves its mark there.
    ada.logout(&stack.api()).await;
    elsewhere.expect_close(1008, "Session revoked").await;
    eventually("the mark in Redis", async || {
        !redis.keys("rc:revocations").await.is_empty()
    })
    .await;
}

/// What can be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Redis,
    Auth,
    Chat,
    Edge,
}

/// Where each part will be.
struct Addresses {
    redis: u16,
    auth: SocketAddr,
    chat: SocketAddr,
    edge: SocketAddr,
    data: TempDir,
}

impl Addresses {
    fn new() -> Self {
        let place = || SocketAddr::from(([127, 0, 0, 1], free_port()));
        Self {
            redis: free_port(),
            auth: place(),
            chat: place(),
            edge: place(),
            data: TempDir::new().unwrap(),
        }
    }

    async fn start(&self, part: Part, running: &mut Running) {
        let database = |name: &str| format!("sqlite:{}/{name}.db", self.data.path().display());
        let (auth, chat) = (
            format!("http://{}", self.auth),
            format!("http://{}", self.chat),
        );
        match part {
            Part::Redis => running.redis = Some(RedisServer::start_at(self.redis).await),
            Part::Auth => {
                let database = database("auth");
                let launch = self.launch("auth", &["--database-url", &database]);
                running
                    .services
                    .push(Service::start_at(launch, self.auth).await);
            }
            Part::Chat => {
                let database = database("chat");
                let launch = self.launch("chat", &["--database-url", &database]);
                running
                    .services
                    .push(Service::start_at(launch, self.chat).await);
            }
            Part::Edge => {
                let launch = self.launch("edge", &["--auth-url", &auth, "--chat-url", &chat]);
                running
                    .services
                    .push(Service::start_at(launch, self.edge).await);
            }
        }
    }

    fn launch(&self, name: &'static str, more: &[&str]) -> Launch {
        let redis = format!("redis://127.0.0.1:{}", self.redis);
        let arguments = [&[name, "--redis-url", &redis], more].concat();
        Launch {
            binary: binary::path(),
            name,
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            listen_flag: "--listen",
            environment: Vec::new(),
        }
    }
}

#[derive(Default)]
struct Running {
    redis: Option<RedisServer>,
    services: Vec<Service>,
}

fn orders(parts: &[Part]) -> Vec<Vec<Part>> {
    if parts.is_empty() {
        return vec![Vec::new()];
    }
    let mut orders = Vec::new();
    for (at, first) in parts.iter().enumerate() {
        let rest = [&parts[..at], &parts[at + 1..]].concat();
        for order in self::orders(&rest) {
            orders.push([&[*first], order.as_slice()].concat());
        }
    }
    orders
}

#[tokio::test]
async fn every_order_of_starts_comes_to_the_same() {
    let orders = orders(&[Part::Edge, Part::Redis, Part::Chat, Part::Auth]);
    assert_eq!(orders.len(), 24);
    let mut slowest = 0.0_f64;
    for order in orders {
        let (addresses, mut running) = (Addresses::new(), Running::default());
        let canary = Canary::default();
        let api = Api::new(addresses.edge, canary.clone());
        for part in &order {
            addresses.start(*part, &mut running).await;
        }
        let last_started = Instant::now();
        eventually(&format!("a whole from {order:?}"), async || {
            let (status, told) = readiness(&api).await;
            status == 200 && told["redis"] == true
        })
        .await;
        slowest = slowest.max(last_started.elapsed().as_secs_f64());
        let ada = Account::register(&api, "ada").await;
        let mut client = Client::connect(addresses.edge, "soup", &canary).await;
        client.auth(&ada.access_token).await;
        client.say("add 2 eggs").await;
    }
    tell("any order of starts", &json!({"whole_after_s": slowest}));
}

#[tokio::test]
async fn auth_and_chat_wait_for_a_database_that_comes_later() {
    let port = free_port();
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let start = |service: &'static str| {
        let command = recipe_chat(&[service, "--listen", "127.0.0.1:0", "--database-url", &url]);
        Process::start(service, command)
    };
    let (auth, chat) = (start("auth"), start("chat"));
    for service in [&auth, &chat] {
        eventually("a word about the database", async || {
            service
                .stderr()
                .contains("the database cannot be reached yet")
        })
        .await;
        assert!(!service.stdout().contains("listening"));
    }

    let _postgres = Postgres::start_at(port).await;

    let came = Instant::now();
    auth.line_with("auth listening on http://").await;
    chat.line_with("chat listening on http://").await;
    let listening = came.elapsed().as_secs_f64();
    tell(
        "PostgreSQL comes later",
        &json!({"listening_after_s": listening}),
    );
}

#[tokio::test]
async fn a_service_that_waits_for_its_database_can_be_stopped() {
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", free_port());
    for service in ["auth", "chat"] {
        let command = recipe_chat(&[service, "--listen", "127.0.0.1:0", "--database-url", &url]);
        let mut process = Process::start(service, command);
        eventually("a word about the database", async || {
            process
                .stderr()
                .contains("the database cannot be reached yet")
        })
        .await;
        process.terminate();
        let ended = process.ended().await;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    }
}

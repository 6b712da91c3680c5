//! Redis servers and edges for tests. Each ends with its test.

use std::{
    collections::HashSet,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use proto::ids::SessionId;
use runtime::{lifecycle::Lifecycle, redis::Redis};
use test_servers::{Redis as RedisServer, free_port};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use crate::deadlines::{
    DeadlineConfig, Deadlines, Delivery, EdgeId, Owners, Phase, Prompt, Scope, SessionRecord, start,
};

/// Generous, since the machine may be busy with other tests.
pub(super) const TEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) struct Server {
    pub(super) port: u16,
    process: RedisServer,
}

impl Server {
    pub(super) async fn start() -> Self {
        let server = Self::launch(free_port(), &[]);
        server.redis().await;
        server
    }

    fn launch(port: u16, arguments: &[&str]) -> Self {
        Self {
            port,
            process: RedisServer::start_with(port, arguments),
        }
    }

    /// A connection, once the server answers.
    pub(super) async fn redis(&self) -> Redis {
        open(&format!("redis://127.0.0.1:{}", self.port)).await
    }

    /// The sessions that it keeps.
    pub(super) async fn sessions(&self) -> HashSet<String> {
        let mut command = runtime::redis::cmd("KEYS");
        command.arg("rc:*:session:*");
        let keys: Vec<String> = self.redis().await.run(&command).await.unwrap();
        let name = |key: &String| key.rsplit(':').next().map(str::to_owned);
        keys.iter().filter_map(name).collect()
    }

    pub(super) fn kill(&mut self) {
        self.process.kill();
    }

    /// Empty, since nothing is ever saved.
    pub(super) fn start_again(&mut self) {
        self.process.start_again();
    }
}

/// Without the last setting, the loss of one server stops all of them.
const CLUSTERED: [&str; 4] = [
    "--cluster-enabled",
    "yes",
    "--cluster-require-full-coverage",
    "no",
];

/// Three primaries.
pub(super) struct Cluster {
    pub(super) servers: Vec<Server>,
}

impl Cluster {
    pub(super) async fn start() -> Self {
        let mut servers = Vec::new();
        for _ in 0..3 {
            let server = Server::launch(free_port(), &CLUSTERED);
            server.redis().await;
            servers.push(server);
        }
        let cluster = Self { servers };
        let created = Command::new("redis-cli")
            .args(["--cluster", "create", "--cluster-yes"])
            .args(cluster.addresses())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(created.success());
        cluster.agreed().await;
        cluster
    }

    pub(super) async fn redis(&self) -> Redis {
        open(&format!("redis+cluster://{}", self.addresses().join(","))).await
    }

    fn addresses(&self) -> Vec<String> {
        let address = |server: &Server| format!("127.0.0.1:{}", server.port);
        self.servers.iter().map(address).collect()
    }

    /// Waits until every server takes the cluster for whole.
    async fn agreed(&self) {
        for server in &self.servers {
            let redis = server.redis().await;
            let mut info = runtime::redis::cmd("CLUSTER");
            info.arg("INFO");
            until(async || {
                let text: String = redis.run(&info).await.unwrap();
                text.contains("cluster_state:ok") && text.contains("cluster_slots_ok:16384")
            })
            .await;
        }
    }
}

async fn open(url: &str) -> Redis {
    let redis = Redis::open(&url.parse().unwrap()).unwrap();
    is_up(&redis, true).await;
    redis.with_timeout(TEST_TIMEOUT)
}

pub(super) async fn is_up(redis: &Redis, expected: bool) {
    let mut up = redis.watch();
    let up = timeout(TEST_TIMEOUT, up.wait_for(|up| *up == expected)).await;
    up.expect("Redis comes or goes in time").unwrap();
}

/// Asks another process until it says yes; there is nothing to wait for.
pub(super) async fn until(ask: impl AsyncFn() -> bool) {
    let asking = async {
        while !ask().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(TEST_TIMEOUT, asking).await.expect("a yes in time");
}

/// An edge of which only the schedule is real.
pub(super) struct Edge {
    pub(super) id: EdgeId,
    pub(super) deadlines: Deadlines,
    prompts: mpsc::Receiver<Prompt>,
    moved: mpsc::Receiver<(SessionId, u64)>,
    connections: Arc<Connections>,
}

struct Connections {
    prompts: mpsc::Sender<Prompt>,
    moved: mpsc::Sender<(SessionId, u64)>,
    sessions: Mutex<Vec<SessionRecord>>,
}

impl Owners for Connections {
    fn prompt(&self, prompt: Prompt) -> Delivery {
        self.prompts.try_send(prompt).ok();
        Delivery::Delivered
    }

    fn moved(&self, session: &SessionId, generation: u64) {
        self.moved.try_send((session.clone(), generation)).ok();
    }

    fn sessions(&self) -> Vec<SessionRecord> {
        self.sessions.lock().unwrap().clone()
    }
}

/// As in production, but for the few shards and the short times.
pub(super) fn quick() -> DeadlineConfig {
    DeadlineConfig {
        shards: 8,
        lease: Duration::from_millis(300),
        ..DeadlineConfig::default()
    }
}

impl Edge {
    /// Started, and ready to hear from other edges.
    pub(super) async fn start(config: DeadlineConfig, redis: &Redis) -> Self {
        let id = EdgeId::random();
        let (prompt_sender, prompts) = mpsc::channel(1000);
        let (moved_sender, moved) = mpsc::channel(1000);
        let connections = Arc::new(Connections {
            prompts: prompt_sender,
            moved: moved_sender,
            sessions: Mutex::default(),
        });
        let deadlines = start(
            config,
            id.clone(),
            Some(redis),
            connections.clone(),
            &Lifecycle::new(),
        );
        let inbox = format!("rc:inbox:{id}");
        until(async || matches!(redis.publish(&inbox, b"").await, Ok(1))).await;
        let heartbeat = format!("rc:edge:{id}");
        until(async || exists(redis, &heartbeat).await).await;
        Self {
            id,
            deadlines,
            prompts,
            moved,
            connections,
        }
    }

    /// Schedules a session that this edge really has, so that it can be written anew.
    pub(super) fn connect(&self, record: SessionRecord) {
        let sessions = &self.connections.sessions;
        sessions.lock().unwrap().push(record.clone());
        self.deadlines.schedule(record);
    }

    pub(super) async fn prompt(&mut self) -> Prompt {
        let prompt = timeout(TEST_TIMEOUT, self.prompts.recv()).await;
        prompt.expect("a prompt in time").unwrap()
    }

    pub(super) async fn moved(&mut self) -> (SessionId, u64) {
        let moved = timeout(TEST_TIMEOUT, self.moved.recv()).await;
        moved.expect("a take-over in time").unwrap()
    }

    pub(super) async fn take_over(&self, session: &str, user: &str) -> Option<SessionRecord> {
        self.deadlines
            .take_over(&id(session), &scope(user, "pancakes"))
            .await
            .unwrap()
    }
}

pub(super) async fn exists(redis: &Redis, key: &str) -> bool {
    let mut command = runtime::redis::cmd("EXISTS");
    command.arg(key);
    redis.run::<bool>(&command).await.unwrap_or(false)
}

pub(super) fn scope(user: &str, recipe: &str) -> Scope {
    Scope {
        user: user.parse().unwrap(),
        login_session: "login".parse().unwrap(),
        recipe: recipe.parse().unwrap(),
    }
}

pub(super) fn id(session: &str) -> SessionId {
    session.parse().unwrap()
}

pub(super) fn record(session: &str, generation: u64, due_in: Duration) -> SessionRecord {
    let due = Instant::now() + due_in;
    SessionRecord {
        session: id(session),
        scope: scope("ada", "pancakes"),
        generation,
        phase: Phase::Active,
        due,
        expires: due + Duration::from_secs(60),
    }
}

/// With a minute to answer.
pub(super) fn asked(session: &str, generation: u64) -> SessionRecord {
    SessionRecord {
        phase: Phase::Asked,
        ..record(session, generation, Duration::from_secs(60))
    }
}

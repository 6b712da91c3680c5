//! A whole Recipe Chat for one test: everything in one process, or each service in its own, on free ports and
//! with private data. At its end everything printed is searched for secrets.

mod plan;
mod proxies;

use std::net::SocketAddr;

use tempfile::TempDir;

pub use self::{plan::Plan, proxies::Proxies};
use crate::{
    account::Account,
    canary::Canary,
    client::Client,
    http::Api,
    pgbouncer::PgBouncer,
    postgres::Postgres,
    process::{Process, last_lines},
    redis_server::RedisServer,
    service::Service,
};

/// A running Recipe Chat.
#[derive(Debug)]
pub struct Stack {
    /// The auth service, when it has a process of its own.
    pub auth: Option<Service>,
    /// The replicas of the chat service, when it has processes of its own.
    pub chats: Vec<Service>,
    /// The edges; the one process of a stack together is the first.
    pub edges: Vec<Service>,
    /// Redis, when there is one.
    pub redis: Option<RedisServer>,
    /// PostgreSQL, when the databases are there.
    pub postgres: Option<Postgres>,
    pooler: Option<Box<PgBouncer>>,
    proxies: Option<Proxies>,
    canary: Canary,
    data: TempDir,
}

impl Stack {
    /// Where the first edge listens.
    pub fn address(&self) -> SocketAddr {
        self.edges[0].address()
    }

    /// The HTTP API of the first edge.
    pub fn api(&self) -> Api {
        self.api_at(0)
    }

    /// The HTTP API of one edge.
    pub fn api_at(&self, edge: usize) -> Api {
        Api::new(self.edges[edge].address(), self.canary.clone())
    }

    /// Registers a user with a name that nobody else has.
    pub async fn register(&self, name: &str) -> Account {
        Account::register(&self.api(), name).await
    }

    /// A connection to the first edge that has not said anything yet.
    pub async fn connect(&self, recipe: &str) -> Client {
        self.connect_at(0, recipe).await
    }

    /// A connection to one edge that has not said anything yet.
    pub async fn connect_at(&self, edge: usize, recipe: &str) -> Client {
        Client::connect(self.edges[edge].address(), recipe, &self.canary).await
    }

    /// A connection to the first edge that has given its token.
    pub async fn join(&self, account: &Account, recipe: &str) -> Client {
        self.join_at(0, account, recipe).await
    }

    /// A connection to one edge that has given its token.
    pub async fn join_at(&self, edge: usize, account: &Account, recipe: &str) -> Client {
        let mut client = self.connect_at(edge, recipe).await;
        client.auth(&account.access_token).await;
        client
    }

    /// The value of a metric of one edge, all series with these labels added up.
    pub async fn metric(&self, edge: usize, name: &str, labels: &str) -> f64 {
        let answer = self.api_at(edge).get("/metrics").send().await.expect(200);
        let text = answer.text();
        let series = text.lines().filter(|line| {
            let known = line.split(['{', ' ']).next() == Some(name);
            known && line.contains(labels)
        });
        series
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// The auth service of a stack apart.
    ///
    /// # Panics
    /// When the stack is together.
    pub fn auth(&mut self) -> &mut Service {
        self.auth.as_mut().expect("a stack apart")
    }

    /// The chat service of a stack apart; of several replicas, the first.
    ///
    /// # Panics
    /// When the stack is together.
    pub fn chat(&mut self) -> &mut Service {
        self.chats.first_mut().expect("a stack apart")
    }

    /// The Redis of this stack.
    ///
    /// # Panics
    /// When it has none.
    pub fn redis(&mut self) -> &mut RedisServer {
        self.redis.as_mut().expect("a stack with Redis")
    }

    /// What stands between the edges and everything behind them.
    ///
    /// # Panics
    /// When nothing does.
    pub fn proxies(&self) -> &Proxies {
        self.proxies.as_ref().expect("a stack through proxies")
    }

    /// The secrets of this test.
    pub fn canary(&self) -> &Canary {
        &self.canary
    }

    fn processes(&self) -> impl Iterator<Item = &Process> {
        let services = self.auth.iter().chain(&self.chats).chain(&self.edges);
        services.flat_map(Service::processes)
    }

    fn assert_no_secret_was_printed(&self) {
        for process in self.processes() {
            for output in [process.stdout(), process.stderr()] {
                let leaks = self.canary.leaks(&output);
                let start = |line: &&str| line.chars().take(160).collect::<String>();
                let shown: Vec<String> = leaks.iter().take(3).map(start).collect();
                assert!(
                    leaks.is_empty(),
                    "{} printed a secret: {shown:#?}",
                    process.name()
                );
            }
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for process in self.processes() {
                let end = last_lines(&process.stderr());
                tell(&format!(
                    "---- {}\n{}\n{end}",
                    process.name(),
                    process.stdout()
                ));
            }
        } else {
            self.assert_no_secret_was_printed();
        }
    }
}

#[expect(clippy::print_stderr, reason = "shown with the failed test")]
fn tell(text: &str) {
    eprintln!("{text}");
}

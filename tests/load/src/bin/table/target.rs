//! What is measured: the bare server, Recipe Chat, and an older build of it.

use std::{any::Any, net::SocketAddr, path::Path, time::Duration};

use anyhow::Context as _;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use system_tests::{
    canary::Canary,
    http::Api,
    process::Process,
    service::address_in,
    stack::{Plan, Stack},
};
use tokio::process::Command;
use uuid::Uuid;

use crate::{socket::Socket, usage::Watched};

/// How many users the connections belong to.
const USERS: usize = 10;
/// How many recipes there are to talk on, and how many on which nobody says anything after they were filled.
pub(crate) const RECIPES: usize = 100;
/// What makes a recipe of the size that is measured: an update is about 1.3 kB.
const RECIPE: &str = "add 1 cup flour; add 2 cups milk; add 3 eggs; add 4 tbsp sugar; add 5 tsp salt; add 6 cups oats; \
    add 7 tbsp butter; add 8 cups water; add 9 tsp yeast; add 10 cups rye";

/// A running server with accounts and recipes.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) edge: SocketAddr,
    /// The process that holds the connections is the first.
    pub(crate) processes: Vec<Watched>,
    /// Of its users.
    pub(crate) tokens: Vec<String>,
    _running: Box<dyn Any>,
}

impl Target {
    /// The baseline.
    pub(crate) async fn bare() -> anyhow::Result<Self> {
        let key = Uuid::now_v7().to_string();
        let beside = std::env::current_exe()?.with_file_name("bare");
        let mut command = Command::new(beside);
        command.args(["--key", &key]);
        let process = Process::start("bare", command);
        let edge = address_in(&process.line_with("bare listening on").await);
        let claims = json!({"sub": "ada", "exp": 9_999_999_999_u64});
        let token = encode(
            &Header::default(),
            &claims,
            &EncodingKey::from_secret(key.as_bytes()),
        )?;
        Ok(Self {
            name: "bare",
            edge,
            processes: vec![watched(&process, "edge")],
            tokens: vec![token],
            _running: Box::new(process),
        })
    }

    /// Recipe Chat with everything on: auth, chat and one edge, each in its own process, and Redis.
    pub(crate) async fn recipe_chat(
        name: &'static str,
        binary: &Path,
        postgres: bool,
    ) -> anyhow::Result<Self> {
        let plan = Plan::apart(1)
            .with_redis()
            .binary(binary)
            .log("info")
            .without_limits();
        let plan = match postgres {
            true => plan.with_postgres(),
            false => plan,
        };
        let stack = plan.start().await;
        let mut tokens = Vec::with_capacity(USERS);
        for _ in 0..USERS {
            tokens.push(stack.register("ada").await.access_token);
        }
        let target = Self {
            name,
            edge: stack.address(),
            processes: watch(&stack),
            tokens,
            _running: Box::new(stack),
        };
        Ok(target)
    }

    /// Makes the recipes and fills them. The bare server has its own.
    pub(crate) async fn fill(&self) -> anyhow::Result<()> {
        if self.is_bare() {
            return Ok(());
        }
        let api = Api::new(self.edge, Canary::default());
        for number in 0..RECIPES {
            for recipe in [recipe(number), calm_recipe(number)] {
                api.make_recipe(self.token(number), &recipe).await;
                self.join(number, &recipe).await?.say(RECIPE).await?;
            }
        }
        Ok(())
    }

    pub(crate) fn is_bare(&self) -> bool {
        self.name == "bare"
    }

    /// A connection to one of the recipes that are talked on.
    pub(crate) async fn join_talk(&self, number: usize) -> anyhow::Result<Socket> {
        self.join(number, &recipe(number % RECIPES)).await
    }

    /// A connection to one of the others: what it costs does not hang on what was said in other scenes.
    pub(crate) async fn join_calm(&self, number: usize) -> anyhow::Result<Socket> {
        self.join(number, &calm_recipe(number % RECIPES)).await
    }

    async fn join(&self, number: usize, recipe: &str) -> anyhow::Result<Socket> {
        Socket::join(self.edge, recipe, self.token(number))
            .await
            .with_context(|| format!("joining at {}", self.name))
    }

    fn token(&self, number: usize) -> &str {
        &self.tokens[number % self.tokens.len()]
    }

    /// The processor time of each process so far.
    pub(crate) fn times(&self) -> Vec<Duration> {
        self.processes.iter().map(Watched::time).collect()
    }

    /// The memory of each process now.
    pub(crate) fn memory(&self) -> Vec<u64> {
        self.processes.iter().map(Watched::memory).collect()
    }
}

fn recipe(number: usize) -> String {
    format!("table-{number}")
}

fn calm_recipe(number: usize) -> String {
    format!("calm-{number}")
}

fn watch(stack: &Stack) -> Vec<Watched> {
    let edges = stack.edges.iter().map(|edge| (edge, "edge"));
    let chats = stack.chats.iter().map(|chat| (chat, "chat"));
    let auth = stack.auth.iter().map(|auth| (auth, "auth"));
    let services = edges.chain(chats).chain(auth);
    let redis = stack
        .redis
        .as_ref()
        .map(|redis| watched(redis.process(), "redis"));
    let postgres = stack.postgres.as_ref().map(|postgres| Watched {
        with_children: true,
        ..watched(postgres.process(), "postgres")
    });
    services
        .map(|(service, name)| watched(service.process(), name))
        .chain(redis)
        .chain(postgres)
        .collect()
}

fn watched(process: &Process, name: &'static str) -> Watched {
    Watched {
        name,
        id: process.id(),
        with_children: false,
    }
}

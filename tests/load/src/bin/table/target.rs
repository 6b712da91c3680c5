//! What is measured: the bare server, Recipe Chat, and an older build of it.

use std::{any::Any, net::SocketAddr, path::Path, time::Duration};

use anyhow::{Context as _, ensure};
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
/// The first ingredients: with these alone an update is about 1.3 kB.
const INGREDIENTS: [&str; 10] = [
    "1 cup flour",
    "2 cups milk",
    "3 eggs",
    "4 tbsp sugar",
    "5 tsp salt",
    "6 cups oats",
    "7 tbsp butter",
    "8 cups water",
    "9 tsp yeast",
    "10 cups rye",
];
/// What more of them are made of.
const KINDS: [&str; 10] = [
    "red", "green", "white", "black", "yellow", "brown", "purple", "pink", "golden", "blue",
];
const FOODS: [&str; 20] = [
    "beans", "lentils", "onions", "apples", "grapes", "cabbage", "potatoes", "plums", "peas",
    "carrots", "pears", "radishes", "tomatoes", "raisins", "currants", "mustard", "chard", "kale",
    "beets", "corn",
];
/// How many are added with one message.
const ADDED_AT_ONCE: usize = 40;
/// How long an ingredient is in an update at least: each that was asked for must be there.
const INGREDIENT_BYTES: usize = 60;
/// How many updates of a room the bare server keeps for each connection to it: who is further behind is dropped.
const KEPT_FOR_EACH: usize = 4;
/// How many it keeps at least.
const KEPT_AT_LEAST: usize = 64;

/// What is talked on.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Recipes {
    /// How many recipes there are to talk on, and how many on which nobody says anything after they were filled
    #[arg(long = "recipes", default_value_t = 100)]
    pub(crate) count: usize,

    /// How many ingredients each has
    #[arg(long, default_value_t = 10)]
    pub(crate) ingredients: usize,
}

impl Recipes {
    /// Refuses what cannot be made.
    ///
    /// # Errors
    /// When it is too few or too many.
    pub(crate) fn check(self) -> anyhow::Result<()> {
        let most = INGREDIENTS.len() + KINDS.len() * FOODS.len();
        ensure!(self.count > 0, "--recipes must be at least 1");
        ensure!(
            (1..=most).contains(&self.ingredients),
            "--ingredients must be 1 to {most}"
        );
        Ok(())
    }

    /// The messages that make a recipe.
    fn messages(self) -> Vec<String> {
        let more = KINDS
            .iter()
            .flat_map(|kind| FOODS.map(|food| format!("2 cups {kind} {food}")));
        let lines = INGREDIENTS.into_iter().map(str::to_owned).chain(more);
        let added: Vec<_> = lines
            .take(self.ingredients)
            .map(|line| format!("add {line}"))
            .collect();
        added
            .chunks(ADDED_AT_ONCE)
            .map(|some| some.join("; "))
            .collect()
    }
}

/// A running server with accounts and recipes.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) edge: SocketAddr,
    /// The process that holds the connections is the first.
    pub(crate) processes: Vec<Watched>,
    /// Of its users.
    pub(crate) tokens: Vec<String>,
    pub(crate) recipes: Recipes,
    _running: Box<dyn Any>,
}

impl Target {
    /// The baseline, for at most so many who talk at once.
    pub(crate) async fn bare(recipes: Recipes, talkers: usize) -> anyhow::Result<Self> {
        let key = Uuid::now_v7().to_string();
        let beside = std::env::current_exe()?.with_file_name("bare");
        let mut command = Command::new(beside);
        let kept = KEPT_AT_LEAST.max(KEPT_FOR_EACH * talkers.div_ceil(recipes.count));
        for (flag, value) in [
            ("--key", key.clone()),
            ("--ingredients", recipes.ingredients.to_string()),
            ("--room-capacity", kept.to_string()),
        ] {
            command.args([flag, &value]);
        }
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
            recipes,
            _running: Box::new(process),
        })
    }

    /// Recipe Chat with everything on: auth, chat and one edge, each in its own process, and Redis.
    pub(crate) async fn recipe_chat(
        name: &'static str,
        binary: &Path,
        postgres: bool,
        recipes: Recipes,
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
            recipes,
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
        for number in 0..self.recipes.count {
            for recipe in [recipe(number), calm_recipe(number)] {
                api.make_recipe(self.token(number), &recipe).await;
                let mut socket = self.join(number, &recipe).await?;
                let mut bytes = 0;
                for message in self.recipes.messages() {
                    bytes = socket.say(&message).await?;
                }
                ensure!(
                    bytes > self.recipes.ingredients * INGREDIENT_BYTES,
                    "an update of {bytes} bytes does not hold {} ingredients",
                    self.recipes.ingredients
                );
            }
        }
        Ok(())
    }

    pub(crate) fn is_bare(&self) -> bool {
        self.name == "bare"
    }

    /// A connection to one of the recipes that are talked on.
    pub(crate) async fn join_talk(&self, number: usize) -> anyhow::Result<Socket> {
        self.join(number, &recipe(number % self.recipes.count))
            .await
    }

    /// A connection to one of the others: what it costs does not hang on what was said in other scenes.
    pub(crate) async fn join_calm(&self, number: usize) -> anyhow::Result<Socket> {
        self.join(number, &calm_recipe(number % self.recipes.count))
            .await
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

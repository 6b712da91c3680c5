//! What a stack is made of, before it runs.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Proxies, Stack};
use crate::{
    binary,
    canary::Canary,
    pgbouncer::PgBouncer,
    postgres::Postgres,
    redis_server::RedisServer,
    service::{Launch, Service, flags, replace},
};

/// All clients of a test come from one address, and many of them at once.
const NO_RATES: [&str; 6] = [
    "--sign-in-rate",
    "0",
    "--upgrade-rate-per-address",
    "0",
    "--max-unauthenticated-per-address",
    "0",
];

/// What holds a crowd from one address back.
const NO_LIMITS: [&str; 20] = [
    "--max-connections-per-address",
    "0",
    "--max-connections-per-user",
    "0",
    "--max-http-connections-per-address",
    "0",
    "--max-unauthenticated",
    "0",
    "--upgrade-rate",
    "0",
    "--message-rate",
    "0",
    "--message-rate-per-user",
    "0",
    "--auth-rate-per-user",
    "0",
    "--request-rate-per-user",
    "0",
    "--control-rate",
    "0",
];

/// What to start. By default: no limit on sign-ins and upgrades from one address, logs at TRACE, SQLite in a private folder.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many edges, each service in its own process; none: everything in one.
    edges: usize,
    redis: bool,
    redis_url: Option<String>,
    postgres: bool,
    /// Settings of a PgBouncer before PostgreSQL.
    pooler: Option<&'static str>,
    proxied: bool,
    chat_replicas: usize,
    verifies_tokens: bool,
    auth_flags: Vec<String>,
    chat_flags: Vec<String>,
    edge_flags: Vec<Vec<String>>,
    log: String,
    binary: Option<PathBuf>,
}

impl Plan {
    /// Everything in one process: `recipe-chat up`.
    pub fn together() -> Self {
        Self {
            edges: 0,
            redis: false,
            redis_url: None,
            postgres: false,
            pooler: None,
            proxied: false,
            chat_replicas: 1,
            verifies_tokens: true,
            auth_flags: Vec::new(),
            chat_flags: Vec::new(),
            edge_flags: vec![flags(&NO_RATES)],
            log: "trace".to_owned(),
            binary: None,
        }
    }

    /// Auth, chat and so many edges, each in its own process.
    pub fn apart(edges: usize) -> Self {
        Self {
            edges,
            edge_flags: vec![flags(&NO_RATES); edges],
            ..Self::together()
        }
    }

    /// With a Redis of its own.
    #[must_use]
    pub fn with_redis(mut self) -> Self {
        self.redis = true;
        self
    }

    /// With Redis at this address instead of its own, for a proxy in between.
    #[must_use]
    pub fn with_redis_at(mut self, url: String) -> Self {
        self.redis_url = Some(url);
        self
    }

    /// With so many replicas of the chat service; more than one need PostgreSQL.
    #[must_use]
    pub fn chat_replicas(mut self, count: usize) -> Self {
        self.chat_replicas = count;
        self
    }

    /// With a chat service that believes edges who their users are, for edges of builds that show it no tokens.
    #[must_use]
    pub fn believing_edges(mut self) -> Self {
        self.verifies_tokens = false;
        self
    }

    /// With a proxy for faults between the edges and each of auth, chat and Redis.
    #[must_use]
    pub fn through_proxies(mut self) -> Self {
        self.proxied = true;
        self
    }

    /// With both databases in PostgreSQL.
    #[must_use]
    pub fn with_postgres(mut self) -> Self {
        self.postgres = true;
        self
    }

    /// With both databases in PostgreSQL, behind a PgBouncer with these settings beside its usual ones.
    #[must_use]
    pub fn with_pooler(mut self, settings: &'static str) -> Self {
        self.pooler = Some(settings);
        self.with_postgres()
    }

    /// With more flags for the auth service.
    #[must_use]
    pub fn auth(mut self, more: &[&str]) -> Self {
        self.auth_flags.extend(flags(more));
        self
    }

    /// With more flags for the chat service.
    #[must_use]
    pub fn chat(mut self, more: &[&str]) -> Self {
        self.chat_flags.extend(flags(more));
        self
    }

    /// With more flags for every edge. A flag replaces an earlier one of the same name.
    #[must_use]
    pub fn edge(mut self, more: &[&str]) -> Self {
        for edge in &mut self.edge_flags {
            replace(edge, more);
        }
        self
    }

    /// Without any limit on what a crowd from one address, or of one user, does.
    #[must_use]
    pub fn without_limits(self) -> Self {
        self.chat(&["--bytes-per-user", "0"]).edge(&NO_LIMITS)
    }

    /// With more flags for one edge.
    #[must_use]
    pub fn one_edge(mut self, which: usize, more: &[&str]) -> Self {
        replace(&mut self.edge_flags[which], more);
        self
    }

    /// With these log directives instead of `trace`, for tests that would log too much.
    #[must_use]
    pub fn log(mut self, directives: &str) -> Self {
        directives.clone_into(&mut self.log);
        self
    }

    /// With this build instead of the one under test.
    #[must_use]
    pub fn binary(mut self, binary: &Path) -> Self {
        self.binary = Some(binary.to_owned());
        self
    }

    /// Starts everything and waits until it is ready.
    pub async fn start(self) -> Stack {
        let data = TempDir::new().expect("a temporary folder");
        let redis = match self.redis {
            true => Some(RedisServer::start().await),
            false => None,
        };
        let redis_url = self
            .redis_url
            .clone()
            .or(redis.as_ref().map(RedisServer::url));
        let shared = redis_url.map_or_else(Vec::new, |url| flags(&["--redis-url", &url]));
        let mut stack = Stack {
            auth: None,
            chats: Vec::new(),
            edges: Vec::new(),
            redis,
            postgres: None,
            pooler: None,
            proxies: None,
            canary: Canary::default(),
            data,
        };
        if self.edges == 0 {
            self.start_together(&mut stack, &shared).await;
        } else {
            self.start_apart(&mut stack, &shared).await;
        }
        stack
    }

    async fn start_together(&self, stack: &mut Stack, shared: &[String]) {
        let data = stack.data.path().display().to_string();
        let any = "127.0.0.1:0";
        let fixed = [
            "--data-dir",
            &data,
            "--auth-listen",
            any,
            "--chat-listen",
            any,
        ];
        let own = [
            self.auth_flags.as_slice(),
            &self.chat_flags,
            &self.edge_flags[0],
        ]
        .concat();
        let launch = self.launch(
            "up",
            "edge",
            "--edge-listen",
            &[&flags(&fixed), shared, &own],
        );
        stack.edges.push(Service::start(launch).await);
    }

    async fn start_apart(&self, stack: &mut Stack, shared: &[String]) {
        let [auth_db, chat_db] = self.databases(stack).await;
        let auth = [shared, &auth_db, &self.auth_flags];
        let auth = Service::start(self.launch("auth", "auth", "--listen", &auth)).await;
        let mut own = self.chat_flags.clone();
        if self.verifies_tokens {
            own.extend(flags(&["--auth-url", &auth.url()]));
        }
        let chat = [shared, &chat_db, &own];
        for _ in 0..self.chat_replicas {
            let replica = self.launch("chat", "chat", "--listen", &chat);
            stack.chats.push(Service::start(replica).await);
        }
        let replicas: Vec<String> = stack.chats.iter().map(Service::url).collect();
        let mut behind = shared.to_vec();
        replace(&mut behind, &["--auth-url", &auth.url()]);
        replace(&mut behind, &["--chat-url", &replicas.join(",")]);
        if self.proxied {
            let proxies = Proxies::start(&auth, stack).await;
            proxies.stand_before(&mut behind);
            stack.proxies = Some(proxies);
        }
        for own in &self.edge_flags {
            let edge = self.launch("edge", "edge", "--listen", &[&behind, own]);
            stack.edges.push(Service::start(edge).await);
        }
        stack.auth = Some(auth);
    }

    async fn databases(&self, stack: &mut Stack) -> [Vec<String>; 2] {
        if self.postgres {
            let postgres = Postgres::start().await;
            let mut urls = [
                postgres.database("auth").await,
                postgres.database("chat").await,
            ];
            if let Some(settings) = self.pooler {
                let pooler = PgBouncer::start(&postgres, settings).await;
                urls = ["auth", "chat"].map(|name| pooler.url(name));
                stack.pooler = Some(Box::new(pooler));
            }
            stack.postgres = Some(postgres);
            return urls.map(|url| flags(&["--database-url", &url]));
        }
        ["auth.db", "chat.db"].map(|file| {
            let path = stack.data.path().join(file);
            flags(&["--database-url", &format!("sqlite:{}", path.display())])
        })
    }

    fn launch(
        &self,
        command: &str,
        name: &'static str,
        listen_flag: &'static str,
        parts: &[&[String]],
    ) -> Launch {
        Launch {
            binary: self.binary.clone().unwrap_or_else(binary::path),
            name,
            listen_flag,
            arguments: [flags(&[command]), parts.concat()].concat(),
            environment: vec![("RECIPE_CHAT_LOG".to_owned(), self.log.clone())],
        }
    }
}

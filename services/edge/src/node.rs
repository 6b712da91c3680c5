//! The start and the stop of an edge node: it is opened, serves, and drains.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use arc_swap::ArcSwap;
use proto::{
    ids::{RecipeId, SessionId},
    websocket::codes::Close,
};
use runtime::{
    accept,
    clock::{SharedClock, SleepWatch},
    config::SecretUrl,
    grpc::{CredentialError, Credentials, InvalidAddress, Pool},
    lifecycle::Lifecycle,
    operator_tls::OperatorTls,
    operator_token::SharedOperators,
    rate_limiter::{self, RateLimiter},
    redis::{InvalidUrl, Redis, SelfTest, cmd},
    replicas::ServiceAddress,
    telemetry::Prometheus,
};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};
use tracing::{info, warn};

use crate::{
    api_tokens::ExchangedTokens,
    config::{Config, Reloadable},
    deadlines::{self, DeadlineConfig, Deadlines, EdgeId},
    deletions,
    edge::Edge,
    event_log::{CloseCause, EventLog},
    gauges, http,
    limits::{ClientLimits, ConnectionLimit, UpgradeLimiter, UserLimits},
    prompt_plan::PromptPlan,
    registry::Registry,
    revocations,
    rooms::Rooms,
    session::Timings,
    sign_in_issuers::SignInIssuers,
    upstream::{
        auth::AuthClient,
        chat::{AccessNews, ChatClient, Link, LinkTask, Replicas},
        health::Health,
        over_grpc,
    },
};

/// How often quiet rooms are swept.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// How often it is looked whether the machine has slept.
const SLEEP_CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// How often connections are closed that are too old, and how many then: 50 a second, half of what an edge lets in.
const AGE_CHECK_INTERVAL: Duration = Duration::from_millis(200);
const MAX_AGED_PER_CHECK: usize = 10;
/// How many connections are closed at once while draining.
const DRAIN_BATCHES: u32 = 100;
/// How long the schedule may take to write what is still held back.
const DEADLINES_CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an edge that starts waits for Redis.
const REDIS_START_TIMEOUT: Duration = Duration::from_secs(3);
/// How long after the last close the edge waits for connections to end.
const DRAIN_END_TIMEOUT: Duration = Duration::from_secs(3);

/// Where the services behind the edge are.
#[derive(Debug)]
pub struct Upstreams {
    /// The auth service: the addresses of its replicas, separated by commas.
    pub auth: String,
    /// The chat service: the addresses of its replicas, separated by commas.
    pub chat: String,
    /// Redis; without it deadlines are kept in memory, for one node.
    pub redis: Option<SecretUrl>,
    /// What the edge proves itself with to the services.
    pub credentials: Credentials,
}

/// An edge that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Settings that make no sense, all of them.
    #[error("{}", .0.join("; "))]
    Config(Vec<String>),
    /// An address of a service that makes no sense.
    #[error("{flag}: {cause}")]
    Address {
        /// The flag.
        flag: &'static str,
        /// What is wrong with it.
        cause: InvalidAddress,
    },
    /// An address that asks for other credentials than there are.
    #[error("{flag}: {cause}")]
    Credentials {
        /// The flag.
        flag: &'static str,
        /// What is missing.
        cause: CredentialError,
    },
    /// The address of Redis makes no sense.
    #[error("--redis-url: {0}")]
    Redis(InvalidUrl),
}

impl From<InvalidUrl> for OpenError {
    // Not its source: it would be told twice.
    fn from(invalid: InvalidUrl) -> Self {
        Self::Redis(invalid)
    }
}

/// An edge that is ready to serve.
#[derive(Debug)]
pub struct OpenEdge {
    edge: Arc<Edge>,
    link: LinkTask,
    redis: Option<Redis>,
    background: Lifecycle,
    admin: Option<AdminPort>,
}

/// A port for operators.
#[derive(Debug)]
pub struct AdminPort {
    /// Where they are answered: on loopback, unless they prove themselves.
    pub listener: TcpListener,
    /// Who they are, by their tokens.
    pub operators: SharedOperators,
    /// What is spoken there, and whose certificates are operators' too.
    pub tls: Option<OperatorTls>,
}

/// Prepares an edge: checks its settings. Auth, chat and Redis need not be there yet: it joins them when they come.
///
/// # Errors
/// When settings make no sense.
pub async fn open(
    config: Config,
    upstreams: Upstreams,
    clock: SharedClock,
    prometheus: Prometheus,
    lifecycle: Lifecycle,
) -> Result<OpenEdge, OpenError> {
    let faults = config.faults();
    if !faults.is_empty() {
        return Err(OpenError::Config(faults));
    }
    let wrong = |flag| move |cause| OpenError::Address { flag, cause };
    let auth: ServiceAddress = upstreams.auth.parse().map_err(wrong("--auth-url"))?;
    let chat: ServiceAddress = upstreams.chat.parse().map_err(wrong("--chat-url"))?;
    let redis = match upstreams.redis {
        Some(url) => Some(open_redis(&url, &DeadlineConfig::default()).await?),
        None => None,
    };

    let invalid_credentials = |flag| move |cause| OpenError::Credentials { flag, cause };
    let dial_auth = auth.dialer("auth", &upstreams.credentials);
    let dial_auth = dial_auth.map_err(invalid_credentials("--auth-url"))?;
    let dial_chat = chat.dialer("chat", &upstreams.credentials);
    let dial_chat = dial_chat.map_err(invalid_credentials("--chat-url"))?;

    let background = Lifecycle::new();
    let services = Services {
        auth: Pool::new(auth.follow(&background), dial_auth),
        chat: Replicas::new(chat.follow(&background), dial_chat),
        redis,
        background,
    };
    Ok(assemble(config, services, clock, prometheus, lifecycle))
}

/// What an edge stands on, ready to be used.
#[derive(Debug)]
pub struct Services {
    /// The replicas of the auth service.
    pub auth: Pool,
    /// The replicas of the chat service.
    pub chat: Replicas,
    /// Redis.
    pub redis: Option<Redis>,
    /// The life of what follows these, and of all that clients need until the last has gone: ended after the drain.
    pub background: Lifecycle,
}

/// Puts an edge together from settings that make sense.
pub fn assemble(
    config: Config,
    services: Services,
    clock: SharedClock,
    prometheus: Prometheus,
    lifecycle: Lifecycle,
) -> OpenEdge {
    let (redis, background) = (services.redis.clone(), services.background.clone());
    let registry = Registry::new();
    let deadlines = start_deadlines(redis.as_ref(), &registry, &lifecycle);
    let (edge, link) = assemble_around(
        registry, deadlines, config, services, clock, prometheus, lifecycle,
    );
    OpenEdge {
        edge: Arc::new(edge),
        link,
        redis,
        background,
        admin: None,
    }
}

/// Puts an edge together around a schedule that runs already.
pub(crate) fn assemble_around(
    registry: Arc<Registry>,
    deadlines: Deadlines,
    config: Config,
    services: Services,
    clock: SharedClock,
    prometheus: Prometheus,
    lifecycle: Lifecycle,
) -> (Edge, LinkTask) {
    let Services {
        auth, chat, redis, ..
    } = services;
    let rooms = match config.presence {
        true => Rooms::new(),
        false => Rooms::without_presence(),
    };
    let (link, link_task) = Link::new(chat, Arc::clone(&rooms), Arc::clone(&clock));
    let settings = config.reloadable.clone();
    let rate_limiter = RateLimiter::new(redis.as_ref());
    let edge = Edge {
        upgrade_limiter: UpgradeLimiter::new(&settings),
        places: ConnectionLimit::new(
            settings.max_connections,
            settings.max_connections_per_address,
        ),
        users: ConnectionLimit::new(0, settings.max_connections_per_user),
        client_limits: ArcSwap::from_pointee(ClientLimits::new(&settings)),
        user_limits: UserLimits::new(&settings, rate_limiter.clone()),
        http_limits: settings.http_limits().into(),
        settings: ArcSwap::from_pointee(settings),
        rate_limiter,
        prompt_plan: PromptPlan::new(Instant::now()),
        web_pages: config.web_pages(),
        event_log: EventLog::new(config.connection_events),
        health: Health::new(auth.clone(), link.clone()),
        calls: over_grpc(AuthClient::new(auth.clone()), link.clone()),
        auth: AuthClient::new(auth),
        exchanged_tokens: ExchangedTokens::default(),
        sign_in_issuers: SignInIssuers::default(),
        chat: ChatClient::new(link.clone()),
        timings: Arc::new(Timings::new(config.reauth_lead, config.reauth_grace)),
        new_session_id: |_| SessionId::random(),
        config,
        clock,
        link,
        rooms,
        registry,
        deadlines,
        prometheus,
        lifecycle,
    };
    (edge, link_task)
}

/// What the edge does with Redis, to be tried before it is relied on.
pub fn redis_self_test() -> SelfTest {
    edge_self_test(&DeadlineConfig::default())
}

fn edge_self_test(config: &DeadlineConfig) -> SelfTest {
    let schedule = deadlines::redis_self_test(config);
    rate_limiter::self_test(revocations::redis_self_test(schedule))
}

async fn open_redis(url: &SecretUrl, config: &DeadlineConfig) -> Result<Redis, OpenError> {
    let redis = Redis::open_tested(url, edge_self_test(config))?;
    // A Redis that is there is waited for, so that the first sessions are shared at once.
    if redis.ping(REDIS_START_TIMEOUT).await.is_err() {
        warn!("starting without Redis: degraded until it comes");
    }
    Ok(redis)
}

/// Looks at the settings of Redis whenever it comes.
async fn watch_eviction(redis: Redis) {
    let mut up = redis.watch();
    loop {
        if up.wait_for(|up| *up).await.is_err() {
            return;
        }
        warn_of_eviction(&redis).await;
        if up.wait_for(|up| !up).await.is_err() {
            return;
        }
    }
}

/// A Redis that evicts throws deadlines away when memory is short: the sessions live on by their owners' timers,
/// but no other node knows of them.
async fn warn_of_eviction(redis: &Redis) {
    let memory = redis.run::<String>(cmd("INFO").arg("memory")).await;
    let policy = memory.as_deref().unwrap_or_default().lines();
    let policy = policy.filter_map(|line| line.strip_prefix("maxmemory_policy:"));
    if let Some(policy) = policy.map(str::trim).find(|policy| *policy != "noeviction") {
        warn!(
            policy,
            "Redis evicts when its memory is full: set maxmemory-policy to noeviction"
        );
    }
}

fn start_deadlines(
    redis: Option<&Redis>,
    registry: &Arc<Registry>,
    lifecycle: &Lifecycle,
) -> Deadlines {
    let owners = Arc::clone(registry);
    deadlines::start(
        DeadlineConfig::default(),
        EdgeId::random(),
        redis,
        owners,
        lifecycle,
    )
}

/// Gives an edge other settings while it runs.
#[derive(Debug, Clone)]
pub struct Reloader(Weak<Edge>);

impl Reloader {
    /// Has the edge go on with these settings, which have no faults; nothing once it has ended.
    pub fn reload(&self, settings: Reloadable) {
        if let Some(edge) = self.0.upgrade() {
            edge.reload(settings);
        }
    }
}

impl OpenEdge {
    /// By which its settings change while it serves.
    pub fn reloader(&self) -> Reloader {
        Reloader(Arc::downgrade(&self.edge))
    }

    /// The link to the chat service, which opens once the edge serves.
    pub fn link(&self) -> Link {
        self.edge.link.clone()
    }

    /// Answers operators too, at a port of their own, for as long as it serves and drains.
    #[must_use]
    pub fn with_admin(self, admin: Option<AdminPort>) -> Self {
        Self { admin, ..self }
    }

    /// Serves until the lifecycle stops it, then drains: closes the connections in small batches spread over
    /// the drain time, and waits for them. Until that is over the port answers that the edge stops.
    pub async fn serve(mut self, listener: TcpListener) {
        let admin = self.admin.take();
        let (edge, background) = self.start();
        if let Some(admin) = admin {
            let (edge, until) = (Arc::clone(&edge), background.clone());
            background.spawn(async move { http::admin::serve(admin, edge, &until).await });
        }
        let limits = edge.http_limits.clone();
        let drained = async {
            edge.lifecycle.stopping().await;
            drain(&edge).await;
        };
        let router = http::router(&edge);
        accept::serve(listener, router, limits, &edge.lifecycle, drained).await;
        edge.deadlines.close(DEADLINES_CLOSE_TIMEOUT).await;
        background.kill();
    }

    /// Starts everything but the port: the link, and what runs in the background until that is killed.
    pub fn start(self) -> (Arc<Edge>, Lifecycle) {
        let Self {
            edge,
            link,
            redis,
            background,
            admin: _,
        } = self;
        gauges::watch(&edge);
        match edge.config.reloadable.descriptors_fault() {
            Some((fault, true)) => warn!("{fault}"),
            Some((fault, false)) => info!("{fault}"),
            None => {}
        }
        if edge.config.reauth_grace > edge.config.reauth_lead {
            warn!(
                "--reauth-grace is longer than --reauth-lead: tokens end before the time to answer does"
            );
        }
        let (registry, rooms) = (Arc::clone(&edge.registry), Arc::clone(&edge.rooms));
        let on_access = Arc::new(move |recipe: &RecipeId, news| match news {
            AccessNews::Expelled(user) => registry.expel(recipe, &user),
            AccessNews::Narrowed(audience) => {
                // The room first: who is not in the registry yet looks there afterwards.
                let audience = Arc::new(audience);
                rooms.narrow(recipe, &audience);
                registry.show_out(recipe, &audience);
            }
        });
        background.spawn(link.run(on_access, background.clone()));
        if let Some(redis) = redis.clone() {
            let stopping = background.clone();
            background.spawn(async move {
                tokio::select! {
                    () = watch_eviction(redis) => {}
                    () = stopping.stopping() => {}
                }
            });
        }
        let revocations = revocations::follow(Arc::clone(&edge), redis, background.clone());
        background.spawn(revocations);
        background.spawn(deletions::take_up(Arc::clone(&edge), background.clone()));
        background.spawn(sweep(Arc::clone(&edge.rooms), background.clone()));
        background.spawn(wake_after_sleep(Arc::clone(&edge), background.clone()));
        background.spawn(close_aged(Arc::clone(&edge), background.clone()));
        (edge, background)
    }
}

async fn sweep(rooms: Arc<Rooms>, lifecycle: Lifecycle) {
    loop {
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = sleep(SWEEP_INTERVAL) => rooms.sweep(Instant::now()),
        }
    }
}

/// Has connections that are older than `--max-connection-age` close and come back, wherever the balancer sends them.
async fn close_aged(edge: Arc<Edge>, lifecycle: Lifecycle) {
    loop {
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = sleep(AGE_CHECK_INTERVAL) => {}
        }
        let max_age = edge.settings.load().max_connection_age;
        if max_age.is_zero() {
            continue;
        }
        edge.registry
            .close_aged(max_age, MAX_AGED_PER_CHECK, Instant::now());
    }
}

/// Has all connections look at the clock when the machine has slept: until something happens on them, no timer of
/// theirs would tell.
pub(crate) async fn wake_after_sleep(edge: Arc<Edge>, lifecycle: Lifecycle) {
    let mut watch = SleepWatch::new(&*edge.clock);
    loop {
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = sleep(SLEEP_CHECK_INTERVAL) => {}
        }
        if let Some(slept) = watch.slept(&*edge.clock) {
            warn!(?slept, "the machine was suspended");
            edge.registry.wake();
        }
    }
}

/// Closes all connections, spread over the drain time, and waits for them to end.
pub(crate) async fn drain(edge: &Edge) {
    let controls = edge.registry.controls();
    info!(connections = controls.len(), "draining");
    let batch = controls.len().div_ceil(DRAIN_BATCHES as usize).max(1);
    let pause = if controls.len() > 1 {
        edge.config.drain_timeout / DRAIN_BATCHES
    } else {
        Duration::ZERO
    };
    let close = async {
        for batch in controls.chunks(batch) {
            for control in batch {
                control.close_for(Close::ServiceRestart, CloseCause::Drain);
            }
            sleep(pause).await;
        }
    };
    tokio::select! {
        () = edge.lifecycle.killed() => return,
        () = close => {}
    }
    // Whoever was upgraded meanwhile.
    for control in edge.registry.controls() {
        control.close_for(Close::ServiceRestart, CloseCause::Drain);
    }
    if !edge.lifecycle.finished(DRAIN_END_TIMEOUT).await {
        warn!(
            connections = edge.registry.count(),
            "connections did not end in time"
        );
    }
}

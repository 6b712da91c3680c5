//! A simulated edge process: production's edge, its schedule on a simulated wire, its calls answered by simulated
//! services. It can crash, leave in order, and be frozen.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use clap::Parser;
use proto::ids::SessionId;
use rand::{RngExt as _, rngs::SmallRng};
use runtime::{
    grpc::{Credentials, Pool},
    lifecycle::Lifecycle,
    replicas::{Replicas, ServiceAddress},
    telemetry::Prometheus,
};
use tokio::{
    io::DuplexStream,
    sync::{Notify, oneshot},
    task::unconstrained,
    time::Instant,
};

use super::{
    super::{
        super::{
            Backend, DeadlineConfig, Deadlines, Tasks,
            record::{Delivery, EdgeId, Owners, Prompt, SessionRecord},
        },
        open_in,
        shards::Shards,
    },
    bugs::Bug,
    clock::MachineClock,
    oracle::ConnectionReporter,
    process::Process,
    servers::Servers,
    services::{Services, SimulatedCalls, recipe},
    switch::Switch,
    wire::Wire,
    world::dice_of,
};
use crate::{
    config::Config,
    connection::{self, Upgraded},
    edge::Edge as ProductionEdge,
    node::{self, assemble_around},
    prompt_plan::{PlannedPrompt, SLOT},
    registry::Registry,
    upstream::chat,
};

pub(super) const SHARDS: u16 = 4;
/// As long as the closes of a drain take at most, and then the connections' ends.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// For how long the prompts of a crowd are planned.
const CROWD: Duration = Duration::from_secs(300);
/// For as long as any run lasts.
const NEVER: Duration = Duration::from_secs(3600);

/// The settings of every edge: the defaults, but for a drain that is over soon also with few connections, and for one
/// prompt in a tenth of a second.
static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let flags = [
        "edge",
        "--drain-timeout=10s",
        "--presence=false",
        "--prompt-rate=1",
    ];
    Flags::parse_from(flags).config
});

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

pub(super) struct Edge {
    pub(super) id: EdgeId,
    pub(super) registry: Arc<Registry>,
    pub(super) deadlines: Deadlines,
    /// Off while the process is frozen.
    pub(super) awake: Arc<Switch>,
    /// The clock of its machine.
    pub(super) clock: MachineClock,
    /// Off once it has ended.
    pub(super) running: Arc<Switch>,
    edge: Arc<ProductionEdge>,
    process: Arc<Process>,
    /// The prompts of many others, whom nobody plays.
    _crowd: Vec<PlannedPrompt>,
}

impl Edge {
    pub(super) fn start(
        name: &str,
        seed: u64,
        servers: &Arc<Servers>,
        services: &Arc<Services>,
        bug: Option<Bug>,
    ) -> Arc<Self> {
        let id = EdgeId::stored(&format!("{name}-{seed}"));
        let awake = Arc::new(Switch::new(true));
        let wire = Arc::new(Wire {
            edge: id.clone(),
            servers: servers.clone(),
            shards: Shards::new(SHARDS),
            awake: awake.clone(),
            up: Switch::new(false),
            check_now: Notify::new(),
            rng: Mutex::new(dice_of(name, seed)),
            bug,
        });
        let registry = Registry::new();
        let owners: Arc<dyn Owners> = if bug == Some(Bug::NoRepair) {
            Arc::new(DroppingOwners(registry.clone()))
        } else {
            registry.clone()
        };
        let lifecycle = Lifecycle::new();
        let tasks = Tasks::new(&lifecycle);
        let config = DeadlineConfig {
            shards: SHARDS,
            ..DeadlineConfig::default()
        };
        let schedule = open_in(wire.clone(), config, id.clone(), owners, &tasks);
        tasks.spawn(async move { wire.keep().await });
        let deadlines = Deadlines {
            backend: Backend::Redis(schedule),
            tasks,
        };
        let clock = MachineClock::new(services.calendar);
        let edge = assemble(&registry, &deadlines, &clock, lifecycle);
        let crowd = match seed.is_multiple_of(2) {
            true => Vec::new(),
            false => plan_crowd(&edge, &mut dice_of(&format!("{name}'s crowd"), seed)),
        };
        let simulated = Arc::new(Self {
            _crowd: crowd,
            id,
            registry,
            deadlines,
            awake,
            clock,
            running: Arc::new(Switch::new(true)),
            edge: Arc::new(with_simulated_calls(edge, services, bug)),
            process: Arc::default(),
        });
        simulated.run(services);
        simulated
    }

    /// Lets its tasks run until it ends.
    fn run(&self, services: &Arc<Services>) {
        let (edge, process) = (&self.edge, &self.process);
        process.spawn(Arc::clone(services).deliver(Arc::clone(&edge.rooms)));
        process.spawn(node::wake_after_sleep(
            Arc::clone(edge),
            edge.lifecycle.clone(),
        ));
        let (running, tasks) = (
            Arc::clone(&self.running),
            Arc::clone(process).run(Arc::clone(&self.awake)),
        );
        // All of a process is one task here, which may do as much at once as there is.
        tokio::spawn(unconstrained(async move {
            tokio::select! {
                biased;
                () = running.wait_until(false) => {}
                () = tasks => {}
            }
        }));
    }

    /// Serves a connection to its end, which comes with that of the process at the latest.
    pub(super) fn serve(&self, stream: DuplexStream, reporter: ConnectionReporter) {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let upgraded = Upgraded {
            recipe: recipe(),
            address,
            place: self.edge.places.take(address.into()).unwrap(),
            unauthenticated: None,
        };
        let edge = Arc::clone(&self.edge);
        let connection = connection::run_observed(edge, stream, upgraded, Box::new(reporter));
        let (guard, ended) = oneshot::channel::<()>();
        // A drain waits for it.
        self.edge.lifecycle.spawn(async { drop(ended.await) });
        self.process.spawn(async move {
            connection.await;
            drop(guard);
        });
    }

    /// Whether a client can get through to it.
    pub(super) fn is_reachable(&self) -> bool {
        self.running.is_on() && self.awake.is_on()
    }

    /// Whether the balancer sends clients to it.
    pub(super) fn is_accepting(&self) -> bool {
        self.is_reachable() && !self.edge.lifecycle.is_stopping()
    }

    /// Its connections end at once, and so does everything else.
    pub(super) fn crash(&self) {
        self.edge.lifecycle.kill();
        self.running.turn(false);
    }

    /// It drains: its connections are told to go elsewhere, one after the other, and their sessions stay. Then the
    /// schedule is closed in order.
    pub(super) async fn leave(&self) {
        self.edge.lifecycle.stop();
        node::drain(&self.edge).await;
        self.running.turn(false);
        self.deadlines.close(Duration::from_secs(2)).await;
        self.edge.lifecycle.kill();
    }
}

/// Fills most of the time with prompts, so that those that are played are asked earlier by anything up to the longest.
fn plan_crowd(edge: &ProductionEdge, rng: &mut SmallRng) -> Vec<PlannedPrompt> {
    let now = Instant::now();
    let slots = (0..CROWD.as_millis() / SLOT.as_millis()).map(|slot| SLOT * slot as u32);
    let full: Vec<_> = slots.filter(|_| rng.random_bool(0.97)).collect();
    full.into_iter()
        .map(|at| edge.prompt_plan.plan(now + at, now, None))
        .collect()
}

/// Production's edge around a schedule. What it would ask auth and chat over gRPC goes nowhere.
fn assemble(
    registry: &Arc<Registry>,
    deadlines: &Deadlines,
    clock: &MachineClock,
    lifecycle: Lifecycle,
) -> ProductionEdge {
    let nowhere: ServiceAddress = "http://127.0.0.1:9".parse().unwrap();
    let dial = |role| nowhere.dialer(role, &Credentials::default()).unwrap();
    let services = node::Services {
        auth: Pool::new(Replicas::one(), dial("auth")),
        chat: chat::Replicas::new(Replicas::one(), dial("chat")),
        redis: None,
        background: Lifecycle::new(),
    };
    let (edge, _) = assemble_around(
        Arc::clone(registry),
        deadlines.clone(),
        CONFIG.clone(),
        services,
        Arc::new(clock.clone()),
        Prometheus::default(),
        lifecycle,
    );
    edge
}

fn with_simulated_calls(
    edge: ProductionEdge,
    services: &Arc<Services>,
    bug: Option<Bug>,
) -> ProductionEdge {
    let mut config = edge.config;
    if bug == Some(Bug::WaitsForSlowReaders) {
        config.write_timeout = NEVER;
    }
    let mut timings = *edge.timings;
    if bug.is_some_and(Bug::silences_fallback) {
        timings.fallback_delay = NEVER;
    }
    ProductionEdge {
        calls: Arc::new(SimulatedCalls {
            services: Arc::clone(services),
            rooms: Arc::clone(&edge.rooms),
        }),
        new_session_id: |holder| {
            let since = holder.validated_at.unix_millis();
            format!("{}-{since}", holder.user).parse().unwrap()
        },
        config,
        timings: Arc::new(timings),
        ..edge
    }
}

/// A registry that never tells which sessions there are.
struct DroppingOwners(Arc<Registry>);

impl Owners for DroppingOwners {
    fn prompt(&self, prompt: Prompt) -> Delivery {
        self.0.prompt(prompt)
    }

    fn moved(&self, session: &SessionId, generation: u64) {
        self.0.moved(session, generation);
    }

    fn sessions(&self) -> Vec<SessionRecord> {
        Vec::new()
    }
}

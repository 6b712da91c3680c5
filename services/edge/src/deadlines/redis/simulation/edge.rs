//! A simulated edge process: the real schedule and the real registry of connections, on a simulated wire. It can
//! crash, leave in order, and be frozen.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use proto::{ids::SessionId, websocket::codes::Close};
use runtime::{clock::ManualClock, lifecycle::Lifecycle};
use tokio::{sync::Notify, time::sleep};

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
    servers::Servers,
    switch::Switch,
    wire::Wire,
    world::dice_of,
};
use crate::registry::Registry;

pub(super) const SHARDS: u16 = 4;
/// Over how long the closes of a drain are spread.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Edge {
    pub(super) id: EdgeId,
    pub(super) registry: Arc<Registry>,
    pub(super) deadlines: Deadlines,
    /// Off while the process is frozen.
    pub(super) awake: Arc<Switch>,
    /// The clock of its machine.
    pub(super) clock: ManualClock,
    /// Off once it has ended.
    pub(super) running: Switch,
    /// Off once it drains: the balancer sends nobody here any more.
    accepting: Switch,
    lifecycle: Lifecycle,
}

impl Edge {
    pub(super) fn start(
        name: &str,
        seed: u64,
        servers: &Arc<Servers>,
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
        Arc::new(Self {
            id,
            registry,
            deadlines,
            awake,
            clock: ManualClock::default(),
            running: Switch::new(true),
            accepting: Switch::new(true),
            lifecycle,
        })
    }

    /// Whether a client can get through to it.
    pub(super) fn is_reachable(&self) -> bool {
        self.running.is_on() && self.awake.is_on()
    }

    /// Whether the balancer sends clients to it.
    pub(super) fn is_accepting(&self) -> bool {
        self.is_reachable() && self.accepting.is_on()
    }

    /// Its connections end at once, and so does everything else.
    pub(super) fn crash(&self) {
        self.lifecycle.kill();
        self.running.turn(false);
    }

    /// It drains: its connections are told to go elsewhere, one after the other, and their sessions stay. Then the
    /// schedule is closed in order.
    pub(super) async fn leave(&self) {
        self.accepting.turn(false);
        let controls = self.registry.controls();
        let pause = DRAIN_TIMEOUT / u32::try_from(controls.len()).unwrap().max(1);
        for control in controls {
            control.close(Close::ServiceRestart);
            sleep(pause).await;
        }
        self.running.turn(false);
        self.deadlines.close(Duration::from_secs(2)).await;
        self.lifecycle.kill();
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

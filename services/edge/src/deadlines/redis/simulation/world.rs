//! One run: servers, edges and clients under the fault plan of a seed.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    bugs::Bug,
    client,
    clock::Calendar,
    edge::Edge,
    fault_plan::{FaultKind, FaultPlan, FaultWindow},
    oracle::{Oracle, Verdict},
    servers::{Data, Servers},
    services::Services,
};
use crate::{rendezvous, upstream::Principal};

const EDGES: usize = 3;
const CLIENTS: u64 = 14;
/// Long enough that every client is asked after the last kind.
const LASTS: Duration = Duration::from_secs(180);
const AUDIT_EVERY: Duration = Duration::from_secs(5);

pub(super) struct World {
    pub(super) seed: u64,
    pub(super) servers: Arc<Servers>,
    pub(super) calendar: Calendar,
    services: Arc<Services>,
    pub(super) oracle: Arc<Oracle>,
    pub(super) bug: Option<Bug>,
    /// When an operator had everybody asked.
    reviewed: Mutex<Option<Instant>>,
    edges: Mutex<Vec<Arc<Edge>>>,
}

/// Plays one seed to its end.
pub(super) async fn play(seed: u64, bug: Option<Bug>) -> Verdict {
    let calendar = Calendar::begin();
    let mut rng = dice_of("world", seed);
    let primaries = if rng.random() { 1 } else { 3 };
    let fault_plan = FaultPlan::draw(&mut rng, EDGES, primaries);
    let (windows, review) = (fault_plan.windows.clone(), fault_plan.review);
    let servers = Arc::new(Servers::new(primaries));
    let services = Arc::new(Services::new(calendar, bug));
    let start = |place| Edge::start(&format!("edge{place}"), seed, &servers, &services, bug);
    let edges = (0..EDGES).map(start).collect();
    let world = Arc::new(World {
        seed,
        calendar,
        oracle: Oracle::new(calendar, fault_plan, Bug::excess(bug)),
        bug,
        reviewed: Mutex::default(),
        edges: Mutex::new(edges),
        servers,
        services,
    });
    tokio::spawn(world.services.clone().talk());
    for (number, window) in windows.into_iter().enumerate() {
        tokio::spawn(go_through(world.clone(), window, number));
    }
    if let Some(at) = review {
        tokio::spawn(review_everybody(world.clone(), at));
    }
    for number in 0..CLIENTS {
        tokio::spawn(client::live(world.clone(), number));
    }
    let end = Instant::now() + LASTS;
    while Instant::now() < end {
        sleep(AUDIT_EVERY).await;
        world.oracle.audit(&world.servers);
    }
    world.oracle.verdict()
}

pub(super) fn dice_of(name: &str, seed: u64) -> SmallRng {
    SmallRng::seed_from_u64(rendezvous::score(name, seed))
}

impl World {
    /// An edge that the balancer finds healthy, if there is one.
    pub(super) fn pick(&self, rng: &mut SmallRng) -> Option<Arc<Edge>> {
        let edges = self.edges.lock().unwrap();
        let healthy: Vec<&Arc<Edge>> = edges.iter().filter(|edge| edge.is_accepting()).collect();
        let index = rng.random_range(0..healthy.len().max(1));
        healthy.get(index).map(|edge| Arc::clone(edge))
    }

    fn edge(&self, place: usize) -> Arc<Edge> {
        self.edges.lock().unwrap()[place].clone()
    }

    /// Starts another edge where one ended.
    fn replace(&self, place: usize, number: usize) {
        let mut edges = self.edges.lock().unwrap();
        if !edges[place].running.is_on() {
            let name = format!("edge{place}-{number}");
            edges[place] = Edge::start(&name, self.seed, &self.servers, &self.services, self.bug);
            if let Some(at) = *self.reviewed.lock().unwrap() {
                self.tell_of_review(&edges[place], at);
            }
        }
    }

    /// Edges hear of reviews by ways that do not fail together; one that is frozen hears when it wakes.
    fn tell_of_review(&self, edge: &Arc<Edge>, at: Instant) {
        let (edge, at) = (edge.clone(), self.calendar.time_of(at));
        tokio::spawn(async move {
            edge.awake.wait_until(true).await;
            let login = Principal::for_tests("anybody").login_session;
            edge.registry.review(&login, at, Instant::now());
        });
    }
}

async fn review_everybody(world: Arc<World>, at: Instant) {
    sleep_until(at).await;
    world.oracle.note("an operator reviews everybody");
    *world.reviewed.lock().unwrap() = Some(at);
    for edge in world.edges.lock().unwrap().iter() {
        world.tell_of_review(edge, at);
    }
}

/// Lets one thing go wrong, and be well again.
async fn go_through(world: Arc<World>, window: FaultWindow, number: usize) {
    let servers = &world.servers;
    let data = comes_back_with(servers, &window).await;
    let FaultWindow { from, until, kind } = window;
    sleep_until(from).await;
    world.oracle.note(&format!("{kind:?} begins"));
    match kind {
        FaultKind::Away { primary, .. } => {
            servers.state().primaries[primary].stop();
            sleep_until(until).await;
            let mut state = servers.state();
            let primary = &mut state.primaries[primary];
            if let Some(data) = data {
                primary.restore(data);
            }
            primary.start();
        }
        FaultKind::Emptied { primary } => {
            servers.state().primaries[primary].restore(Data::default());
        }
        FaultKind::ClockJump { primary, ahead, by } => {
            let mut state = servers.state();
            let primary = &mut state.primaries[primary];
            if ahead {
                primary.jump_ahead(by);
            } else {
                primary.jump_back(by);
            }
        }
        FaultKind::Silence => {
            servers.state().silent = true;
            sleep_until(until).await;
            servers.state().silent = false;
        }
        FaultKind::Slow { primary, by } => {
            servers.state().primaries[primary].slow = by;
            sleep_until(until).await;
            servers.state().primaries[primary].slow = Duration::ZERO;
        }
        FaultKind::Loss { of_thousand } => {
            servers.state().lossy = of_thousand;
            sleep_until(until).await;
            servers.state().lossy = 0;
        }
        FaultKind::Cut { place } => {
            let edge = world.edge(place).id.clone();
            servers.state().cut.insert(edge.clone());
            sleep_until(until).await;
            servers.state().cut.remove(&edge);
        }
        FaultKind::Crash { place } => {
            world.edge(place).crash();
            sleep_until(until).await;
            world.replace(place, number);
        }
        FaultKind::Leave { place } => {
            world.edge(place).leave().await;
            sleep_until(until).await;
            world.replace(place, number);
        }
        FaultKind::Freeze { place } => {
            let edge = world.edge(place);
            edge.awake.turn(false);
            sleep_until(until).await;
            edge.awake.turn(true);
        }
        FaultKind::Sleep { place } => {
            let edge = world.edge(place);
            let asleep = Instant::now();
            edge.awake.turn(false);
            sleep_until(until).await;
            edge.clock.slept(asleep.elapsed());
            edge.awake.turn(true);
        }
        FaultKind::NoAuth => {
            world.services.auth.turn(false);
            sleep_until(until).await;
            world.services.auth.turn(true);
        }
        FaultKind::NoChat => {
            world.services.chat.turn(false);
            sleep_until(until).await;
            world.services.chat.turn(true);
        }
    }
    world.oracle.note(&format!("{kind:?} ends"));
}

/// What a primary that goes away will have when it is back, if not what it has when it goes.
async fn comes_back_with(servers: &Servers, window: &FaultWindow) -> Option<Data> {
    let FaultKind::Away { primary, older_by } = window.kind else {
        return None;
    };
    let Some(older_by) = older_by else {
        return Some(Data::default());
    };
    sleep_until(window.from - older_by).await;
    let copy = servers.state().primaries[primary].snapshot();
    (!older_by.is_zero()).then_some(copy)
}

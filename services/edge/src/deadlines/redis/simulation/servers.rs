//! A model of Redis: one or three primaries, each with its own clock and its part of the shards, whose scripts are
//! the [`InMemorySchedule`]. It can be stopped, emptied, set back to an earlier state, and its clock can jump.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::{sync::mpsc, time::Instant};

use super::super::{
    super::{in_memory_schedule::InMemorySchedule, record::EdgeId},
    store::Heartbeat,
};

/// Ahead of the edges by so much, so that clocks can go back.
const FAR_FROM_ZERO: Duration = Duration::from_secs(366 * 86_400);

pub(super) struct Servers {
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) primaries: Vec<Primary>,
    pub(super) inboxes: BTreeMap<EdgeId, mpsc::Sender<Vec<u8>>>,
    /// Edges that cannot reach Redis.
    pub(super) cut: BTreeSet<EdgeId>,
    /// Whether pub/sub reaches nobody.
    pub(super) silent: bool,
    /// How many of a thousand messages are lost on the way.
    pub(super) lossy: u32,
    epochs: u64,
}

pub(super) struct Primary {
    pub(super) up: bool,
    /// Counts its starts: connections to the one before are broken.
    pub(super) run: u64,
    /// What each round trip takes longer.
    pub(super) slow: Duration,
    data: Data,
    ahead: Duration,
    behind: Duration,
}

/// What a primary keeps, and may lose.
#[derive(Clone, Default)]
pub(super) struct Data {
    shards: BTreeMap<u16, Shard>,
    members: BTreeSet<EdgeId>,
    /// Each with the moment at which it lapses.
    heartbeats: BTreeMap<EdgeId, Instant>,
}

#[derive(Clone, Default)]
pub(super) struct Shard {
    pub(super) book: InMemorySchedule,
    epoch: Option<String>,
}

impl Servers {
    pub(super) fn new(primaries: usize) -> Self {
        let primary = || Primary {
            up: true,
            run: 0,
            slow: Duration::ZERO,
            data: Data::default(),
            ahead: Duration::ZERO,
            behind: Duration::ZERO,
        };
        Self {
            state: Mutex::new(State {
                primaries: (0..primaries).map(|_| primary()).collect(),
                inboxes: BTreeMap::new(),
                cut: BTreeSet::new(),
                silent: false,
                lossy: 0,
                epochs: 0,
            }),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Runs a script on a shard, with the moment by its primary's clock and the shard's epoch; `None` when that
    /// primary is away.
    pub(super) fn run<T>(
        &self,
        shard: u16,
        script: impl FnOnce(&mut InMemorySchedule, Instant, &str) -> T,
    ) -> Option<T> {
        let time = Instant::now() + FAR_FROM_ZERO;
        let mut state = self.state();
        state.epochs += 1;
        let fresh = format!("epoch-{}", state.epochs);
        let primary = state.primary(shard);
        if !primary.up {
            return None;
        }
        let now = time + primary.ahead - primary.behind;
        let shard = primary.data.shards.entry(shard).or_default();
        let epoch = shard.epoch.get_or_insert(fresh).clone();
        Some(script(&mut shard.book, now, &epoch))
    }

    /// As `SET … PX … GET`, `SADD` and `SMEMBERS`.
    pub(super) fn heartbeat(&self, edge: &EdgeId, lifetime: Duration) -> Option<Heartbeat> {
        let mut state = self.state();
        let data = state.membership()?;
        let now = Instant::now();
        let before = data.heartbeats.insert(edge.clone(), now + lifetime);
        data.members.insert(edge.clone());
        Some(Heartbeat {
            was_alive: before.is_some_and(|until| until > now),
            members: data.members.iter().cloned().collect(),
        })
    }

    pub(super) fn alive(&self, edges: &[EdgeId]) -> Option<Vec<bool>> {
        let mut state = self.state();
        let data = state.membership()?;
        let now = Instant::now();
        let is_alive = |edge| data.heartbeats.get(edge).is_some_and(|until| *until > now);
        Some(edges.iter().map(is_alive).collect())
    }

    pub(super) fn remove_members(&self, edges: &[EdgeId]) -> Option<()> {
        let mut state = self.state();
        let data = state.membership()?;
        data.members.retain(|member| !edges.contains(member));
        Some(())
    }

    pub(super) fn leave(&self, edge: &EdgeId) -> Option<()> {
        let mut state = self.state();
        let data = state.membership()?;
        data.members.remove(edge);
        data.heartbeats.remove(edge);
        Some(())
    }
}

impl State {
    pub(super) fn primary_of(&self, shard: u16) -> usize {
        usize::from(shard) % self.primaries.len()
    }

    pub(super) fn primary(&mut self, shard: u16) -> &mut Primary {
        let index = self.primary_of(shard);
        &mut self.primaries[index]
    }

    /// Who is there is kept by the first one.
    fn membership(&mut self) -> Option<&mut Data> {
        let first = &mut self.primaries[0];
        first.up.then_some(&mut first.data)
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.primaries.len() > 1
    }
}

impl Primary {
    pub(super) fn snapshot(&self) -> Data {
        self.data.clone()
    }

    pub(super) fn restore(&mut self, data: Data) {
        self.data = data;
    }

    pub(super) fn stop(&mut self) {
        self.up = false;
    }

    pub(super) fn start(&mut self) {
        self.up = true;
        self.run += 1;
    }

    pub(super) fn jump_ahead(&mut self, by: Duration) {
        self.ahead += by;
    }

    pub(super) fn jump_back(&mut self, by: Duration) {
        self.behind += by;
    }
}

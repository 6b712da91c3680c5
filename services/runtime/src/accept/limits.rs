//! How many connections a port holds: in all, and of one address. When there is no room, the connection that has
//! waited for a request the longest is ended for the new one: silent ones keep nobody out.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;
use tokio::sync::Notify;

use crate::{config::Network, network::AddressBlock};

/// How many connections a port may hold that have not become something else; 0: no limit.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// In all.
    pub in_all: usize,
    /// Of one address.
    pub per_address: usize,
    /// Proxies, behind which many clients have one address: no limit by address.
    pub exempt: Vec<Network>,
}

/// Limits that may change while the port is open.
#[derive(Debug, Clone)]
pub struct SharedLimits(Arc<ArcSwap<Limits>>);

impl SharedLimits {
    /// Has the port go on with these; connections that are there stay.
    pub fn set(&self, limits: Limits) {
        self.0.store(Arc::new(limits));
    }
}

impl From<Limits> for SharedLimits {
    fn from(limits: Limits) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(limits)))
    }
}

/// Who is connected.
#[derive(Debug)]
pub(super) struct Connections {
    limits: SharedLimits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Numbers connections, and the order in which they began to wait.
    next: u64,
    entries: HashMap<u64, Entry>,
    waiting: Queue,
    addresses: HashMap<AddressBlock, Share>,
}

/// Connections by when they began to wait; the value is the connection.
type Queue = BTreeMap<u64, u64>;

#[derive(Debug)]
struct Entry {
    /// `None`: not counted by address.
    address: Option<AddressBlock>,
    waiting_since: Option<u64>,
    end: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Share {
    connections: usize,
    waiting: Queue,
}

/// A connection's permit; given back when dropped.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    id: u64,
    end: Arc<Notify>,
    connections: Arc<Connections>,
}

impl Connections {
    pub(super) fn new(limits: impl Into<SharedLimits>) -> Arc<Self> {
        Arc::new(Self {
            limits: limits.into(),
            state: Mutex::default(),
        })
    }

    /// Makes room for a connection and lets it in; `None` when all are at work.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<ConnectionPermit> {
        let limits = self.limits.0.load();
        let is_exempt = limits
            .exempt
            .iter()
            .any(|network| network.contains(address));
        let address = (!is_exempt).then(|| AddressBlock::from(address));
        let mut state = self.lock();
        if let Some(address) = address
            && is_full(limits.per_address, state.connections_of(address))
        {
            let oldest = state.longest_waiting_of(address)?;
            state.end(oldest);
        }
        if is_full(limits.in_all, state.entries.len()) {
            let oldest = state.longest_waiting()?;
            state.end(oldest);
        }
        let (id, end) = state.insert(address);
        drop(state);
        Some(ConnectionPermit {
            id,
            end,
            connections: Arc::clone(self),
        })
    }

    /// Ends the connection that has waited the longest; tells whether there was one.
    pub(super) fn end_longest_waiting(&self) -> bool {
        let mut state = self.lock();
        let oldest = state.longest_waiting();
        oldest.inspect(|oldest| state.end(*oldest)).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionPermit {
    /// Notes that a request is under way; false when the connection has been told to end.
    pub(super) fn works(&self) -> bool {
        self.connections.lock().stop_waiting(self.id)
    }

    /// Notes that it waits for a request.
    pub(super) fn waits(&self) {
        self.connections.lock().start_waiting(self.id);
    }

    /// Resolves when it must end for another.
    pub(super) async fn ended(&self) {
        self.end.notified().await;
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.connections.lock().remove(self.id);
    }
}

impl State {
    fn connections_of(&self, address: AddressBlock) -> usize {
        self.addresses
            .get(&address)
            .map_or(0, |share| share.connections)
    }

    fn longest_waiting(&self) -> Option<u64> {
        self.waiting.values().next().copied()
    }

    fn longest_waiting_of(&self, address: AddressBlock) -> Option<u64> {
        let share = self.addresses.get(&address)?;
        share.waiting.values().next().copied()
    }

    fn insert(&mut self, address: Option<AddressBlock>) -> (u64, Arc<Notify>) {
        let id = self.next;
        let end = Arc::new(Notify::new());
        let entry = Entry {
            address,
            waiting_since: None,
            end: Arc::clone(&end),
        };
        self.entries.insert(id, entry);
        if let Some(address) = address {
            self.addresses.entry(address).or_default().connections += 1;
        }
        self.start_waiting(id);
        (id, end)
    }

    fn start_waiting(&mut self, id: u64) {
        let since = self.next;
        self.next += 1;
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        entry.waiting_since = Some(since);
        self.waiting.insert(since, id);
        if let Some(share) = entry.address.and_then(|of| self.addresses.get_mut(&of)) {
            share.waiting.insert(since, id);
        }
    }

    /// False when there is no such connection.
    fn stop_waiting(&mut self, id: u64) -> bool {
        let Some(entry) = self.entries.get_mut(&id) else {
            return false;
        };
        if let Some(since) = entry.waiting_since.take() {
            self.waiting.remove(&since);
            if let Some(share) = entry.address.and_then(|of| self.addresses.get_mut(&of)) {
                share.waiting.remove(&since);
            }
        }
        true
    }

    /// Takes a connection out and tells it.
    fn end(&mut self, id: u64) {
        if let Some(entry) = self.remove(id) {
            entry.end.notify_one();
        }
    }

    fn remove(&mut self, id: u64) -> Option<Entry> {
        self.stop_waiting(id);
        let entry = self.entries.remove(&id)?;
        if let Some(address) = entry.address
            && let Some(share) = self.addresses.get_mut(&address)
        {
            share.connections -= 1;
            if share.connections == 0 {
                self.addresses.remove(&address);
            }
        }
        Some(entry)
    }
}

fn is_full(limit: usize, count: usize) -> bool {
    limit > 0 && count >= limit
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn limits(in_all: usize, per_address: usize) -> Arc<Connections> {
        Connections::new(Limits {
            in_all,
            per_address,
            exempt: vec!["10.0.0.0/8".parse().unwrap()],
        })
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn has_ended(permit: &ConnectionPermit) -> bool {
        permit.ended().now_or_never().is_some()
    }

    #[test]
    fn whoever_has_waited_longest_makes_room_for_a_newcomer_of_its_address() {
        let connections = limits(0, 2);
        let first = connections.admit(address(1)).unwrap();
        let second = connections.admit(address(1)).unwrap();
        let other = connections.admit(address(2)).unwrap();
        assert!(first.works());
        first.waits();

        let third = connections.admit(address(1)).unwrap();

        assert!(has_ended(&second), "it has waited longest");
        assert!(!second.works(), "it must take no request any more");
        assert!(!has_ended(&first) && !has_ended(&third) && !has_ended(&other));
        drop((first, second, third));
        assert_eq!(connections.lock().connections_of(address(1).into()), 0);
    }

    #[test]
    fn whoever_is_at_work_is_not_ended() {
        let connections = limits(0, 1);
        let busy = connections.admit(address(1)).unwrap();
        assert!(busy.works());
        assert!(connections.admit(address(1)).is_none());

        busy.waits();

        assert!(connections.admit(address(1)).is_some());
        assert!(has_ended(&busy));
    }

    #[test]
    fn the_limit_in_all_is_for_everybody_and_proxies_have_none_by_address() {
        let connections = limits(3, 1);
        let clients: Vec<_> = (0..3)
            .map(|_| connections.admit(IpAddr::from([10, 0, 0, 1])).unwrap())
            .collect();
        assert!(!clients.iter().any(has_ended));

        let newcomer = connections.admit(address(1)).unwrap();

        assert!(has_ended(&clients[0]));
        assert!(!has_ended(&clients[1]) && !has_ended(&newcomer));
        drop((clients, newcomer));
        let state = connections.lock();
        assert!(state.entries.is_empty() && state.waiting.is_empty() && state.addresses.is_empty());
    }

    #[test]
    fn the_hosts_of_an_ipv6_subscriber_are_one_address() {
        let connections = limits(0, 1);
        let host = |last| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        let first = connections.admit(host(1)).unwrap();
        let _second = connections.admit(host(2)).unwrap();
        assert!(has_ended(&first));
    }

    #[test]
    fn zero_is_no_limit() {
        let connections = limits(0, 0);
        let all: Vec<_> = (0..5_000).map(|_| connections.admit(address(1))).collect();
        assert!(all.iter().flatten().all(|permit| !has_ended(permit)));
        assert_eq!(all.iter().flatten().count(), 5_000);
    }
}

//! Calls to a service that has several replicas: one channel for each address, in turn. A replica that cannot
//! be reached is left alone for a while, and what may be repeated is asked of the next one.

use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, timeout};
use tonic::{Code, Response, Status};

use super::{Channel, Dialer};
use crate::replicas::Replicas;

/// How many replicas one call is asked of at most.
const MAX_ATTEMPTS: usize = 3;
/// How long a replica has to answer when another one could be asked instead.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a replica that could not be reached is asked only when all others cannot either.
const AVOID_DURATION: Duration = Duration::from_secs(5);

/// Whether a call may be made again when it is not known whether it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Doing it twice is like doing it once.
    Idempotent,
    /// It must be done once at most.
    Never,
}

/// Channels to the replicas of a service. Cheap to clone.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    replicas: Replicas,
    dialer: Dialer,
    next: AtomicUsize,
    members: Mutex<HashMap<SocketAddr, Member>>,
}

#[derive(Clone)]
struct Member {
    channel: Channel,
    left_alone_until: Instant,
}

impl Pool {
    /// One channel for each of these replicas, made by `dialer` and opened when first used.
    pub fn new(replicas: Replicas, dialer: Dialer) -> Self {
        Self(Arc::new(Inner {
            replicas,
            dialer,
            next: AtomicUsize::new(0),
            members: Mutex::default(),
        }))
    }

    /// Everything over this channel, to a service in the same process.
    pub fn over(channel: Channel) -> Self {
        Self::new(Replicas::one(), Dialer::over(channel))
    }

    /// Where the replicas are that there are now.
    pub fn addresses(&self) -> Arc<[SocketAddr]> {
        self.0.replicas.now()
    }

    /// Calls one replica, and the next one when it cannot be reached and the call may be repeated. All of it
    /// takes `timeout` at most.
    ///
    /// # Errors
    /// The status of the last answer; `UNAVAILABLE` when there was none in time.
    pub async fn call<T, F>(
        &self,
        repeat: Repeat,
        timeout: Duration,
        call: impl Fn(Channel) -> F,
    ) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        tokio::time::timeout(timeout, self.ask(repeat, call))
            .await
            .unwrap_or_else(|_| Err(Status::unavailable("no answer in time")))
    }

    async fn ask<T, F>(&self, repeat: Repeat, call: impl Fn(Channel) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let replicas = &self.0.replicas;
        let candidates = self.candidates(&replicas.some().await);
        let attempts = match repeat {
            Repeat::Idempotent => candidates.len().min(MAX_ATTEMPTS),
            Repeat::Never => 1,
        };
        let mut answer = Err(Status::unavailable("there is no replica"));
        for (attempt, (address, channel)) in candidates.into_iter().take(attempts).enumerate() {
            let last = attempt + 1 == attempts;
            answer = if last {
                call(channel).await
            } else {
                timeout(ATTEMPT_TIMEOUT, call(channel))
                    .await
                    .unwrap_or_else(|_| Err(Status::unavailable("no answer in time")))
            };
            match &answer {
                Err(status) if is_unreachable(status) => {
                    self.leave_alone(address);
                    replicas.look_again();
                }
                Ok(_) | Err(_) => break,
            }
        }
        answer.map(Response::into_inner)
    }

    /// All replicas in the order in which to ask them: in turn, those that could not be reached last. Those
    /// that are gone are forgotten.
    fn candidates(&self, addresses: &[SocketAddr]) -> Vec<(SocketAddr, Channel)> {
        let now = Instant::now();
        let mut members = self.members();
        members.retain(|address, _| addresses.binary_search(address).is_ok());
        let mut ordered: Vec<(SocketAddr, Member)> = addresses
            .iter()
            .map(|address| {
                let member = members.entry(*address).or_insert_with(|| Member {
                    channel: self.0.dialer.channel(*address),
                    left_alone_until: now,
                });
                (*address, member.clone())
            })
            .collect();
        drop(members);
        let turn = self.0.next.fetch_add(1, Ordering::Relaxed);
        let first = turn.checked_rem(ordered.len()).unwrap_or(0);
        ordered.rotate_left(first);
        ordered.sort_by_key(|(_, member)| member.left_alone_until > now);
        ordered
            .into_iter()
            .map(|(address, member)| (address, member.channel))
            .collect()
    }

    fn leave_alone(&self, address: SocketAddr) {
        if let Some(member) = self.members().get_mut(&address) {
            member.left_alone_until = Instant::now() + AVOID_DURATION;
        }
    }

    fn members(&self) -> MutexGuard<'_, HashMap<SocketAddr, Member>> {
        // Nothing that holds the lock can leave the map half changed.
        self.0
            .members
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({:?})", self.0.replicas.now())
    }
}

/// tonic tells its own time-outs as cancelled.
fn is_unreachable(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Cancelled)
}

#[cfg(test)]
mod tests;

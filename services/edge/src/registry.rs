//! The connections of this edge and the sessions that they carry: how anybody else reaches them.
//!
//! Orders to a connection do not queue: the newest prompt or review replaces the one before, and the first close stays.

mod census;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use proto::{
    ids::{ConnectionId, LoginSessionId, RecipeId, SessionId, UserId},
    websocket::codes::Close,
};
use runtime::clock::Timestamp;
use tokio::{sync::Notify, time::Instant};

pub(crate) use self::census::EXPIRY_BOUNDS;
use crate::{
    audience::Audience,
    deadlines::{Delivery, Owners, Phase, Prompt, SessionRecord},
    event_log::CloseCause,
    upstream::Principal,
};

/// How long a revocation or review is remembered: at least as long as an access token lives.
const MARK_RETENTION: Duration = Duration::from_secs(3600);
/// How many of each are remembered; the auth service refuses revoked tokens in any case.
const MAX_MARKS: usize = 100_000;

/// What a connection is told from outside.
#[derive(Debug)]
pub enum Order {
    /// Close.
    Close(Close),
    /// An operator wants the session's holder asked now. Nobody says it again.
    Review {
        /// The generation that is meant.
        generation: u64,
    },
    /// The schedule says that the session is due.
    Prompt(Prompt),
    /// The machine has slept: look at the clock.
    Woke,
}

/// The way to one connection.
#[derive(Debug, Default)]
pub struct Control {
    orders: Mutex<Orders>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Orders {
    close: Option<Close>,
    /// Why, where the close does not say it.
    cause: Option<CloseCause>,
    /// The generation under review.
    review: Option<u64>,
    prompt: Option<Prompt>,
    woke: bool,
}

impl Control {
    /// Tells the connection to close; the first reason stays.
    pub fn close(&self, close: Close) {
        lock(&self.orders).close.get_or_insert(close);
        self.changed.notify_one();
    }

    /// Tells the connection to close, and notes why; the first reason stays.
    pub(crate) fn close_for(&self, close: Close, cause: CloseCause) {
        let mut orders = lock(&self.orders);
        if orders.close.is_none() {
            (orders.close, orders.cause) = (Some(close), Some(cause));
        }
        drop(orders);
        self.changed.notify_one();
    }

    /// Why the connection was told to close, where the close does not say it.
    pub(crate) fn close_cause(&self) -> Option<CloseCause> {
        lock(&self.orders).cause
    }

    fn is_closing(&self) -> bool {
        lock(&self.orders).close.is_some()
    }

    /// The next order. A close comes first, and again each time.
    pub async fn order(&self) -> Order {
        loop {
            let changed = self.changed.notified();
            if let Some(order) = self.take() {
                return order;
            }
            changed.await;
        }
    }

    /// Resolves when the connection is told to close; other orders stay for [`Control::order`].
    pub async fn closing(&self) -> Close {
        loop {
            let changed = self.changed.notified();
            if let Some(close) = lock(&self.orders).close {
                return close;
            }
            changed.await;
        }
    }

    fn take(&self) -> Option<Order> {
        let mut orders = lock(&self.orders);
        if let Some(close) = orders.close {
            return Some(Order::Close(close));
        }
        if let Some(generation) = orders.review.take() {
            return Some(Order::Review { generation });
        }
        if std::mem::take(&mut orders.woke) {
            return Some(Order::Woke);
        }
        orders.prompt.take().map(Order::Prompt)
    }

    fn prompt(&self, prompt: Prompt) {
        lock(&self.orders).prompt = Some(prompt);
        self.changed.notify_one();
    }

    fn wake(&self) {
        lock(&self.orders).woke = true;
        self.changed.notify_one();
    }

    fn review(&self, generation: u64) {
        lock(&self.orders).review = Some(generation);
        self.changed.notify_one();
    }
}

/// A session of this edge, and the way to its connection.
#[derive(Debug)]
struct Entry {
    control: Arc<Control>,
    record: SessionRecord,
    /// Its user's name.
    name: Arc<str>,
    /// When its token was found good, by the auth service's clock.
    validated_at: Timestamp,
}

impl Entry {
    /// Whether its holder must be asked because of a review. Who was asked already, for whatever reason, is not asked
    /// again.
    fn needs_review(&self, at: Timestamp) -> bool {
        self.record.phase == Phase::Active && self.validated_at < at
    }
}

/// An open connection.
#[derive(Debug)]
struct Open {
    id: ConnectionId,
    control: Arc<Control>,
    since: Instant,
}

/// All connections of this edge.
#[derive(Debug, Default)]
pub struct Registry {
    next: AtomicU64,
    /// The oldest first.
    connections: Mutex<BTreeMap<u64, Open>>,
    sessions: Mutex<Sessions>,
}

#[derive(Default)]
struct Sessions {
    /// Boxed, since half of a map's places are empty.
    by_id: HashMap<SessionId, Box<Entry>>,
    by_login: HashMap<LoginSessionId, HashSet<SessionId>>,
    revoked: HashMap<LoginSessionId, Instant>,
    /// The newest review of each login session, and when it was heard of.
    reviewed: HashMap<LoginSessionId, (Timestamp, Instant)>,
    /// The newest review of all login sessions.
    all_reviewed: Option<Timestamp>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} sessions", self.by_id.len())
    }
}

/// A connection's place in the registry, given up when this is dropped.
#[derive(Debug)]
pub struct Connection {
    number: u64,
    /// The id under which operators find it.
    pub id: ConnectionId,
    /// The way to it.
    pub control: Arc<Control>,
    registry: Arc<Registry>,
}

impl Registry {
    /// No connections yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Adds a connection.
    pub fn connect(self: &Arc<Self>) -> Connection {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let control = Arc::new(Control::default());
        let id = ConnectionId::random();
        let open = Open {
            id: id.clone(),
            control: Arc::clone(&control),
            since: Instant::now(),
        };
        lock(&self.connections).insert(number, open);
        Connection {
            number,
            id,
            control,
            registry: Arc::clone(self),
        }
    }

    /// The ways to all connections, the oldest first.
    pub fn controls(&self) -> Vec<Arc<Control>> {
        lock(&self.connections)
            .values()
            .map(|open| Arc::clone(&open.control))
            .collect()
    }

    /// Tells a connection to close, since an operator wants it; whether there is such a one. Its client comes back.
    pub(crate) fn disconnect(&self, connection: &str) -> bool {
        let connections = lock(&self.connections);
        let open = connections
            .values()
            .find(|open| open.id.as_str() == connection);
        if let Some(open) = open {
            open.control
                .close_for(Close::ServiceRestart, CloseCause::Operator);
        }
        open.is_some()
    }

    /// Tells connections to close that are older than the age that each may reach, which is within a tenth of
    /// `max_age`: at most so many, the oldest first. Says how many.
    pub fn close_aged(&self, max_age: Duration, at_most: usize, now: Instant) -> usize {
        let connections = lock(&self.connections);
        let aged = connections.iter().filter(|(number, open)| {
            now - open.since >= jittered(max_age, **number) && !open.control.is_closing()
        });
        let close = |(_, open): (_, &Open)| {
            open.control
                .close_for(Close::ServiceRestart, CloseCause::MaxAge);
        };
        aged.take(at_most).map(close).count()
    }

    /// How many connections there are.
    pub fn count(&self) -> usize {
        lock(&self.connections).len()
    }

    /// How many sessions there are.
    pub fn session_count(&self) -> usize {
        lock(&self.sessions).by_id.len()
    }

    /// Closes every connection of a login session, now and for as long as its tokens could live; tells how many
    /// are closed now.
    pub fn revoke(&self, login: &LoginSessionId, now: Instant) -> usize {
        let mut sessions = lock(&self.sessions);
        if sessions.revoked.len() >= MAX_MARKS {
            sessions.revoked.retain(|_, at| now - *at < MARK_RETENTION);
        }
        if sessions.revoked.len() < MAX_MARKS {
            sessions.revoked.insert(login.clone(), now);
        }
        let Some(ids) = sessions.by_login.get(login) else {
            return 0;
        };
        let open = ids.iter().filter_map(|id| sessions.by_id.get(id));
        open.map(|entry| entry.control.close(Close::SessionRevoked))
            .count()
    }

    /// Has every connection of a login session asked that authenticated before `at`, by the auth service's
    /// clock, now and for as long as its token could live. A review that is not newer than the last one changes
    /// nothing. Says how many are asked.
    pub fn review(&self, login: &LoginSessionId, at: Timestamp, now: Instant) -> usize {
        let mut sessions = lock(&self.sessions);
        if sessions
            .reviewed
            .get(login)
            .is_some_and(|(last, _)| *last >= at)
        {
            return 0;
        }
        if sessions.reviewed.len() >= MAX_MARKS {
            sessions
                .reviewed
                .retain(|_, (_, heard)| now - *heard < MARK_RETENTION);
        }
        if sessions.reviewed.len() < MAX_MARKS {
            sessions.reviewed.insert(login.clone(), (at, now));
        }
        let ids = sessions.by_login.get(login).into_iter().flatten();
        // In one order, so that a simulated run can be repeated.
        let ids: BTreeSet<_> = ids.collect();
        let entries = ids.into_iter().filter_map(|id| sessions.by_id.get(id));
        let mut asked = 0;
        for entry in entries.filter(|entry| entry.needs_review(at)) {
            entry.control.review(entry.record.generation);
            asked += 1;
        }
        asked
    }

    /// Has every connection asked that authenticated before `at`, by the auth service's clock, now and later. A review
    /// that is not newer than the last one changes nothing. Says how many are asked.
    pub fn review_all(&self, at: Timestamp) -> usize {
        let mut sessions = lock(&self.sessions);
        if sessions.all_reviewed.is_some_and(|last| last >= at) {
            return 0;
        }
        sessions.all_reviewed = Some(at);
        let entries = sessions.by_id.values();
        let under_review = entries.filter(|entry| entry.needs_review(at));
        under_review
            .map(|entry| entry.control.review(entry.record.generation))
            .count()
    }

    /// Has every connection look at the clock: the machine has slept.
    pub fn wake(&self) {
        for open in lock(&self.connections).values() {
            open.control.wake();
        }
    }

    /// Closes the connections to a recipe of all who do not belong to its audience.
    pub fn show_out(&self, recipe: &RecipeId, audience: &Audience) {
        for entry in lock(&self.sessions).by_id.values() {
            let scope = &entry.record.scope;
            if scope.recipe == *recipe && !audience.admits(&scope.user, &entry.name) {
                entry.control.close(Close::NotAllowed);
            }
        }
    }

    /// Closes the connections of a user to a recipe.
    pub fn expel(&self, recipe: &RecipeId, user: &UserId) {
        for entry in lock(&self.sessions).by_id.values() {
            let scope = &entry.record.scope;
            if scope.user == *user && scope.recipe == *recipe {
                entry.control.close(Close::NotAllowed);
            }
        }
    }
}

impl Connection {
    /// Notes that this connection carries a session of `principal`, as it is now. One that carried it before is told to go.
    pub fn insert_session(&self, record: SessionRecord, principal: &Principal) {
        let mut sessions = lock(&self.registry.sessions);
        let (session, login) = (record.session.clone(), record.scope.login_session.clone());
        let entry = Box::new(Entry {
            control: Arc::clone(&self.control),
            record,
            name: Arc::clone(&principal.name),
            validated_at: principal.validated_at,
        });
        let revoked = sessions.revoked.contains_key(&login);
        let reviewed = sessions.reviewed.get(&login);
        let review = reviewed
            .map(|(at, _)| *at)
            .max(sessions.all_reviewed)
            .filter(|at| entry.needs_review(*at))
            .map(|_| entry.record.generation);
        if let Some(before) = sessions.by_id.insert(session.clone(), entry) {
            if !Arc::ptr_eq(&before.control, &self.control) {
                before.control.close(Close::SessionMoved);
            }
            let login_before = &before.record.scope.login_session;
            if *login_before != login {
                sessions.unlist(login_before, &session);
            }
        }
        sessions.by_login.entry(login).or_default().insert(session);
        if let Some(generation) = review {
            self.control.review(generation);
        }
        if revoked {
            self.control.close(Close::SessionRevoked);
        }
    }

    /// Notes that the session ended, unless another connection carries it by now.
    pub fn release(&self, session: &SessionId) {
        let mut sessions = lock(&self.registry.sessions);
        let mine = sessions
            .by_id
            .get(session)
            .is_some_and(|entry| Arc::ptr_eq(&entry.control, &self.control));
        if !mine {
            return;
        }
        if let Some(entry) = sessions.by_id.remove(session) {
            sessions.unlist(&entry.record.scope.login_session, session);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        lock(&self.registry.connections).remove(&self.number);
    }
}

impl Sessions {
    fn unlist(&mut self, login: &LoginSessionId, session: &SessionId) {
        if let Some(ids) = self.by_login.get_mut(login) {
            ids.remove(session);
            if ids.is_empty() {
                self.by_login.remove(login);
            }
        }
    }
}

impl Owners for Registry {
    fn prompt(&self, prompt: Prompt) -> Delivery {
        match lock(&self.sessions).by_id.get(&prompt.session) {
            Some(entry) => {
                entry.control.prompt(prompt);
                Delivery::Delivered
            }
            None => Delivery::NotHere,
        }
    }

    fn moved(&self, session: &SessionId, generation: u64) {
        if let Some(entry) = lock(&self.sessions).by_id.get(session)
            && entry.record.generation <= generation
        {
            entry.control.close(Close::SessionMoved);
        }
    }

    fn sessions(&self) -> Vec<SessionRecord> {
        lock(&self.sessions)
            .by_id
            .values()
            .map(|entry| entry.record.clone())
            .collect()
    }
}

/// A duration within a tenth of the given one. Numbers that follow each other come to lie far apart.
fn jittered(duration: Duration, number: u64) -> Duration {
    // The golden ratio as a fraction of 2^64: multiples of it are spread evenly.
    let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let fraction = (spread >> 32) as f64 / f64::from(u32::MAX);
    duration.mul_f64(0.9 + 0.2 * fraction)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

//! What happened to connections in the last hour, for operators who are asked why somebody was disconnected. It is kept in
//! memory, within a bound; it holds who and when, never a token or what was said.
//!
//! An event costs one lock and no allocation: what is known of a connection is shared by all its events. Connections
//! whose clients never proved who they are have a small part for themselves, so that a crowd of them cannot push out what
//! happened to users.

mod event;
mod ring;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use proto::ids::{ConnectionId, LoginSessionId, RecipeId, SessionId, UserId};
use runtime::clock::Timestamp;

pub(crate) use self::event::{CloseCause, ConnectionEvent};
use self::ring::{Entry, Ring};
use crate::{connection::End, upstream::Principal};

/// For how long an event is told.
const RETENTION: Duration = Duration::from_secs(3600);
/// Which part of the room is for connections whose clients never proved who they are.
const UNAUTHENTICATED_SHARE: usize = 4;

/// The events of this edge's connections.
#[derive(Debug)]
pub struct EventLog {
    /// Of those who proved who they are.
    authenticated: Mutex<Ring>,
    /// Of those who never did.
    unauthenticated: Mutex<Ring>,
    /// How connections ended, by code and reason, since the start.
    ends: Mutex<BTreeMap<(u16, &'static str), u64>>,
    is_on: bool,
}

/// A connection, as its events name it.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The connection's id.
    pub(crate) connection: ConnectionId,
    /// The recipe in its address.
    pub(crate) recipe: RecipeId,
    /// The client's address.
    pub(crate) address: IpAddr,
    /// When it was opened.
    pub(crate) connected_at: Timestamp,
    holder: OnceLock<Holder>,
}

/// Who a connection's client proved to be.
#[derive(Debug)]
pub(crate) struct Holder {
    /// The user.
    pub(crate) user: UserId,
    /// What the user signs in with.
    pub(crate) name: Arc<str>,
    /// The user's name, as others see it.
    pub(crate) shown_name: Arc<str>,
    /// The sign-in that the token came from.
    pub(crate) login_session: LoginSessionId,
    /// The session that the connection carries.
    pub(crate) session: SessionId,
}

/// Which connections are meant: those that everything given fits; with nothing given, all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// The user's id, or one of the user's names.
    pub(crate) user: Option<String>,
    /// The id of a session or of a login session.
    pub(crate) session: Option<String>,
    /// The connection's id.
    pub(crate) connection: Option<String>,
    /// The recipe's id.
    pub(crate) recipe: Option<String>,
}

/// An event, with the connection that it happened to.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// When, by the wall clock.
    pub(crate) at: Timestamp,
    /// To which connection.
    pub(crate) subject: Arc<Subject>,
    /// What.
    pub(crate) event: ConnectionEvent,
}

/// What a question is answered with.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// The newest events that fit, the oldest first.
    pub(crate) events: Vec<Told>,
    /// Whether there were more, which are older.
    pub(crate) truncated: bool,
}

impl EventLog {
    /// One with room for so many events; 0: it keeps none.
    pub fn new(capacity: usize) -> Self {
        let unauthenticated = capacity / UNAUTHENTICATED_SHARE;
        Self {
            authenticated: Mutex::new(Ring::new(capacity - unauthenticated)),
            unauthenticated: Mutex::new(Ring::new(unauthenticated)),
            ends: Mutex::default(),
            is_on: capacity > 0,
        }
    }

    /// Whether events are kept.
    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Begins with a connection, if events are kept.
    pub(crate) fn open(
        &self,
        connection: &ConnectionId,
        recipe: &RecipeId,
        address: IpAddr,
        now: Timestamp,
    ) -> Option<Arc<Subject>> {
        self.is_on.then(|| {
            Arc::new(Subject {
                connection: connection.clone(),
                recipe: recipe.clone(),
                address,
                connected_at: now,
                holder: OnceLock::new(),
            })
        })
    }

    /// Notes an event of a connection.
    pub(crate) fn record(
        &self,
        subject: Option<&Arc<Subject>>,
        event: ConnectionEvent,
        now: Timestamp,
    ) {
        let Some(subject) = subject else {
            return;
        };
        let ring = match subject.holder() {
            Some(_) => &self.authenticated,
            None => &self.unauthenticated,
        };
        let entry = Entry {
            at: now,
            subject: Arc::clone(subject),
            event,
        };
        lock(ring).push(entry, now.before(RETENTION));
    }

    /// Counts how a connection ended, by the code and reason that it is known under.
    pub(crate) fn count_end(&self, labels: (u16, &'static str)) {
        *lock(&self.ends).entry(labels).or_default() += 1;
    }

    /// How many connections ended since the start, by code and reason.
    pub(crate) fn ends(&self) -> Vec<((u16, &'static str), u64)> {
        let ends = lock(&self.ends);
        ends.iter()
            .map(|(labels, count)| (*labels, *count))
            .collect()
    }

    /// What happened in the last hour to the connections that are meant: the newest `limit` events, and when each of these
    /// connections was opened.
    pub(crate) fn timeline(&self, filter: &Filter, limit: usize, now: Timestamp) -> Timeline {
        let since = now.before(RETENTION);
        let mut found = Timeline::default();
        for ring in [&self.authenticated, &self.unauthenticated] {
            ring::collect(ring, filter, since, limit, &mut found);
        }
        // Each ring was read from its newest event on.
        found.events.reverse();
        let mut opened: BTreeMap<&str, &Told> = BTreeMap::new();
        for told in &found.events {
            opened.insert(told.subject.connection.as_str(), told);
        }
        let opened = opened.into_values().map(Told::opening);
        let mut opened: Vec<_> = opened.filter(|told| told.at >= since).collect();
        found.events.append(&mut opened);
        // The opening of a connection comes before what happened to it in the same millisecond.
        let order = |told: &Told| (told.at, told.event != ConnectionEvent::Connected);
        found.events.sort_by_key(order);
        if found.events.len() > limit {
            found.truncated = true;
            found.events.drain(..found.events.len() - limit);
        }
        found
    }
}

impl Subject {
    /// Who its client proved to be, if it did.
    pub(crate) fn holder(&self) -> Option<&Holder> {
        self.holder.get()
    }

    /// Notes who its client proved to be.
    pub(crate) fn authenticated(&self, principal: &Principal, session: &SessionId) {
        let holder = Holder {
            user: principal.user.clone(),
            name: Arc::clone(&principal.name),
            shown_name: Arc::clone(&principal.shown_name),
            login_session: principal.login_session.clone(),
            session: session.clone(),
        };
        // A connection belongs to one user for all its life.
        self.holder.set(holder).ok();
    }
}

impl Filter {
    fn fits(&self, subject: &Subject) -> bool {
        let of_holder = |given: &Option<String>, is_it: fn(&Holder, &str) -> bool| {
            let given = given.as_deref();
            given.is_none_or(|given| subject.holder().is_some_and(|holder| is_it(holder, given)))
        };
        let is =
            |given: &Option<String>, id: &str| given.as_deref().is_none_or(|given| given == id);
        is(&self.connection, subject.connection.as_str())
            && is(&self.recipe, subject.recipe.as_str())
            && of_holder(&self.user, |holder, given| {
                [holder.user.as_str(), &holder.name, &holder.shown_name].contains(&given)
            })
            && of_holder(&self.session, |holder, given| {
                holder.session.as_str() == given || holder.login_session.as_str() == given
            })
    }
}

impl Told {
    /// When its connection was opened.
    fn opening(&self) -> Self {
        Self {
            at: self.subject.connected_at,
            subject: Arc::clone(&self.subject),
            event: ConnectionEvent::Connected,
        }
    }
}

fn lock<T: fmt::Debug>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

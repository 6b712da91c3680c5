//! What is noted of what is asked, and how operators find it again.

use std::sync::Arc;

use proto::ids::LoginSessionId;
use runtime::clock::Timestamp;
use tokio::time::Instant;
use tracing::{info, warn};

use super::{Authority, Client, Error, SignedIn, TokenPair, outcome};
use crate::{
    audit::{AuditEvent, Noted, Subject},
    refresh::LoginSession,
    store::{AuditFilter, MAX_PAGE},
    user::Username,
};

/// How many events a page has where nobody says.
const DEFAULT_PAGE: u32 = 100;

/// Which events an operator wants.
#[derive(Debug, Default)]
pub(crate) struct AuditQuery {
    /// A name or an id; empty: about anybody.
    pub(crate) user: String,
    /// Empty: of all kinds.
    pub(crate) kind: String,
    pub(crate) since: Option<Timestamp>,
    /// Where the page before ended; 0: from the newest on.
    pub(crate) before: u64,
    /// 0: as many as usual.
    pub(crate) limit: u32,
}

/// What an operator had an edge do.
#[derive(Debug)]
pub(crate) struct OrderAtAnEdge {
    pub(crate) kind: OrderKind,
    /// Whose connection it was.
    pub(crate) subject: Subject,
    pub(crate) session: Option<LoginSessionId>,
    /// The connection or the edge.
    pub(crate) about: String,
}

/// What edges are told to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OrderKind {
    Disconnect,
    Drain,
}

/// An answer that opened a login session.
pub(super) trait Opened {
    fn session(&self) -> &LoginSession;
}

impl Opened for SignedIn {
    fn session(&self) -> &LoginSession {
        &self.tokens.session
    }
}

impl Opened for TokenPair {
    fn session(&self) -> &LoginSession {
        &self.session
    }
}

impl Authority {
    /// Notes who was let in, or who was not, and in whose name. Who is only told to wait is counted, not noted: there may be
    /// any number of them.
    pub(super) fn note_sign_in<T: Opened>(
        &self,
        kind: &'static str,
        name: Option<&Username>,
        client: &Client,
        answer: &Result<T, Error>,
    ) {
        let named = name.cloned().map_or(Subject::Unknown, Subject::Name);
        let subject = match answer {
            Ok(opened) => Subject::User(opened.session().user.id.clone()),
            Err(_) => named,
        };
        let session = answer.as_ref().ok();
        let session = session.map(|opened| opened.session().id.clone());
        self.note_answer(kind, subject, session, client, answer);
    }

    /// Notes what a client did or was refused.
    pub(super) fn note_answer<T>(
        &self,
        kind: &'static str,
        subject: Subject,
        session: Option<LoginSessionId>,
        client: &Client,
        answer: &Result<T, Error>,
    ) {
        if !is_noted(answer) {
            return;
        }
        self.audit.note(AuditEvent {
            subject,
            session,
            address: client.address,
            request_id: client.request_id().map(str::to_owned),
            ..AuditEvent::new(self.clock.now(), kind, outcome(answer))
        });
    }

    /// Notes what an operator did, and to whom or what.
    pub(super) fn note_order<T>(
        &self,
        operator: &Arc<str>,
        event: AuditEvent,
        answer: &Result<T, Error>,
    ) {
        let outcome = outcome(answer);
        info!(%operator, kind = event.kind, outcome, "an operator's order");
        self.audit.note(AuditEvent {
            operator: Some(Arc::clone(operator)),
            outcome,
            ..event
        });
    }

    /// Notes that somebody showed an operator token that is none: once a minute at most, with how many there were
    /// since, so that whoever guesses fills no table.
    pub(crate) fn note_refused_operator(&self) {
        let Some(untold) = self.refused_operators.admit(Instant::now()) else {
            return;
        };
        warn!(untold, "a wrong operator token was shown");
        let event = AuditEvent::new(self.clock.now(), "operator_token", "refused");
        self.audit.note(match untold {
            0 => event,
            more => event.about(&format!("{more} more since the last of these")),
        });
    }

    /// Notes what an operator had an edge do.
    pub(crate) fn note_order_at_an_edge(&self, operator: &Arc<str>, order: OrderAtAnEdge) {
        let kind = match order.kind {
            OrderKind::Disconnect => "disconnect",
            OrderKind::Drain => "drain",
        };
        let event = AuditEvent {
            subject: order.subject,
            session: order.session,
            ..self.order(kind).about(&order.about)
        };
        self.note_order(operator, event, &Ok(()));
    }

    /// An order that was not tried yet.
    pub(super) fn order(&self, kind: &'static str) -> AuditEvent {
        AuditEvent::new(self.clock.now(), kind, "ok")
    }

    /// An order about the user of that name.
    pub(super) fn order_about(&self, kind: &'static str, name: &str) -> AuditEvent {
        let subject = name.parse().map_or(Subject::Unknown, Subject::Name);
        AuditEvent {
            subject,
            ..self.order(kind)
        }
    }

    /// A page of events, and before which the next one begins.
    pub(crate) async fn audit_events(
        &self,
        query: AuditQuery,
    ) -> Result<(Vec<Noted>, Option<u64>), Error> {
        let limit = match query.limit {
            0 => DEFAULT_PAGE,
            limit => limit.min(MAX_PAGE),
        };
        let user = match query.user.as_str() {
            "" => None,
            text => Some(self.user_of(text).await?),
        };
        let filter = AuditFilter {
            user,
            kind: (!query.kind.is_empty()).then_some(query.kind),
            since: query.since.unwrap_or_default(),
            before: match query.before {
                0 => u64::MAX,
                before => before,
            },
            limit: limit + 1,
        };
        let mut events = self.store.audit_events(&filter).await?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = events.last().filter(|_| more).map(|event| event.id);
        Ok((events, next))
    }

    /// By name, or by id, which also finds who is not here any more.
    async fn user_of(&self, text: &str) -> Result<proto::ids::UserId, Error> {
        if let Ok(name) = text.parse()
            && let Some(found) = self.store.user(&name).await?
        {
            return Ok(found.user.id);
        }
        text.parse().map_err(|_| Error::NoSuchUser)
    }
}

/// Not what failed here, which the log tells, and not who has to wait.
fn is_noted<T>(answer: &Result<T, Error>) -> bool {
    match answer {
        Ok(_) => true,
        Err(Error::TooManyAttempts(_)) => false,
        Err(error) => error.is_refusal() && error.label() != "busy",
    }
}

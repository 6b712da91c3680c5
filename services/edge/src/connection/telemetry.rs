//! What is told of a connection: to the metrics and operators while it lasts, in one log line at its end, and to the simulation that watches
//! it.

use std::{net::IpAddr, sync::Arc, time::Duration};

use proto::{ids::SessionId, websocket::codes::Close};
use tokio::time::Instant;
use tracing::{Span, info, warn};

use super::{End, Upgraded, socket::WriteFault};
#[cfg(test)]
use crate::session::Event;
use crate::{
    deadlines::{Phase, SessionRecord, Unavailable},
    edge::Edge,
    event_log::{CloseCause, ConnectionEvent, Subject},
    metrics::{self, ConnectionGauge, State},
    registry::Connection,
    session::{PromptReason, PromptSource, Session},
    upstream::Principal,
};

/// What a connection does and did.
#[derive(Debug)]
pub(crate) struct Telemetry {
    edge: Arc<Edge>,
    /// Under what its events are kept, where they are.
    logged: Option<Arc<Subject>>,
    began: Instant,
    gauge: ConnectionGauge,
    /// Whether the client has sent a well-formed `auth`: from then on closes are announced.
    introduced: bool,
    authenticated: bool,
    /// When the client was asked to prove itself again, until it has.
    asked: Option<Instant>,
    frames_in: u64,
    frames_out: u64,
    messages: u64,
    reauths: u64,
    #[cfg(test)]
    observer: Option<Box<dyn Observer>>,
}

/// Whoever watches a connection of the simulation, and may twist what it does.
#[cfg(test)]
pub(crate) trait Observer: std::fmt::Debug + Send {
    /// An event is about to be handed to the session's rules; `None`: it is not.
    fn twist(&mut self, event: Event, session: &mut Session) -> Option<Event>;

    /// See [`Telemetry::took_over`].
    fn took_over(
        &mut self,
        session: &SessionId,
        found: &Result<Option<SessionRecord>, Unavailable>,
    );

    /// See [`Telemetry::recorded`].
    fn recorded(&mut self, record: &SessionRecord, principal: &Principal);

    /// See [`Telemetry::writes`].
    fn writes(&mut self);

    /// See [`Telemetry::wrote`].
    fn wrote(&mut self, written: bool);

    /// See [`Telemetry::asks`].
    fn asks(&mut self, reason: PromptReason, source: PromptSource);

    /// See [`Telemetry::accepted`].
    fn accepted(&mut self);

    /// See [`Telemetry::answered`].
    fn answered(&mut self);

    /// See [`Telemetry::ended`].
    fn ended(&mut self, end: End);
}

impl Telemetry {
    /// Of a connection that has just been upgraded.
    pub(super) fn new(edge: &Arc<Edge>, connection: &Connection, upgraded: &Upgraded) -> Self {
        metrics::unauthenticated().add(1, &[]);
        let (recipe, address) = (&upgraded.recipe, upgraded.address);
        let now = edge.clock.now();
        Self {
            edge: Arc::clone(edge),
            logged: edge.event_log.open(&connection.id, recipe, address, now),
            began: Instant::now(),
            gauge: ConnectionGauge::new(),
            introduced: false,
            authenticated: false,
            asked: None,
            frames_in: 0,
            frames_out: 0,
            messages: 0,
            reauths: 0,
            #[cfg(test)]
            observer: None,
        }
    }

    /// The same, watched.
    #[cfg(test)]
    pub(super) fn observed_by(mut self, observer: Box<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Notes what happened, for operators.
    fn log(&self, event: ConnectionEvent) {
        let now = self.edge.clock.now();
        self.edge.event_log.record(self.logged.as_ref(), event, now);
    }

    /// See [`Observer::twist`].
    #[cfg(test)]
    pub(super) fn twist(&mut self, event: Event, session: &mut Session) -> Option<Event> {
        match &mut self.observer {
            Some(observer) => observer.twist(event, session),
            None => Some(event),
        }
    }

    #[cfg(test)]
    fn tell(&mut self, what: impl FnOnce(&mut dyn Observer)) {
        if let Some(observer) = &mut self.observer {
            what(&mut **observer);
        }
    }

    /// The client has sent a well-formed `auth`.
    pub(super) fn introduced(&mut self) {
        self.introduced = true;
    }

    /// Whether it has.
    pub(super) fn is_introduced(&self) -> bool {
        self.introduced
    }

    /// A session was asked for that may be held elsewhere.
    pub(super) fn took_over(
        &mut self,
        session: &SessionId,
        found: &Result<Option<SessionRecord>, Unavailable>,
    ) {
        #[cfg(test)]
        self.tell(|observer| observer.took_over(session, found));
        if let Err(unavailable) = found {
            warn!(%session, %unavailable, "a session is opened anew");
        }
    }

    /// The client was let in, or was not.
    pub(super) fn admitted(&mut self, session: Option<(&SessionId, &Session)>) {
        metrics::unauthenticated().add(-1, &[]);
        let Some((id, session)) = session else {
            return;
        };
        let principal = session.principal();
        metrics::handshake_time().record(self.began.elapsed().as_secs_f64(), &[]);
        let span = Span::current();
        span.record("user.id", principal.user.as_str());
        span.record("session.id", id.as_str());
        self.authenticated = true;
        if let Some(subject) = &self.logged {
            subject.authenticated(principal, id);
        }
        // A take-over counts a generation.
        let resumed = session.generation() > 1;
        self.log(ConnectionEvent::Authenticated { resumed });
    }

    /// The session's state was noted where others look for it.
    #[cfg_attr(
        not(test),
        expect(unused_variables, reason = "it is for the simulation")
    )]
    pub(super) fn recorded(&mut self, record: &SessionRecord, principal: &Principal) {
        #[cfg(test)]
        self.tell(|observer| observer.recorded(record, principal));
        self.gauge.set(match record.phase {
            Phase::Active => State::Active,
            Phase::Asked => State::Asked,
        });
    }

    /// A frame has come.
    pub(super) fn received(&mut self) {
        self.frames_in += 1;
    }

    /// It was a message that is posted.
    pub(super) fn posts(&mut self) {
        self.messages += 1;
    }

    /// Something is about to be written.
    pub(super) fn writes(&mut self) {
        #[cfg(test)]
        self.tell(|observer| observer.writes());
    }

    /// It was written, so many text frames of it, or was not.
    pub(super) fn wrote(&mut self, frames: u64, written: Result<(), WriteFault>) {
        #[cfg(test)]
        self.tell(|observer| observer.wrote(written.is_ok()));
        if written.is_ok() {
            self.frames_out += frames;
        }
    }

    /// The client is about to be told to prove itself again, so late.
    pub(super) fn asks(
        &mut self,
        reason: PromptReason,
        source: PromptSource,
        answer_in: Duration,
        lateness: Duration,
    ) {
        #[cfg(test)]
        self.tell(|observer| observer.asks(reason, source));
        metrics::count_prompt(source, lateness);
        self.asked = Some(Instant::now());
        self.log(ConnectionEvent::Asked {
            reason,
            source,
            answer_in,
        });
    }

    /// The auth service has judged a token that was shown on the open session.
    pub(super) fn verified(&mut self) {
        self.reauths += 1;
    }

    /// A token was accepted, whose answer is to be written; `renewed`: it is another one than before.
    pub(super) fn accepted(&mut self, renewed: bool) {
        #[cfg(test)]
        self.tell(|observer| observer.accepted());
        if !renewed {
            return;
        }
        let asked = self.asked.take();
        if let Some(asked) = asked {
            metrics::reauth_time().record(asked.elapsed().as_secs_f64(), &[]);
        }
        let was_asked = asked.is_some();
        self.log(ConnectionEvent::Renewed { was_asked });
    }

    /// An accepted token was answered.
    pub(super) fn answered(&mut self) {
        #[cfg(test)]
        self.tell(|observer| observer.answered());
    }

    /// The connection ends: nothing but the close is written from now on.
    pub(super) fn ended(&mut self, end: End, cause: Option<CloseCause>) {
        #[cfg(test)]
        self.tell(|observer| observer.ended(end));
        self.log(ConnectionEvent::Ended {
            end,
            announced: self.introduced && matches!(end, End::Closed(_)),
            cause: cause.filter(|_| end == End::Closed(Close::ServiceRestart)),
        });
        self.edge.event_log.count_end(end_labels(end));
        metrics::count_end(end_labels(end));
    }

    /// It answers no pings.
    pub(super) fn unresponsive(&mut self) {
        self.log(ConnectionEvent::Unresponsive);
    }

    /// It has ended.
    pub(super) fn summarise(self, end: End, address: IpAddr) {
        let (code, reason) = end_labels(end);
        info!(
            close.code = code,
            close.reason = reason,
            client.address = %address,
            authenticated = self.authenticated,
            lasted = ?self.began.elapsed(),
            frames.received = self.frames_in,
            frames.sent = self.frames_out,
            messages = self.messages,
            reauths = self.reauths,
            "connection ended: {reason}",
        );
    }
}

/// Code and reason, as metrics and logs name them.
pub(crate) fn end_labels(end: End) -> (u16, &'static str) {
    match end {
        End::Closed(close) => (close.code(), close.reason()),
        // The client chooses the code: only known ones become labels.
        End::Left(Some(code @ (1000 | 1001))) => (code, "left"),
        End::Left(_) => (1005, "left"),
        End::Lost => (1006, "lost"),
    }
}

//! One connection, from the upgrade to its end: one task owns it. First the client proves who it is
//! (`handshake`), then one loop serves it (`live`); the end is one straight line and one log line.

mod answers;
mod handshake;
mod invitation;
mod live;
mod session_driver;
pub(crate) mod socket;
mod typing;

use std::{net::IpAddr, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use proto::{
    ids::{RecipeId, SessionId},
    websocket::codes::Close,
};
use runtime::network::AddressBlock;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tracing::{Instrument as _, Span, field::Empty, info, info_span};

pub(crate) use self::session_driver::{SessionDriver, publish, release};
use self::{handshake::Authenticated, live::Live, socket::Socket};
use crate::{
    edge::Edge,
    event_log::{ConnectionEvent, Subject},
    limits::ConnectionPermit,
    metrics::{self, ConnectionGauge},
    registry::Connection,
    wire::outbound,
};

/// What is known of a connection when it is upgraded.
#[derive(Debug)]
pub struct Upgraded {
    /// The recipe in its address.
    pub recipe: RecipeId,
    /// The peer's address.
    pub address: IpAddr,
    /// Its place among the edge's connections.
    pub place: ConnectionPermit<AddressBlock>,
    /// Its place among those that have not said yet who they are; given back when it has.
    pub unauthenticated: Option<ConnectionPermit<AddressBlock>>,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The edge closes it.
    Closed(Close),
    /// The client closed it, with this code.
    Left(Option<u16>),
    /// It broke, or was silent for too long.
    Lost,
}

impl End {
    /// Whether the session is over too, so that nobody need be asked for it any more. A session whose
    /// connection is only lost may be resumed at any edge.
    pub(crate) fn ends_session(self) -> bool {
        match self {
            Self::Closed(close) => match close {
                Close::ServiceRestart | Close::TooSlow | Close::SessionMoved => false,
                Close::AuthenticationTimeout
                | Close::FirstMessageMustBeAuth
                | Close::MissingAuthToken
                | Close::InvalidToken
                | Close::NotAllowed
                | Close::AnotherUser
                | Close::ReauthenticationTimeout
                | Close::SessionRevoked
                | Close::TooManyInvalidMessages
                | Close::TooManyMessages
                | Close::TryAgainLater
                | Close::TooManyConnections
                | Close::MessageTooBig
                | Close::TextFramesOnly
                | Close::InvalidUtf8
                | Close::ProtocolError => true,
            },
            Self::Left(code) => code == Some(1000),
            Self::Lost => false,
        }
    }
}

impl From<socket::WriteFault> for End {
    fn from(fault: socket::WriteFault) -> Self {
        match fault {
            socket::WriteFault::Close(close) => Self::Closed(close),
            socket::WriteFault::Lost => Self::Lost,
        }
    }
}

/// What a connection did, for its summary.
#[derive(Debug, Default)]
struct ConnectionStats {
    /// Under what its events are kept, where they are.
    logged: Option<Arc<Subject>>,
    /// Whether the client has sent a well-formed `auth`: from then on closes are announced.
    introduced: bool,
    session: Option<SessionId>,
    frames_in: u64,
    frames_out: u64,
    messages: u64,
    reauths: u64,
}

/// Runs one connection to its end. Boxed, so that the task that was made for the upgrade need not be as large.
pub fn run<S>(edge: Arc<Edge>, stream: S, upgraded: Upgraded) -> BoxFuture<'static, ()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = edge.registry.connect();
    let span = info_span!(
        "connection",
        connection.id = %connection.id,
        recipe.id = %upgraded.recipe,
        user.id = Empty,
        session.id = Empty,
    );
    serve(edge, stream, upgraded, connection)
        .instrument(span)
        .boxed()
}

async fn serve<S>(edge: Arc<Edge>, stream: S, mut upgraded: Upgraded, connection: Connection)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let began = Instant::now();
    let now = edge.clock.now();
    let logged = edge
        .event_log
        .open(&connection.id, &upgraded.recipe, upgraded.address, now);
    let mut stats = ConnectionStats {
        logged,
        ..ConnectionStats::default()
    };
    // What lasts for a moment only is boxed, so that it does not add to what the connection holds for its life.
    let mut socket = Box::pin(Socket::new(stream, edge.config.write_timeout)).await;
    let mut gauge = ConnectionGauge::new();

    metrics::unauthenticated().add(1, &[]);
    let authenticated = Box::pin(handshake::authenticate(
        &edge,
        &mut socket,
        &upgraded,
        &connection,
        &mut stats,
    ))
    .await;
    metrics::unauthenticated().add(-1, &[]);
    upgraded.unauthenticated = None;
    let end = match authenticated {
        Ok(authenticated) => {
            metrics::handshake_time().record(began.elapsed().as_secs_f64(), &[]);
            let span = Span::current();
            span.record("user.id", authenticated.session.principal().user.as_str());
            span.record("session.id", authenticated.id.as_str());
            stats.session = Some(authenticated.id.clone());
            log_authenticated(&edge, &stats, &authenticated);
            let (mut live, first) = Live::new(
                &edge,
                &mut socket,
                &connection,
                &mut gauge,
                &mut stats,
                &upgraded.recipe,
                *authenticated,
            );
            let end = live.run(first).await;
            live.release(end);
            end
        }
        Err(end) => end,
    };

    log_end(&edge, &stats, &connection, end);
    match end {
        End::Closed(close) => {
            let closing = stats
                .introduced
                .then(|| outbound::closing(close, &connection.id, edge.clock.now()));
            Box::pin(socket.close(close, closing)).await;
        }
        End::Left(_) => Box::pin(socket.finish()).await,
        End::Lost => {}
    }
    drop(gauge);
    metrics::count_end(end_labels(end));
    summarise(end, &stats, began.elapsed(), upgraded.address);
}

fn log_authenticated(edge: &Edge, stats: &ConnectionStats, authenticated: &Authenticated) {
    let (session, logged) = (&authenticated.session, stats.logged.as_ref());
    if let Some(subject) = logged {
        subject.authenticated(session.principal(), &authenticated.id);
    }
    // A take-over counts a generation.
    let resumed = session.generation() > 1;
    let event = ConnectionEvent::Authenticated { resumed };
    edge.event_log.record(logged, event, edge.clock.now());
}

fn log_end(edge: &Edge, stats: &ConnectionStats, connection: &Connection, end: End) {
    let cause = connection.control.close_cause();
    let event = ConnectionEvent::Ended {
        end,
        announced: stats.introduced && matches!(end, End::Closed(_)),
        cause: cause.filter(|_| end == End::Closed(Close::ServiceRestart)),
    };
    let now = edge.clock.now();
    edge.event_log.record(stats.logged.as_ref(), event, now);
    edge.event_log.count_end(end_labels(end));
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

fn summarise(end: End, stats: &ConnectionStats, lasted: Duration, address: IpAddr) {
    let (code, reason) = end_labels(end);
    info!(
        close.code = code,
        close.reason = reason,
        client.address = %address,
        authenticated = stats.session.is_some(),
        lasted = ?lasted,
        frames.received = stats.frames_in,
        frames.sent = stats.frames_out,
        messages = stats.messages,
        reauths = stats.reauths,
        "connection ended: {reason}",
    );
}

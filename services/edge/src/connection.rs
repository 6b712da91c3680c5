//! One connection, from the upgrade to its end: one task owns it. First the client proves who it is
//! (`handshake`), then one loop serves it (`live`); the end is one straight line and one log line.

mod answers;
mod handshake;
mod invitation;
mod live;
mod socket;
mod telemetry;
mod typing;

use std::{net::IpAddr, sync::Arc, time::Duration};

use proto::{ids::RecipeId, websocket::codes::Close};
use runtime::{
    clock::{Clock, SleepWatch},
    network::AddressBlock,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tracing::{Instrument as _, field::Empty, info_span};

#[cfg(feature = "fuzzing")]
pub(crate) use self::socket::fuzzing;
#[cfg(test)]
pub(crate) use self::telemetry::Observer;
pub(crate) use self::telemetry::end_labels;
use self::{live::Live, socket::Socket, telemetry::Telemetry};
use crate::{edge::Edge, limits::ConnectionPermit, registry::Connection, wire::outbound};

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
    pub unauthenticated: Option<Box<ConnectionPermit<AddressBlock>>>,
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

/// Runs one connection to its end.
pub fn run<S>(
    edge: Arc<Edge>,
    stream: S,
    upgraded: Upgraded,
) -> impl Future<Output = ()> + Send + 'static
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = edge.registry.connect();
    let telemetry = Telemetry::new(&edge, &connection, &upgraded);
    serve(edge, stream, upgraded, connection, telemetry)
}

/// The same, watched.
#[cfg(test)]
pub(crate) fn run_observed<S>(
    edge: Arc<Edge>,
    stream: S,
    upgraded: Upgraded,
    observer: Box<dyn Observer>,
) -> impl Future<Output = ()> + Send + 'static
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = edge.registry.connect();
    let telemetry = Telemetry::new(&edge, &connection, &upgraded).observed_by(observer);
    serve(edge, stream, upgraded, connection, telemetry)
}

/// A connection waits for nearly all of its life, and must cost little then. So what it does is boxed while it is done, and
/// this is a block, whose variables stand in the future once: an `async fn` would hold its arguments twice.
fn serve<S>(
    edge: Arc<Edge>,
    stream: S,
    mut upgraded: Upgraded,
    connection: Connection,
    mut telemetry: Telemetry,
) -> impl Future<Output = ()> + Send + 'static
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let span = info_span!(
        "connection",
        connection.id = %connection.id,
        recipe.id = %upgraded.recipe,
        user.id = Empty,
        session.id = Empty,
    );
    let mut socket = Socket::new(stream, edge.config.write_timeout);
    let serving = async move {
        let authenticated = Box::pin(handshake::authenticate(
            &edge,
            &mut socket,
            &upgraded,
            &connection,
            &mut telemetry,
        ))
        .await;
        upgraded.unauthenticated = None;
        let end = match authenticated {
            Ok(authenticated) => {
                telemetry.admitted(Some((&authenticated.id, &authenticated.session)));
                let (mut live, first) = Live::new(
                    &edge,
                    &mut socket,
                    &connection,
                    &mut telemetry,
                    &upgraded.recipe,
                    authenticated,
                );
                let end = live.run(first).await;
                live.release(end);
                end
            }
            Err(end) => {
                telemetry.admitted(None);
                end
            }
        };

        telemetry.ended(end, connection.control.close_cause());
        match end {
            End::Closed(close) => {
                let closing = telemetry
                    .is_introduced()
                    .then(|| outbound::closing(close, &connection.id, edge.clock.now()));
                Box::pin(socket.close(close, closing)).await;
            }
            End::Left(_) => Box::pin(socket.finish()).await,
            End::Lost => {}
        }
        telemetry.summarise(end, upgraded.address);
    };
    serving.instrument(span)
}

/// What timers have not counted of the sleeps of the machine that `watch` was not told of. In the simulation they count
/// all of it.
fn untold(watch: &SleepWatch, clock: &dyn Clock) -> Duration {
    match cfg!(test) {
        true => Duration::ZERO,
        false => watch.untold(clock),
    }
}

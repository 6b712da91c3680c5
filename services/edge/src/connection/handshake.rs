//! The handshake: the first message must be an `auth`, in time; its token must be good; its user must be let
//! into the recipe. What has not come this far has no way to a recipe.

use std::sync::Arc;

use proto::{
    ids::{Position, RecipeId, SessionId, UserId},
    websocket::codes::Close,
};
use runtime::{clock::SleepWatch, trace_context};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    time::{Instant, sleep_until},
};
use tracing::{Instrument as _, field::Empty, info_span};

use super::{
    End, Upgraded,
    socket::{Incoming, Socket},
    telemetry::Telemetry,
};
use crate::{
    deadlines::{Scope, SessionRecord},
    edge::Edge,
    limits::ConnectionPermit,
    registry::Connection,
    session::{Reauth, Session},
    upstream::{
        Principal,
        auth::AuthError,
        chat::{ChatError, Join, Joined},
    },
    wire::inbound::{Auth, read_first},
};

/// A client that has proved who it is and was let into the recipe.
#[derive(Debug)]
pub(super) struct Authenticated {
    /// The session's id: new, or taken over.
    pub(super) id: SessionId,
    /// The session.
    pub(super) session: Session,
    /// Tells of sleeps of the machine since its token was asked about.
    pub(super) sleeps: SleepWatch,
    /// The place among the user's connections.
    pub(super) place: ConnectionPermit<UserId>,
    /// What is written first.
    pub(super) first: Box<FirstAnswer>,
}

/// The answer to a first `auth`.
#[derive(Debug)]
pub(super) struct FirstAnswer {
    /// The recipe.
    pub(super) joined: Joined,
    /// What is answered.
    pub(super) auth: Reauth,
}

/// Brings a new connection to the point where its first `auth` can be answered.
pub(super) async fn authenticate<S: AsyncRead + AsyncWrite + Unpin>(
    edge: &Arc<Edge>,
    socket: &mut Socket<S>,
    upgraded: &Upgraded,
    connection: &Connection,
    telemetry: &mut Telemetry,
) -> Result<Box<Authenticated>, End> {
    let deadline = Instant::now() + edge.config.auth_timeout;
    let auth = select! {
        biased; // a close must win over a client that talks
        close = connection.control.closing() => return Err(End::Closed(close)),
        () = sleep_until(deadline) => return Err(End::Closed(Close::AuthenticationTimeout)),
        first = first_message(socket) => first?,
    };
    telemetry.introduced();
    let span = info_span!("auth", trace_id = Empty);
    trace_context::begin(&span, auth.traceparent.as_deref());
    let admission = admit(edge, &upgraded.recipe, auth, telemetry).instrument(span);
    // Nothing more is read meanwhile: what the client sends already waits in its socket.
    select! {
        biased;
        close = connection.control.closing() => Err(End::Closed(close)),
        admitted = admission => admitted.map_err(End::Closed),
    }
}

/// Reads until something other than a ping or pong has come. Fragments are put together by the socket.
async fn first_message<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Socket<S>,
) -> Result<Auth, End> {
    loop {
        return match socket.read().await {
            Incoming::Ping | Incoming::Pong => continue,
            Incoming::Text(text) => read_first(&text).map_err(End::Closed),
            Incoming::Forbidden(close) => Err(End::Closed(close)),
            Incoming::Closed(code) => Err(End::Left(code)),
            Incoming::Lost => Err(End::Lost),
        };
    }
}

async fn admit(
    edge: &Arc<Edge>,
    recipe: &RecipeId,
    auth: Auth,
    telemetry: &mut Telemetry,
) -> Result<Box<Authenticated>, Close> {
    let sleeps = SleepWatch::new(&*edge.clock);
    let (principal, expires) = edge
        .calls
        .validate(&auth.token)
        .await
        .map_err(|error| judge_token(&error))?;
    let principal = Arc::new(principal);
    // Each good auth costs an answer as large as the recipe: to come and go quickly must not be cheap.
    edge.user_limits
        .auth(&principal.user, Instant::now())
        .map_err(|_| Close::TooManyConnections)?;
    let place = edge
        .users
        .take(principal.user.clone())
        .ok_or(Close::TooManyConnections)?;
    let joined = join(edge, &principal, recipe, auth.resume.position()).await?;
    let taken = match &auth.session {
        Some(session) => take_over(edge, session, &principal, recipe, telemetry).await,
        None => None,
    };
    let (id, session) = open_session(edge, taken, principal, expires);
    Ok(Box::new(Authenticated {
        id,
        session,
        sleeps,
        place,
        first: Box::new(FirstAnswer {
            joined,
            auth: Reauth {
                token: auth.token,
                id: auth.id,
                resume: auth.resume,
            },
        }),
    }))
}

/// A service that cannot be asked is not a token that is not good.
fn judge_token(error: &AuthError) -> Close {
    match error {
        AuthError::Unauthenticated(_) => Close::InvalidToken,
        AuthError::Invalid(_)
        | AuthError::Taken(_)
        | AuthError::Forbidden(_)
        | AuthError::NotFound
        | AuthError::Conflict(_)
        | AuthError::TooMany { .. }
        | AuthError::Unavailable => Close::TryAgainLater,
    }
}

async fn join(
    edge: &Edge,
    principal: &Arc<Principal>,
    recipe: &RecipeId,
    after: Option<&Position>,
) -> Result<Joined, Close> {
    let join = Join {
        principal: Arc::clone(principal),
        recipe: recipe.clone(),
        after: after.cloned(),
    };
    edge.calls.join(join).await.map_err(|error| match error {
        ChatError::NotFound | ChatError::Forbidden(_) => Close::NotAllowed,
        ChatError::Conflict(_)
        | ChatError::Invalid(_)
        | ChatError::TooLate
        | ChatError::TooMuch { .. }
        | ChatError::Unavailable => Close::TryAgainLater,
    })
}

/// Takes a session over, when there is such a one of this user, login session and recipe.
async fn take_over(
    edge: &Edge,
    session: &SessionId,
    principal: &Principal,
    recipe: &RecipeId,
    telemetry: &mut Telemetry,
) -> Option<SessionRecord> {
    let scope = Scope {
        user: principal.user.clone(),
        login_session: principal.login_session.clone(),
        recipe: recipe.clone(),
    };
    let found = edge.deadlines.take_over(session, &scope).await;
    telemetry.took_over(session, &found);
    found.ok().flatten()
}

/// The session that was taken over, or else a new one.
fn open_session(
    edge: &Edge,
    taken: Option<SessionRecord>,
    principal: Arc<Principal>,
    expires: Instant,
) -> (SessionId, Session) {
    match taken {
        Some(record) => {
            let now = Instant::now();
            let session =
                Session::resumed(Arc::clone(&edge.timings), principal, expires, &record, now);
            (record.session, session)
        }
        None => (
            (edge.new_session_id)(&principal),
            Session::new(Arc::clone(&edge.timings), principal, expires),
        ),
    }
}

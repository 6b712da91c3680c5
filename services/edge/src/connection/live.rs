//! The life of an authenticated connection: one loop that waits on five inputs (orders from outside, its own
//! timers, calls under way, the client's frames, the room), turns each into events of the session's
//! machine, and carries out what follows. Between any two inputs it brings the client up to date.

mod incoming;
mod session_driver;
mod updates;

use std::{convert::Infallible, future::poll_fn, pin::Pin, sync::Arc, task::Poll, time::Duration};

use futures_util::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use proto::{
    ids::{Position, RecipeId, SessionId, UserId},
    websocket::{codes::Close, frames::Author},
};
use runtime::clock::SleepWatch;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    time::{Instant, Sleep, sleep_until},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tracing::Span;

use super::{
    End,
    answers::Answers,
    handshake::{Authenticated, FirstAnswer},
    socket::{Incoming, Socket, WriteDeadline},
    telemetry::Telemetry,
    typing::Typing,
    untold,
};
use crate::{
    access::Grant,
    edge::Edge,
    limits::{ClientUse, ConnectionPermit},
    prompt_plan::PlannedPrompt,
    registry::{Connection, Order},
    rooms::{Member, SeenAs},
    session::{Event, Reauth, Session, Verdict},
    upstream::{
        auth::AuthError,
        chat::{ChatError, Joined, Posted},
    },
    wire::inbound::Chat,
};

/// How many messages of one connection may be under way; then it reads no more until one is answered.
const MAX_PENDING_MESSAGES: usize = 8;
/// How many pings may stay without a pong.
const MAX_UNANSWERED_PINGS: u8 = 2;
/// How long until a service that could not be asked is asked again.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// An authenticated connection.
pub(super) struct Live<'a, S> {
    edge: &'a Arc<Edge>,
    socket: &'a mut Socket<S>,
    connection: &'a Connection,
    telemetry: &'a mut Telemetry,
    recipe: &'a RecipeId,
    id: SessionId,
    session: Session,
    /// When its prompt goes out.
    planned: PlannedPrompt,
    /// Tells of sleeps of the machine that the session does not know of.
    sleeps: SleepWatch,
    member: Member,
    /// What the client was last told that it may do.
    grant: Option<Grant>,
    /// What others see the client's user as; `None`: as the token says.
    name: Option<Arc<str>>,
    /// The last position that the client was sent.
    written: Position,
    answers: Answers,
    under_way: Calls,
    catching_up: bool,
    /// Whether a message waits for somebody to be looked up.
    looking_up: bool,
    typing: Typing,
    used: ClientUse,
    invalid_messages: u32,
    next_ping: Instant,
    /// Ends at the next deadline. It is kept from turn to turn, since a new one would be registered each time.
    timer: Pin<Box<Sleep>>,
    unanswered_pings: u8,
    _place: ConnectionPermit<UserId>,
}

/// Calls under way. A connection that waits has none, and keeps nothing for them.
#[derive(Default)]
struct Calls(Option<Box<FuturesUnordered<BoxFuture<'static, Outcome>>>>);

impl Calls {
    fn push(&mut self, call: BoxFuture<'static, Outcome>) {
        self.0.get_or_insert_default().push(call);
    }

    /// The next that comes back; none ever does while there is none. Cancel-safe.
    async fn next(&mut self) -> Outcome {
        poll_fn(|cx| {
            let next = self.0.as_mut().map(|calls| calls.poll_next_unpin(cx));
            match next {
                Some(Poll::Ready(Some(outcome))) => Poll::Ready(outcome),
                Some(Poll::Ready(None)) => {
                    self.0 = None;
                    Poll::Pending
                }
                Some(Poll::Pending) | None => Poll::Pending,
            }
        })
        .await
    }
}

/// A call that has come back.
enum Outcome {
    /// The verdict on a re-`auth`, and what was slept before it was asked for.
    Verified(Verdict, SleepWatch),
    /// The recipe, for the answer to a re-`auth`.
    Rejoined(Result<Joined, ChatError>, Reauth, JoinedAt),
    /// What the connection had missed.
    CaughtUp(Result<Joined, ChatError>, JoinedAt),
    /// Whom a message invites, before it is posted.
    LookedUp(Box<LookedUp>),
    /// The answer to a post.
    Posted(u64, Result<Posted, ChatError>),
}

/// How far a connection had come when the chat service was asked: the recipe must have come as far.
struct JoinedAt {
    written: Position,
    room: Position,
}

/// A message, and what is known of whom it invites.
struct LookedUp {
    ticket: u64,
    chat: Chat,
    span: Span,
    found: Result<Option<Author>, AuthError>,
}

/// What the loop waits for.
enum Input {
    Order(Order),
    Timer,
    Outcome(Outcome),
    Incoming(Incoming),
    RoomChanged,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Live<'a, S> {
    /// A connection that is about to answer its first `auth`.
    #[expect(
        clippy::boxed_local,
        reason = "who moved it out of its box would keep that for the connection's life"
    )]
    pub(super) fn new(
        edge: &'a Arc<Edge>,
        socket: &'a mut Socket<S>,
        connection: &'a Connection,
        telemetry: &'a mut Telemetry,
        recipe: &'a RecipeId,
        authenticated: Box<Authenticated>,
    ) -> (Self, Box<FirstAnswer>) {
        let Authenticated {
            id,
            mut session,
            sleeps,
            place,
            first,
        } = *authenticated;
        let now = Instant::now();
        let planned = edge.plan_prompt(session.latest_ask_at(), now);
        session.ask_earlier(planned.earlier());
        let position = &first.joined.position;
        let asked_at = first.joined.asked_at.as_ref();
        let who = session.principal();
        let shown = SeenAs {
            name: first.joined.name.clone(),
            role: first.joined.grant.map(|grant| grant.role),
        };
        let live = Self {
            planned,
            member: edge.rooms.enter(recipe, who, position, asked_at, &shown),
            grant: first.joined.grant,
            name: shown.name,
            written: position.clone(),
            id,
            session,
            sleeps,
            answers: Answers::default(),
            under_way: Calls::default(),
            catching_up: false,
            looking_up: false,
            typing: Typing::default(),
            used: ClientUse::new(now),
            invalid_messages: 0,
            next_ping: now + edge.config.ping_interval,
            timer: Box::pin(sleep_until(now + edge.config.ping_interval)),
            unanswered_pings: 0,
            _place: place,
            edge,
            socket,
            connection,
            telemetry,
            recipe,
        };
        (live, first)
    }

    /// Answers the first `auth`, then serves until the connection ends.
    pub(super) async fn run(&mut self, first: Box<FirstAnswer>) -> End {
        match self.run_loop(first).await {
            Err(end) => end,
        }
    }

    async fn run_loop(&mut self, first: Box<FirstAnswer>) -> Result<Infallible, End> {
        // What is done is boxed: nearly all of its life a connection waits, and must cost little then.
        Box::pin(self.begin(first)).await?;
        loop {
            let input = self.next_input().await;
            Box::pin(self.handle(input)).await?;
        }
    }

    /// Answers the first `auth`, and brings the client up to date: the room may have moved on meanwhile.
    async fn begin(&mut self, first: Box<FirstAnswer>) -> Result<(), End> {
        self.notice_sleep()?;
        self.record();
        // Whoever was shut out while they came in is not told by the registry.
        let principal = self.session.principal();
        if !self
            .member
            .may_stay(&principal.user, &principal.name, self.written.revision)
        {
            return Err(End::Closed(Close::NotAllowed));
        }
        let FirstAnswer { joined, auth } = *first;
        let tells_presence = joined.tells_presence;
        self.answer_auth(joined, auth).await?;
        match tells_presence {
            true => self.write_first_presence().await?,
            false => self.flush().await?,
        }
        if self.member.position().revision < self.written.revision {
            // Updates are on their way, or the room has heard of a store that went back: the chat service knows.
            self.catch_up(Duration::ZERO);
        }
        self.write_news().await
    }

    /// Does what an input asks for, and brings the client up to date.
    async fn handle(&mut self, input: Input) -> Result<(), End> {
        self.notice_sleep()?;
        match input {
            Input::Order(order) => self.on_order(order).await?,
            Input::Timer => self.tick().await?,
            Input::Outcome(outcome) => self.on_outcome(outcome).await?,
            Input::Incoming(incoming) => self.receive(incoming).await?,
            Input::RoomChanged => {}
        }
        self.write_news().await
    }

    /// Every arm is cancel-safe: nothing is taken by one that loses.
    async fn next_input(&mut self) -> Input {
        let reads = self.answers.len() < MAX_PENDING_MESSAGES
            && !self.looking_up
            && self.session.accepts_auth();
        self.set_timer();
        select! {
            biased; // a close or a deadline must win over a busy client or room
            order = self.connection.control.order() => Input::Order(order),
            () = &mut self.timer => Input::Timer,
            outcome = self.under_way.next() => Input::Outcome(outcome),
            incoming = self.socket.read(), if reads => Input::Incoming(incoming),
            () = self.member.changed() => Input::RoomChanged,
        }
    }

    fn set_timer(&mut self) {
        let mut deadline = self.session.next_deadline().min(self.next_ping);
        if let Some(end) = self.typing.ends_at() {
            deadline = deadline.min(end);
        }
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
    }

    async fn tick(&mut self) -> Result<(), End> {
        // First the session: once its token has ended not even a ping is written.
        self.dispatch(Event::Tick).await?;
        let now = Instant::now();
        if self.typing.ends_at().is_some() && !self.typing.is_on(now) {
            self.stop_typing();
        }
        if now >= self.next_ping {
            self.next_ping = now + self.edge.config.ping_interval;
            self.ping_peer().await?;
        }
        Ok(())
    }

    async fn ping_peer(&mut self) -> Result<(), End> {
        if self.unanswered_pings >= MAX_UNANSWERED_PINGS {
            self.telemetry.unresponsive();
            return Err(End::Lost);
        }
        self.unanswered_pings += 1;
        self.telemetry.writes();
        let write_timeout = self.edge.config.write_timeout;
        let written = self.socket.ping(write_timeout).await;
        self.telemetry.wrote(0, written);
        Ok(written?)
    }

    async fn on_outcome(&mut self, outcome: Outcome) -> Result<(), End> {
        match outcome {
            Outcome::Verified(mut verdict, watch) => {
                self.telemetry.verified();
                if let Verdict::Good { expires, .. } = &mut verdict {
                    let slept = untold(&watch, &*self.edge.clock);
                    *expires = expires.checked_sub(slept).unwrap_or(*expires);
                }
                self.dispatch(Event::Verified(verdict)).await?;
                self.show_member();
                Ok(())
            }
            Outcome::Rejoined(Ok(joined), reauth, asked_at) => {
                self.answer_reauth(joined, reauth, &asked_at).await
            }
            Outcome::CaughtUp(Ok(joined), asked_at) => self.write_missed(joined, &asked_at).await,
            Outcome::Rejoined(Err(ChatError::NotFound), ..)
            | Outcome::CaughtUp(Err(ChatError::NotFound), _) => Err(End::Closed(Close::NotAllowed)),
            Outcome::Rejoined(Err(_), reauth, _) => {
                self.rejoin(reauth, RETRY_DELAY);
                Ok(())
            }
            Outcome::CaughtUp(Err(_), _) => {
                self.catch_up(RETRY_DELAY);
                Ok(())
            }
            Outcome::LookedUp(looked_up) => self.looked_up(*looked_up).await,
            Outcome::Posted(ticket, result) => self.posted(ticket, result).await,
        }
    }

    async fn write(&mut self, frame: Utf8Bytes) -> Result<(), End> {
        let (until, control) = (self.write_deadline(), &self.connection.control);
        self.telemetry.writes();
        let written = self.socket.write(frame, until, control).await;
        self.telemetry.wrote(1, written);
        Ok(written?)
    }

    /// Writes a frame together with what is written next.
    async fn hold(&mut self, frame: Utf8Bytes) -> Result<(), End> {
        let (until, control) = (self.write_deadline(), &self.connection.control);
        self.telemetry.writes();
        let held = self.socket.hold(frame, until, control).await;
        self.telemetry.wrote(1, held);
        Ok(held?)
    }

    async fn flush(&mut self) -> Result<(), End> {
        let (until, control) = (self.write_deadline(), &self.connection.control);
        self.telemetry.writes();
        let written = self.socket.flush(until, control).await;
        self.telemetry.wrote(0, written);
        Ok(written?)
    }

    fn write_deadline(&self) -> WriteDeadline<'a> {
        WriteDeadline {
            at: self.session.expires(),
            watch: self.sleeps,
            clock: &*self.edge.clock,
        }
    }
}

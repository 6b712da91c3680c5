//! One simulated connection on an edge: the real session's rules, driven by the code that drives them in production
//! (`connection::SessionDriver`), the real registry and the real socket, with a pause for every call to another service.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use proto::{ids::SessionId, websocket::codes::Close};
use runtime::clock::{ManualClock, SleepWatch};
use tokio::{
    io::DuplexStream,
    time::{Instant, sleep, sleep_until},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{
    bugs::Bug,
    edge::Edge,
    oracle::{ConnectionReporter, OPERATOR},
    socket::{ClientSocket, Frames, Token, WRITE_TIMEOUT, pair},
    world::World,
};
use crate::{
    connection::{
        End, SessionDriver, publish, release,
        socket::{Incoming, Socket, WriteDeadline},
    },
    deadlines::{Phase, Scope},
    registry::{Connection, Order},
    session::{Action, Event, PromptReason, PromptSource, Reauth, Session, Timings, Verdict},
    upstream::Principal,
    wire::inbound::ResumeFrom,
};

pub(super) const TIMINGS: Timings = Timings {
    lead: Duration::from_secs(60),
    grace: Duration::from_secs(30),
};
/// What everybody cooks.
const RECIPE: &str = "pancakes";
/// How long the other services take to answer.
const CALL: Duration = Duration::from_millis(7);
const RETRY: Duration = Duration::from_millis(500);
/// How often somebody else says something.
const UPDATE_INTERVAL: Duration = Duration::from_secs(2);

/// What a client asks for at first.
pub(super) struct Hello {
    pub(super) user: String,
    pub(super) token: Token,
    pub(super) resumes: Option<SessionId>,
    /// The id that a new session gets.
    pub(super) fresh: SessionId,
}

/// Opens a connection to an edge.
pub(super) async fn connect(world: &Arc<World>, edge: &Arc<Edge>, hello: Hello) -> ClientSocket {
    let write_timeout = match world.bug {
        Some(Bug::WaitsForSlowReaders) => Duration::from_secs(3600),
        _ => WRITE_TIMEOUT,
    };
    let (socket, client) = pair(world.oracle.frames(), write_timeout).await;
    tokio::spawn(serve(world.clone(), edge.clone(), hello, socket));
    client
}

/// Serves a connection to its end, which comes with that of its edge at the latest.
async fn serve(world: Arc<World>, edge: Arc<Edge>, hello: Hello, mut socket: Socket<DuplexStream>) {
    let opened = tokio::select! {
        biased;
        () = edge.running.wait_until(false) => return,
        opened = open(&world, &edge, hello) => opened,
    };
    let end = match opened {
        Ok(opened) => {
            let mut live = Live::new(&world, &edge, opened, &mut socket);
            let end = tokio::select! {
                biased;
                () = edge.running.wait_until(false) => End::Lost,
                end = live.run() => end,
            };
            live.release(end);
            end
        }
        Err(close) => End::Closed(close),
    };
    tokio::select! {
        biased;
        () = edge.running.wait_until(false) => {}
        () = finish(&edge, socket, end) => {}
    }
}

async fn finish(edge: &Edge, socket: Socket<DuplexStream>, end: End) {
    edge.awake.wait_until(true).await;
    match end {
        End::Closed(close) => socket.close(close, None).await,
        End::Left(_) => socket.finish().await,
        End::Lost => {}
    }
}

#[derive(Clone, Copy)]
enum Outcome {
    Verified(Token),
    Answered,
}

/// What a handshake comes to.
struct Opened {
    id: SessionId,
    session: Session,
    user: String,
}

struct Live<'a> {
    world: &'a Arc<World>,
    edge: &'a Edge,
    connection: Connection,
    session: Session,
    sleeps: SleepWatch,
    id: SessionId,
    user: String,
    reporter: ConnectionReporter,
    socket: &'a mut Socket<DuplexStream>,
    frames: Frames,
    /// When somebody else says something.
    next_update: Instant,
    tokens: VecDeque<Token>,
    under_way: FuturesUnordered<BoxFuture<'static, Outcome>>,
}

async fn open(world: &World, edge: &Edge, hello: Hello) -> Result<Opened, Close> {
    edge.awake.wait_until(true).await;
    sleep(CALL).await;
    edge.awake.wait_until(true).await;
    if !(world.auth.is_on() && world.chat.is_on()) {
        return Err(Close::TryAgainLater);
    }
    let now = Instant::now();
    if hello.token.expires <= now {
        return Err(Close::InvalidToken);
    }
    let principal = validated(world, &hello.user, hello.token);
    let expires = world.believed(hello.token);
    let mut taken = None;
    if let Some(resumed) = &hello.resumes {
        let scope = Scope {
            user: principal.user.clone(),
            login_session: principal.login_session.clone(),
            recipe: RECIPE.parse().unwrap(),
        };
        let answer = edge.deadlines.take_over(resumed, &scope).await;
        edge.awake.wait_until(true).await;
        world.oracle.took_over(resumed, answer.as_ref().ok());
        taken = answer.ok().flatten();
    }
    let now = Instant::now();
    let (id, session) = match taken {
        Some(mut record) => {
            if world.bug == Some(Bug::TimeStartsAnew) && record.phase == Phase::Asked {
                record.due = now + TIMINGS.grace;
            }
            let session = Session::resumed(TIMINGS, principal, expires, &record, now);
            (record.session, session)
        }
        None => (hello.fresh, Session::new(TIMINGS, principal, expires)),
    };
    Ok(Opened {
        id,
        session,
        user: hello.user,
    })
}

impl<'a> Live<'a> {
    fn new(
        world: &'a Arc<World>,
        edge: &'a Edge,
        opened: Opened,
        socket: &'a mut Socket<DuplexStream>,
    ) -> Self {
        Self {
            reporter: world.oracle.opened(&opened.id, &edge.id, &edge.awake),
            connection: edge.registry.connect(),
            session: opened.session,
            sleeps: SleepWatch::new(&edge.clock),
            id: opened.id,
            user: opened.user,
            frames: world.oracle.frames(),
            next_update: Instant::now() + UPDATE_INTERVAL,
            tokens: VecDeque::new(),
            under_way: FuturesUnordered::new(),
            world,
            edge,
            socket,
        }
    }

    async fn run(&mut self) -> End {
        self.record();
        if let Err(end) = self.on_outcome(Outcome::Answered).await {
            return end;
        }
        loop {
            self.edge.awake.wait_until(true).await;
            if let Err(end) = self.notice_sleep() {
                return end;
            }
            let handled = tokio::select! {
                biased; // as in `connection::live`
                () = self.edge.awake.wait_until(false) => Ok(()),
                order = self.connection.control.order() => self.on_order_with_bugs(order).await,
                () = sleep_until(self.wakes()) => self.dispatch(Event::Tick).await,
                Some(outcome) = self.under_way.next(), if !self.under_way.is_empty() => {
                    self.on_outcome(outcome).await
                }
                incoming = self.socket.read(), if self.session.accepts_auth() => {
                    self.receive(incoming).await
                }
                () = sleep_until(self.next_update) => self.pass_on().await,
            };
            if let Err(end) = handled {
                return end;
            }
        }
    }

    async fn receive(&mut self, incoming: Incoming) -> Result<(), End> {
        match incoming {
            Incoming::Text(text) => {
                self.tokens.push_back(self.frames.read_token(&text));
                let reauth = Reauth {
                    token: "simulated".into(),
                    id: None,
                    resume: ResumeFrom::Start,
                };
                self.dispatch(Event::Auth(reauth)).await
            }
            Incoming::Closed(code) => Err(End::Left(code)),
            Incoming::Forbidden(close) => Err(End::Closed(close)),
            Incoming::Lost => Err(End::Lost),
            Incoming::Ping | Incoming::Pong => Ok(()),
        }
    }

    /// Tells the client what somebody else has said.
    async fn pass_on(&mut self) -> Result<(), End> {
        self.next_update = Instant::now() + UPDATE_INTERVAL;
        self.write(Frames::update()).await
    }

    /// As the connection does in production. What the machine sleeps meanwhile need not be counted, since timers here do not
    /// stand still for it.
    async fn write(&mut self, frame: Utf8Bytes) -> Result<(), End> {
        let clock = ManualClock::default();
        let until = WriteDeadline {
            at: self.session.expires(),
            watch: SleepWatch::new(&clock),
            clock: &clock,
        };
        self.reporter.writes();
        let written = self.socket.write(frame, until, &self.connection.control);
        let written = written.await;
        self.reporter.wrote(written.is_ok());
        self.edge.awake.wait_until(true).await;
        Ok(written?)
    }

    fn release(&mut self, end: End) {
        let why = match end {
            End::Closed(close) => format!("{close:?}"),
            End::Left(_) => "left".into(),
            End::Lost => "lost".into(),
        };
        self.reporter
            .ended(&why, end.ends_session(), self.edge.is_reachable());
        let generation = self.session.generation();
        let deadlines = &self.edge.deadlines;
        release(end, &self.id, generation, &self.connection, deadlines);
    }

    /// All edges of a run have one clock for their timers. One whose machine slept finds its deadlines where its own
    /// timers, which stood still, would have them.
    fn notice_sleep(&mut self) -> Result<(), End> {
        let Some(slept) = self.sleeps.slept(&self.edge.clock) else {
            return Ok(());
        };
        self.session.stood_still(slept);
        match self.world.bug {
            Some(Bug::SleepsForFree) => Ok(()),
            _ => self.on_sleep(slept),
        }
    }

    fn wakes(&self) -> Instant {
        if self.is_deaf_to_time() {
            return self.session.expires();
        }
        self.session.next_deadline()
    }

    /// Whether a bug keeps the session from asking by itself.
    fn is_deaf_to_time(&self) -> bool {
        let silenced = self.world.bug.is_some_and(Bug::silences_fallback);
        silenced && self.session.phase().0 == Phase::Active
    }

    /// Does what the connection is told, with the bugs that twist it.
    async fn on_order_with_bugs(&mut self, order: Order) -> Result<(), End> {
        let order = match (order, self.world.bug) {
            (Order::Review { .. }, Some(Bug::LosesReviews)) if !self.under_way.is_empty() => {
                return Ok(());
            }
            // Without the rule a prompt is followed as a review is: however early it comes.
            (Order::Prompt(prompt), Some(Bug::NoTooEarlyRule)) => Order::Review {
                generation: prompt.generation,
            },
            (Order::Woke, _) if self.is_deaf_to_time() => return Ok(()),
            (order, _) => order,
        };
        let is_prompt = matches!(order, Order::Prompt(_) | Order::Review { .. });
        let is_asked = self.session.phase().0 == Phase::Asked;
        if self.world.bug == Some(Bug::AsksAgain) && is_prompt && is_asked {
            self.tell_to_prove(TIMINGS.grace, "bug").await?;
        }
        self.on_order(order).await
    }

    async fn on_outcome(&mut self, outcome: Outcome) -> Result<(), End> {
        match outcome {
            Outcome::Verified(token) => {
                self.tokens.pop_front();
                let verdict = if token.expires > Instant::now() {
                    Verdict::Good {
                        principal: validated(self.world, &self.user, token),
                        expires: self.world.believed(token),
                    }
                } else {
                    Verdict::Invalid
                };
                self.dispatch(Event::Verified(verdict)).await
            }
            Outcome::Answered => {
                let welcome = self.frames.welcome(&self.id, self.session.ask_at());
                self.write(welcome).await?;
                self.reporter.answered();
                self.dispatch(Event::Answered).await
            }
        }
    }

    async fn tell_to_prove(&mut self, answer_in: Duration, by: &'static str) -> Result<(), End> {
        self.reporter.asked(by);
        let answer_by = Instant::now() + answer_in;
        self.write(self.frames.auth_required(answer_by)).await
    }
}

impl SessionDriver for Live<'_> {
    fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    fn verify(&mut self) {
        let token = self.tokens.front().copied();
        let world = Arc::clone(self.world);
        self.under_way
            .extend(token.map(|token| verify(world, token)));
    }

    fn answer(&mut self, _: Reauth, renewed: bool) {
        self.reporter.accepted();
        if renewed && self.world.bug == Some(Bug::Overtakes) {
            for action in self.session.handle(Event::Answered, Instant::now()) {
                if matches!(action, Action::Ask { .. }) {
                    self.reporter.asked("bug");
                }
            }
            self.record();
        }
        self.under_way.push(rejoin(Arc::clone(self.world)));
    }

    async fn ask(
        &mut self,
        reason: PromptReason,
        source: PromptSource,
        answer_in: Duration,
    ) -> Result<(), End> {
        let is_review =
            reason == PromptReason::Review && self.world.bug != Some(Bug::NoTooEarlyRule);
        let by = match source {
            _ if is_review => OPERATOR,
            PromptSource::OwnNode => "own",
            PromptSource::OtherNode => "other",
            PromptSource::Fallback => "fallback",
        };
        self.tell_to_prove(answer_in, by).await
    }

    fn record(&mut self) {
        let record = self.session.record(&self.id, &RECIPE.parse().unwrap());
        let principal = self.session.principal();
        self.reporter.recorded(&record, principal.validated_at);
        publish(record, principal, &self.connection, &self.edge.deadlines);
    }
}

/// Whose token that was, found good now.
fn validated(world: &World, user: &str, token: Token) -> Principal {
    let id = match world.bug {
        Some(Bug::SameTokenCounts) => String::new(),
        _ => token.number.to_string(),
    };
    let principal = Principal {
        validated_at: world.oracle.time_of(Instant::now()),
        ..Principal::for_tests(user)
    };
    principal.by_token(&id, world.oracle.time_of(token.expires))
}

fn rejoin(world: Arc<World>) -> BoxFuture<'static, Outcome> {
    async move {
        sleep(CALL).await;
        while !world.chat.is_on() {
            sleep(RETRY).await;
        }
        Outcome::Answered
    }
    .boxed()
}

fn verify(world: Arc<World>, token: Token) -> BoxFuture<'static, Outcome> {
    async move {
        sleep(CALL).await;
        while !world.auth.is_on() {
            sleep(RETRY).await;
        }
        Outcome::Verified(token)
    }
    .boxed()
}

//! One simulated connection on an edge: the real session's rules, driven by the code that drives them in production
//! (`connection::SessionDriver`), and the real registry, with a channel for a socket and a pause for every call to another
//! service.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use proto::{ids::SessionId, websocket::codes::Close};
use runtime::clock::SleepWatch;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use super::{
    bugs::Bug,
    edge::Edge,
    oracle::{ConnectionReporter, OPERATOR},
    world::World,
};
use crate::{
    connection::{End, SessionDriver, publish, release},
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

/// What a client shows of itself: its token ends then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// Its id, among those of its client.
    pub(super) number: u64,
    pub(super) expires: Instant,
}

#[derive(Debug)]
pub(super) enum FromClient {
    Auth(Token),
    Leave,
}

#[derive(Debug)]
pub(super) enum ToClient {
    Welcome {
        session: SessionId,
        reauth_at: Instant,
    },
    AuthRequired {
        answer_by: Instant,
    },
    Closed(Close),
}

/// A client's end of a connection.
pub(super) struct ClientSocket {
    pub(super) to_edge: mpsc::Sender<FromClient>,
    pub(super) from_edge: mpsc::Receiver<ToClient>,
}

/// What a client asks for at first.
pub(super) struct Hello {
    pub(super) user: String,
    pub(super) token: Token,
    pub(super) resumes: Option<SessionId>,
    /// The id that a new session gets.
    pub(super) fresh: SessionId,
}

/// Opens a connection to an edge.
pub(super) fn connect(world: &Arc<World>, edge: &Arc<Edge>, hello: Hello) -> ClientSocket {
    let (to_edge, from_client) = mpsc::channel(16);
    let (to_client, from_edge) = mpsc::channel(16);
    let (world, edge) = (world.clone(), edge.clone());
    tokio::spawn(async move {
        let open = open(&world, &edge, hello, to_client.clone());
        tokio::select! {
            biased;
            () = edge.running.wait_until(false) => {}
            opened = open => match opened {
                Ok(mut live) => {
                    let end = tokio::select! {
                        biased;
                        () = edge.running.wait_until(false) => End::Lost,
                        end = live.run(from_client) => end,
                    };
                    live.release(end);
                }
                // A client that hung up hears nothing.
                Err(close) => { to_client.try_send(ToClient::Closed(close)).ok(); }
            }
        }
    });
    ClientSocket { to_edge, from_edge }
}

#[derive(Clone, Copy)]
enum Outcome {
    Verified(Token),
    Answered,
}

struct Live {
    world: Arc<World>,
    edge: Arc<Edge>,
    connection: Connection,
    session: Session,
    sleeps: SleepWatch,
    id: SessionId,
    user: String,
    life: ConnectionReporter,
    to_client: mpsc::Sender<ToClient>,
    tokens: VecDeque<Token>,
    under_way: FuturesUnordered<BoxFuture<'static, Outcome>>,
}

async fn open(
    world: &Arc<World>,
    edge: &Arc<Edge>,
    hello: Hello,
    to_client: mpsc::Sender<ToClient>,
) -> Result<Live, Close> {
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
    Ok(Live {
        life: world.oracle.opened(&id, &edge.id, &edge.awake),
        connection: edge.registry.connect(),
        world: world.clone(),
        edge: edge.clone(),
        session,
        sleeps: SleepWatch::new(&edge.clock),
        id,
        user: hello.user,
        to_client,
        tokens: VecDeque::new(),
        under_way: FuturesUnordered::new(),
    })
}

impl Live {
    async fn run(&mut self, mut from_client: mpsc::Receiver<FromClient>) -> End {
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
                frame = from_client.recv(), if self.session.accepts_auth() => match frame {
                    Some(FromClient::Auth(token)) => {
                        self.tokens.push_back(token);
                        let reauth = Reauth {
                            token: "simulated".into(),
                            id: None,
                            resume: ResumeFrom::Start,
                        };
                        self.dispatch(Event::Auth(reauth)).await
                    }
                    Some(FromClient::Leave) => Err(End::Left(Some(1000))),
                    None => Err(End::Lost),
                },
            };
            if let Err(end) = handled {
                return end;
            }
        }
    }

    fn release(&mut self, end: End) {
        let why = match end {
            End::Closed(close) => format!("{close:?}"),
            End::Left(_) => "left".into(),
            End::Lost => "lost".into(),
        };
        self.life
            .ended(&why, end.ends_session(), self.edge.is_reachable());
        let generation = self.session.generation();
        let deadlines = &self.edge.deadlines;
        release(end, &self.id, generation, &self.connection, deadlines);
        if let End::Closed(close) = end {
            // A client that hung up hears nothing.
            self.to_client.try_send(ToClient::Closed(close)).ok();
        }
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
            self.tell_to_prove(TIMINGS.grace, "bug");
        }
        self.on_order(order).await
    }

    async fn on_outcome(&mut self, outcome: Outcome) -> Result<(), End> {
        match outcome {
            Outcome::Verified(token) => {
                self.tokens.pop_front();
                let verdict = if token.expires > Instant::now() {
                    Verdict::Good {
                        principal: validated(&self.world, &self.user, token),
                        expires: self.world.believed(token),
                    }
                } else {
                    Verdict::Invalid
                };
                self.dispatch(Event::Verified(verdict)).await
            }
            // As the socket does in production.
            Outcome::Answered if Instant::now() >= self.session.expires() => {
                Err(End::Closed(Close::ReauthenticationTimeout))
            }
            Outcome::Answered => {
                self.life.answered();
                self.tell(ToClient::Welcome {
                    session: self.id.clone(),
                    reauth_at: self.session.ask_at(),
                });
                self.dispatch(Event::Answered).await
            }
        }
    }

    fn tell_to_prove(&mut self, answer_in: Duration, by: &'static str) {
        self.life.wrote();
        self.life.asked(by);
        let answer_by = Instant::now() + answer_in;
        self.tell(ToClient::AuthRequired { answer_by });
    }

    /// Clients read at once; one that hung up misses it.
    fn tell(&self, message: ToClient) {
        self.to_client.try_send(message).ok();
    }
}

impl SessionDriver for Live {
    fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    fn verify(&mut self) {
        let token = self.tokens.front().copied();
        let world = self.world.clone();
        self.under_way
            .extend(token.map(|token| verify(world, token)));
    }

    fn answer(&mut self, _: Reauth, renewed: bool) {
        self.life.accepted();
        if renewed && self.world.bug == Some(Bug::Overtakes) {
            for action in self.session.handle(Event::Answered, Instant::now()) {
                if let Action::Ask { answer_in, .. } = action {
                    self.tell_to_prove(answer_in, "bug");
                }
            }
            self.record();
        }
        self.under_way.push(rejoin(self.world.clone()));
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
        self.tell_to_prove(answer_in, by);
        Ok(())
    }

    fn record(&mut self) {
        let record = self.session.record(&self.id, &RECIPE.parse().unwrap());
        let principal = self.session.principal();
        self.life.recorded(&record, principal.validated_at);
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

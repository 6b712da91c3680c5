//! One simulated connection on an edge: the real session's rules and the real registry, driven as
//! `connection::live` drives them, with a channel for a socket and a pause for every call to another service.

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
    deadlines::{Issuer, Phase, Scope},
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
enum End {
    Closed(Close),
    Left,
    Lost,
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
        if let Err(end) = self.on_outcome(Outcome::Answered) {
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
                order = self.connection.control.order() => self.on_order(order),
                () = sleep_until(self.wakes()) => self.tick(),
                Some(outcome) = self.under_way.next(), if !self.under_way.is_empty() => {
                    self.on_outcome(outcome)
                }
                frame = from_client.recv(), if self.session.accepts_auth() => match frame {
                    Some(FromClient::Auth(token)) => {
                        self.tokens.push_back(token);
                        self.dispatch(Event::Auth(Reauth { token: "simulated".into(), id: None, resume: ResumeFrom::Start }), "client")
                    }
                    Some(FromClient::Leave) => Err(End::Left),
                    None => Err(End::Lost),
                },
            };
            if let Err(end) = handled {
                return end;
            }
        }
    }

    fn release(&mut self, end: End) {
        self.connection.release(&self.id);
        let (ends_session, why) = match end {
            End::Closed(close) => (close != Close::SessionMoved, format!("{close:?}")),
            End::Left => (true, "left".into()),
            End::Lost => (false, "lost".into()),
        };
        self.life
            .ended(&why, ends_session, self.edge.is_reachable());
        if ends_session {
            let generation = self.session.generation();
            self.edge.deadlines.cancel(&self.id, generation);
        }
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
            _ => self.dispatch(Event::Slept(slept), "fallback"),
        }
    }

    fn wakes(&self) -> Instant {
        if self.is_deaf_to_time() {
            return self.session.expires();
        }
        self.session.next_deadline()
    }

    fn tick(&mut self) -> Result<(), End> {
        self.dispatch(Event::Tick, "fallback")
    }

    /// Whether a bug keeps the session from asking by itself.
    fn is_deaf_to_time(&self) -> bool {
        let silenced = self.world.bug.is_some_and(Bug::silences_fallback);
        silenced && self.session.phase().0 == Phase::Active
    }

    fn on_order(&mut self, order: Order) -> Result<(), End> {
        let (generation, reason, by) = match order {
            Order::Close(close) => return Err(End::Closed(close)),
            Order::Woke => return self.tick(),
            Order::Review { .. }
                if self.world.bug == Some(Bug::LosesReviews) && !self.under_way.is_empty() =>
            {
                return Ok(());
            }
            Order::Review { generation } => (generation, PromptReason::Review, "own"),
            Order::Prompt(prompt) => {
                let by = match prompt.issuer {
                    Issuer::OwnNode => "own",
                    Issuer::OtherNode => "other",
                };
                // Without the rule a prompt is obeyed as a review is: however early it comes.
                let reason = match self.world.bug {
                    Some(Bug::NoTooEarlyRule) => PromptReason::Review,
                    _ => PromptReason::Expiring,
                };
                (prompt.generation, reason, by)
            }
        };
        if self.world.bug == Some(Bug::AsksAgain) && self.session.phase().0 == Phase::Asked {
            self.ask(TIMINGS.grace, "bug");
        }
        self.dispatch(
            Event::Prompted {
                generation,
                reason,
                source: PromptSource::OwnNode,
            },
            by,
        )
    }

    fn on_outcome(&mut self, outcome: Outcome) -> Result<(), End> {
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
                self.dispatch(Event::Verified(verdict), "client")
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
                self.dispatch(Event::Answered, "own")
            }
        }
    }

    fn dispatch(&mut self, event: Event, by: &'static str) -> Result<(), End> {
        for action in self.session.handle(event, Instant::now()) {
            match action {
                Action::Verify => {
                    let token = self.tokens.front().copied();
                    let world = self.world.clone();
                    self.under_way
                        .extend(token.map(|token| verify(world, token)));
                }
                Action::Answer(_) => {
                    self.life.accepted();
                    if self.world.bug == Some(Bug::Overtakes) {
                        self.dispatch(Event::Answered, by)?;
                    }
                    self.under_way.push(rejoin(self.world.clone()));
                }
                Action::AnswerUnchanged(_) => {
                    self.life.accepted();
                    self.under_way.push(rejoin(self.world.clone()));
                }
                Action::Ask {
                    answer_in, reason, ..
                } => {
                    let is_review = reason == PromptReason::Review
                        && self.world.bug != Some(Bug::NoTooEarlyRule);
                    self.ask(answer_in, if is_review { OPERATOR } else { by });
                }
                Action::Record => self.record(),
                Action::Close(close) => return Err(End::Closed(close)),
            }
        }
        Ok(())
    }

    fn ask(&mut self, answer_in: Duration, by: &'static str) {
        self.life.wrote();
        self.life.asked(by);
        let answer_by = Instant::now() + answer_in;
        self.tell(ToClient::AuthRequired { answer_by });
    }

    fn record(&mut self) {
        let record = self.session.record(&self.id, &RECIPE.parse().unwrap());
        let principal = self.session.principal();
        self.life.recorded(&record, principal.validated_at);
        self.connection.insert_session(record.clone(), principal);
        self.edge.deadlines.schedule(record);
    }

    /// Clients read at once; one that hung up misses it.
    fn tell(&self, message: ToClient) {
        self.to_client.try_send(message).ok();
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

//! A simulated client: signs in, answers most prompts in time and some never, shows a new token now and then, loses
//! its connection, and resumes its session at whatever edge the balancer gives it.

use std::{sync::Arc, time::Duration};

use proto::{
    ids::SessionId,
    websocket::{codes::Close, frames::RecipeUpdate},
};
use rand::{RngExt as _, rngs::SmallRng};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    TIMINGS,
    edge::Edge,
    follower::Follower,
    oracle::{Answered, ConnectionReporter},
    socket::{ClientSocket, ToClient, Token, pair},
    world::{World, dice_of},
};
use crate::prompt_plan::MAX_EARLIER;

/// A client that hears nothing from its edge for so long looks for another one.
const REAUTH_TIMEOUT: Duration = Duration::from_secs(25);
const NEVER: Duration = Duration::from_secs(3600);

pub(super) async fn live(world: Arc<World>, number: u64) {
    let name = format!("client{number}");
    let rng = dice_of(&name, world.seed);
    let mut client = Client {
        world,
        name,
        rng,
        connected: Instant::now(),
        follower: Follower::default(),
        token: Token {
            number: 0,
            expires: Instant::now(),
        },
        session: None,
        outstanding: None,
        answered: None,
        pause: None,
    };
    client.pause(0..20_000).await;
    loop {
        client.sign_in_and_stay().await;
        client.pause(100..5_000).await;
    }
}

struct Client {
    world: Arc<World>,
    name: String,
    rng: SmallRng,
    /// When its connection began.
    connected: Instant,
    follower: Follower,
    token: Token,
    session: Option<SessionId>,
    /// The prompt that is not yet answered by a token that was accepted.
    outstanding: Option<Prompt>,
    /// A token that was shown over this connection and is not answered yet.
    answered: Option<Answered>,
    /// When it last stopped to read, and began again.
    pause: Option<(Instant, Instant)>,
}

#[derive(Debug, Clone, Copy)]
struct Prompt {
    at: Instant,
    /// When it was last repeated.
    newest: Instant,
    answer_by: Instant,
    /// Whether it was for a token that has been replaced since, perhaps.
    may_be_answered: bool,
}

/// What a client does next by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Intent {
    Nothing,
    ShowToken,
    /// The token that it has already shown, which is no answer to anything.
    ShowSameToken,
    Leave,
    Say,
    /// It reads nothing for a while, as a phone in a pocket.
    StopReading,
    /// As when a train enters a tunnel.
    Drop,
}

enum Over {
    /// Its session can be resumed.
    Lost,
    /// It has to sign in again.
    Ended,
}

impl Client {
    async fn sign_in_and_stay(&mut self) {
        self.token = self.fresh_token();
        self.session = None;
        self.outstanding = None;
        loop {
            let Some(edge) = self.world.pick(&mut self.rng) else {
                self.pause(500..1_500).await;
                continue;
            };
            if self.token.expires < Instant::now() + Duration::from_secs(5) {
                self.token = self.fresh_token();
                // It is an answer to whatever was asked.
                self.outstanding = None;
            }
            if self.answered.take().is_some() {
                // Nobody can tell whether a prompt that came after that token was for it.
                self.outstanding = None;
            }
            self.pause = None;
            let mut line = self.connect(&edge).await;
            let over = tokio::select! {
                biased;
                over = self.converse(&mut line) => over,
                () = async { loop {
                    edge.awake.wait_until(false).await;
                    tokio::select! {
                        biased;
                        () = edge.awake.wait_until(true) => {}
                        () = sleep(REAUTH_TIMEOUT) => return,
                    }
                } } => {
                    Over::Lost
                }
            };
            if !edge.awake.is_on() {
                // Half open for as long as the edge does not notice.
                tokio::spawn(line.abandon());
            }
            match over {
                Over::Lost => self.pause(50..3_000).await,
                Over::Ended => return,
            }
        }
    }

    /// Opens a connection and says who it is.
    async fn connect(&mut self, edge: &Arc<Edge>) -> ClientSocket {
        self.connected = Instant::now();
        let (mut line, stream) = pair(self.world.calendar, &self.name).await;
        let reporter = ConnectionReporter::new(&self.world.oracle, edge, self.world.bug);
        edge.serve(stream, reporter);
        self.follower.connects();
        line.introduce(self.token, self.session.as_ref(), self.follower.position());
        line
    }

    /// Talks until the connection is over.
    async fn converse(&mut self, line: &mut ClientSocket) -> Over {
        let (mut intent, mut when) = self.intend();
        loop {
            tokio::select! {
                biased;
                () = sleep_until(self.reads_from()), if !self.is_reading() => {
                    (intent, when) = self.intend();
                }
                heard = line.next(), if self.is_reading() => match heard {
                    None => return Over::Lost,
                    Some(ToClient::Closed(close)) => return self.closed(close),
                    Some(ToClient::Recipe(update)) => self.hear(line, &update),
                    Some(ToClient::Refused(id)) => {
                        let wrong = self.follower.answered(id.as_deref());
                        self.world.oracle.judge(&self.name, wrong);
                    }
                    Some(ToClient::AuthRequired { answer_by }) => {
                        self.was_asked(answer_by);
                        (intent, when) = self.consider(answer_by);
                    }
                },
                () = sleep_until(when) => {
                    match intent {
                        Intent::Nothing => {}
                        Intent::ShowToken => self.show_token(line),
                        Intent::ShowSameToken => {
                            // The edge may be gone already.
                            line.show(self.token);
                        }
                        Intent::Say => line.say(self.follower.says(&self.name)),
                        Intent::Leave => {
                            line.leave();
                            return Over::Ended;
                        }
                        Intent::StopReading => self.stop_reading(),
                        Intent::Drop => return Over::Lost,
                    }
                    (intent, when) = (Intent::Nothing, Instant::now() + NEVER);
                }
            }
        }
    }

    /// Hears of the recipe and, as the answer to an `auth`, of the session.
    fn hear(&mut self, line: &ClientSocket, update: &RecipeUpdate) {
        let oracle = &self.world.oracle;
        oracle.judge(&self.name, self.follower.hears(update));
        oracle.judge(
            &self.name,
            self.follower.answered(update.in_reply_to.as_deref()),
        );
        oracle.must_answer(&self.name, self.follower.waits_since(), self.pause);
        let Some(session) = &update.session else {
            return;
        };
        let id: SessionId = session.id.parse().unwrap();
        let resumed = self.session.replace(id.clone()) == Some(id);
        let answered = self.answered.take().is_some();
        if answered || !resumed {
            self.was_answered(answered, line.moment(&session.reauth_at));
        }
    }

    fn stop_reading(&mut self) {
        let now = Instant::now();
        let until = now + Duration::from_millis(self.rng.random_range(1_000..30_000));
        self.pause = Some((now, until));
        self.world.oracle.note(&format!(
            "{} reads nothing for {:?}",
            self.name,
            until - now
        ));
    }

    fn is_reading(&self) -> bool {
        Instant::now() >= self.reads_from()
    }

    fn reads_from(&self) -> Instant {
        self.pause.map_or_else(Instant::now, |(_, until)| until)
    }

    fn was_asked(&mut self, answer_by: Instant) {
        let before = self.outstanding.filter(|before| !before.may_be_answered);
        if let Some(before) = before {
            self.world
                .oracle
                .asked_again(&self.name, before.at, before.answer_by, answer_by);
        }
        let now = Instant::now();
        self.outstanding = Some(Prompt {
            at: before.map_or(now, |before| before.at),
            newest: now,
            answer_by,
            may_be_answered: self.answered.is_some(),
        });
    }

    /// A session began or a token was accepted, whose holder is asked from then on. A prompt that came since may have
    /// waited in vain for this answer, and be for the new token.
    fn was_answered(&mut self, accepted: bool, reauth_at: Instant) {
        self.outstanding = self
            .outstanding
            .filter(|prompt| accepted && prompt.at >= reauth_at)
            .map(|prompt| Prompt {
                may_be_answered: true,
                ..prompt
            });
    }

    fn closed(&mut self, close: Close) -> Over {
        let prompt = self.outstanding.map(|prompt| prompt.answer_by);
        // One that came later may be for the token that was shown.
        let newest = self.outstanding.map(|prompt| prompt.newest);
        let reauth_at = self.token.expires - TIMINGS.lead - MAX_EARLIER;
        let answered = self
            .answered
            .filter(|answered| newest.is_none_or(|at| at < answered.at.max(reauth_at)));
        self.world
            .oracle
            .closed(&self.name, close, prompt, answered, self.token.expires);
        match close {
            Close::TooSlow => self.world.oracle.too_slow(&self.name, self.pause),
            Close::ServiceRestart => self.world.oracle.moved_on(&self.name, self.pause),
            Close::AuthenticationTimeout => {
                self.world
                    .oracle
                    .never_introduced(&self.name, self.connected);
            }
            _ => {}
        }
        match close {
            Close::TryAgainLater
            | Close::SessionMoved
            | Close::ServiceRestart
            | Close::TooSlow
            | Close::AuthenticationTimeout => Over::Lost,
            _ => Over::Ended,
        }
    }

    fn show_token(&mut self, line: &mut ClientSocket) {
        let before = self.token;
        let token = self.fresh_token();
        if !line.show(token) {
            return;
        }
        self.token = token;
        // Whatever is asked from now on may be for this token.
        let answer_by = self.outstanding.take().map(|prompt| prompt.answer_by);
        self.answered = Some(Answered {
            at: Instant::now(),
            by: answer_by.unwrap_or(before.expires).min(before.expires),
            token_ends: before.expires,
        });
    }

    /// What it does unasked.
    fn intend(&mut self) -> (Intent, Instant) {
        let when = Instant::now() + Duration::from_millis(self.rng.random_range(5_000..60_000));
        let intent = match self.rng.random_range(0..20) {
            0 => Intent::Leave,
            1..5 => Intent::ShowToken,
            5..8 => Intent::Drop,
            8..11 => Intent::StopReading,
            11..15 => Intent::Say,
            _ => Intent::Nothing,
        };
        (intent, when)
    }

    /// What it does when asked.
    fn consider(&mut self, answer_by: Instant) -> (Intent, Instant) {
        let now = Instant::now();
        let time = answer_by.saturating_duration_since(now).mul_f64(0.9);
        let when = now + time.mul_f64(self.rng.random());
        let intent = match self.rng.random_range(0..20) {
            0..3 => Intent::Nothing,
            3..6 => Intent::Drop,
            6 => Intent::ShowSameToken,
            7 => Intent::StopReading,
            _ => Intent::ShowToken,
        };
        (intent, when)
    }

    fn fresh_token(&mut self) -> Token {
        let life = Duration::from_millis(self.rng.random_range(66_000..120_000));
        // A newer token ends later.
        let least = self.token.expires + Duration::from_millis(1);
        Token {
            number: self.token.number + 1,
            expires: least.max(Instant::now() + life),
        }
    }

    async fn pause(&mut self, millis: std::ops::Range<u64>) {
        sleep(Duration::from_millis(self.rng.random_range(millis))).await;
    }
}

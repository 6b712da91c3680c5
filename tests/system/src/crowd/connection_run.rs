//! One connection of a cook, from its `auth` to its end: one loop over what the server says, the refresh under
//! way, and what is to be said.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::{
    select,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

use super::{
    cook::ClientState,
    line::{Connection, Incoming},
    report::Violation,
    rules::{Asked, Broken, Welcomed},
    speaker::Speaker,
};
use crate::{client::Place, timeouts::STEP_TIMEOUT};

/// An answer after so long is worth telling.
const SLOW: Duration = Duration::from_secs(1);

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// The cook left, or was sent away for good.
    Final,
    /// It may come again, after this wait when the server named one.
    Again(Option<Duration>),
}

/// A connection at work.
pub(super) struct ConnectionRun<'a> {
    life: &'a mut ClientState,
    line: Connection,
    place: Place,
    /// A fresh token that is being fetched. It goes into the token cache also when this connection ends before.
    fetching: Option<JoinHandle<String>>,
    /// A fresh token that was sent, and when.
    offered: Option<(String, Instant)>,
}

impl<'a> ConnectionRun<'a> {
    pub(super) fn new(life: &'a mut ClientState, line: Connection) -> Self {
        Self {
            life,
            line,
            place: Place::default(),
            fetching: None,
            offered: None,
        }
    }

    /// Runs the connection, which was begun then, to its end.
    pub(super) async fn run(mut self, started: Instant) -> End {
        let end = match timeout(STEP_TIMEOUT, self.line.hear()).await {
            Ok(Incoming::Message(welcome)) => {
                self.life.arrived(started);
                self.hear(&welcome);
                let end = self.work().await;
                self.life.departed();
                end
            }
            Ok(end) => self.ended(&end),
            Err(_) => End::Again(None),
        };
        if let Some(speaker) = &self.life.speaker {
            speaker.end(&self.place);
        }
        if matches!(end, End::Final) {
            self.line.leave().await;
        }
        end
    }

    async fn work(&mut self) -> End {
        if let Some(speaker) = &mut self.life.speaker {
            speaker.begin();
        }
        loop {
            let over = self.life.speaker.as_ref().is_none_or(Speaker::is_over);
            let due = self.life.speaker.as_ref().map(Speaker::due);
            select! {
                biased; // what the server says comes before what is to be said
                heard = self.line.hear() => match heard {
                    Incoming::Message(message) => self.hear(&message),
                    end => return self.ended(&end),
                },
                () = self.life.stop.cancelled(), if over => return End::Final,
                token = fetched(&mut self.fetching) => self.offer(token).await,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    if !self.speak().await {
                        return End::Again(None);
                    }
                }
            }
        }
    }

    /// Says what is to be said; `false`: nobody answers over this connection any more.
    async fn speak(&mut self) -> bool {
        let next = self.life.speaker.as_mut().and_then(Speaker::next);
        let Some((id, content)) = next else {
            return false;
        };
        let payload = json!({"content": content});
        self.line.send("chat_message", Some(&id), payload).await;
        true
    }

    async fn offer(&mut self, token: String) {
        self.fetching = None;
        self.life.event_log.tell("sends a fresh token");
        let mut payload = json!({"token": token});
        self.place.resume(&mut payload);
        self.line.send("auth", None, payload).await;
        self.offered = Some((token, Instant::now()));
    }

    fn hear(&mut self, message: &Value) {
        let now = OffsetDateTime::now_utc();
        // A goodbye holds nothing of a recipe: an edge that was frozen over a token's end says it when it wakes.
        if message["type"] != "closing" {
            let kept = self.life.rules.frame(now);
            self.note(kept);
        }
        let payload = &message["payload"];
        match message["type"].as_str() {
            Some("recipe_update") => self.follow(payload),
            Some("auth_required") => self.asked(payload, now),
            _ => {}
        }
        let answered = self
            .life
            .speaker
            .as_mut()
            .and_then(|speaker| speaker.hear(message));
        if let Some(after) = answered.filter(|after| *after > SLOW) {
            self.life
                .event_log
                .tell(format_args!("is answered after {after:.1?}"));
        }
        self.life.report.figures().answers.extend(answered);
    }

    fn follow(&mut self, update: &Value) {
        self.place.follow(update);
        self.place.resume(&mut self.life.resume);
        let session = &update["session"];
        if !session.is_object() {
            return;
        }
        let named = self.life.rules.session().is_some();
        if let Some((token, offered)) = self.offered.take() {
            self.life.token = token;
            self.life.report.figures().renewals.push(offered.elapsed());
        }
        let welcomed = self.life.rules.welcomed(&self.life.token, session);
        self.life
            .event_log
            .tell(format_args!("{welcomed:?}: {session}"));
        let mut figures = self.life.report.figures();
        match welcomed {
            Welcomed::Anew => figures.begun_anew += usize::from(named),
            Welcomed::Renewed => {}
            Welcomed::Resumed { moved } => {
                figures.resumed += 1;
                figures.moves.push(moved);
            }
        }
    }

    fn asked(&mut self, payload: &Value, now: OffsetDateTime) {
        self.life.event_log.tell(format_args!("asked: {payload}"));
        match self.life.rules.asked(payload, now) {
            Ok(Asked::First { late }) => {
                let late = late.as_seconds_f64() * 1e3;
                self.life.report.figures().prompts.push(late);
            }
            Ok(Asked::Again { moved }) => self.life.report.figures().moves.push(moved),
            Err(broken) => self.note(Err(broken)),
        }
        if self.life.renews && self.fetching.is_none() {
            let token_cache = self.life.token_cache.clone();
            self.fetching = Some(tokio::spawn(async move { token_cache.fresh_token().await }));
        }
    }

    fn ended(&mut self, end: &Incoming) -> End {
        let (code, reason) = match end {
            Incoming::Closed(code, reason) => (*code, reason.as_str()),
            Incoming::Message(_) | Incoming::Lost => (1006, "lost"),
        };
        let ends = format!("{code} {reason}");
        self.life.event_log.tell(format_args!("ended: {ends}"));
        *self.life.report.figures().ends.entry(ends).or_default() += 1;
        let kept = self
            .life
            .rules
            .closed(code, reason, OffsetDateTime::now_utc());
        self.note(kept);
        match (code, reason) {
            (1008, reason) if reason != "Authentication timeout" => End::Final,
            _ => End::Again(None),
        }
    }

    fn note(&self, kept: Result<(), Broken>) {
        if let Err(rule) = kept {
            let event_log = self.life.event_log.told();
            let breach = Violation { rule, event_log };
            self.life.report.figures().broken.push(breach);
        }
    }
}

/// The token that is being fetched; never, when none is.
async fn fetched(fetching: &mut Option<JoinHandle<String>>) -> String {
    match fetching {
        Some(token) => token.await.expect("a fresh token"),
        None => std::future::pending().await,
    }
}

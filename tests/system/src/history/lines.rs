//! The connections of a run whose machines may sleep: until when each may be served, by the wall clock, which goes on
//! while a machine sleeps, and what its client is told when it comes back. Pure: times come in.

use std::collections::HashMap;

use serde_json::Value;
use time::OffsetDateTime;

use super::Violation;
use crate::{client::Seen, clock::time_of, timeouts::SLACK};

/// Two clocks of one machine are read at two moments.
const GRAIN: time::Duration = time::Duration::milliseconds(50);

/// A connection, as the history knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineId(usize);

/// Which end of a connection sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sleeper {
    /// It takes nothing and sends nothing.
    Edge,
    /// What is sent to it waits; it reads that when it wakes.
    Client,
}

/// All connections, what was said over them, and who came back.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Vec<Line>,
    said: HashMap<String, Vec<(LineId, OffsetDateTime)>>,
    returns: Vec<Return>,
}

#[derive(Debug, Default)]
struct Line {
    /// The token's end, and since when it is that.
    ends: Vec<(OffsetDateTime, OffsetDateTime)>,
    sleeps: Vec<Sleep>,
    deliveries: Vec<Delivery>,
}

#[derive(Debug, Clone, Copy)]
struct Sleep {
    who: Sleeper,
    from: OffsetDateTime,
    /// `None` while it goes on.
    to: Option<OffsetDateTime>,
}

#[derive(Debug, Clone, Copy)]
struct Delivery {
    sent: OffsetDateTime,
    arrived: OffsetDateTime,
}

/// A client that came back where it stood, and what it was told.
#[derive(Debug)]
struct Return {
    named: Option<(u64, Option<String>)>,
    recovered: Option<bool>,
    revision: u64,
    truncated: bool,
    messages: Vec<(u64, String)>,
}

impl Sleep {
    fn covers(&self, moment: OffsetDateTime) -> bool {
        self.from <= moment && self.to.is_none_or(|to| moment < to)
    }
}

impl Line {
    /// When the token ends that counted at a moment.
    fn end_at(&self, moment: OffsetDateTime) -> OffsetDateTime {
        let counted = self.ends.iter().rev().find(|(since, _)| *since <= moment);
        counted
            .or(self.ends.first())
            .map_or(moment, |(_, end)| *end)
    }

    /// When the edge could take at the earliest what was sent at a moment; `None`: never, as far as is known.
    fn taken_at(&self, said: OffsetDateTime) -> Option<OffsetDateTime> {
        let asleep = |sleep: &&Sleep| sleep.who == Sleeper::Edge && sleep.covers(said);
        self.sleeps
            .iter()
            .find(asleep)
            .map_or(Some(said), |sleep| sleep.to)
    }

    fn accepts(&self, said: OffsetDateTime) -> bool {
        self.taken_at(said)
            .is_some_and(|at| at <= self.end_at(at) + GRAIN)
    }

    /// By how much a frame came after the token's end. What a sleeping client reads late counts from when it was sent;
    /// what an edge that slept over the end sends on waking is never in time.
    fn is_late_by(&self, delivery: &Delivery) -> Option<time::Duration> {
        let end = self.end_at(delivery.arrived);
        let over_the_end = |who| move |sleep: &&Sleep| sleep.who == who && sleep.covers(end);
        if let Some(woke) = self
            .sleeps
            .iter()
            .find(over_the_end(Sleeper::Edge))
            .and_then(|s| s.to)
        {
            return (delivery.arrived >= woke).then(|| delivery.arrived - end);
        }
        let moment = match self
            .sleeps
            .iter()
            .any(|sleep| over_the_end(Sleeper::Client)(&sleep))
        {
            true => delivery.sent,
            false => delivery.arrived,
        };
        (moment > end + SLACK).then(|| moment - end)
    }
}

impl Lines {
    pub(super) fn open(&mut self, session: &Value, now: OffsetDateTime) -> LineId {
        self.lines.push(Line::default());
        let line = LineId(self.lines.len() - 1);
        self.renewed(line, session, now);
        line
    }

    pub(super) fn renewed(&mut self, line: LineId, session: &Value, now: OffsetDateTime) {
        let end = time_of(&session["expires_at"]);
        self.lines[line.0].ends.push((now, end));
    }

    pub(super) fn falls_asleep(&mut self, line: LineId, who: Sleeper, from: OffsetDateTime) {
        self.lines[line.0].sleeps.push(Sleep {
            who,
            from,
            to: None,
        });
    }

    pub(super) fn wakes(&mut self, line: LineId, now: OffsetDateTime) {
        for sleep in &mut self.lines[line.0].sleeps {
            sleep.to.get_or_insert(now);
        }
    }

    pub(super) fn says(&mut self, line: LineId, id: &str, now: OffsetDateTime) {
        self.said
            .entry(id.to_owned())
            .or_default()
            .push((line, now));
    }

    pub(super) fn delivered(&mut self, line: LineId, frame: &Value, arrived: OffsetDateTime) {
        if frame["type"] == "recipe_update" {
            let sent = time_of(&frame["timestamp"]);
            self.lines[line.0]
                .deliveries
                .push(Delivery { sent, arrived });
        }
    }

    pub(super) fn comes_back(&mut self, auth: &Value, welcome: &Value) {
        let id = |message: &Value| message["id"].as_str().unwrap_or_default().to_owned();
        let place = |message: &Value| {
            (
                message["revision"].as_u64().unwrap_or_default(),
                id(message),
            )
        };
        let named = auth["revision"].as_u64();
        self.returns.push(Return {
            named: named.map(|revision| (revision, auth["message_id"].as_str().map(str::to_owned))),
            recovered: welcome["recovered"].as_bool(),
            revision: welcome["revision"].as_u64().unwrap_or_default(),
            truncated: welcome["messages_truncated"] == true,
            messages: welcome["messages"]
                .as_array()
                .into_iter()
                .flatten()
                .map(place)
                .collect(),
        });
    }

    /// Everything that is wrong, given the recipe's log and those that were given up.
    pub(super) fn judge(&self, log: &[Seen], given_up: &[Vec<Seen>]) -> Vec<Violation> {
        let mut wrong = Vec::new();
        for (connection, line) in self.lines.iter().enumerate() {
            let late = line
                .deliveries
                .iter()
                .filter_map(|delivery| line.is_late_by(delivery));
            wrong.extend(late.map(|by| Violation::SeenAfterEnd {
                connection,
                by: by.unsigned_abs(),
            }));
        }
        for entry in given_up.iter().flatten().chain(log) {
            let tries = self.said.get(&entry.id).into_iter().flatten();
            let mut tries = tries.peekable();
            if tries.peek().is_some() && !tries.any(|(line, at)| self.lines[line.0].accepts(*at)) {
                wrong.push(Violation::AcceptedAfterEnd(entry.id.clone()));
            }
        }
        let returns = self.returns.iter();
        wrong.extend(returns.filter_map(|back| back.judge(log, given_up)));
        wrong
    }
}

impl Return {
    fn judge(&self, log: &[Seen], given_up: &[Vec<Seen>]) -> Option<Violation> {
        let Some((revision, id)) = &self.named else {
            return self
                .recovered
                .map(|_| Violation::WronglyRecovered { named: 0 });
        };
        let wrong = || Some(Violation::WronglyRecovered { named: *revision });
        let stands = |log: &[Seen]| {
            let index = usize::try_from(revision.wrapping_sub(1)).unwrap_or(usize::MAX);
            let there = log.get(index);
            *revision == 0
                || there.is_some_and(|there| id.as_ref().is_none_or(|id| there.id == *id))
        };
        let mut revisions = self.messages.iter().map(|(revision, _)| *revision);
        let follows = |first: u64| {
            self.messages
                .iter()
                .map(|(r, _)| *r)
                .eq(first..=self.revision)
        };
        match self.recovered {
            // Nothing is missing after a position of the history.
            Some(true) if !stands(log) && !given_up.iter().any(|log| stands(log)) => wrong(),
            Some(true) if !follows(revision + 1) => wrong(),
            Some(true) => None,
            // A fresh start has no hole, and says so when it does not reach back to the beginning.
            Some(false) => {
                let first = revisions.next().unwrap_or(self.revision + 1);
                let whole = follows(first) && (first <= 1 || self.truncated);
                let left_out = first > revision + 1;
                // One that was told without need would cost the client what it has.
                let needed = left_out || !stands(log) || given_up.iter().any(|log| stands(log));
                (!whole || !needed).then_some(Violation::WronglyRecovered { named: *revision })
            }
            None => wrong(),
        }
    }
}

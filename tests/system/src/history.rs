//! Judges a whole run: what was said and answered, what each connection saw, and what stands in the log at
//! the end. One pass over each, so that long runs can be judged too. Machines may sleep meanwhile: `lines`.

mod lines;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use time::OffsetDateTime;

use self::lines::Lines;
pub use self::lines::{LineId, Sleeper};
use crate::client::{Place, Seen};

/// What happened to one recipe. Clones share it; the order of calls is the order of time.
#[derive(Debug, Clone, Default)]
pub struct History(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    said: HashMap<String, Said>,
    highest_acked: u64,
    connections: Vec<Vec<Seen>>,
    /// The logs that were given up when the store went back.
    given_up: Vec<Vec<Seen>>,
    early: Vec<Violation>,
    lines: Lines,
}

#[derive(Debug)]
struct Said {
    content: String,
    /// The highest revision that had been answered before this was first said.
    floor: u64,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Unknown,
    Accepted(u64),
    Refused,
}

/// What must never happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// The log's revisions are not 1, 2, 3…
    LogNotDense {
        /// The revision that should stand here.
        wanted: u64,
        /// The one that does.
        found: u64,
    },
    /// An id stands twice in the log.
    Doubled(String),
    /// A message was answered as accepted and is not in the log.
    Lost(String),
    /// A message stands at another revision than its author was told.
    Moved {
        /// Its id.
        id: String,
        /// What the author was told.
        told: u64,
        /// Where it stands.
        stands: u64,
    },
    /// A repeated message got another revision than the first time.
    AnsweredTwice(String),
    /// A message that was refused for good is in the log.
    RefusedButKept(String),
    /// Nobody said this.
    NeverSaid(String),
    /// The log has other words than were said.
    OtherWords(String),
    /// It was said after the answer to a later one had come.
    OutOfTime {
        /// Its id.
        id: String,
        /// Where it stands.
        stands: u64,
        /// What had been answered before it was said.
        floor: u64,
    },
    /// A connection saw revisions that do not follow each other.
    Jumped {
        /// Which connection.
        connection: usize,
        /// The revision before.
        from: u64,
        /// The revision after it.
        to: u64,
    },
    /// A connection saw something else than the log has.
    SawOther {
        /// Which connection.
        connection: usize,
        /// At which revision.
        revision: u64,
    },
    /// Something of the recipe came after the end of the connection's token.
    SeenAfterEnd {
        /// Which connection.
        connection: usize,
        /// How long after.
        by: Duration,
    },
    /// A message was accepted that came, or was read by an edge that woke, after the end of its connection's token.
    AcceptedAfterEnd(String),
    /// A client that came back was told that it has recovered and has not, or the reverse, or was not told.
    WronglyRecovered {
        /// The revision that it named.
        named: u64,
    },
}

impl History {
    /// A message is about to be sent, for the first time or again.
    pub fn says(&self, id: &str, content: &str) {
        let mut record = self.0.lock().unwrap();
        let floor = record.highest_acked;
        record.said.entry(id.to_owned()).or_insert_with(|| Said {
            content: content.to_owned(),
            floor,
            outcome: Outcome::Unknown,
        });
    }

    /// The answer came: it is accepted.
    pub fn accepted(&self, id: &str, revision: u64) {
        let mut record = self.0.lock().unwrap();
        record.highest_acked = record.highest_acked.max(revision);
        let Some(said) = record.said.get_mut(id) else {
            record.early.push(Violation::NeverSaid(id.to_owned()));
            return;
        };
        let before = std::mem::replace(&mut said.outcome, Outcome::Accepted(revision));
        if !matches!(before, Outcome::Unknown) && before != Outcome::Accepted(revision) {
            record.early.push(Violation::AnsweredTwice(id.to_owned()));
        }
    }

    /// The answer came: it is refused for good.
    pub fn refused(&self, id: &str) {
        let mut record = self.0.lock().unwrap();
        if let Some(said) = record.said.get_mut(id) {
            said.outcome = Outcome::Refused;
        }
    }

    /// All that one connection saw. It may have a gap only where it was told so.
    pub fn saw(&self, place: &Place) {
        for stretch in place.stretches() {
            self.connection(stretch);
        }
    }

    /// What one connection saw without a gap.
    pub fn connection(&self, seen: &[Seen]) {
        self.0.lock().unwrap().connections.push(seen.to_vec());
    }

    /// The store goes back: of its log, the messages after a revision are gone. What was answered before may be lost, and
    /// connections may have seen it; but none may see some of this history and some of another.
    pub fn goes_back(&self, log: &[Seen], to: u64) {
        let mut record = self.0.lock().unwrap();
        record.given_up.push(log.to_vec());
        record.highest_acked = record.highest_acked.min(to);
        for said in record.said.values_mut() {
            said.floor = said.floor.min(to);
            if matches!(said.outcome, Outcome::Accepted(revision) if revision > to) {
                said.outcome = Outcome::Unknown;
            }
        }
    }

    /// A client was let in, until the end of the `session` that it was told.
    pub fn let_in(&self, session: &Value, now: OffsetDateTime) -> LineId {
        self.0.lock().unwrap().lines.open(session, now)
    }

    /// Another token was accepted on a connection.
    pub fn renewed(&self, line: LineId, session: &Value, now: OffsetDateTime) {
        self.0.lock().unwrap().lines.renewed(line, session, now);
    }

    /// One end of a connection falls asleep. Its token goes on to age.
    pub fn falls_asleep(&self, line: LineId, who: Sleeper, now: OffsetDateTime) {
        self.0.lock().unwrap().lines.falls_asleep(line, who, now);
    }

    /// Whoever slept on a connection wakes.
    pub fn wakes(&self, line: LineId, now: OffsetDateTime) {
        self.0.lock().unwrap().lines.wakes(line, now);
    }

    /// As [`History::says`], over a connection.
    pub fn says_over(&self, line: LineId, id: &str, content: &str, now: OffsetDateTime) {
        self.says(id, content);
        self.0.lock().unwrap().lines.says(line, id, now);
    }

    /// A frame was read.
    pub fn delivered(&self, line: LineId, frame: &Value, now: OffsetDateTime) {
        self.0.lock().unwrap().lines.delivered(line, frame, now);
    }

    /// A client came back with this payload of `auth`, and was given this payload.
    pub fn comes_back(&self, auth: &Value, welcome: &Value) {
        self.0.lock().unwrap().lines.comes_back(auth, welcome);
    }

    /// How many messages were answered as accepted.
    pub fn count_accepted(&self) -> usize {
        let record = self.0.lock().unwrap();
        let accepted = |said: &&Said| matches!(said.outcome, Outcome::Accepted(_));
        record.said.values().filter(accepted).count()
    }

    /// Everything that is wrong, given the whole log of the recipe.
    pub fn judge(&self, log: &[Seen]) -> Vec<Violation> {
        let record = self.0.lock().unwrap();
        let mut wrong = record.early.clone();
        let stands = judge_log(log, &mut wrong);
        record.judge_what_was_said(&stands, log, &mut wrong);
        record.judge_what_was_seen(log, &mut wrong);
        wrong.extend(record.lines.judge(log, &record.given_up));
        wrong
    }

    /// Ends the test when anything is wrong.
    ///
    /// # Panics
    /// When anything is wrong.
    #[track_caller]
    pub fn assert_sound(&self, log: &[Seen]) {
        let wrong = self.judge(log);
        let first = &wrong[..wrong.len().min(10)];
        assert!(
            wrong.is_empty(),
            "{} violations, such as {first:#?}",
            wrong.len()
        );
    }
}

/// Checks that the log is dense and without doubles, and gives the revision of each id.
fn judge_log<'a>(log: &'a [Seen], wrong: &mut Vec<Violation>) -> HashMap<&'a str, u64> {
    let mut stands = HashMap::with_capacity(log.len());
    for (wanted, entry) in (1..).zip(log) {
        if entry.revision != wanted {
            let found = entry.revision;
            wrong.push(Violation::LogNotDense { wanted, found });
        }
        if stands.insert(entry.id.as_str(), entry.revision).is_some() {
            wrong.push(Violation::Doubled(entry.id.clone()));
        }
    }
    stands
}

impl Record {
    fn judge_what_was_said(
        &self,
        stands: &HashMap<&str, u64>,
        log: &[Seen],
        wrong: &mut Vec<Violation>,
    ) {
        for (id, said) in &self.said {
            let outcome = (said.outcome, stands.get(id.as_str()).copied());
            let id = id.clone();
            match outcome {
                (Outcome::Accepted(_), None) => wrong.push(Violation::Lost(id)),
                (Outcome::Refused, Some(_)) => wrong.push(Violation::RefusedButKept(id)),
                (Outcome::Accepted(told), Some(stands)) if told != stands => {
                    wrong.push(Violation::Moved { id, told, stands });
                }
                (_, Some(stands)) if stands <= said.floor => {
                    let floor = said.floor;
                    wrong.push(Violation::OutOfTime { id, stands, floor });
                }
                _ => {}
            }
        }
        for entry in log {
            match self.said.get(&entry.id) {
                None => wrong.push(Violation::NeverSaid(entry.id.clone())),
                Some(said) if said.content != entry.content => {
                    wrong.push(Violation::OtherWords(entry.id.clone()));
                }
                Some(_) => {}
            }
        }
    }

    fn judge_what_was_seen(&self, log: &[Seen], wrong: &mut Vec<Violation>) {
        for (connection, seen) in self.connections.iter().enumerate() {
            for pair in seen.windows(2) {
                let (from, to) = (pair[0].revision, pair[1].revision);
                if to != from + 1 {
                    wrong.push(Violation::Jumped {
                        connection,
                        from,
                        to,
                    });
                }
            }
            if self.given_up.iter().any(|log| other(log, seen).is_none()) {
                continue;
            }
            if let Some(revision) = other(log, seen) {
                wrong.push(Violation::SawOther {
                    connection,
                    revision,
                });
            }
        }
    }
}

/// The first revision at which somebody saw something else than a log has.
fn other(log: &[Seen], seen: &[Seen]) -> Option<u64> {
    let differs = |entry: &&Seen| {
        let place = usize::try_from(entry.revision.wrapping_sub(1)).unwrap_or(usize::MAX);
        log.get(place) != Some(*entry)
    };
    seen.iter().find(differs).map(|entry| entry.revision)
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

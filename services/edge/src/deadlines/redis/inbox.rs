//! Short notes between edges, over pub/sub. They may be lost: a claim repeats itself, and a take-over shows in the
//! next write of the owner before.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::StreamExt as _;
use proto::ids::SessionId;
use tokio::sync::mpsc;
use tracing::debug;

use super::{
    super::{
        Tasks,
        record::{EdgeId, Issuer},
    },
    RedisSchedule,
};

/// How many notes leave in one round trip.
const MAX_BATCH: usize = 512;
/// The line that says so. Other builds on the same Redis know this word.
const MEMBERS_CHANGED: &str = "muster";

/// What one edge tells another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EdgeMessage {
    /// A session of yours is due.
    Prompt { session: SessionId, generation: u64 },
    /// A session of yours was taken over.
    Moved { session: SessionId, generation: u64 },
    /// Edges came or went: look who is there.
    MembersChanged,
}

/// A note and the edge that it is for.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) to: EdgeId,
    pub(super) note: EdgeMessage,
}

/// Sends letters, those of one edge together.
pub(super) async fn send(
    schedule: Arc<RedisSchedule>,
    mut letters: mpsc::Receiver<Envelope>,
    tasks: Tasks,
) {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            biased; // what happens at the same moment always happens in the same order
            () = tasks.closing() => return,
            _ = letters.recv_many(&mut batch, MAX_BATCH) => {}
        }
        let mut by_edge: BTreeMap<EdgeId, String> = BTreeMap::new();
        for Envelope { to, note } in batch.drain(..) {
            let text = by_edge.entry(to).or_default();
            text.push_str(&note.to_line());
            text.push('\n');
        }
        let texts: Vec<(EdgeId, String)> = by_edge.into_iter().collect();
        if let Err(failure) = schedule.store.send(&texts).await {
            debug!(%failure, "notes to other edges are lost");
        }
    }
}

/// Reads what other edges send.
pub(super) async fn receive(schedule: Arc<RedisSchedule>, tasks: Tasks) {
    let mut inbox = schedule.store.inbox(&schedule.edge);
    loop {
        tokio::select! {
            biased;
            () = tasks.closing() => return,
            Some(text) = inbox.next() => read(&schedule, &text),
        }
    }
}

fn read(schedule: &RedisSchedule, payload: &[u8]) {
    let text = String::from_utf8_lossy(payload);
    // An edge of another version may say things that this one does not know.
    for note in text.lines().filter_map(EdgeMessage::from_line) {
        match note {
            EdgeMessage::Prompt {
                session,
                generation,
            } => schedule.prompt(&session, generation, Issuer::OtherNode),
            EdgeMessage::Moved {
                session,
                generation,
            } => schedule.owners.moved(&session, generation),
            EdgeMessage::MembersChanged => schedule.members_changed.notify_one(),
        }
    }
}

impl EdgeMessage {
    pub(super) fn to_line(&self) -> String {
        match self {
            Self::Prompt {
                session,
                generation,
            } => format!("expiring {generation} {session}"),
            Self::Moved {
                session,
                generation,
            } => format!("moved {generation} {session}"),
            Self::MembersChanged => MEMBERS_CHANGED.into(),
        }
    }

    pub(super) fn from_line(line: &str) -> Option<Self> {
        if line == MEMBERS_CHANGED {
            return Some(Self::MembersChanged);
        }
        let (kind, rest) = line.split_once(' ')?;
        let (generation, session) = rest.split_once(' ')?;
        let (generation, session) = (generation.parse().ok()?, session.parse().ok()?);
        match kind {
            "expiring" => Some(Self::Prompt {
                session,
                generation,
            }),
            "moved" => Some(Self::Moved {
                session,
                generation,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(note: EdgeMessage, line: &str) {
        assert_eq!(note.to_line(), line);
        assert_eq!(EdgeMessage::from_line(line), Some(note));
    }

    #[test]
    fn a_note_reads_as_it_was_written() {
        let session: SessionId = "s1".parse().unwrap();
        let prompt = EdgeMessage::Prompt {
            session: session.clone(),
            generation: 7,
        };
        check(prompt, "expiring 7 s1");
        let moved = EdgeMessage::Moved {
            session: session.clone(),
            generation: 8,
        };
        check(moved, "moved 8 s1");
        check(EdgeMessage::MembersChanged, "muster");
    }

    #[test]
    fn what_another_version_says_is_passed_over() {
        for line in ["", "dance 1 s1", "moved", "moved x s1", "moved 1 not/an/id"] {
            assert_eq!(EdgeMessage::from_line(line), None, "{line:?}");
        }
    }
}

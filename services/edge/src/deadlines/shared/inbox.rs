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
        record::{EdgeId, Issuer, Prompt},
    },
    Desk,
};

/// How many notes leave in one round trip.
const BATCH: usize = 512;

/// What one edge tells another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Note {
    /// A session of yours is due.
    Prompt { session: SessionId, generation: u64 },
    /// A session of yours was taken over.
    Moved { session: SessionId, generation: u64 },
    /// Edges came or went: look who is there.
    Muster,
}

/// A note and the edge that it is for.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) to: EdgeId,
    pub(super) note: Note,
}

/// Sends letters, those of one edge together.
pub(super) async fn send(desk: Arc<Desk>, mut letters: mpsc::Receiver<Letter>, tasks: Tasks) {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            biased; // what happens at the same moment always happens in the same order
            () = tasks.closing() => return,
            _ = letters.recv_many(&mut batch, BATCH) => {}
        }
        let mut by_edge: BTreeMap<EdgeId, String> = BTreeMap::new();
        for Letter { to, note } in batch.drain(..) {
            let text = by_edge.entry(to).or_default();
            text.push_str(&note.to_line());
            text.push('\n');
        }
        let texts: Vec<(EdgeId, String)> = by_edge.into_iter().collect();
        if let Err(failure) = desk.store.send(&texts).await {
            debug!(%failure, "notes to other edges are lost");
        }
    }
}

/// Reads what other edges send.
pub(super) async fn receive(desk: Arc<Desk>, tasks: Tasks) {
    let mut inbox = desk.store.inbox(&desk.edge);
    loop {
        tokio::select! {
            biased;
            () = tasks.closing() => return,
            Some(text) = inbox.next() => read(&desk, &text),
        }
    }
}

fn read(desk: &Desk, payload: &[u8]) {
    let text = String::from_utf8_lossy(payload);
    // An edge of another version may say things that this one does not know.
    for note in text.lines().filter_map(Note::from_line) {
        match note {
            Note::Prompt {
                session,
                generation,
            } => desk.owners.prompt(Prompt {
                session,
                generation,
                issuer: Issuer::OtherNode,
            }),
            Note::Moved {
                session,
                generation,
            } => desk.owners.moved(&session, generation),
            Note::Muster => desk.muster.notify_one(),
        }
    }
}

impl Note {
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
            Self::Muster => "muster".into(),
        }
    }

    pub(super) fn from_line(line: &str) -> Option<Self> {
        if line == "muster" {
            return Some(Self::Muster);
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
    fn check(note: Note, line: &str) {
        assert_eq!(note.to_line(), line);
        assert_eq!(Note::from_line(line), Some(note));
    }

    #[test]
    fn a_note_reads_as_it_was_written() {
        let session: SessionId = "s1".parse().unwrap();
        let prompt = Note::Prompt {
            session: session.clone(),
            generation: 7,
        };
        check(prompt, "expiring 7 s1");
        let moved = Note::Moved {
            session: session.clone(),
            generation: 8,
        };
        check(moved, "moved 8 s1");
        check(Note::Muster, "muster");
    }

    #[test]
    fn what_another_version_says_is_passed_over() {
        for line in ["", "dance 1 s1", "moved", "moved x s1", "moved 1 not/an/id"] {
            assert_eq!(Note::from_line(line), None, "{line:?}");
        }
    }
}

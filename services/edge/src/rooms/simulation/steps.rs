//! What may happen in a run, which bugs are planted, and what must never be seen.

/// How many clients there are.
pub(super) const CLIENTS: usize = 3;

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Post,
    /// The store loses so many messages.
    GoBack(usize),
    /// The chat service compares what it has sent with the store.
    Check,
    /// The edge gets the next thing from the link.
    Deliver,
    LinkBreaks,
    /// The edge attaches or detaches its room.
    Attach,
    /// The room forgets its updates.
    Sweep,
    Come(usize),
    /// The chat service reads what a client's connection has asked for.
    Read(usize),
    /// The answer comes, after what was sent before it.
    Answer(usize),
    /// A connection looks at its room.
    Look(usize),
    Leave(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    None,
    /// Positions are revisions alone, as they were before.
    RevisionsAlone,
    /// The edge does not listen when the chat service says that the history is another one.
    DeafToDivergence,
    /// The edge does not hold an answer of the chat service against its room.
    RoomNotCompared,
    /// The edge attaches its room from where its updates have come, and does not say that a member is further.
    MembersNotNamed,
    /// What is sent names no attachment.
    AttachmentsNotNamed,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Violation {
    /// A client was sent a message that does not follow the one before.
    Mixed { has: Option<String>, sent: String },
    /// A client was sent a message that was gone when it came.
    Ghost(String),
    /// Somebody has something else than the store when all is quiet.
    Apart,
}

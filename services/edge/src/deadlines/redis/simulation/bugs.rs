//! What the simulation must notice: each bug takes one rule away, at the border of the code that is simulated.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    /// The owner does not ask by itself when no prompt comes.
    NoFallback,
    /// A prompt is obeyed however early it is.
    NoTooEarlyRule,
    /// A client that was asked is asked again at every prompt.
    AsksAgain,
    /// Nothing is written anew when Redis may have lost it.
    NoRepair,
    /// A claim takes a session for good, instead of leasing it; the owner does not ask by itself.
    TakenInsteadOfLeased,
    /// An older generation overwrites a newer one in Redis.
    OlderWritesWin,
    /// Edges do not tell each other what they found due.
    NoNotes,
    /// A take-over gives a client that was asked its whole time again.
    TimeStartsAnew,
    /// The owner believes that a token lives half a minute longer than it does.
    NoHardEnd,
    /// A prompt does not wait for the answer to an `auth`.
    Overtakes,
    /// A review that comes while an `auth` is under way is forgotten.
    LosesReviews,
    /// The time for which a machine sleeps does not count.
    SleepsForFree,
    /// The token in use, shown again, is taken for a new one.
    SameTokenCounts,
    /// A client that reads nothing is waited for, for as long as its token lasts.
    WaitsForSlowReaders,
}

pub(super) const ALL: [Bug; 14] = [
    Bug::NoFallback,
    Bug::NoTooEarlyRule,
    Bug::AsksAgain,
    Bug::NoRepair,
    Bug::TakenInsteadOfLeased,
    Bug::OlderWritesWin,
    Bug::NoNotes,
    Bug::TimeStartsAnew,
    Bug::NoHardEnd,
    Bug::Overtakes,
    Bug::LosesReviews,
    Bug::SleepsForFree,
    Bug::SameTokenCounts,
    Bug::WaitsForSlowReaders,
];

impl Bug {
    pub(super) fn silences_fallback(self) -> bool {
        matches!(self, Self::NoFallback | Self::TakenInsteadOfLeased)
    }
}

//! What the simulation must notice: each bug takes one rule away, at the border of what is simulated (the services, the
//! settings, Redis and the way to it) or between a connection and its session's rules (`twist`).

use std::time::Duration;

use crate::session::{Event, PromptReason, Session};

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
    /// By how much edges overrate tokens.
    pub(super) fn excess(bug: Option<Self>) -> Duration {
        match bug {
            Some(Self::NoHardEnd) => Duration::from_secs(30),
            _ => Duration::ZERO,
        }
    }

    pub(super) fn silences_fallback(self) -> bool {
        matches!(self, Self::NoFallback | Self::TakenInsteadOfLeased)
    }
}

/// What a bug makes of an event that is about to be handed to a session's rules; `None`: it is not.
pub(super) fn twist(bug: Option<Bug>, event: Event, session: &mut Session) -> Option<Event> {
    let reason = match &event {
        Event::Slept(slept) => {
            // The timers, which all edges of a run share, have counted it. So the session's deadlines are set first to
            // where timers have them that stand still.
            session.stood_still(*slept);
            return (bug != Some(Bug::SleepsForFree)).then_some(event);
        }
        Event::Prompted { reason, .. } => *reason,
        Event::Auth(_) | Event::Verified(_) | Event::Answered | Event::Tick => return Some(event),
    };
    let is_review = reason == PromptReason::Review;
    match bug {
        Some(Bug::LosesReviews) if is_review && session.is_busy() => return None,
        Some(Bug::AsksAgain) => session.forget_prompt(),
        Some(Bug::Overtakes) => session.forget_answers(),
        // Without the rule a prompt is followed as a review is: however early it comes.
        Some(Bug::NoTooEarlyRule) => return Some(as_review(event)),
        _ => {}
    }
    Some(event)
}

fn as_review(event: Event) -> Event {
    match event {
        Event::Prompted {
            generation, source, ..
        } => Event::Prompted {
            generation,
            reason: PromptReason::Review,
            source,
        },
        other => other,
    }
}

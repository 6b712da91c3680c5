//! A session's rules, pure: when its holder is asked to prove themself again, what counts as an answer, and
//! when it ends. It reads no clock and does no IO: events come in with the time, actions go out (`events`).
//!
//! Redis decides when somebody should be asked; this machine decides whether that is true. It asks once per
//! token, and accepts nothing once the token has ended.

mod events;

use std::{sync::Arc, time::Duration};

use proto::{
    ids::{RecipeId, SessionId},
    websocket::codes::Close,
};
use secrecy::SecretString;
use tokio::time::Instant;

pub(crate) use self::events::{
    Action, Event, PromptReason, PromptSource, Reauth, Timings, Verdict,
};
use crate::{
    deadlines::{Phase, Scope, SessionRecord},
    lazy_queue::LazyQueue,
    upstream::Principal,
};

/// How much earlier than due a prompt may come before it is taken for a mistake (clock jump, stale restore).
const EARLY_TOLERANCE: Duration = Duration::from_secs(2);
/// For how long at least the answer to an accepted `auth` goes before a prompt, however little time is left.
const MIN_ANSWER_LEAD: Duration = Duration::from_secs(1);
/// For how long, once the time for an answer is up, what has come by then is still read: it may lie unread.
const LATE_FRAME_GRACE: Duration = Duration::from_millis(10);
/// How late a timer may be until it is taken for a sign that the process slept; the last look is then this long.
const MAX_TIMER_LAG: Duration = Duration::from_millis(100);
/// How many `auth` messages may wait to be judged or answered. A good client that is in doubt sends some in a minute.
const MAX_PENDING_REAUTHS: usize = 8;

/// An authenticated session.
#[derive(Debug)]
pub(crate) struct Session {
    timings: Arc<Timings>,
    principal: Arc<Principal>,
    generation: u64,
    /// When the token ends: nothing goes beyond this.
    expires: Instant,
    /// How much earlier than at the fixed point the holder is asked, since the tokens of many end together.
    earlier: Duration,
    prompted: Prompted,
    /// Until when what came in time is read, once the time for an answer is up.
    late_frames_until: Option<Instant>,
    /// Each accepted `auth` whose answer is not written yet: until when that goes before a prompt.
    unanswered: LazyQueue<Instant>,
    /// Whether an operator's review waits for such an answer.
    review_waits: bool,
    /// The `auth` messages that wait for a verdict; the first is being judged.
    unverified: LazyQueue<Reauth>,
}

/// Whether the holder was asked for a fresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prompted {
    /// Nobody has asked yet.
    Not,
    /// Asked: an answer must come by then.
    Here { answer_by: Instant },
    /// Asked by the node that held the session before; not yet repeated here.
    Elsewhere { answer_by: Instant },
}

impl Session {
    /// A session whose first `auth` was good.
    pub(crate) fn new(timings: Arc<Timings>, principal: Arc<Principal>, expires: Instant) -> Self {
        Self {
            timings,
            principal,
            generation: 1,
            expires,
            earlier: Duration::ZERO,
            prompted: Prompted::Not,
            late_frames_until: None,
            unanswered: LazyQueue::default(),
            review_waits: false,
            unverified: LazyQueue::default(),
        }
    }

    /// A session taken over from another node, in the phase in which its record says that it was.
    ///
    /// Nobody is given longer than the grace: a record that says so is from before a jump of Redis' clock. The session
    /// goes on as if nobody had asked, and counts a generation.
    ///
    /// A token that ends later than the one before is an answer to whatever was asked, and counts a generation: else
    /// the schedule would hold on to the prompt.
    pub(crate) fn resumed(
        timings: Arc<Timings>,
        principal: Arc<Principal>,
        token_expires: Instant,
        record: &SessionRecord,
        now: Instant,
    ) -> Self {
        // Two nodes measure the same token's end a little differently.
        let fresh = token_expires > record.expires + Duration::from_secs(1);
        let asked = record.phase == Phase::Asked;
        let absurd = asked && record.due > now + timings.grace + EARLY_TOLERANCE;
        let prompted = match asked && !absurd && !fresh {
            true => Prompted::Elsewhere {
                answer_by: record.due.min(token_expires),
            },
            false => Prompted::Not,
        };
        Self {
            generation: record.generation + u64::from(absurd) + u64::from(fresh),
            prompted,
            ..Self::new(timings, principal, token_expires)
        }
    }

    /// Decides what follows from an event.
    pub(crate) fn handle(&mut self, event: Event, now: Instant) -> Vec<Action> {
        if let Event::Slept(by) = event {
            self.bring_nearer(by);
        }
        if self.has_ended(now) {
            return vec![Action::Close(Close::ReauthenticationTimeout)];
        }
        match event {
            Event::Auth(reauth) => self.queue(reauth),
            Event::Verified(verdict) => self.on_verdict(verdict, now),
            Event::Answered => self.on_answered(now),
            Event::Prompted {
                generation,
                reason,
                source,
            } => self.on_prompt(generation, reason, source, now),
            Event::Tick => self.on_tick(now),
            // The schedule may count by the timers too.
            Event::Slept(_) => vec![Action::Record],
        }
    }

    /// Moves every deadline. The next tick looks at those that have passed.
    fn bring_nearer(&mut self, by: Duration) {
        let nearer = |deadline: &mut Instant| {
            *deadline = deadline.checked_sub(by).unwrap_or(*deadline);
        };
        nearer(&mut self.expires);
        self.unanswered.iter_mut().for_each(nearer);
        self.late_frames_until.iter_mut().for_each(nearer);
        match &mut self.prompted {
            Prompted::Not => {}
            Prompted::Here { answer_by } | Prompted::Elsewhere { answer_by } => nearer(answer_by),
        }
    }

    /// When [`Event::Tick`] is due.
    pub(crate) fn next_deadline(&self) -> Instant {
        match self.prompted {
            Prompted::Not => self.expires.min(self.asks_by_itself_at()),
            Prompted::Here { answer_by } | Prompted::Elsewhere { answer_by }
                if self.unverified.is_empty() =>
            {
                self.late_frames_until
                    .unwrap_or(answer_by)
                    .min(self.expires)
            }
            // The answer is here, the verdict is not: it has until the token ends.
            Prompted::Here { .. } | Prompted::Elsewhere { .. } => self.expires,
        }
    }

    /// Whether another `auth` can be taken; if not, the connection stops reading until one is answered.
    pub(crate) fn accepts_auth(&self) -> bool {
        self.unverified.len() + self.unanswered.len() < MAX_PENDING_REAUTHS
    }

    /// The token of the oldest `auth` that waits for a verdict.
    pub(crate) fn unverified_token(&self) -> Option<&SecretString> {
        self.unverified.front().map(|reauth| &reauth.token)
    }

    /// Whether the token has ended: nothing is accepted or sent any more.
    pub(crate) fn has_ended(&self, now: Instant) -> bool {
        now >= self.expires
    }

    /// Who holds the session.
    pub(crate) fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    /// Counts the accepted tokens and take-overs.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// When the token ends.
    pub(crate) fn expires(&self) -> Instant {
        self.expires
    }

    /// When the holder will be, or would have been, asked.
    pub(crate) fn ask_at(&self) -> Instant {
        let fixed = self.latest_ask_at();
        fixed.checked_sub(self.earlier).unwrap_or(fixed)
    }

    /// The fixed point: the holder is never asked later.
    pub(crate) fn latest_ask_at(&self) -> Instant {
        self.expires
            .checked_sub(self.timings.lead)
            .unwrap_or(self.expires)
    }

    /// Has the holder of the token in use asked so much earlier than at the fixed point.
    pub(crate) fn ask_earlier(&mut self, by: Duration) {
        self.earlier = by;
    }

    /// The phase as the schedule keeps it, and when something is due.
    pub(crate) fn phase(&self) -> (Phase, Instant) {
        match self.prompted {
            Prompted::Not => (Phase::Active, self.ask_at()),
            Prompted::Here { answer_by } | Prompted::Elsewhere { answer_by } => {
                (Phase::Asked, answer_by)
            }
        }
    }

    /// What the schedule must know of the session, which is about `recipe`.
    pub(crate) fn record(&self, session: &SessionId, recipe: &RecipeId) -> SessionRecord {
        let (phase, due) = self.phase();
        SessionRecord {
            session: session.clone(),
            scope: Scope {
                user: self.principal.user.clone(),
                login_session: self.principal.login_session.clone(),
                recipe: recipe.clone(),
            },
            generation: self.generation,
            phase,
            due,
            expires: self.expires,
        }
    }

    /// When nobody else has asked by then.
    fn asks_by_itself_at(&self) -> Instant {
        let at = self.ask_at() + self.timings.fallback_delay;
        self.unanswered.back().map_or(at, |until| at.max(*until))
    }

    /// Whether a prompt would overtake the answer to an `auth`, which would then seem to be one to that prompt. It waits
    /// for the answer (and that for the chat service) for as long as its holder still gets the whole grace.
    fn answers_first(&self, now: Instant) -> bool {
        self.unanswered.back().is_some_and(|until| now < *until)
    }

    fn queue(&mut self, reauth: Reauth) -> Vec<Action> {
        self.unverified.push_back(reauth);
        if self.unverified.len() == 1 {
            vec![Action::Verify]
        } else {
            Vec::new()
        }
    }

    fn on_verdict(&mut self, verdict: Verdict, now: Instant) -> Vec<Action> {
        let Some(answered) = self.unverified.pop_front() else {
            return Vec::new();
        };
        let (principal, expires) = match verdict {
            Verdict::Good { principal, expires } => (principal, expires),
            Verdict::Invalid => return vec![Action::Close(Close::InvalidToken)],
        };
        if principal.user != self.principal.user {
            return vec![Action::Close(Close::AnotherUser)];
        }
        let mut actions = if self.outlasts(&principal) {
            vec![Action::AnswerUnchanged(answered)]
        } else {
            self.renew(principal, expires);
            vec![Action::Record, Action::Answer(answered)]
        };
        let last_chance = self.expires.checked_sub(self.timings.grace).unwrap_or(now);
        self.unanswered
            .push_back(last_chance.max(now + MIN_ANSWER_LEAD));
        if !self.unverified.is_empty() {
            actions.push(Action::Verify);
        }
        actions
    }

    /// Whether a good token that was shown changes nothing: it is the one in use, or ends before that.
    ///
    /// Its end is compared as the auth service tells it: each call measures it a little differently here.
    fn outlasts(&self, shown: &Principal) -> bool {
        let used = &self.principal;
        let is_same = !shown.token_id.is_empty() && shown.token_id == used.token_id;
        is_same || shown.token_ends < used.token_ends
    }

    fn renew(&mut self, principal: Arc<Principal>, expires: Instant) {
        self.principal = principal;
        self.expires = expires;
        self.earlier = Duration::ZERO;
        self.generation += 1;
        self.prompted = Prompted::Not;
        self.late_frames_until = None;
        // What was validated before a review is asked again by whoever knows of it.
        self.review_waits = false;
    }

    /// Sets every deadline to where timers have it that have stood still for so long.
    #[cfg(test)]
    pub(crate) fn stood_still(&mut self, by: Duration) {
        let later = |deadline: &mut Instant| *deadline += by;
        later(&mut self.expires);
        self.unanswered.iter_mut().for_each(later);
        self.late_frames_until.iter_mut().for_each(later);
        match &mut self.prompted {
            Prompted::Not => {}
            Prompted::Here { answer_by } | Prompted::Elsewhere { answer_by } => later(answer_by),
        }
    }

    /// Forgets that its holder was asked.
    #[cfg(test)]
    pub(crate) fn forget_prompt(&mut self) {
        self.prompted = Prompted::Not;
    }

    /// Forgets which tokens are not answered yet.
    #[cfg(test)]
    pub(crate) fn forget_answers(&mut self) {
        self.unanswered = LazyQueue::default();
    }

    /// Whether a token waits for its verdict, or for the answer to it.
    #[cfg(test)]
    pub(crate) fn is_busy(&self) -> bool {
        !(self.unverified.is_empty() && self.unanswered.is_empty())
    }

    fn on_answered(&mut self, now: Instant) -> Vec<Action> {
        self.unanswered.pop_front();
        match self.prompted {
            Prompted::Not if self.answers_first(now) => Vec::new(),
            Prompted::Not if self.review_waits => {
                self.ask(PromptReason::Review, PromptSource::OwnNode, now)
            }
            Prompted::Not if now >= self.ask_at() => {
                self.ask(PromptReason::Expiring, PromptSource::OwnNode, now)
            }
            Prompted::Not | Prompted::Here { .. } => Vec::new(),
            // The prompt is repeated, its time does not start anew.
            Prompted::Elsewhere { answer_by } => {
                self.prompted = Prompted::Here { answer_by };
                let reason = PromptReason::Expiring;
                let ask = Action::Ask {
                    reason,
                    source: PromptSource::OwnNode,
                    answer_in: answer_by - now,
                };
                vec![ask, Action::Record]
            }
        }
    }

    fn on_prompt(
        &mut self,
        generation: u64,
        reason: PromptReason,
        source: PromptSource,
        now: Instant,
    ) -> Vec<Action> {
        if generation != self.generation {
            return Vec::new();
        }
        let early = reason == PromptReason::Expiring && now + EARLY_TOLERANCE < self.ask_at();
        match self.prompted {
            // The schedule says it again; an operator does not.
            Prompted::Not if self.answers_first(now) => {
                self.review_waits |= reason == PromptReason::Review;
                Vec::new()
            }
            Prompted::Not if !early => self.ask(reason, source, now),
            Prompted::Not | Prompted::Here { .. } | Prompted::Elsewhere { .. } => {
                vec![Action::Record]
            }
        }
    }

    fn on_tick(&mut self, now: Instant) -> Vec<Action> {
        match self.prompted {
            Prompted::Not if now >= self.asks_by_itself_at() => {
                let reason = match self.review_waits {
                    true => PromptReason::Review,
                    false => PromptReason::Expiring,
                };
                self.ask(reason, PromptSource::Fallback, now)
            }
            Prompted::Here { answer_by } | Prompted::Elsewhere { answer_by }
                if self.unverified.is_empty() =>
            {
                match self.reads_late_frames(answer_by, now) {
                    true => Vec::new(),
                    false => vec![Action::Close(Close::ReauthenticationTimeout)],
                }
            }
            Prompted::Not | Prompted::Here { .. } | Prompted::Elsewhere { .. } => Vec::new(),
        }
    }

    /// Whether an answer may still come, or have come unread: its time is not up, or only just.
    fn reads_late_frames(&mut self, answer_by: Instant, now: Instant) -> bool {
        let due = self.late_frames_until.unwrap_or(answer_by);
        let slept = now >= due + MAX_TIMER_LAG;
        if now >= due && (slept || self.late_frames_until.is_none()) {
            self.late_frames_until = Some(
                now + if slept {
                    MAX_TIMER_LAG
                } else {
                    LATE_FRAME_GRACE
                },
            );
            return true;
        }
        now < due
    }

    fn ask(&mut self, reason: PromptReason, source: PromptSource, now: Instant) -> Vec<Action> {
        let answer_by = (now + self.timings.grace).min(self.expires);
        self.prompted = Prompted::Here { answer_by };
        self.late_frames_until = None;
        self.review_waits = false;
        let ask = Action::Ask {
            reason,
            source,
            answer_in: answer_by - now,
        };
        vec![ask, Action::Record]
    }
}

#[cfg(test)]
mod tests;

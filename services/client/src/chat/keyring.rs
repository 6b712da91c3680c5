//! The access token and how it is renewed: one request at a time, ahead of its end, and again with backoff when
//! nobody could be asked.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use super::{backoff::Backoff, events::Token};

/// A token that ends sooner than this is not worth showing.
const MIN_TOKEN_LIFE: Duration = Duration::from_secs(2);
/// A token is renewed this long before its end, or a tenth of its life when that is more.
const REFRESH_LEAD: Duration = Duration::from_secs(90);

/// The token at hand. Every new one has a higher number.
#[derive(Debug)]
pub(super) struct NumberedToken {
    pub(super) access: SecretString,
    pub(super) number: u64,
    renew_at: Instant,
    ends_at: Instant,
}

impl NumberedToken {
    fn new(token: Token, number: u64, now: Instant) -> Self {
        let life = token.good_for;
        let ahead = REFRESH_LEAD.max(life / 10).min(life / 2);
        Self {
            access: token.access,
            number,
            renew_at: now + (life - ahead),
            ends_at: now + life,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Renewal {
    Idle,
    Running,
    Resting { until: Instant },
}

#[derive(Debug)]
pub(super) struct Keyring {
    held: NumberedToken,
    renewal: Renewal,
    backoff: Backoff,
}

impl Keyring {
    pub(super) fn new(token: Token, seed: u64, now: Instant) -> Self {
        Self {
            held: NumberedToken::new(token, 1, now),
            renewal: Renewal::Idle,
            backoff: Backoff::new(seed),
        }
    }

    /// The number of the token at hand.
    pub(super) fn number(&self) -> u64 {
        self.held.number
    }

    /// The token at hand, when it is newer than `than` and lives long enough to be shown.
    pub(super) fn newer(&self, than: u64, now: Instant) -> Option<&NumberedToken> {
        let good = self.held.number > than && self.held.ends_at > now + MIN_TOKEN_LIFE;
        good.then_some(&self.held)
    }

    /// Whether a new token must be asked for now. It counts as asked for then.
    pub(super) fn begin(&mut self) -> bool {
        let idle = self.renewal == Renewal::Idle;
        if idle {
            self.renewal = Renewal::Running;
        }
        idle
    }

    pub(super) fn received(&mut self, token: Token, now: Instant) {
        self.held = NumberedToken::new(token, self.held.number + 1, now);
        self.renewal = Renewal::Idle;
        self.backoff.reset();
    }

    pub(super) fn nobody_answered(&mut self, now: Instant) {
        let until = now + self.backoff.next();
        self.renewal = Renewal::Resting { until };
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match self.renewal {
            Renewal::Idle => Some(self.held.renew_at),
            Renewal::Running => None,
            Renewal::Resting { until } => Some(until),
        }
    }

    /// Whether a new token must be asked for, since the time has come.
    pub(super) fn due(&mut self, now: Instant) -> bool {
        let due = self.next_deadline().is_some_and(|at| at <= now);
        if due {
            self.renewal = Renewal::Running;
        }
        due
    }

    /// The token has aged without the timers noticing.
    pub(super) fn slept(&mut self, by: Duration) {
        for at in [&mut self.held.renew_at, &mut self.held.ends_at] {
            *at = at.checked_sub(by).unwrap_or(*at);
        }
    }
}

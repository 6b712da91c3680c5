//! What one user may ask for over all of their connections and calls. Each edge decides at once by what it knows;
//! what it lets through it tells the others by Redis, where there is one, in the background.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use proto::ids::UserId;
use runtime::rate_limiter::{Decision, Limit, RateLimiter};
use tokio::time::Instant;

use crate::config::Reloadable;

/// How many seconds' worth of each may come at once.
const MESSAGE_BURST: u32 = 4;
/// Every connection of a user may have to prove itself at once, as after an operator's review.
const AUTH_BURST: u32 = 10;
const REQUEST_BURST: u32 = 10;

/// The limits of every user, and what each has used of them.
#[derive(Debug)]
pub struct UserLimits {
    rates: ArcSwap<Rates>,
    limiter: RateLimiter,
}

/// `None`: no limit.
#[derive(Debug)]
struct Rates {
    messages: Option<Limit>,
    auths: Option<Limit>,
    requests: Option<Limit>,
}

impl Rates {
    fn new(settings: &Reloadable) -> Self {
        let limit = |rate: u32, burst: u32| {
            Limit::new(rate, Duration::from_secs(1), rate.saturating_mul(burst))
        };
        Self {
            messages: limit(settings.message_rate_per_user(), MESSAGE_BURST),
            auths: limit(settings.auth_rate_per_user(), AUTH_BURST),
            requests: limit(settings.request_rate_per_user, REQUEST_BURST),
        }
    }
}

impl UserLimits {
    /// As they are set.
    pub fn new(settings: &Reloadable, limiter: RateLimiter) -> Self {
        Self {
            rates: ArcSwap::from_pointee(Rates::new(settings)),
            limiter,
        }
    }

    /// Goes on with other settings.
    pub fn set(&self, settings: &Reloadable) {
        self.rates.store(Arc::new(Rates::new(settings)));
    }

    /// Takes a `chat_message`.
    ///
    /// # Errors
    /// How long to wait before the next one.
    pub fn message(&self, user: &UserId, now: Instant) -> Result<(), Duration> {
        self.take("messages", self.rates.load().messages, user, now)
    }

    /// Takes an `auth`, also the first one of a connection.
    ///
    /// # Errors
    /// How long to wait before the next one.
    pub fn auth(&self, user: &UserId, now: Instant) -> Result<(), Duration> {
        self.take("auths", self.rates.load().auths, user, now)
    }

    /// Takes a call of the API.
    ///
    /// # Errors
    /// How long to wait before the next one.
    pub fn request(&self, user: &UserId, now: Instant) -> Result<(), Duration> {
        self.take("requests", self.rates.load().requests, user, now)
    }

    fn take(
        &self,
        purpose: &str,
        limit: Option<Limit>,
        user: &UserId,
        now: Instant,
    ) -> Result<(), Duration> {
        let Some(limit) = limit else {
            return Ok(());
        };
        let key = format!("{purpose}:{user}");
        match self.limiter.take_local(&key, limit, 1, now) {
            Decision::Allowed => Ok(()),
            Decision::RetryAfter(wait) => Err(wait),
        }
    }
}

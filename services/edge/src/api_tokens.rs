//! Access tokens for the API tokens that programs call the HTTP API with, so that not each call has one exchanged. Whether
//! they are still good is asked with each call, as of all access tokens.

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lru::LruCache;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use crate::upstream::auth::ScopedToken;

/// What an API token begins with.
const PREFIX: &str = "rct_";
/// How many are kept, those that came last: less than a KiB each.
const MAX_TOKENS: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
/// A longer text is no API token, and is not kept.
const MAX_LENGTH: usize = 256;
/// How long before its end an access token is not used any more.
const MARGIN: Duration = Duration::from_secs(30);

/// Access tokens by API token.
pub struct ExchangedTokens(Mutex<LruCache<String, Exchanged>>);

struct Exchanged {
    access: SecretString,
    until: Instant,
}

/// Whether a text looks like an API token.
pub(crate) fn is_api_token(text: &SecretString) -> bool {
    let text = text.expose_secret();
    text.starts_with(PREFIX) && text.len() <= MAX_LENGTH
}

impl ExchangedTokens {
    /// The access token that an API token was exchanged for, while there is one that lasts.
    pub fn find(&self, api_token: &SecretString, now: Instant) -> Option<SecretString> {
        let mut kept = self.kept();
        let found = kept.get(api_token.expose_secret())?;
        (now < found.until).then(|| found.access.clone())
    }

    /// Keeps what an API token was exchanged for.
    pub fn keep(&self, api_token: &SecretString, token: &ScopedToken, asked: Instant) {
        let lasts = token.expires_in.saturating_sub(MARGIN);
        let exchanged = Exchanged {
            access: token.access.clone(),
            until: asked + lasts,
        };
        let api_token = api_token.expose_secret().to_owned();
        self.kept().put(api_token, exchanged);
    }

    /// Forgets what an API token was exchanged for.
    pub fn forget(&self, api_token: &SecretString) {
        self.kept().pop(api_token.expose_secret());
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<String, Exchanged>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ExchangedTokens {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_TOKENS)))
    }
}

impl fmt::Debug for ExchangedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangedTokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchanged(access: &str, expires_in: u64) -> ScopedToken {
        ScopedToken {
            access: access.into(),
            expires_in: Duration::from_secs(expires_in),
            scope: "recipes:read".into(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_access_token_is_used_until_shortly_before_its_end() {
        let (tokens, now) = (ExchangedTokens::default(), Instant::now());
        let (bot, other) = ("rct_bot".into(), "rct_other".into());
        tokens.keep(&bot, &exchanged("a", 900), now);
        tokens.keep(&other, &exchanged("b", 10), now);
        let found = |token, after| {
            let found = tokens.find(token, now + Duration::from_secs(after));
            found.map(|found| found.expose_secret().to_owned())
        };
        assert_eq!(found(&bot, 869).as_deref(), Some("a"));
        assert_eq!(found(&bot, 870), None);
        assert_eq!(found(&other, 0), None, "too short to be kept");
        tokens.forget(&bot);
        assert_eq!(found(&bot, 0), None);
        assert_eq!(format!("{tokens:?}"), "ExchangedTokens { .. }");
    }

    #[test]
    fn an_api_token_is_told_from_an_access_token() {
        assert!(is_api_token(&"rct_AZ".into()));
        let long = format!("rct_{}", "A".repeat(MAX_LENGTH));
        for text in ["eyJ0eXAi", "rcr_AZ", "RCT_AZ", "", &long] {
            assert!(!is_api_token(&text.into()), "{text}");
        }
    }
}

//! The issuers at which users can sign in, asked of the auth service once in a while: every page with the form for
//! signing in asks for them.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use crate::upstream::auth::{AuthClient, AuthError, SignInIssuer};

/// How long they are taken for the same.
const LIFE: Duration = Duration::from_secs(60);

/// What is known of them.
#[derive(Debug, Default)]
pub struct SignInIssuers(Mutex<Option<Known>>);

#[derive(Debug, Clone)]
struct Known {
    issuers: Arc<[SignInIssuer]>,
    until: Instant,
}

impl SignInIssuers {
    /// All of them. One caller asks, the others wait for it; where the auth service is away, those of before are told.
    ///
    /// # Errors
    /// When the auth service cannot be asked and none are known.
    pub async fn all(&self, auth: &AuthClient) -> Result<Arc<[SignInIssuer]>, AuthError> {
        let mut known = self.0.lock().await;
        let now = Instant::now();
        if let Some(Known { issuers, until }) = &*known
            && now < *until
        {
            return Ok(Arc::clone(issuers));
        }
        let issuers = match (auth.sign_in_issuers().await, &*known) {
            (Ok(issuers), _) => issuers.into(),
            (Err(_), Some(before)) => Arc::clone(&before.issuers),
            (Err(error), None) => return Err(error),
        };
        *known = Some(Known {
            issuers: Arc::clone(&issuers),
            until: now + LIFE,
        });
        Ok(issuers)
    }
}

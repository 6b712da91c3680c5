//! Registering and signing in: names, passwords, and how often somebody may try.

use std::sync::{Mutex, MutexGuard, PoisonError};

use proto::ids::UserId;
use secrecy::SecretString;
use tokio::time::Instant;
use tracing::info;

use super::{Authority, Error, TokenPair, outcome};
use crate::{
    attempts::{Attempts, Outcome},
    passwords::StoredPassword,
    store::StoredUser,
    user::{User, Username, check_chosen},
};

/// Longer client addresses are cut: none is, and the key must stay small.
const ADDRESS_LENGTH: usize = 64;

/// What somebody types to register or to sign in. The name is not shown either: people mistype passwords there.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) username: SecretString,
    pub(crate) password: SecretString,
    /// Where the client is, if that is known.
    pub(crate) client_address: String,
}

impl Authority {
    /// Registers a user and signs them in.
    pub(crate) async fn register(&self, credentials: Credentials) -> Result<TokenPair, Error> {
        let answer = self.try_register(credentials).await;
        self.metrics.sign_in("register", outcome(&answer));
        answer
    }

    /// Signs a user in.
    pub(crate) async fn log_in(&self, credentials: Credentials) -> Result<TokenPair, Error> {
        let answer = self.try_log_in(credentials).await;
        self.metrics.sign_in("login", outcome(&answer));
        answer
    }

    async fn try_register(&self, credentials: Credentials) -> Result<TokenPair, Error> {
        use secrecy::ExposeSecret;
        let name: Username = credentials.username.expose_secret().parse()?;
        check_chosen(&credentials.password, &name)?;
        let mut attempt = self.begin_attempt(None, &credentials.client_address)?;
        if self.store.user(&name).await?.is_some() {
            attempt.outcome = Outcome::Failed;
            return Err(Error::NameTaken);
        }
        let password = self.passwords.hash(credentials.password).await?;
        let user = User {
            id: UserId::random(),
            name,
        };
        let added = StoredUser {
            user: user.clone(),
            password,
        };
        if !self.store.add_user(added, self.clock.now()).await? {
            return Err(Error::NameTaken);
        }
        let tokens = self.open_session(user).await?;
        announce("registered and signed in", &tokens);
        Ok(tokens)
    }

    async fn try_log_in(&self, credentials: Credentials) -> Result<TokenPair, Error> {
        use secrecy::ExposeSecret;
        let typed = credentials.username.expose_secret();
        let name = typed.parse::<Username>().ok();
        // A text that can be nobody's name is counted too, all such texts as one.
        let account = name.as_ref().map_or_else(String::new, Username::key);
        let mut attempt = self.begin_attempt(Some(account), &credentials.client_address)?;
        let found = match &name {
            Some(name) => self.store.user(name).await?,
            None => None,
        };
        let stored: Option<StoredPassword> = found.as_ref().map(|found| found.password.clone());
        let right = self.passwords.verify(credentials.password, stored).await?;
        let Some(StoredUser { user, .. }) = found.filter(|_| right) else {
            attempt.outcome = Outcome::Failed;
            info!("refused a sign-in: wrong username or password");
            return Err(Error::BadCredentials);
        };
        attempt.outcome = Outcome::Succeeded;
        let tokens = self.open_session(user).await?;
        announce("signed in", &tokens);
        Ok(tokens)
    }

    fn begin_attempt(&self, account: Option<String>, address: &str) -> Result<Attempt<'_>, Error> {
        let address: String = address.chars().take(ADDRESS_LENGTH).collect();
        let mut attempt = Attempt {
            authority: self,
            account: None,
            address: None,
            outcome: Outcome::Undecided,
        };
        let now = Instant::now();
        if let Some(account) = account {
            lock(&self.accounts)
                .begin(&account, now)
                .map_err(Error::TooManyAttempts)?;
            attempt.account = Some(account);
        }
        if !address.is_empty() {
            lock(&self.addresses)
                .begin(&address, now)
                .map_err(Error::TooManyAttempts)?;
            attempt.address = Some(address);
        }
        Ok(attempt)
    }
}

/// An attempt under way. It ends when it is dropped, so also when the caller hangs up.
struct Attempt<'a> {
    authority: &'a Authority,
    account: Option<String>,
    address: Option<String>,
    outcome: Outcome,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        if let Some(account) = &self.account {
            lock(&self.authority.accounts).end(account, self.outcome, now);
        }
        if let Some(address) = &self.address {
            // One's own account, signed in to between guesses, must not clear the address.
            let outcome = match self.outcome {
                Outcome::Succeeded | Outcome::Undecided => Outcome::Undecided,
                Outcome::Failed => Outcome::Failed,
            };
            lock(&self.authority.addresses).end(address, outcome, now);
        }
    }
}

fn lock(attempts: &Mutex<Attempts>) -> MutexGuard<'_, Attempts> {
    // A count that is off by one after a panic does no harm.
    attempts.lock().unwrap_or_else(PoisonError::into_inner)
}

fn announce(what: &'static str, tokens: &TokenPair) {
    let (user, session) = (&tokens.session.user.id, &tokens.session.id);
    info!(user.id = %user, login.session.id = %session, "{what}");
}

//! Argon2id on as many threads as there are cores, behind a queue with a bound. It does not know whose
//! password it is; how many attempts somebody has is decided in `attempts`.

use std::{num::NonZero, sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use crate::metrics::Metrics;

/// How many hashes may wait for each core: about a second of work.
const QUEUE_PER_CORE: usize = 64;
/// How long one may wait for a core.
const PATIENCE: Duration = Duration::from_secs(5);
/// What somebody is told who found the queue full.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Too many are waiting.
    #[error("too many passwords are being hashed")]
    Busy,
    /// Argon2 failed: a stored hash is malformed, or there is no randomness.
    #[error("hashing a password failed: {0}")]
    Failed(String),
}

/// Hashes and verifies passwords.
#[derive(Debug)]
pub(crate) struct Passwords {
    queue: Arc<Semaphore>,
    cores: Arc<Semaphore>,
    /// Verified against when there is no such user, so that both answers take the same time.
    nobody: StoredPassword,
    metrics: Metrics,
}

/// A password as it is stored: the hash with its parameters and salt, as a PHC string.
#[derive(Debug, Clone)]
pub(crate) struct StoredPassword(SecretString);

impl StoredPassword {
    pub(crate) fn from_phc(text: String) -> Self {
        Self(text.into())
    }

    pub(crate) fn phc(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Passwords {
    /// Hashers for this machine.
    pub(crate) fn new(metrics: Metrics) -> Result<Self, Error> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self {
            queue: Arc::new(Semaphore::new(cores * (1 + QUEUE_PER_CORE))),
            cores: Arc::new(Semaphore::new(cores)),
            nobody: hash(&"nobody has this password".into())?,
            metrics,
        })
    }

    /// Hashes a password that was chosen.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<StoredPassword, Error> {
        self.run(move || hash(&password)).await
    }

    /// Tells whether the password is the stored one; `None` costs the same work and is never right.
    pub(crate) async fn verify(
        &self,
        password: SecretString,
        stored: Option<StoredPassword>,
    ) -> Result<bool, Error> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let right = self.run(move || verify(&password, &stored)).await?;
        Ok(right && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let place = self
            .queue
            .clone()
            .try_acquire_owned()
            .map_err(|_| Error::Busy)?;
        let core = timeout(PATIENCE, self.cores.clone().acquire_owned());
        let core = core.await.ok().and_then(Result::ok).ok_or(Error::Busy)?;
        let begun = Instant::now();
        let answer = tokio::task::spawn_blocking(move || {
            // Held until the work is done, also when the caller has gone.
            let _held: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (place, core);
            work()
        })
        .await
        .map_err(|error| Error::Failed(error.to_string()))?;
        self.metrics.password_hash(begun.elapsed());
        answer
    }
}

/// Argon2id, 19 MiB, two passes: the floor that OWASP gives.
fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(19_456, 2, 1, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &SecretString) -> Result<StoredPassword, Error> {
    let hash = argon2()?
        .hash_password(password.expose_secret().as_bytes())
        .map_err(failed)?;
    Ok(StoredPassword::from_phc(hash.to_string()))
}

fn verify(password: &SecretString, stored: &StoredPassword) -> Result<bool, Error> {
    let stored = PasswordHash::new(stored.phc()).map_err(failed)?;
    match argon2()?.verify_password(password.expose_secret().as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right() {
        let passwords = Passwords::new(Metrics::new()).unwrap();
        let stored = passwords.hash("correct horse".into()).await.unwrap();

        assert!(stored.phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(
            passwords
                .verify("correct horse".into(), Some(stored.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("battery staple".into(), Some(stored))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("nobody has this password".into(), None)
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn an_unknown_user_takes_as_long_as_a_wrong_password() {
        let passwords = Passwords::new(Metrics::new()).unwrap();
        let stored = passwords.hash("correct horse".into()).await.unwrap();
        let (mut wrong, mut unknown) = (Duration::MAX, Duration::MAX);
        for _ in 0..7 {
            for (fastest, stored) in [(&mut wrong, Some(stored.clone())), (&mut unknown, None)] {
                let begun = Instant::now();
                passwords.verify("a guess".into(), stored).await.unwrap();
                *fastest = begun.elapsed().min(*fastest);
            }
        }
        assert!(
            unknown > wrong / 2 && wrong > unknown / 2,
            "{unknown:?} {wrong:?}"
        );
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once() {
        let passwords = Passwords::new(Metrics::new()).unwrap();
        let _all = passwords
            .queue
            .clone()
            .acquire_many_owned(u32::try_from(passwords.queue.available_permits()).unwrap())
            .await;

        let answer = passwords.verify("anything".into(), None).await;

        assert!(matches!(answer, Err(Error::Busy)), "{answer:?}");
    }
}

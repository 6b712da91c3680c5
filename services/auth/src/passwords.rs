//! Argon2id for passwords that are chosen and for those that are tried. It does not know whose password it is; how
//! many attempts somebody has is decided in `attempts`.

mod threads;

use std::{num::NonZero, time::Duration};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, PasswordHash, Salt},
};
use secrecy::{ExposeSecret, SecretString};

use self::threads::HashThreads;
use crate::{metrics::Metrics, user::MAX_PASSWORD_LENGTH};

/// 19 MiB and two passes: the floor that OWASP gives.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// What somebody is told who found the queue full.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Verified against when there is no such user, so that both answers take the same work. Nothing hashes to it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

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
pub(crate) struct Passwords(HashThreads);

/// A password as it is stored: the hash with its parameters and salt, as a PHC string.
#[derive(Debug, Clone)]
pub(crate) struct StoredPassword(SecretString);

impl StoredPassword {
    pub(crate) fn from_phc(text: String) -> Self {
        Self(text.into())
    }

    /// Of a user who has none: nothing is right.
    pub(crate) fn none() -> Self {
        Self::from_phc(NOBODY.to_owned())
    }

    /// Whether it is that of a user who has none.
    pub(crate) fn is_none(&self) -> bool {
        self.phc() == NOBODY
    }

    pub(crate) fn phc(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Passwords {
    /// Hashes on so many threads; without a number, on one for each processor.
    pub(crate) fn new(threads: Option<NonZero<usize>>, metrics: Metrics) -> Result<Self, Error> {
        let processors = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        let threads = threads.unwrap_or_else(processors);
        let blocks = params()?.block_count();
        let threads = HashThreads::start(threads, blocks, metrics).map_err(failed)?;
        Ok(Self(threads))
    }

    /// Hashes a password that was chosen.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<StoredPassword, Error> {
        self.0.run(move |memory| hash(&password, memory)).await
    }

    /// Tells whether the password is the stored one. `None` costs the same work and is never right, and neither is
    /// a password that is longer than any that could have been chosen, whatever its length.
    pub(crate) async fn verify(
        &self,
        password: SecretString,
        stored: Option<StoredPassword>,
    ) -> Result<bool, Error> {
        let possible = password.expose_secret().chars().count() <= MAX_PASSWORD_LENGTH;
        let (password, stored) = match stored {
            _ if !possible => (SecretString::default(), None),
            stored => (password, stored),
        };
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(StoredPassword::none);
        let right = self
            .0
            .run(move |memory| verify(&password, &stored, memory))
            .await?;
        Ok(right && known)
    }

    /// How many passwords were hashed or verified so far.
    #[cfg(test)]
    pub(crate) fn completed(&self) -> u64 {
        self.0.completed()
    }
}

fn params() -> Result<Params, Error> {
    Params::new(MEMORY_KIB, PASSES, 1, None).map_err(failed)
}

fn hash(password: &SecretString, memory: &mut [Block]) -> Result<StoredPassword, Error> {
    let (params, salt) = (params()?, Salt::generate());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let hash = compute(&argon2, password, &salt, Params::DEFAULT_OUTPUT_LEN, memory)?;
    let stored = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: params.try_into().map_err(failed)?,
        salt: Some(salt),
        hash: Some(hash),
    };
    Ok(StoredPassword::from_phc(stored.to_string()))
}

fn verify(
    password: &SecretString,
    stored: &StoredPassword,
    memory: &mut [Block],
) -> Result<bool, Error> {
    let stored = PasswordHash::new(stored.phc()).map_err(failed)?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Err(failed("a stored password has no salt or no hash"));
    };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(failed)?;
    let version = stored.version.unwrap_or(Version::V0x13.into());
    let version = Version::try_from(version).map_err(failed)?;
    let params = Params::try_from(&stored).map_err(failed)?;
    let argon2 = Argon2::new(algorithm, version, params);
    let found = compute(&argon2, password, salt, expected.len(), memory)?;
    // Compared in constant time.
    Ok(found == *expected)
}

fn compute(
    argon2: &Argon2<'_>,
    password: &SecretString,
    salt: &Salt,
    length: usize,
    memory: &mut [Block],
) -> Result<Output, Error> {
    let memory = memory.get_mut(..argon2.params().block_count());
    let memory = memory.ok_or_else(|| failed("a stored password needs more memory than ours"))?;
    let mut hash = [0; Output::MAX_LENGTH];
    let hash = hash
        .get_mut(..length)
        .ok_or_else(|| failed("a stored password has too long a hash"))?;
    let password = password.expose_secret().as_bytes();
    argon2
        .hash_password_into_with_memory(password, salt, hash, memory)
        .map_err(failed)?;
    Output::new(hash).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(NonZero::new(2), Metrics::new()).unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right() {
        let passwords = passwords();
        let stored = passwords.hash("correct horse".into()).await.unwrap();
        assert!(stored.phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));

        for (password, stored, right) in [
            ("correct horse", Some(stored.clone()), true),
            ("battery staple", Some(stored), false),
            ("", None, false),
            ("correct horse", None, false),
        ] {
            let answer = passwords.verify(password.into(), stored).await.unwrap();
            assert_eq!(answer, right, "{password}");
        }
    }

    #[tokio::test]
    async fn a_password_that_an_earlier_build_stored_is_still_right() {
        use argon2::password_hash::PasswordHasher as _;
        let theirs = Argon2::new(Algorithm::Argon2id, Version::V0x13, params().unwrap())
            .hash_password(b"correct horse")
            .unwrap();
        let stored = Some(StoredPassword::from_phc(theirs.to_string()));
        assert!(
            passwords()
                .verify("correct horse".into(), stored)
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn an_unknown_user_or_an_endless_password_costs_the_work_of_one_verification() {
        let passwords = passwords();
        let stored = passwords.hash("correct horse".into()).await.unwrap();
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let somebody = PasswordHash::new(stored.phc()).unwrap();
        assert_eq!(nobody.params, somebody.params);
        assert_eq!(nobody.algorithm, somebody.algorithm);
        assert_eq!(nobody.version, somebody.version);
        let lengths = |hash: &PasswordHash| {
            let (salt, hash) = (hash.salt.as_ref(), hash.hash.as_ref());
            (salt.map(|salt| salt.len()), hash.map(Output::len))
        };
        assert_eq!(lengths(&nobody), lengths(&somebody));

        let endless = "x".repeat(60_000);
        for (password, stored) in [
            ("a guess", Some(stored.clone())),
            ("a guess", None),
            (endless.as_str(), Some(stored.clone())),
            (endless.as_str(), None),
        ] {
            let before = passwords.completed();
            assert!(!passwords.verify(password.into(), stored).await.unwrap());
            assert_eq!(passwords.completed(), before + 1);
        }
    }

    #[tokio::test]
    async fn a_stored_password_that_asks_for_more_memory_is_a_failure_and_no_allocation() {
        let greedy = NOBODY.replace("m=19456", "m=4000000");
        let stored = Some(StoredPassword::from_phc(greedy));
        let answer = passwords().verify("a guess".into(), stored).await;
        assert!(matches!(answer, Err(Error::Failed(_))), "{answer:?}");
    }
}

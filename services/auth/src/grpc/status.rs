//! What callers are told when a call fails.

use tonic::{Code, Status, metadata::MetadataMap};
use tracing::error;

use crate::{attempts::RetryAfter, authority::Error, passwords};

/// Trailing metadata: when to try again.
const RETRY_AFTER: &str = "retry-after-ms";

/// What callers are told. The cause of a failure of ours goes to the log, here and nowhere else.
pub(super) fn status(error: Error) -> Status {
    match error {
        Error::Name(invalid) => Status::invalid_argument(invalid.to_string()),
        Error::DisplayName(invalid) => Status::invalid_argument(invalid.to_string()),
        Error::Password(weak) => Status::invalid_argument(weak.to_string()),
        Error::NameTaken => Status::already_exists("The username is taken"),
        Error::BadCredentials => Status::unauthenticated("Invalid username or password"),
        Error::WrongPassword => Status::permission_denied("The current password is wrong"),
        Error::NoPassword => Status::failed_precondition("This account has no password"),
        Error::NotBegun => Status::failed_precondition("The deletion has not begun"),
        Error::NoGuest => Status::failed_precondition("This is an account already"),
        Error::Disabled => {
            Status::permission_denied("This account is disabled; ask those who run this server")
        }
        Error::AccessToken(_) | Error::Revoked => Status::unauthenticated("Invalid token"),
        // Not UNAVAILABLE: this replica is no worse than the others.
        Error::IssuerAway => Status::aborted("The issuer of the token cannot be asked now"),
        Error::NoSuchIssuer => Status::not_found("Nobody signs in there from here"),
        Error::NoSuchSignIn => {
            Status::unauthenticated("This sign-in is over, or has begun in another browser")
        }
        Error::IssuerRefused => Status::failed_precondition("The issuer has not signed you in"),
        Error::MalformedSignIn => Status::invalid_argument("The address or the code is malformed"),
        Error::RefreshToken(_) => Status::unauthenticated("Invalid refresh token"),
        Error::NoSuchSession => Status::not_found("No such login session"),
        Error::NoSuchKey => Status::not_found("No such key"),
        Error::ApiToken(invalid) => Status::invalid_argument(invalid.to_string()),
        Error::TooManyApiTokens => Status::failed_precondition(
            "You have as many API tokens as one user may have; take one back first",
        ),
        Error::NoApiTokens => {
            Status::failed_precondition("A guest has no API tokens; make an account of it first")
        }
        Error::NoSuchApiToken => Status::not_found("No such API token"),
        Error::BadApiToken => Status::unauthenticated("Invalid API token"),
        Error::OutOfScope => {
            Status::permission_denied("An API token may not touch the account; sign in for that")
        }
        Error::NoSuchUser => Status::not_found("No such user"),
        Error::TooManyAttempts(wait) => try_later("Too many sign-ins", wait),
        Error::Hashing(passwords::Error::Busy) => {
            try_later("Too many sign-ins", RetryAfter(passwords::RETRY_AFTER))
        }
        Error::Store(cause) => unavailable(&cause),
        Error::Keys(cause) => unavailable(&cause),
        Error::Hashing(passwords::Error::Failed(_))
        | Error::Signing(_)
        | Error::NoKey
        | Error::NoRandomness => internal(&error),
    }
}

fn try_later(words: &'static str, RetryAfter(wait): RetryAfter) -> Status {
    let mut metadata = MetadataMap::new();
    // Rounded up, and never zero: a caller that comes back too early is refused again.
    let millis = u64::try_from(wait.as_millis())
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    metadata.insert(RETRY_AFTER, millis.into());
    Status::with_metadata(Code::ResourceExhausted, words, metadata)
}

fn unavailable(cause: &dyn std::error::Error) -> Status {
    error!(%cause, "the store failed");
    Status::unavailable("The auth service cannot answer now")
}

pub(super) fn internal(cause: &dyn std::error::Error) -> Status {
    error!(%cause, "a call failed");
    Status::internal("The auth service has failed")
}

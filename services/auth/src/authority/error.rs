//! Why the service cannot start, and why a question has no good answer. What callers are told of it is decided
//! in `grpc`.

use runtime::{database, redis::InvalidUrl};

use crate::{
    api_token::InvalidApiToken,
    attempts::RetryAfter,
    config::Faults,
    issuers::{Failed, NotSignedIn, NotTaken},
    keys::KeeperError,
    passwords,
    refresh::Refusal,
    store,
    token::{Rejection, SigningFailed},
    user::{InvalidDisplayName, InvalidName, WeakPassword},
};

/// Why the service cannot start. The words stand alone in one line.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The configuration is at odds with itself.
    #[error(transparent)]
    Config(#[from] Faults),
    /// The Redis URL makes no sense.
    #[error("--redis-url")]
    Redis(#[from] InvalidUrl),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] database::OpenError),
    /// The store was opened, but cannot be used.
    #[error("the auth store cannot be used: {0}")]
    Unusable(String),
}

/// The label of what is a failure of ours.
const FAILED: &str = "failed";
/// The label of what is a failure of an issuer's.
const ISSUER_AWAY: &str = "issuer_away";

/// Why a question has no good answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Name(#[from] InvalidName),
    #[error(transparent)]
    DisplayName(#[from] InvalidDisplayName),
    #[error(transparent)]
    Password(#[from] WeakPassword),
    #[error("the username is taken")]
    NameTaken,
    #[error("wrong username or password")]
    BadCredentials,
    #[error("the current password is wrong")]
    WrongPassword,
    #[error("the user has no password")]
    NoPassword,
    #[error("the user is no guest")]
    NoGuest,
    #[error("the deletion of the user has not begun")]
    NotBegun,
    #[error("the user is disabled")]
    Disabled,
    #[error("too many sign-ins")]
    TooManyAttempts(RetryAfter),
    #[error("access token: {0}")]
    AccessToken(#[from] Rejection),
    #[error("access token of a revoked login session")]
    Revoked,
    #[error("the issuer cannot be asked now")]
    IssuerAway,
    #[error("nobody signs in at an issuer of that name")]
    NoSuchIssuer,
    #[error("no sign-in of that state has begun in that browser, or it is over")]
    NoSuchSignIn,
    #[error("the issuer has not signed the user in")]
    IssuerRefused,
    #[error("an address or a code that is none")]
    MalformedSignIn,
    #[error("refresh token: {0}")]
    RefreshToken(#[from] Refusal),
    #[error("no such login session")]
    NoSuchSession,
    #[error(transparent)]
    ApiToken(#[from] InvalidApiToken),
    #[error("the user has as many API tokens as they may")]
    TooManyApiTokens,
    #[error("a guest has no API tokens")]
    NoApiTokens,
    #[error("no such API token")]
    NoSuchApiToken,
    #[error("an API token that is unknown, has ended or was taken back")]
    BadApiToken,
    #[error("by an API token nobody touches the account")]
    OutOfScope,
    #[error("no such user")]
    NoSuchUser,
    #[error("no such key")]
    NoSuchKey,
    #[error(transparent)]
    Keys(#[from] KeeperError),
    #[error(transparent)]
    Hashing(#[from] passwords::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    #[error("there is no signing key")]
    NoKey,
    #[error("there is no randomness")]
    NoRandomness,
}

impl Error {
    /// Whether somebody is refused, which is no failure of ours.
    pub(super) fn is_refusal(&self) -> bool {
        !matches!(self.label(), FAILED | ISSUER_AWAY)
    }

    /// A short name for metrics and the log.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Name(_) | Self::DisplayName(_) | Self::Password(_) => "invalid",
            Self::NameTaken => "name_taken",
            Self::BadCredentials | Self::WrongPassword => "bad_credentials",
            Self::NoPassword => "no_password",
            Self::NoGuest => "no_guest",
            Self::Disabled => "disabled",
            Self::NotBegun => "not_begun",
            Self::TooManyAttempts(_) => "limited",
            Self::AccessToken(Rejection::Expired) => "expired",
            Self::AccessToken(Rejection::UnknownKey) => "unknown_key",
            Self::AccessToken(_) => "malformed",
            Self::Revoked | Self::RefreshToken(Refusal::Revoked) => "revoked",
            Self::RefreshToken(Refusal::Unknown) => "unknown",
            Self::RefreshToken(Refusal::Expired) => "expired",
            Self::RefreshToken(Refusal::Stolen) => "stolen",
            Self::IssuerAway => ISSUER_AWAY,
            Self::NoSuchIssuer => "no_such_issuer",
            Self::NoSuchSignIn => "no_such_sign_in",
            Self::IssuerRefused => "issuer_refused",
            Self::MalformedSignIn => "invalid",
            Self::NoSuchSession => "no_such_session",
            Self::ApiToken(_) => "invalid",
            Self::TooManyApiTokens => "too_many_api_tokens",
            Self::NoApiTokens => "guest",
            Self::NoSuchApiToken => "no_such_api_token",
            Self::BadApiToken => "bad_api_token",
            Self::OutOfScope => "out_of_scope",
            Self::NoSuchUser => "no_such_user",
            Self::NoSuchKey => "no_such_key",
            Self::Hashing(passwords::Error::Busy) => "busy",
            Self::Hashing(passwords::Error::Failed(_))
            | Self::Store(_)
            | Self::Keys(_)
            | Self::Signing(_)
            | Self::NoKey
            | Self::NoRandomness => FAILED,
        }
    }
}

impl From<NotTaken> for Error {
    fn from(cause: NotTaken) -> Self {
        match cause {
            NotTaken::Rejected(rejection) => Self::AccessToken(rejection),
            NotTaken::IssuerAway => Self::IssuerAway,
        }
    }
}

impl From<Failed> for Error {
    fn from(cause: Failed) -> Self {
        match cause {
            Failed::IssuerAway => Self::IssuerAway,
            Failed::Malformed => Self::MalformedSignIn,
            Failed::Refused => Self::IssuerRefused,
            Failed::NoRandomness(_) => Self::NoRandomness,
        }
    }
}

impl From<NotSignedIn> for Error {
    fn from(cause: NotSignedIn) -> Self {
        match cause {
            NotSignedIn::Exchange(failed) => failed.into(),
            NotSignedIn::IdToken(not_taken) => not_taken.into(),
        }
    }
}

impl From<RetryAfter> for Error {
    fn from(wait: RetryAfter) -> Self {
        Self::TooManyAttempts(wait)
    }
}

/// The metric label of an answer.
pub(super) fn outcome<T>(answer: &Result<T, Error>) -> &'static str {
    answer.as_ref().map_or_else(Error::label, |_| "ok")
}

//! What is refused, as gRPC tells it: what cannot be a domain value is `INVALID_ARGUMENT`; each refusal has its one status.

use access_token::InvalidScope;
use proto::{ids::InvalidId, text::InvalidMessageText};
use tonic::{Code, Status, metadata::MetadataMap};

use crate::{
    message::InvalidName,
    recipe::limits,
    recipes::InvalidCursor,
    refused::{Declined, Refused},
};

/// Trailing metadata: when to try again.
const RETRY_AFTER: &str = "retry-after-ms";

/// A request that makes no sense.
#[derive(Debug, thiserror::Error)]
pub(super) enum Invalid {
    /// An id that cannot be one.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// A scope that means nothing here.
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    /// A name that cannot be one.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A text that cannot be a message.
    #[error(transparent)]
    Text(#[from] InvalidMessageText),
    /// A part without which it says nothing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A place in a list that is none.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// The title of a new recipe.
    #[error("a title must have at most {} characters", limits::NAME)]
    Title,
}

impl From<Invalid> for Status {
    fn from(invalid: Invalid) -> Self {
        Self::invalid_argument(invalid.to_string())
    }
}

pub(super) fn code(refused: Refused) -> Code {
    match refused {
        Refused::NoSuchRecipe
        | Refused::NoSuchLink
        | Refused::NoSuchWebhook
        | Refused::NoSuchRevision => Code::NotFound,
        Refused::ReadOnly
        | Refused::OwnerOnly
        | Refused::OutOfScope
        | Refused::NoToken
        | Refused::TokenOfAnother => Code::PermissionDenied,
        Refused::BadToken => Code::Unauthenticated,
        Refused::MessageIdReused | Refused::RecipeIdTaken => Code::AlreadyExists,
        Refused::ChangedSince => Code::Aborted,
        Refused::TooMuch(_) => Code::InvalidArgument,
        Refused::ImportUnderWay
        | Refused::TooManyRecipes
        | Refused::TooManyMembers
        | Refused::TooManyLinks
        | Refused::TooManyWebhooks
        | Refused::WrittenTooMuch { .. } => Code::ResourceExhausted,
        Refused::SignInEnded | Refused::TooLate => Code::DeadlineExceeded,
        Refused::Busy | Refused::Overloaded | Refused::Unavailable => Code::Unavailable,
    }
}

pub(super) fn status(refused: Refused) -> Status {
    let mut metadata = MetadataMap::new();
    if let Some(millis) = retry_after_millis(refused) {
        metadata.insert(RETRY_AFTER, millis.into());
    }
    Status::with_metadata(code(refused), refused.to_string(), metadata)
}

/// Rounded up: a caller that comes back too early is refused again.
pub(super) fn retry_after_millis(refused: Refused) -> Option<u64> {
    let wait = refused.retry_after()?;
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    Some(millis.saturating_add(1))
}

/// The words of what cannot be done are about the request, never about what lies behind.
pub(super) fn declined(declined: Declined) -> Status {
    match declined {
        Declined::Refused(refused) => status(refused),
        Declined::StoodOn(words) => Status::aborted(words),
        Declined::Unworkable(words) => Status::invalid_argument(words),
    }
}

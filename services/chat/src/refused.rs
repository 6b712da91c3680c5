//! Why a request was refused, in words that may be shown to people. `grpc` maps each to a status.

use std::time::Duration;

use crate::recipe_state::TooMuch;

/// How long whoever has an import under way waits before the next one.
const IMPORT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// A request that was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// It is not there, or not for this user: nobody can tell which.
    #[error("There is no such recipe")]
    NoSuchRecipe,
    /// It leads nowhere: it is unknown, has expired or was taken back.
    #[error("There is no such invitation: it has ended, or was taken back")]
    NoSuchLink,
    /// The recipe has as many members as it may.
    #[error("The recipe has as many members as it may have")]
    TooManyMembers,
    /// The user has as many links as they may.
    #[error("You have as many links as one user may have; take one back first")]
    TooManyLinks,
    /// It is unknown, or webhooks are off.
    #[error("There is no such webhook")]
    NoSuchWebhook,
    /// The recipe has as many webhooks as it may.
    #[error("The recipe has as many webhooks as it may have; remove one first")]
    TooManyWebhooks,
    /// The recipe has not come that far.
    #[error("The recipe has no such revision")]
    NoSuchRevision,
    /// May read, not write.
    #[error("You may read this recipe, but not change it")]
    ReadOnly,
    /// A program asks by an API token that is limited to less.
    #[error("The API token may not do that: its scope does not include it")]
    OutOfScope,
    /// Only the owner decides who comes in.
    #[error("Only the owner of this recipe may do that")]
    OwnerOnly,
    /// The message id was accepted before, with another content.
    #[error("This message id was used before, with another content")]
    MessageIdReused,
    /// What is to be taken back was changed again since.
    #[error("Later changes stand on it; take those back first")]
    ChangedSince,
    /// A document that makes the recipe larger than it may be.
    #[error("A recipe holds at most {}; shorten it, or make two of it", in_words(.0))]
    TooMuch(TooMuch),
    /// The recipe id is taken.
    #[error("This recipe id is taken")]
    RecipeIdTaken,
    /// Nothing shows who asks.
    #[error("Nothing shows who asks: the call carries no access token")]
    NoToken,
    /// Somebody else is shown than who asks.
    #[error("The access token is somebody else's")]
    TokenOfAnother,
    /// It is no access token of ours.
    #[error("The access token is not good")]
    BadToken,
    /// The token of whoever asks has ended.
    #[error("The sign-in has ended; sign in again")]
    SignInEnded,
    /// The author's token has ended meanwhile.
    #[error("The message came too late: its author's sign-in had ended")]
    TooLate,
    /// The user owns as many recipes as they may.
    #[error("You have as many recipes as one user may have")]
    TooManyRecipes,
    /// The user has written as much as they may in a day.
    #[error("You have written as much as one user may in a day; try again later")]
    WrittenTooMuch {
        /// When they may write again.
        retry_after: Duration,
    },
    /// Too much is waiting already.
    #[error("Too many messages are waiting; try again")]
    Busy,
    /// No thread is free to read or write a document.
    #[error("Too many documents are being read and written; try again")]
    Overloaded,
    /// The user's import before this one is not done.
    #[error("Another import of yours is under way; try again when it is done")]
    ImportUnderWay,
    /// The store cannot be asked, or did not say in time whether it accepted.
    #[error("The recipe cannot be reached just now; try again")]
    Unavailable,
}

impl Refused {
    /// When the same request may be carried out, where that is known.
    pub(crate) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::WrittenTooMuch { retry_after } => Some(retry_after),
            Self::ImportUnderWay => Some(IMPORT_RETRY_AFTER),
            Self::NoSuchRecipe
            | Self::NoSuchLink
            | Self::NoSuchWebhook
            | Self::TooManyWebhooks
            | Self::TooManyMembers
            | Self::TooManyLinks
            | Self::NoSuchRevision
            | Self::ReadOnly
            | Self::OwnerOnly
            | Self::OutOfScope
            | Self::MessageIdReused
            | Self::ChangedSince
            | Self::TooMuch(_)
            | Self::RecipeIdTaken
            | Self::NoToken
            | Self::TokenOfAnother
            | Self::BadToken
            | Self::SignInEnded
            | Self::TooLate
            | Self::TooManyRecipes
            | Self::Busy
            | Self::Overloaded
            | Self::Unavailable => None,
        }
    }
}

fn in_words(too_much: &TooMuch) -> String {
    match too_much {
        TooMuch::Ingredients(limit) => format!("{limit} ingredients"),
        TooMuch::Steps(limit) => format!("{limit} steps"),
        TooMuch::Bytes(limit) if *limit < 1024 => format!("{limit} bytes in all"),
        TooMuch::Bytes(limit) => format!("{} KiB in all", limit >> 10),
    }
}

/// What was asked beside the chat was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Declined {
    /// As a message would have been.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Something stands against it; the words say who and what.
    #[error("{0}")]
    StoodOn(String),
    /// It cannot be done as it is; the words say why, and what would work.
    #[error("{0}")]
    Unworkable(String),
}

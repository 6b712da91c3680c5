//! Why another program's recipe could not be taken over, and where in it.

use super::refusal::Refusal;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is not in the format, or there is no recipe in it.
    #[error("This is no recipe in {format}: {reason}")]
    Unreadable {
        format: &'static str,
        reason: String,
    },
    /// Something stands in a field and none of it could be read: an empty list would take away what is there.
    #[error(
        "{field} is filled, but nothing in it could be read as text; write it as a list of texts"
    )]
    NotUnderstood { field: &'static str },
    /// Something in it is beyond what a recipe can hold.
    #[error("{place}: {refusal}")]
    Refused { place: String, refusal: Refusal },
    /// An amount that nobody can measure, where amounts stand alone.
    #[error(
        "{place}: \"{text}\" is no amount; write one as in \"1 1/2\", \"2-3\" or \"to taste\", or put it into the note"
    )]
    NoAmount { place: String, text: String },
}

/// How much of a text is shown in an error.
const SHOWN: usize = 40;

/// The beginning of a text, to be shown in an error: whole texts may be as large as the document.
pub(super) fn beginning(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// Says where in a document something was refused.
pub(super) trait Placed<T> {
    fn at(self, place: impl FnOnce() -> String) -> Result<T, ImportError>;
}

impl<T> Placed<T> for Result<T, Refusal> {
    fn at(self, place: impl FnOnce() -> String) -> Result<T, ImportError> {
        self.map_err(|refusal| ImportError::Refused {
            place: place(),
            refusal,
        })
    }
}

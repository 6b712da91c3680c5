//! Why another program's recipe could not be taken over.

use super::refusal::Refusal;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is not in the format, or there is no recipe in it.
    #[error("This is no recipe in {format}: {reason}")]
    Unreadable {
        format: &'static str,
        reason: String,
    },
    /// Something in it is beyond what a recipe can hold.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

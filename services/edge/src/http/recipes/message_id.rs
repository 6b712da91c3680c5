//! The id of the message that a call becomes in the recipe's order: the caller's `Idempotency-Key`, so that a call
//! can be repeated when its answer was lost.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use proto::ids::MessageId;

use crate::http::problem::Problem;

const HEADER: &str = "idempotency-key";

/// The caller's key, or a new one.
pub(in crate::http) struct IdempotencyKey(pub(super) MessageId);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(given) = parts.headers.get(HEADER) else {
            return Ok(Self(MessageId::random()));
        };
        let key = given.to_str().ok().and_then(|text| text.parse().ok());
        key.map(Self).ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "Idempotency-Key must be 1 to 128 visible characters",
            )
        })
    }
}

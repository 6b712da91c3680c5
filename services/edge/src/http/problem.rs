//! Errors as RFC 9457 `application/problem+json`: fixed words for the peer, the cause in the log.

use std::{any::Any, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::error;

use crate::upstream::{auth::AuthError, chat::ChatError};

const PROBLEM_JSON: &str = "application/problem+json";
/// What a handler of ours has said itself, such as why an edge is not ready.
const JSON: &str = "application/json";

/// An error as the peer sees it.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
    retry_after: Option<Duration>,
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

#[derive(Serialize)]
struct Json<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            retry_after: None,
            header: None,
        }
    }

    pub(super) fn retry_after(self, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..self
        }
    }

    /// With one more header.
    pub(super) fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        Self {
            header: Some(Box::new((name, value))),
            ..self
        }
    }

    pub(super) fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is nothing here for you")
    }

    pub(super) fn too_many(wait: Duration) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many sign-ins; wait a moment",
        )
        .retry_after(wait)
    }

    pub(super) fn too_many_requests(wait: Duration) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests in a short time; wait a moment",
        )
        .retry_after(wait)
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "This address does not answer that method; see Allow",
        )
    }

    fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "A service cannot be reached; try again later",
        )
        .retry_after(Duration::from_secs(1))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let json = Json {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
        };
        let mut response = (self.status, axum::Json(json)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == StatusCode::UPGRADE_REQUIRED {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        if let Some(header) = self.header {
            let (name, value) = *header;
            headers.insert(name, value);
        }
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, whole_seconds(wait).max(1).into());
        }
        response
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Unauthenticated(words) => Self::new(StatusCode::UNAUTHORIZED, words.0),
            AuthError::Invalid(words) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, words.0),
            AuthError::Taken(words) => Self::new(StatusCode::CONFLICT, words.0),
            AuthError::Forbidden(words) => Self::new(StatusCode::FORBIDDEN, words.0),
            AuthError::NotFound => Self::not_found(),
            AuthError::Conflict(words) => Self::new(StatusCode::CONFLICT, words.0),
            AuthError::TooMany { retry_after } => Self::too_many(retry_after),
            AuthError::Unavailable => Self::unavailable(),
        }
    }
}

impl From<ChatError> for Problem {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::NotFound => Self::not_found(),
            ChatError::Forbidden(words) => Self::new(StatusCode::FORBIDDEN, words),
            ChatError::Conflict(words) => Self::new(StatusCode::CONFLICT, words),
            ChatError::Invalid(words) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, words),
            ChatError::TooMuch { words, retry_after } => {
                let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, words);
                match retry_after {
                    Some(wait) => problem.retry_after(wait),
                    None => problem,
                }
            }
            ChatError::TooLate | ChatError::Unavailable => Self::unavailable(),
        }
    }
}

/// Makes every refusal a problem document; the headers of one that was none are kept.
pub(super) async fn explain(response: Response) -> Response {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_told = content_type.is_some_and(|found| found == PROBLEM_JSON || found == JSON);
    if !is_refusal || is_told {
        return response;
    }
    let problem = match status {
        StatusCode::METHOD_NOT_ALLOWED => Problem::method_not_allowed(),
        StatusCode::NOT_FOUND => Problem::not_found(),
        StatusCode::SERVICE_UNAVAILABLE => Problem::unavailable(),
        status => Problem::new(status, "The request cannot be answered as it is"),
    };
    let mut explained = problem.into_response();
    for (name, value) in response.headers() {
        let of_the_body = [header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name);
        if !of_the_body {
            explained.headers_mut().insert(name, value.clone());
        }
    }
    explained
}

/// The answer when a handler has panicked.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that the layer calls"
)]
pub(super) fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let cause = cause
        .downcast_ref::<&str>()
        .copied()
        .unwrap_or("no words given");
    error!(cause, "a request handler has panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The server has a fault; it has been noted",
    )
    .into_response()
}

/// Rounded up.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

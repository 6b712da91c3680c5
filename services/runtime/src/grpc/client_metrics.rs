//! Calls to other services as metrics: how long each method takes, and what comes of it.

use std::{sync::LazyLock, time::Duration};

use http::{HeaderMap, Response};
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};
use tokio::time::Instant;
use tonic::{Code, Status};

/// From half a millisecond to the longest that anybody waits, in seconds.
const SECONDS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 5.0,
];

/// A call under way. It counts when it is answered, and as `cancelled` when nobody waits for it any more.
#[derive(Debug)]
pub(super) struct CallUnderWay {
    /// `/package.Service/Method`: ours, so that there are only so many.
    method: String,
    begun: Instant,
    outcome: &'static str,
}

impl CallUnderWay {
    /// One that begins now.
    pub(super) fn of(method: &str) -> Self {
        Self {
            method: method.trim_start_matches('/').to_owned(),
            begun: Instant::now(),
            outcome: "cancelled",
        }
    }

    /// Notes how it was answered. What is streamed after the head is not waited for.
    pub(super) fn answered<B, E>(mut self, answer: &Result<Response<B>, E>) {
        self.outcome = match answer {
            Ok(response) => outcome(response.headers()),
            Err(_) => "unreachable",
        };
    }
}

impl Drop for CallUnderWay {
    fn drop(&mut self) {
        count(
            std::mem::take(&mut self.method),
            self.outcome,
            self.begun.elapsed(),
        );
    }
}

/// What a service says of a call that it refuses comes with the head of its answer.
fn outcome(headers: &HeaderMap) -> &'static str {
    let code = Status::from_header_map(headers).map_or(Code::Ok, |status| status.code());
    match code {
        Code::Ok => "ok",
        Code::Cancelled => "cancelled",
        Code::Unknown => "unknown",
        Code::InvalidArgument => "invalid_argument",
        Code::DeadlineExceeded => "deadline_exceeded",
        Code::NotFound => "not_found",
        Code::AlreadyExists => "already_exists",
        Code::PermissionDenied => "permission_denied",
        Code::ResourceExhausted => "resource_exhausted",
        Code::FailedPrecondition => "failed_precondition",
        Code::Aborted => "aborted",
        Code::OutOfRange => "out_of_range",
        Code::Unimplemented => "unimplemented",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::DataLoss => "data_loss",
        Code::Unauthenticated => "unauthenticated",
    }
}

fn count(method: String, outcome: &'static str, took: Duration) {
    static CALLS: LazyLock<Counter<u64>> = LazyLock::new(|| {
        global::meter("runtime")
            .u64_counter("grpc_client_calls")
            .with_description("Calls to other services, by method and outcome")
            .build()
    });
    static TIME: LazyLock<Histogram<f64>> = LazyLock::new(|| {
        global::meter("runtime")
            .f64_histogram("grpc_client_call_duration")
            .with_unit("s")
            .with_description("From a call to another service to the head of its answer, by method")
            .with_boundaries(SECONDS.to_vec())
            .build()
    });
    let method = KeyValue::new("method", method);
    TIME.record(took.as_secs_f64(), std::slice::from_ref(&method));
    CALLS.add(1, &[method, KeyValue::new("outcome", outcome)]);
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_refusal_is_told_by_the_head_of_its_answer() {
        let mut headers = HeaderMap::new();
        assert_eq!(outcome(&headers), "ok");
        headers.insert("grpc-status", HeaderValue::from_static("5"));
        assert_eq!(outcome(&headers), "not_found");
        headers.insert("grpc-status", HeaderValue::from_static("14"));
        assert_eq!(outcome(&headers), "unavailable");
    }

    #[test]
    fn a_call_that_nobody_waits_for_is_cancelled() {
        let call = CallUnderWay::of("/recipechat.auth.v1.AuthService/ValidateToken");
        assert_eq!(call.method, "recipechat.auth.v1.AuthService/ValidateToken");
        assert_eq!(call.outcome, "cancelled");
        call.answered(&Err::<Response<()>, _>("nobody there"));
    }
}

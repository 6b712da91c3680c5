//! Carries the W3C trace context across borders: into and out of text, HTTP headers and gRPC metadata.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::metadata::MetadataValue;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";

/// The `traceparent` of the span, or `None` when it is not part of a trace.
pub fn traceparent(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(TRACEPARENT)
}

/// Makes the span a child of `traceparent`; a malformed one is ignored, as W3C asks.
pub fn set_parent(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    // Refused only when no OpenTelemetry layer is installed: then there is no trace to be part of.
    span.set_parent(context).ok();
}

/// Wraps a message as a gRPC request that carries the current trace.
pub fn request<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let value = traceparent(&Span::current()).and_then(|text| MetadataValue::try_from(text).ok());
    if let Some(value) = value {
        request.metadata_mut().insert(TRACEPARENT, value);
    }
    request
}

/// The span of one gRPC call, a child of the caller's trace.
pub fn grpc_call_span(request: &http::Request<()>) -> Span {
    let span = tracing::info_span!(
        "grpc",
        otel.name = request.uri().path(),
        otel.kind = "server"
    );
    let parent = request.headers().get(TRACEPARENT);
    if let Some(parent) = parent.and_then(|value| value.to_str().ok()) {
        set_parent(&span, parent);
    }
    span
}

//! Carries the W3C trace context across borders: into and out of text, HTTP headers and gRPC metadata.

use std::collections::HashMap;

use opentelemetry::{
    Context,
    propagation::TextMapPropagator,
    trace::{TraceContextExt as _, TraceId},
};
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

/// Makes the span a child of `traceparent`, or of the span around it when that is malformed, as W3C asks.
pub fn set_parent(span: &Span, traceparent: &str) {
    // Refused only when no OpenTelemetry layer is installed: then there is no trace to be part of.
    span.set_parent(extract(&Context::current(), traceparent))
        .ok();
}

/// Makes the span the first of what somebody asked for: part of their trace when they named one, else of a new one.
/// The span around it, which may live for hours, is only linked.
pub fn begin(span: &Span, traceparent: Option<&str>) {
    span.follows_from(Span::current());
    let nothing = Context::new();
    let context = traceparent.map_or(nothing.clone(), |text| extract(&nothing, text));
    // As above.
    span.set_parent(context).ok();
    name_trace(span);
}

/// Writes the trace's id into the field `trace_id` of a span that has one, so that log lines carry it.
fn name_trace(span: &Span) {
    let context = span.context();
    let trace = context.span().span_context().trace_id();
    if trace != TraceId::INVALID {
        span.record("trace_id", tracing::field::display(trace));
    }
}

fn extract(around: &Context, traceparent: &str) -> Context {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    TraceContextPropagator::new().extract_with_context(around, &carrier)
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
        otel.kind = "server",
        trace_id = tracing::field::Empty,
    );
    let parent = request.headers().get(TRACEPARENT);
    if let Some(parent) = parent.and_then(|value| value.to_str().ok()) {
        set_parent(&span, parent);
    }
    name_trace(&span);
    span
}

//! One trace runs from the edge's post through the link to the commit.

use std::sync::{Arc, Mutex};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use proto::chat::{self as wire, link_request};
use tracing_subscriber::layer::SubscriberExt;

use crate::harness::{Service, post};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Keeps the spans that ended.
#[derive(Debug, Clone, Default)]
struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Spans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

#[tokio::test]
async fn a_commit_belongs_to_the_trace_of_its_post() {
    let spans = Spans::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(spans.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let service = Service::start().await;
    let mut link = service.link().await;
    link.join("pie", "ada").await;

    let link_request::Call::Post(request) = post("pie", "ada", "m1", "hello") else {
        panic!("not a post");
    };
    let request = wire::LinkRequest {
        number: 1_000,
        traceparent: format!("00-{TRACE}-b7ad6b7169203331-01"),
        call: Some(link_request::Call::Post(request)),
    };
    link.requests.send(request).await.unwrap();
    link.answer_to(1_000).await;
    service.stop().await;

    let spans = spans.0.lock().unwrap();
    let named = |name: &str| {
        let mut named = spans.iter().filter(|span| span.name == name);
        let found = named.next().unwrap_or_else(|| panic!("no span {name}"));
        (found.span_context.trace_id().to_string(), found)
    };
    let ((trace, post), (commit_trace, commit)) = (named("post"), named("commit"));
    assert_eq!((trace.as_str(), commit_trace.as_str()), (TRACE, TRACE));
    assert_eq!(commit.parent_span_id, post.span_context.span_id());
}

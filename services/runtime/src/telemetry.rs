//! Logs, traces and metrics of one process: set up once in `main`, flushed at the end.
//!
//! Logs go to standard error, one event a line. Traces and metrics go out over OTLP when an endpoint is
//! given; metrics can be read as Prometheus text at any time.

mod directives;
mod process;

use std::io::IsTerminal as _;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use opentelemetry::{KeyValue, global, trace::TracerProvider as _};
use opentelemetry_otlp::{WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use prometheus::{Encoder, Registry, TextEncoder};
use tonic::transport::ClientTlsConfig;
use tracing::Level;
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry as Subscriber, filter::Targets, layer::SubscriberExt, reload,
    util::SubscriberInitExt,
};
use uuid::Uuid;

use crate::build;

/// What traces are made of. Only our own code: the libraries' spans would include the export of traces, and their
/// events whole frames, with tokens.
const TRACED: [&str; 5] = ["auth", "chat", "edge", "recipe_chat", "runtime"];

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// What to log and where to send telemetry.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetryConfig {
    /// What is logged: a level, or directives such as `info,edge=debug`
    #[arg(long, env = "RECIPE_CHAT_LOG", default_value = "info")]
    pub log: String,

    /// How logs look, on standard error
    #[arg(long, env = "RECIPE_CHAT_LOG_FORMAT", value_enum, default_value_t = LogFormat::Pretty)]
    pub log_format: LogFormat,

    /// Where traces and metrics are sent over OTLP/gRPC, such as http://127.0.0.1:4317, or https://… for TLS [default: nowhere]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
}

/// Telemetry that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The log directives make no sense.
    #[error("--log: {0}")]
    Directives(String),
    /// The OTLP endpoint is no address.
    #[error("--otlp-endpoint: write it as http://HOST:PORT, or https://HOST:PORT for TLS")]
    Endpoint,
    /// The OTLP exporter refused its endpoint.
    #[error("--otlp-endpoint: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The Prometheus reader could not be registered.
    #[error("metrics: {0}")]
    Metrics(#[from] opentelemetry_sdk::error::OTelSdkError),
    /// Somebody else has set up logging in this process.
    #[error("logging is already set up")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// The running telemetry of a process.
#[derive(Debug)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: SdkMeterProvider,
    prometheus: Prometheus,
    log_filter: LogFilter,
}

/// What is logged, which may change while the process runs.
#[derive(Debug, Clone)]
pub struct LogFilter(reload::Handle<EnvFilter, Subscriber>);

/// What is to be logged from some moment on, in words that make sense.
#[derive(Debug)]
pub struct LogDirectives(EnvFilter);

impl LogDirectives {
    /// From the value of `--log`.
    ///
    /// # Errors
    /// When it makes no sense.
    pub fn read(directives: &str) -> Result<Self, SetupError> {
        let filter = directives::filter(directives).map_err(SetupError::Directives)?;
        Ok(Self(filter))
    }
}

impl LogFilter {
    /// Logs by these from now on.
    pub fn set(&self, directives: LogDirectives) {
        // Fails only when the process's subscriber is gone, and then nothing is logged at all.
        self.0.reload(directives.0).ok();
    }
}

/// The metrics of this process, ready to be read as Prometheus text.
#[derive(Debug, Clone, Default)]
pub struct Prometheus(Registry);

impl Prometheus {
    /// The current values in the Prometheus text format.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        // Writing to memory fails only for metrics without a name, which OpenTelemetry does not make.
        TextEncoder::new()
            .encode(&self.0.gather(), &mut text)
            .unwrap_or_default();
        String::from_utf8(text).unwrap_or_default()
    }
}

impl IntoResponse for Prometheus {
    fn into_response(self) -> Response {
        let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
        (headers, self.text()).into_response()
    }
}

impl Telemetry {
    /// Sets up logs, traces and metrics for the process.
    ///
    /// # Errors
    /// When a directive or endpoint is malformed, or telemetry is set up already.
    pub fn start(service: &'static str, config: &TelemetryConfig) -> Result<Self, SetupError> {
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attributes([
                KeyValue::new("service.version", build::VERSION),
                KeyValue::new("service.instance.id", Uuid::now_v7().to_string()),
            ])
            .build();
        // A variable that is set to nothing is as one that is not set.
        let endpoint = config
            .otlp_endpoint
            .as_deref()
            .filter(|url| !url.is_empty())
            .map(checked_endpoint)
            .transpose()?;
        let prometheus = Prometheus::default();
        let metrics = meter_provider(resource.clone(), endpoint, &prometheus.0)?;
        let traces = endpoint
            .map(|endpoint| tracer_provider(resource, endpoint))
            .transpose()?;
        let log_filter = subscribe(config, traces.as_ref())?;
        global::set_meter_provider(metrics.clone());
        process::watch();
        Ok(Self {
            traces,
            metrics,
            prometheus,
            log_filter,
        })
    }

    /// The metrics of this process.
    pub fn prometheus(&self) -> Prometheus {
        self.prometheus.clone()
    }

    /// What is logged.
    pub fn log_filter(&self) -> LogFilter {
        self.log_filter.clone()
    }

    /// Sends what is still held. It blocks, so call it after the runtime has ended its work.
    pub fn shutdown(self) {
        // A collector that is gone must not keep the process from ending.
        if let Some(traces) = self.traces {
            traces.shutdown().ok();
        }
        self.metrics.shutdown().ok();
    }
}

fn subscribe(
    config: &TelemetryConfig,
    traces: Option<&SdkTracerProvider>,
) -> Result<LogFilter, SetupError> {
    let (filter, handle) = reload::Layer::new(LogDirectives::read(&config.log)?.0);
    let logs = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let logs = match config.log_format {
        LogFormat::Pretty => logs.boxed(),
        LogFormat::Json => logs.json().flatten_event(true).boxed(),
    };
    let spans = traces.map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("recipe-chat"))
            .with_filter(Targets::new().with_targets(TRACED.map(|target| (target, Level::DEBUG))))
    });
    tracing_subscriber::registry()
        .with(logs.with_filter(filter))
        .with(spans)
        .try_init()?;
    Ok(LogFilter(handle))
}

/// The library takes what has no scheme for TLS.
fn checked_endpoint(endpoint: &str) -> Result<&str, SetupError> {
    let scheme = endpoint.split_once("://").map(|(scheme, _)| scheme);
    match scheme {
        Some("http" | "https") => Ok(endpoint),
        _ => Err(SetupError::Endpoint),
    }
}

/// How `https` is spoken: with the authorities of the system, or those in the file that `SSL_CERT_FILE` names.
fn tls() -> ClientTlsConfig {
    ClientTlsConfig::new().with_native_roots()
}

fn tracer_provider(resource: Resource, endpoint: &str) -> Result<SdkTracerProvider, SetupError> {
    let mut exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint);
    if endpoint.starts_with("https:") {
        exporter = exporter.with_tls_config(tls());
    }
    let exporter = exporter.build()?;
    Ok(SdkTracerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build())
}

fn meter_provider(
    resource: Resource,
    endpoint: Option<&str>,
    registry: &Registry,
) -> Result<SdkMeterProvider, SetupError> {
    let reader = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()?;
    let mut provider = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(reader);
    if let Some(endpoint) = endpoint {
        let mut exporter = opentelemetry_otlp::MetricExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint);
        if endpoint.starts_with("https:") {
            exporter = exporter.with_tls_config(tls());
        }
        provider = provider.with_periodic_exporter(exporter.build()?);
    }
    Ok(provider.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_tells_whether_it_is_tls() {
        for good in ["http://127.0.0.1:4317", "https://collector.example:4317"] {
            assert_eq!(checked_endpoint(good).unwrap(), good);
        }
        for bad in ["localhost:4317", "grpc://localhost:4317", "4317"] {
            let told = checked_endpoint(bad).unwrap_err().to_string();
            assert!(told.contains("https://HOST:PORT"), "{bad}: {told}");
        }
    }
}

//! The gRPC stacks of servers and clients: time-outs, keep-alive, limits, health, reflection, trace context and
//! shutdown, the same for every service.

mod channel;
mod client_metrics;
pub(crate) mod credentials;
mod health;
mod incoming;
mod pool;
mod proof;

use std::{convert::Infallible, time::Duration};

use tokio::net::TcpListener;
use tonic::{body::Body, codegen::Service, server::NamedService, transport::Server};

use self::proof::RequireProof;
pub use self::{
    channel::{Channel, DialError, Dialer, InvalidAddress, channel},
    credentials::{CredentialArgs, CredentialError, Credentials},
    health::Probe,
    pool::{Pool, Repeat},
};
use crate::{lifecycle::Lifecycle, trace_context};

/// How long a connection may be silent before it is probed, and how long the probe may take. Without this a
/// partition leaves the connection dead after it heals; together they are as long as a caller waits for an answer.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(3));
/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long any call may take on the server until its answer begins.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How many calls one connection may have under way.
const MAX_STREAMS_PER_CONNECTION: u32 = 1024;

/// Who may call a server, and what it tells of itself.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// What callers must show.
    pub credentials: Credentials,
    /// Whether its services and messages are described to callers (gRPC reflection).
    pub reflection: bool,
}

/// Serves one gRPC service with standard health, and reflection of `descriptors` alone if wanted, until the lifecycle stops
/// it: health says NOT_SERVING, calls under way are finished, and a kill ends what is left. It says so too while `store`
/// gives no good answer.
///
/// # Errors
/// When the transport fails or the descriptors are malformed.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    descriptors: &'static [u8],
    access: Access,
    store: Probe,
    lifecycle: &Lifecycle,
) -> anyhow::Result<()>
where
    S: Service<http::Request<Body>, Error = Infallible>
        + NamedService
        + Clone
        + Send
        + Sync
        + 'static,
    S::Response: axum::response::IntoResponse,
    S::Future: Send + 'static,
{
    let (reporter, health_service) = tonic_health::server::health_reporter();
    health::set(&reporter, S::NAME, true).await;
    let following = health::follow(S::NAME, reporter.clone(), store, lifecycle.clone());
    lifecycle.spawn(following);
    // Both versions: many tools ask only for the older one.
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(descriptors)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(
                tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
            )
    };
    let (reflection, reflection_alpha) = match access.reflection {
        true => (
            Some(reflection().build_v1()?),
            Some(reflection().build_v1alpha()?),
        ),
        false => (None, None),
    };

    let stop = async {
        lifecycle.stopping().await;
        health::set(&reporter, S::NAME, false).await;
    };
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEP_ALIVE.0))
        .http2_keepalive_timeout(Some(KEEP_ALIVE.1))
        .timeout(CALL_TIMEOUT)
        .max_concurrent_streams(MAX_STREAMS_PER_CONNECTION)
        .trace_fn(trace_context::grpc_call_span)
        .layer(RequireProof(access.credentials.clone()))
        .add_service(health_service)
        .add_optional_service(reflection)
        .add_optional_service(reflection_alpha)
        .add_service(service)
        .serve_with_incoming_shutdown(incoming::connections(listener, access.credentials), stop);
    tokio::select! {
        ended = server => ended?,
        () = lifecycle.killed() => {}
    }
    Ok(())
}

//! The gRPC stacks of servers and clients: time-outs, keep-alive, limits, health, reflection, trace context and
//! shutdown, the same for every service.

mod incoming;
mod pool;

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use tokio::net::TcpListener;
use tonic::{
    body::Body,
    codegen::Service,
    server::NamedService,
    transport::{Channel, Endpoint, Server},
};
use tonic_health::ServingStatus;

pub use self::pool::{Pool, Repeat};
use crate::{lifecycle::Lifecycle, trace_context};

/// How long a connection may be silent before it is probed, and how long the probe may take. Without this a
/// partition leaves the connection dead after it heals; together they are as long as a caller waits for an answer.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(3));
/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long any call may take on the server until its answer begins.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How many calls one connection may have under way.
const STREAMS_PER_CONNECTION: u32 = 1024;

/// Serves one gRPC service with standard health and reflection until the lifecycle stops it: health says
/// NOT_SERVING, calls under way are finished, and a kill ends what is left.
///
/// # Errors
/// When the transport fails or the descriptors are malformed.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    descriptors: &'static [u8],
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
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<S>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(descriptors)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;

    let stop = async {
        lifecycle.stopping().await;
        health.set_not_serving::<S>().await;
        let whole_server = "";
        health
            .set_service_status(whole_server, ServingStatus::NotServing)
            .await;
    };
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEP_ALIVE.0))
        .http2_keepalive_timeout(Some(KEEP_ALIVE.1))
        .timeout(CALL_TIMEOUT)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .trace_fn(trace_context::grpc_call_span)
        .add_service(health_service)
        .add_service(reflection)
        .add_service(service)
        .serve_with_incoming_shutdown(incoming::connections(listener), stop);
    tokio::select! {
        ended = server => ended?,
        () = lifecycle.killed() => {}
    }
    Ok(())
}

/// An address that no channel can be made for.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an address of a gRPC service; write it as http://host:port")]
pub struct InvalidAddress(pub(crate) String);

/// A channel to one address: connects when first used, and again whenever the connection is lost.
///
/// # Errors
/// When `address` is no `http://` or `https://` URL.
pub fn channel(address: &str) -> Result<Channel, InvalidAddress> {
    let invalid = || InvalidAddress(address.to_owned());
    if !(address.starts_with("http://") || address.starts_with("https://")) {
        return Err(invalid());
    }
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| invalid())?;
    Ok(lazily(endpoint))
}

/// A channel to a replica at this address, like [`channel`].
fn channel_to(address: SocketAddr) -> Channel {
    // An address as text is always a good authority.
    let authority = address.to_string();
    let uri = http::Uri::builder().scheme("http").authority(authority);
    let uri = uri.path_and_query("/").build().unwrap_or_default();
    lazily(Endpoint::from(uri))
}

fn lazily(endpoint: Endpoint) -> Channel {
    endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE.0)
        .keep_alive_timeout(KEEP_ALIVE.1)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true)
        .connect_lazy()
}

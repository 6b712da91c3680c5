//! Whether the replicas of a service are found and healthy.

use std::net::SocketAddr;

use runtime::{grpc::Credentials, lifecycle::Lifecycle, probe, replicas::ServiceAddress};
use tokio::time::timeout;

use super::{CHECK_TIMEOUT, Report};

/// Asks each for the health of a service by its name; gives those that are well.
pub(super) async fn check(
    report: &mut Report,
    what: &str,
    service: &str,
    url: ServiceAddress,
    credentials: &Credentials,
) -> Vec<SocketAddr> {
    let lifecycle = Lifecycle::new();
    let name = url.to_string();
    let replicas = url.follow(&lifecycle);
    let mut healthy = Vec::new();
    match timeout(CHECK_TIMEOUT, replicas.some()).await {
        Err(_) => report.fault(what, format!("{name} cannot be looked up")),
        Ok(addresses) => {
            for address in addresses.iter() {
                let health = timeout(
                    CHECK_TIMEOUT,
                    probe::grpc(&address.to_string(), service, credentials),
                )
                .await;
                match health {
                    Ok(Ok(())) => {
                        report.good(what, format!("{address} is healthy"));
                        healthy.push(*address);
                    }
                    Ok(Err(unhealthy)) => report.fault(what, format!("{address} {unhealthy}")),
                    Err(_) => report.fault(what, format!("{address} does not answer")),
                }
            }
        }
    }
    lifecycle.stop();
    healthy
}

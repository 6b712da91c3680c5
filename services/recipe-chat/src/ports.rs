//! The ports beside those of the services, and the lines that tell where each listens.

use std::{io::Write as _, net::SocketAddr, sync::Arc};

use anyhow::{Context as _, anyhow};
use arc_swap::ArcSwapOption;
use edge::AdminPort;
use runtime::{
    lifecycle::Lifecycle, listener::bind, metrics_port, operators::Operators, telemetry::Prometheus,
};
use secrecy::SecretString;
use tracing::info;

/// A port for operators, if an address for that is given: on this machine only, unless they prove themselves.
pub(crate) fn admin_port(
    config: &edge::Config,
    tokens: [Option<&SecretString>; 2],
) -> anyhow::Result<Option<AdminPort>> {
    let tls = config.admin_tls.open()?;
    let Some(address) = config.admin_listen else {
        return Ok(None);
    };
    let operators = admin_operators(address, tls.is_some(), tokens)?;
    let listener = bind("--admin-listen", address)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    announce_over(scheme, "admin", listener.local_addr()?)?;
    Ok(Some(AdminPort {
        listener,
        operators: Arc::new(ArcSwapOption::from_pointee(operators)),
        tls,
    }))
}

/// Who operators are at a port with this address, by the token of whoever has no name and those of the others; they cannot
/// be missing where others reach the port, unless it asks for certificates.
pub(crate) fn admin_operators(
    address: SocketAddr,
    certified: bool,
    [unnamed, named]: [Option<&SecretString>; 2],
) -> anyhow::Result<Option<Operators>> {
    let operators = Operators::read(unnamed, named).map_err(anyhow::Error::msg)?;
    if !operators.are_any() && !certified && !address.ip().to_canonical().is_loopback() {
        return Err(anyhow!(
            "--admin-listen {address} can be reached from other machines: give --operator-token, or --admin-tls-cert, \
             --admin-tls-key and --admin-client-ca, so that callers must prove that they are operators, or listen on \
             127.0.0.1"
        ));
    }
    Ok(operators.are_any().then_some(operators))
}

/// Lets Prometheus read the metrics at a port of their own, if an address for that is given.
pub(crate) fn serve_metrics(
    address: Option<SocketAddr>,
    prometheus: Prometheus,
    lifecycle: &Lifecycle,
) -> anyhow::Result<()> {
    let Some(address) = address else {
        return Ok(());
    };
    let listener = bind("--metrics-listen", address)?;
    let running = lifecycle.clone();
    lifecycle.spawn(async move { metrics_port::serve(listener, prometheus, &running).await });
    Ok(())
}

/// Tells on standard output that a service is ready: programs wait for this line.
pub(crate) fn announce(service: &str, address: SocketAddr) -> anyhow::Result<()> {
    announce_over("http", service, address)
}

fn announce_over(scheme: &str, service: &str, address: SocketAddr) -> anyhow::Result<()> {
    info!(%address, "{service} is ready");
    writeln!(
        std::io::stdout(),
        "{service} listening on {scheme}://{address}"
    )
    .context("cannot write to standard output")
}

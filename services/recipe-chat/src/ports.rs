//! The ports beside those of the services, and the lines that tell where each listens.

use std::{io::Write as _, net::SocketAddr, sync::Arc};

use anyhow::{Context as _, anyhow};
use arc_swap::ArcSwapOption;
use edge::AdminPort;
use runtime::{
    lifecycle::Lifecycle, listener::bind, metrics_port, operator_token::OperatorToken,
    telemetry::Prometheus,
};
use secrecy::SecretString;
use tracing::info;

/// A port for operators, if an address for that is given: on this machine only, unless they prove themselves.
pub(crate) fn admin_port(
    address: Option<SocketAddr>,
    token: Option<SecretString>,
) -> anyhow::Result<Option<AdminPort>> {
    let Some(address) = address else {
        return Ok(None);
    };
    let token = admin_token(address, token)?;
    let listener = bind("--admin-listen", address)?;
    announce("admin", listener.local_addr()?)?;
    Ok(Some(AdminPort {
        listener,
        token: Arc::new(ArcSwapOption::from_pointee(token)),
    }))
}

/// What operators prove themselves with at a port with this address; it cannot be missing where others reach the port.
pub(crate) fn admin_token(
    address: SocketAddr,
    token: Option<SecretString>,
) -> anyhow::Result<Option<OperatorToken>> {
    if token.is_none() && !address.ip().to_canonical().is_loopback() {
        return Err(anyhow!(
            "--admin-listen {address} can be reached from other machines: give --operator-token, so that callers must \
             prove that they are operators, or listen on 127.0.0.1"
        ));
    }
    Ok(token.map(OperatorToken::new).transpose()?)
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
    info!(%address, "{service} is ready");
    writeln!(std::io::stdout(), "{service} listening on http://{address}")
        .context("cannot write to standard output")
}

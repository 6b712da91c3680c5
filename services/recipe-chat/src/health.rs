//! `recipe-chat health`: asks a running service whether it is healthy, and says so by the exit code.

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, anyhow};
use clap::Args;
use runtime::{
    config::duration,
    grpc::CredentialArgs,
    probe::{self, HttpAddress},
};
use tokio::time::timeout;

/// Which service to ask.
#[derive(Debug, Args)]
pub(crate) struct Health {
    /// The edge to ask; without a path its /readyz
    #[arg(long, env = "HEALTH_URL", default_value = "http://127.0.0.1:8080")]
    url: HttpAddress,

    /// Ask a gRPC service instead, such as 127.0.0.1:50051
    #[arg(long, env = "HEALTH_GRPC", value_name = "ADDRESS")]
    grpc: Option<String>,

    /// How long the answer may take
    #[arg(long, env = "HEALTH_TIMEOUT", value_parser = duration, default_value = "3s")]
    timeout: Duration,

    #[command(flatten)]
    credentials: CredentialArgs,
}

/// Asks once.
///
/// # Errors
/// When the service is not healthy, with what it said.
pub(crate) async fn run(health: Health) -> anyhow::Result<()> {
    let (whom, answer) = match health.grpc {
        Some(address) => {
            let credentials = health.credentials.open()?;
            let answer = timeout(health.timeout, probe::grpc(&address, "", &credentials)).await;
            (address, answer)
        }
        None => {
            let answer = timeout(health.timeout, probe::http(&health.url)).await;
            (health.url.to_string(), answer)
        }
    };
    answer
        .map_err(|_| anyhow!("{whom} does not answer within {:?}", health.timeout))?
        .map_err(|unhealthy| anyhow!("{whom} {unhealthy}"))?;
    writeln!(std::io::stdout(), "{whom} is healthy").context("cannot write to standard output")
}

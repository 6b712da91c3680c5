//! What the load generator can be told.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::ParseFloatError,
    time::Duration,
};

use anyhow::Context as _;

/// Puts load on running edges and prints what it measured as JSON.
///
/// The edges must let one address and one user have many connections: start them with
/// `--max-connections-per-address 0 --max-connections-per-user 0 --sign-in-rate 0 --message-rate 0`.
#[derive(Debug, clap::Parser)]
#[command(name = "load")]
pub(crate) struct Options {
    /// Where an edge listens; several times for several edges
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) edge: Vec<SocketAddr>,

    /// Which address they come from, of those of this machine: one address has some ten thousand ports for connections to one edge
    #[arg(long, default_value_t = Ipv4Addr::UNSPECIFIED)]
    pub(crate) source: Ipv4Addr,

    /// How many connections
    #[arg(long, default_value_t = 100)]
    pub(crate) connections: usize,

    /// Over how many recipes they are spread
    #[arg(long, default_value_t = 10)]
    pub(crate) recipes: usize,

    /// How many users they belong to
    #[arg(long, default_value_t = 10)]
    pub(crate) users: usize,

    /// How many connections are opened in a second
    #[arg(long, default_value_t = 200.0)]
    pub(crate) connect_rate: f64,

    /// How many messages a second all of them send together; 0: none
    #[arg(long, default_value_t = 0.0)]
    pub(crate) message_rate: f64,

    /// How long they stay once all are connected, in seconds
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub(crate) duration: Duration,

    /// Instead of all that: how long a sign-in at the first edge takes while so many sockets say nothing, or drip a
    /// head that never ends, and without them; of many addresses, and of one. For 3,000 start the edge with
    /// `--sign-in-rate 0`, and both with `ulimit -n 16384`
    #[arg(long)]
    pub(crate) silent: Option<usize>,

    /// Instead of all that: what it costs edge and chat service in processor time that so many people who join one recipe
    /// are told who is there. Starts services of its own, of the program that `RECIPE_CHAT_BIN` names; for 5,000 with
    /// `ulimit -n 16384`
    #[arg(long)]
    pub(crate) presence: Option<usize>,

    /// Whether connections of one user come with one token, so that the tokens end at the same time
    #[arg(long)]
    pub(crate) shared_token: bool,

    /// Whether each single time is printed too
    #[arg(long)]
    pub(crate) samples: bool,

    #[command(flatten)]
    pub(crate) renewals: Renewals,

    /// The process id of an edge, to measure what a connection costs it
    #[arg(long)]
    pub(crate) pid: Option<u32>,
}

/// What is measured of sessions that are asked for fresh tokens.
#[derive(Debug, clap::Args)]
pub(crate) struct Renewals {
    /// Instead of all that: how late so many sessions are asked for fresh tokens, how long it takes until they are
    /// accepted, and how soon a logout closes. Starts services of its own, of the program that `RECIPE_CHAT_BIN` names;
    /// with `ulimit -n 20000`. `--connect-rate` and `--shared-token` count
    #[arg(long)]
    pub(crate) renewals: Option<usize>,

    /// Over how many edges they are spread
    #[arg(long, default_value_t = 1)]
    pub(crate) over_edges: usize,

    /// How long an access token lives, in seconds; all must be connected a minute before the first one ends
    #[arg(long, default_value = "300", value_parser = seconds)]
    pub(crate) token_life: Duration,
}

impl Options {
    /// Tells what makes no sense.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.connections > 0, "--connections must be at least 1");
        anyhow::ensure!(self.recipes > 0, "--recipes must be at least 1");
        anyhow::ensure!(self.users > 0, "--users must be at least 1");
        anyhow::ensure!(self.connect_rate > 0.0, "--connect-rate must be above 0");
        anyhow::ensure!(
            self.message_rate >= 0.0,
            "--message-rate must not be below 0"
        );
        Ok(())
    }

    /// How long it takes until all are connected.
    pub(crate) fn arrival(&self) -> anyhow::Result<Duration> {
        self.arrival_of(self.connections)
    }

    /// How long it takes until so many are connected.
    pub(crate) fn arrival_of(&self, connections: usize) -> anyhow::Result<Duration> {
        let connections = u32::try_from(connections).context("too many connections")?;
        Ok(Duration::from_secs_f64(1.0 / self.connect_rate) * connections)
    }

    /// How long each is silent between two messages; `None`: always.
    pub(crate) fn pace(&self) -> anyhow::Result<Option<Duration>> {
        let connections = u32::try_from(self.connections).context("--connections is too large")?;
        let talks = self.message_rate > 0.0;
        Ok(talks.then(|| Duration::from_secs_f64(1.0 / self.message_rate) * connections))
    }
}

fn seconds(text: &str) -> Result<Duration, ParseFloatError> {
    text.trim_end_matches('s')
        .parse::<f64>()
        .map(|seconds| Duration::from_secs_f64(seconds.max(0.0)))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn rates_are_of_all_connections_together() {
        let words = "load --connections 100 --connect-rate 50 --message-rate 20 --duration 5s";
        let options = Options::try_parse_from(words.split(' ')).unwrap();

        assert_eq!(options.arrival().unwrap(), Duration::from_secs(2));
        assert_eq!(options.pace().unwrap(), Some(Duration::from_secs(5)));
        assert_eq!(options.duration, Duration::from_secs(5));
    }

    #[test]
    fn a_rate_of_nothing_is_refused() {
        let options = Options::try_parse_from(["load", "--connect-rate", "0"]).unwrap();

        assert!(options.check().is_err());
    }
}

//! One running service of Recipe Chat, which can be killed and started again at the same address.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use test_servers::free_port;
use tonic::transport::{Channel, Endpoint};

use crate::{
    binary::call,
    process::{Ended, Process},
    timeouts::{STEP_TIMEOUT, within},
};

/// How a service is called.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Which build of `recipe-chat`.
    pub binary: PathBuf,
    /// What it says when it is ready: `edge` for `edge listening on …`.
    pub name: &'static str,
    /// The arguments, the address to listen on apart.
    pub arguments: Vec<String>,
    /// The flag that names the address to listen on.
    pub listen_flag: &'static str,
    /// More environment.
    pub environment: Vec<(String, String)>,
}

/// A service that has said that it is ready.
#[derive(Debug)]
pub struct Service {
    launch: Launch,
    address: SocketAddr,
    process: Process,
    earlier: Vec<Process>,
}

impl Service {
    /// Starts it on a free port and waits until it is ready.
    pub async fn start(launch: Launch) -> Self {
        // A port of its own, so that nobody has it when the service is started again.
        Self::start_at(launch, SocketAddr::from(([127, 0, 0, 1], free_port()))).await
    }

    /// Starts it at this address, which others may know already, and waits until it is ready.
    pub async fn start_at(launch: Launch, address: SocketAddr) -> Self {
        let (process, address) = start(&launch, address).await;
        Self {
            launch,
            address,
            process,
            earlier: Vec::new(),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as other services want it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A gRPC channel to it.
    ///
    /// # Panics
    /// When it cannot be reached.
    pub async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(self.url()).expect("an address");
        let endpoint = endpoint.timeout(STEP_TIMEOUT);
        within("a gRPC connection", endpoint.connect())
            .await
            .expect("a gRPC connection")
    }

    /// Its process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Kills it (SIGKILL).
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Waits for it to end by itself.
    pub async fn ended(&mut self) -> Ended {
        self.process.ended().await
    }

    /// Starts it again at its old address, after a kill when it still runs.
    pub async fn restart(&mut self) {
        self.process.kill().await;
        let (process, _) = start(&self.launch, self.address).await;
        self.earlier
            .push(std::mem::replace(&mut self.process, process));
    }

    /// Starts it again with other flags; each replaces its namesake.
    pub async fn restart_with(&mut self, more: &[&str]) {
        replace(&mut self.launch.arguments, more);
        self.restart().await;
    }

    /// Asks it to stop, waits until it has, and starts this build at the same address.
    ///
    /// # Panics
    /// When it does not stop in order.
    pub async fn roll(&mut self, binary: &Path) {
        self.process.terminate();
        let ended = self.process.ended().await;
        assert_eq!(ended.status.code(), Some(0), "{}", self.launch.name);
        binary.clone_into(&mut self.launch.binary);
        self.restart().await;
    }

    /// How it is called, the address to listen on apart.
    pub fn arguments(&self) -> &[String] {
        &self.launch.arguments
    }

    /// All processes that it ran in so far.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.earlier.iter().chain([&self.process])
    }
}

async fn start(launch: &Launch, address: SocketAddr) -> (Process, SocketAddr) {
    let mut arguments = launch.arguments.clone();
    arguments.extend([launch.listen_flag.to_owned(), address.to_string()]);
    let mut command = call(&launch.binary, &arguments);
    command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
    let process = Process::start(launch.name, command);
    let line = process
        .line_with(&format!("{} listening on http://", launch.name))
        .await;
    (process, address_in(&line))
}

/// The address in `edge listening on http://ADDR`.
pub fn address_in(line: &str) -> SocketAddr {
    let address = line.rsplit("://").next().unwrap_or_default();
    address
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("{line:?} names no address"))
}

/// Words as a command line.
pub(crate) fn flags(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Adds flags with their values (`--flag value`, or `--flag=value` as one word); each replaces its namesake.
pub(crate) fn replace(all: &mut Vec<String>, more: &[&str]) {
    let mut words = more.iter().peekable();
    while let Some(flag) = words.next() {
        if let Some(at) = all.iter().position(|known| known == flag) {
            all.drain(at..=at + 1);
        }
        all.push((*flag).to_owned());
        if let Some(value) = words.next_if(|word| !word.starts_with("--")) {
            all.push((*value).to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_replaces_its_namesake() {
        let mut all = flags(&["--sign-in-rate", "0", "--message-rate", "5"]);

        replace(
            &mut all,
            &["--sign-in-rate", "30", "--accept-old-cookie=false"],
        );

        let expected = [
            "--message-rate",
            "5",
            "--sign-in-rate",
            "30",
            "--accept-old-cookie=false",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn reads_the_address_from_the_ready_line() {
        let address = address_in("edge listening on http://127.0.0.1:4711");

        assert_eq!(address, "127.0.0.1:4711".parse().unwrap());
    }
}

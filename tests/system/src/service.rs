//! One running service of Recipe Chat, which can be killed and started again at the same address.

use std::net::SocketAddr;

use crate::{
    binary::recipe_chat,
    process::{Ended, Process},
};

/// How a service is called.
#[derive(Debug, Clone)]
pub struct Launch {
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
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (process, address) = start(&launch, any).await;
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

    /// All processes that it ran in so far.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.earlier.iter().chain([&self.process])
    }
}

async fn start(launch: &Launch, address: SocketAddr) -> (Process, SocketAddr) {
    let mut arguments = launch.arguments.clone();
    arguments.extend([launch.listen_flag.to_owned(), address.to_string()]);
    let mut command = recipe_chat(&arguments);
    command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
    let process = Process::start(launch.name, command);
    let line = process
        .line_with(&format!("{} listening on http://", launch.name))
        .await;
    (process, address_in(&line))
}

/// The address in `edge listening on http://ADDR`.
pub fn address_in(line: &str) -> SocketAddr {
    let address = line.rsplit("http://").next().unwrap_or_default();
    address
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("{line:?} names no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_address_from_the_ready_line() {
        let address = address_in("edge listening on http://127.0.0.1:4711");

        assert_eq!(address, "127.0.0.1:4711".parse().unwrap());
    }
}

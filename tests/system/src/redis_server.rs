//! A real redis-server on a free port, with nothing on disk, that can be killed, frozen and brought back.

use std::{net::SocketAddr, path::Path, time::Duration};

use redis::aio::MultiplexedConnection;
use tempfile::TempDir;
pub use test_servers::free_port;
use tokio::time::sleep;

use crate::{binary::clean_command, process::Process, timeouts::within};

/// How often Redis is asked for what it tells nobody.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A private Redis.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    arguments: Vec<String>,
    process: Process,
    folder: TempDir,
}

impl RedisServer {
    /// Starts one.
    pub async fn start() -> Self {
        Self::start_at(free_port()).await
    }

    /// Starts one at this port, which others may know already.
    pub async fn start_at(port: u16) -> Self {
        Self::start_with(port, Vec::new()).await
    }

    /// Starts one that copies another, and waits until it has done so.
    pub async fn start_replica_of(master: &Self) -> Self {
        let port = master.port.to_string();
        let arguments = ["--replicaof", "127.0.0.1", &port].map(str::to_owned);
        let replica = Self::start_with(free_port(), arguments.to_vec()).await;
        let copied = "sync: Finished with success";
        replica.process.line_with(copied).await;
        replica
    }

    async fn start_with(port: u16, arguments: Vec<String>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let process = launch(port, folder.path(), &arguments).await;
        Self {
            port,
            arguments,
            process,
            folder,
        }
    }

    /// Its address as the services want it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Its process, to be frozen and thawed.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Kills it; nothing of what it held survives.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Starts it again, empty, on the same port.
    pub async fn restart(&mut self) {
        self.kill().await;
        self.process = launch(self.port, self.folder.path(), &self.arguments).await;
    }

    /// A connection of the test's own.
    pub async fn connection(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("a Redis address");
        within(
            "a connection to Redis",
            client.get_multiplexed_async_connection(),
        )
        .await
        .expect("a connection to Redis")
    }

    /// Tells it something.
    ///
    /// # Panics
    /// When it refuses.
    pub async fn tell(&self, words: &[&str]) {
        let mut connection = self.connection().await;
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        let told = command.exec_async(&mut connection).await;
        told.unwrap_or_else(|error| panic!("Redis refuses {words:?}: {error}"));
    }

    /// All keys that match `pattern`.
    pub async fn keys(&self, pattern: &str) -> Vec<String> {
        let mut connection = self.connection().await;
        let keys = redis::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut connection)
            .await;
        keys.expect("the keys of Redis")
    }

    /// Waits until the schedule knows of so many sessions that they were asked: edges write it beside the connection.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn until_asked(&self, count: usize) {
        let mut connection = self.connection().await;
        let what = format!("{count} asked sessions in Redis");
        let asked = async {
            loop {
                let sessions = self.keys("rc:{*}:session:*").await;
                if sessions.len() >= count {
                    let mut phases = redis::pipe();
                    for session in sessions {
                        phases.hget(session, "p");
                    }
                    let phases = phases.query_async(&mut connection).await;
                    let phases: Vec<Option<String>> = phases.expect("the phases");
                    let is_asked = |phase: &&Option<String>| phase.as_deref() == Some("q");
                    if phases.iter().filter(is_asked).count() >= count {
                        return;
                    }
                }
                sleep(POLL_INTERVAL).await;
            }
        };
        within(&what, Box::pin(asked)).await;
    }
}

async fn launch(port: u16, folder: &Path, arguments: &[String]) -> Process {
    let mut command = clean_command(Path::new("redis-server"));
    command
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        // A replica gets its copy at once, instead of after a wait for others that want one too.
        .args(["--repl-diskless-sync-delay", "0"])
        .args(["--port", &port.to_string()])
        .arg("--dir")
        .arg(folder)
        .args(arguments);
    let process = Process::start("redis-server", command);
    process.line_with("Ready to accept connections").await;
    process
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_restarted_redis_is_empty() {
        let mut redis = RedisServer::start().await;
        let mut connection = redis.connection().await;
        let set = redis::cmd("SET")
            .arg("dish")
            .arg("soup")
            .exec_async(&mut connection)
            .await;
        set.unwrap();
        assert_eq!(redis.keys("*").await, ["dish"]);

        redis.restart().await;

        assert!(redis.keys("*").await.is_empty());
    }
}

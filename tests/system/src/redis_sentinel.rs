//! A Redis that a sentinel watches over: when the master dies, its replica becomes the master.

use std::path::Path;

use tempfile::TempDir;

use crate::{
    binary::clean_command,
    process::Process,
    redis_server::{RedisServer, free_port},
};

/// A master, its replica, and a sentinel that decides alone.
#[derive(Debug)]
pub struct WatchedRedis {
    /// The master at the start.
    pub master: RedisServer,
    /// Who stands in for it.
    pub replica: RedisServer,
    sentinel: Process,
    port: u16,
    _folder: TempDir,
}

impl WatchedRedis {
    /// Starts all three, and waits until they know one another.
    pub async fn start() -> Self {
        let master = RedisServer::start().await;
        let replica = RedisServer::start_replica_of(&master).await;
        let folder = TempDir::new().expect("a temporary folder");
        let port = free_port();
        let sentinel = watch(master.port(), port, folder.path());
        sentinel.line_with("+slave slave").await;
        Self {
            master,
            replica,
            sentinel,
            port,
            _folder: folder,
        }
    }

    /// Its address as the services want it.
    pub fn url(&self) -> String {
        format!("redis+sentinel://127.0.0.1:{}/main", self.port)
    }

    /// Waits until the sentinel has made the replica the master.
    pub async fn failed_over(&self) {
        self.sentinel.line_with("+switch-master main").await;
    }
}

fn watch(master: u16, port: u16, folder: &Path) -> Process {
    let config = folder.join("sentinel.conf");
    let text = format!(
        "port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {master} 1\n\
         sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
    );
    std::fs::write(&config, text).expect("a place for the sentinel's settings");
    let mut command = clean_command(Path::new("redis-server"));
    command.arg(&config).arg("--sentinel");
    Process::start("sentinel", command)
}

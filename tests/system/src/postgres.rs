//! A real PostgreSQL in a temporary folder. It refuses to run as root, so then it runs as the user `postgres`.

use std::{path::Path, time::Duration};

use tempfile::TempDir;
use test_servers::{postgres_folder, postgres_user};
use tokio::process::Command;

use crate::{
    binary::clean_command,
    process::{Process, last_lines},
    redis_server::free_port,
    timeouts::{eventually, within_at_most},
};

/// What PostgreSQL says when somebody else has its port.
const PORT_TAKEN: &str = "could not create any TCP/IP sockets";
/// How many free ports are tried: between the look and the start somebody else may take one.
const MAX_PORTS: usize = 5;

/// A private PostgreSQL.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    process: Process,
    _folder: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub async fn start() -> Self {
        for _ in 0..MAX_PORTS {
            if let Some(started) = Self::try_at(free_port()).await {
                return started;
            }
        }
        panic!("others took {MAX_PORTS} free ports before PostgreSQL did");
    }

    /// Makes a cluster and starts it at this port, which others may know already.
    pub async fn start_at(port: u16) -> Self {
        let started = Self::try_at(port).await;
        started.expect("a port that nobody else has")
    }

    /// `None` when somebody else has the port.
    async fn try_at(port: u16) -> Option<Self> {
        let folder = TempDir::new().expect("a temporary folder");
        let user = postgres_user();
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group))
                .expect("to give the folder to postgres");
        }
        let data = folder.path().join("data");
        make_cluster(&data, user).await;
        let process = launch(&data, port, user);
        let says = |words: &str| process.stderr().contains(words);
        eventually("PostgreSQL to be ready", async || {
            says("ready to accept connections") || says(PORT_TAKEN)
        })
        .await;
        if says(PORT_TAKEN) {
            return None;
        }
        Some(Self {
            port,
            process,
            _folder: folder,
        })
    }

    /// Makes an empty database and gives its address as the services want it.
    pub async fn database(&self, name: &str) -> String {
        let mut create = tool("createdb", None);
        create
            .args([
                "-h",
                "127.0.0.1",
                "-U",
                "postgres",
                "-p",
                &self.port.to_string(),
            ])
            .arg(name);
        run("createdb", create).await;
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Dumps a schema, and restores it into an empty database of this name; gives that one's address.
    pub async fn restored(&self, url: &str, schema: &str, name: &str) -> String {
        let folder = TempDir::new().expect("a temporary folder");
        let file = folder.path().join("dump.sql");
        let mut dump = tool("pg_dump", None);
        dump.args(["--schema", schema, "--dbname", url, "--file"])
            .arg(&file);
        run("pg_dump", dump).await;
        let copy = self.database(name).await;
        let mut restore = tool("psql", None);
        restore
            .args(["-v", "ON_ERROR_STOP=1", "--dbname", &copy, "-f"])
            .arg(&file);
        run("psql", restore).await;
        copy
    }

    /// Runs statements in a database.
    pub async fn run(&self, url: &str, statements: &str) {
        let mut psql = tool("psql", None);
        psql.args(["-v", "ON_ERROR_STOP=1", "--dbname", url, "-c", statements]);
        run("psql", psql).await;
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process, to be frozen and thawed.
    pub fn process(&self) -> &Process {
        &self.process
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // An immediate stop also ends its children and frees its shared memory; a kill would not.
        if self.process.is_running() {
            self.process.signal("QUIT");
            for _ in 0..200 {
                if !self.process.is_running() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

async fn make_cluster(data: &Path, user: Option<(u32, u32)>) {
    let mut initdb = tool("initdb", user);
    initdb
        .args([
            "-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale", "C", "-D",
        ])
        .arg(data);
    run("initdb", initdb).await;
}

fn launch(data: &Path, port: u16, user: Option<(u32, u32)>) -> Process {
    let mut server = tool("postgres", user);
    server
        .args(["-F", "-h", "127.0.0.1", "-p", &port.to_string(), "-k"])
        .arg(data)
        .arg("-D")
        .arg(data);
    Process::start("postgres", server)
}

async fn run(name: &str, command: Command) {
    let mut process = Process::start(name, command);
    let time_limit = Duration::from_secs(60);
    let ended = within_at_most(time_limit, name, process.ended_within(time_limit)).await;
    assert!(
        ended.status.success(),
        "{name} failed:\n{}",
        last_lines(&ended.stderr)
    );
}

fn tool(name: &str, user: Option<(u32, u32)>) -> Command {
    let mut command = clean_command(&postgres_folder().join(name));
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    // The folder of the tests may be closed to that user.
    command.current_dir("/");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_can_be_made() {
        let postgres = Postgres::start().await;

        let url = postgres.database("soups").await;

        assert!(url.ends_with("/soups"), "{url}");
    }
}

//! Real PostgreSQL and Redis servers, and a stand-in for an identity provider, for tests, each with its own port and folder, ended when dropped. The system tests
//! start theirs as processes that can be frozen, and take from here what servers need on this machine.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "for tests: what cannot be started ends the test"
)]

mod issuer;
mod ports;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::{fs::chown, process::CommandExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;

pub use self::{
    issuer::{Behaviour, Issuer, IssuerKey},
    ports::free_port,
};

/// A PostgreSQL server with an empty database.
#[derive(Debug)]
pub struct Postgres {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it; as root, under the user `postgres`.
    ///
    /// # Panics
    /// When it cannot be started, as when it is not installed.
    pub fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let owner = postgres_user();
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let command = |program: &str| {
            let mut command = Command::new(postgres_folder().join(program));
            command.current_dir(folder.path());
            if let Some((user, group)) = owner {
                command.uid(user).gid(group);
            }
            command
        };
        let made = command("initdb")
            .args([
                "-N",
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C",
                "-D",
            ])
            .arg(&data)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = free_port();
        let mut child = command("postgres")
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .args([
                "-c",
                "fsync=off",
                "-c",
                "shared_buffers=16MB",
                "-c",
                "max_connections=60",
            ])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_for_line(child.stderr.take().unwrap(), "ready to accept connections");
        Self {
            child,
            port,
            _folder: folder,
        }
    }

    /// Its address as the services want it.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// A Redis server that keeps nothing on disk.
#[derive(Debug)]
pub struct Redis {
    arguments: Vec<String>,
    child: Child,
    _folder: TempDir,
}

impl Redis {
    /// Starts one.
    ///
    /// # Panics
    /// When it cannot be started, as when it is not installed or the port is taken.
    pub fn start(port: u16) -> Self {
        Self::start_with(port, &[])
    }

    /// Starts one with more arguments.
    ///
    /// # Panics
    /// As [`Redis::start`].
    pub fn start_with(port: u16, more: &[&str]) -> Self {
        let port = port.to_string();
        Self::launch(&[&["--port", &port], more].concat())
    }

    /// Starts one that listens where its arguments say.
    ///
    /// # Panics
    /// As [`Redis::start`].
    pub fn launch(arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let own = ["--save", "", "--appendonly", "no", "--dir"];
        let own = own.into_iter().chain(folder.path().to_str());
        let arguments: Vec<String> = own
            .chain(arguments.iter().copied())
            .map(Into::into)
            .collect();
        Self {
            child: run_redis(&arguments),
            arguments,
            _folder: folder,
        }
    }

    /// Kills it.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was: empty, since nothing is ever saved.
    ///
    /// # Panics
    /// As [`Redis::start`].
    pub fn start_again(&mut self) {
        self.child = run_redis(&self.arguments);
    }

    /// The id of its process.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn run_redis(arguments: &[String]) -> Child {
    let mut child = Command::new("redis-server")
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server is installed");
    wait_for_line(child.stdout.take().unwrap(), "Ready to accept connections");
    child
}

/// PostgreSQL refuses to run as root: then it runs as this user and group of its own.
///
/// # Panics
/// When there is no user `postgres`.
pub fn postgres_user() -> Option<(u32, u32)> {
    let number = |arguments: &[&str]| -> u32 {
        let output = Command::new("id").args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim()
            .parse()
            .expect("a user `postgres` to run PostgreSQL as")
    };
    (number(&["-u"]) == 0).then(|| (number(&["-u", "postgres"]), number(&["-g", "postgres"])))
}

/// Where the programs of the newest PostgreSQL are. Debian keeps them out of the path, one folder for each version.
pub fn postgres_folder() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let numbered = versions.flatten().filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let newest = numbered
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .max();
    newest.map(|(_, folder)| folder).unwrap_or_default()
}

/// Waits until the server says so, and reads on so that it never blocks on a full pipe.
fn wait_for_line(output: impl Read + Send + 'static, words: &str) {
    let mut output = BufReader::new(output);
    let mut said = String::new();
    while !said.contains(words) {
        let read = output.read_line(&mut said).unwrap();
        assert!(read > 0, "the server ended: {said}");
    }
    thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
}

/// SIGINT lets both end at once but in good order, so that they leave nothing behind.
fn end(child: &mut Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    if !sent.is_ok_and(|status| status.success()) {
        child.kill().ok();
    }
    child.wait().ok();
}

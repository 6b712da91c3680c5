//! Real PostgreSQL and Redis servers for the tests of the services, each with its own port and folder, ended when
//! dropped. The system tests have their own, which can be killed and frozen.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "for tests: what cannot be started ends the test"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;

/// A port that nobody listens on at this moment.
///
/// # Panics
/// When there is none.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// How to start a Redis server that keeps nothing on disk.
pub fn redis(port: u16, folder: &Path) -> Command {
    let mut command = Command::new("redis-server");
    command
        .args(["--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder);
    command
}

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

/// A Redis server.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    _folder: TempDir,
}

impl Redis {
    /// Starts one that keeps nothing on disk.
    ///
    /// # Panics
    /// When it cannot be started, as when it is not installed or the port is taken.
    pub fn start(port: u16) -> Self {
        let folder = TempDir::new().unwrap();
        let mut child = redis(port, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is installed");
        wait_for_line(child.stdout.take().unwrap(), "Ready to accept connections");
        Self {
            child,
            _folder: folder,
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// PostgreSQL refuses to run as root: then it runs as its own user.
fn postgres_user() -> Option<(u32, u32)> {
    let number = |arguments: &[&str]| -> u32 {
        let output = Command::new("id").args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim()
            .parse()
            .expect("a user `postgres` to run PostgreSQL as")
    };
    (number(&["-u"]) == 0).then(|| (number(&["-u", "postgres"]), number(&["-g", "postgres"])))
}

/// Debian keeps the server's programs out of the path, one folder for each version.
fn postgres_folder() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = versions.map(|version| version.path().join("bin")).max();
    newest.unwrap_or_default()
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

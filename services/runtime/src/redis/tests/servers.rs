//! Redis servers of the tests' own. Each ends with its test.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use test_servers::free_port;
use tokio::time::{sleep, timeout};

use super::super::Redis;

pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) port: u16,
    arguments: Vec<String>,
    process: Child,
    _folder: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::launch("--port", &[])
    }

    pub(crate) fn start_replica(master: u16) -> Self {
        let master = master.to_string();
        // It copies at once, instead of waiting whether others want a copy too.
        let soon = ["--repl-diskless-sync-delay", "0"];
        let arguments = ["--replicaof", "127.0.0.1", &master];
        Self::launch("--port", &[&arguments[..], &soon].concat())
    }

    /// A sentinel that decides alone, soon, about a master named `main`.
    pub(crate) fn start_sentinel(master: u16) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let config = folder.path().join("sentinel.conf");
        let text = format!(
            "port {port}\nsentinel monitor main 127.0.0.1 {master} 1\n\
             sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
        );
        std::fs::write(&config, text).unwrap();
        let config = config.to_str().unwrap().to_owned();
        Self::run(port, vec![config, "--sentinel".into()], folder)
    }

    pub(crate) fn start_with_tls(authority: &Authority) -> Self {
        let (certificate, key) = (authority.file("server.pem"), authority.file("server.key"));
        let tls = [
            "--port",
            "0",
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-auth-clients",
            "no",
        ];
        Self::launch("--tls-port", &tls)
    }

    fn launch(listen: &str, arguments: &[&str]) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let (text, home) = (port.to_string(), folder.path().to_str().unwrap());
        let own = [
            listen,
            &text,
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            home,
        ];
        let arguments = own.iter().chain(arguments).map(|&part| part.into());
        Self::run(port, arguments.collect(), folder)
    }

    fn run(port: u16, arguments: Vec<String>, folder: TempDir) -> Self {
        let process = spawn(&arguments);
        Self {
            port,
            arguments,
            process,
            _folder: folder,
        }
    }

    /// What a server answers that is no ordinary Redis.
    pub(crate) fn told(&self, question: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(question)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Tells the server something until it says that it is done: it may still be starting.
    pub(crate) async fn told_until_ok(&self, words: &[&str]) {
        until(async || self.told(words).trim() == "OK").await;
    }

    /// Empty, since nothing is ever saved.
    pub(crate) fn start_again(&mut self) {
        self.process = spawn(&self.arguments);
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        Command::new("kill")
            .args(["-s", signal, &pid])
            .status()
            .unwrap();
    }

    pub(crate) async fn open(&self) -> Redis {
        open(&format!("redis://127.0.0.1:{}", self.port)).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Connected, and patient, since the machine may be busy with other tests.
pub(crate) async fn open(url: &str) -> Redis {
    let redis = Redis::open(&url.parse().unwrap()).unwrap();
    let mut up = redis.watch();
    timeout(TEST_TIMEOUT, up.wait_for(|up| *up))
        .await
        .unwrap()
        .unwrap();
    redis.with_timeout(TEST_TIMEOUT)
}

/// Asks another process until it says yes; there is nothing to wait for.
pub(crate) async fn until(ask: impl AsyncFn() -> bool) {
    let asking = async {
        while !ask().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(TEST_TIMEOUT, asking).await.expect("a yes in time");
}

/// Vouches for a server on this machine.
pub(crate) struct Authority(TempDir);

impl Authority {
    pub(crate) fn make() -> Self {
        let authority = Self(tempfile::tempdir().unwrap());
        let config = "[req]\nprompt = no\ndistinguished_name = name\n[name]\nCN = test\n\
            [ca]\nbasicConstraints = critical, CA:TRUE\n\
            [server]\nbasicConstraints = critical, CA:FALSE\nsubjectAltName = IP:127.0.0.1\n";
        std::fs::write(authority.file("config"), config).unwrap();
        authority.certify("ca", &[]);
        authority.certify("server", &["-CA", "ca.pem", "-CAkey", "ca.key"]);
        authority
    }

    fn certify(&self, name: &str, by: &[&str]) {
        let made = Command::new("openssl")
            .args(["req", "-x509", "-config", "config", "-noenc", "-days", "2"])
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-extensions", name, "-subj", &format!("/CN=test {name}")])
            .args(["-keyout", &format!("{name}.key")])
            .args(["-out", &format!("{name}.pem")])
            .args(by)
            .current_dir(self.0.path())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success());
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

fn spawn(arguments: &[String]) -> Child {
    Command::new("redis-server")
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

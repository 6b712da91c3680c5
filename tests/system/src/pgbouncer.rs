//! A real PgBouncer before a PostgreSQL, in transaction mode: each transaction may get another connection of a few.

use std::{fs, os::unix::fs::chown, path::Path};

use tempfile::TempDir;
use test_servers::postgres_user;

use crate::{
    binary::clean_command, postgres::Postgres, process::Process, redis_server::free_port,
    timeouts::eventually,
};

/// So few connections that those of one client are never the same for long.
const CONNECTIONS: u32 = 3;
/// Debian keeps it out of the path of users.
const PROGRAMS: [&str; 2] = ["/usr/sbin/pgbouncer", "pgbouncer"];

/// A private PgBouncer.
#[derive(Debug)]
pub struct PgBouncer {
    port: u16,
    _process: Process,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts one that shows the databases of `postgres`; `settings` are more lines of its file.
    ///
    /// # Panics
    /// When it cannot be started, as when it is not installed.
    pub async fn start(postgres: &Postgres, settings: &str) -> Self {
        let port = free_port();
        let folder = TempDir::new().expect("a temporary folder");
        let file = folder.path().join("pgbouncer.ini");
        let databases = format!("* = host=127.0.0.1 port={} user=postgres", postgres.port());
        let own = format!(
            "listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = {CONNECTIONS}\n"
        );
        let text = format!("[databases]\n{databases}\n[pgbouncer]\n{own}{settings}\n");
        fs::write(&file, text).expect("to write its settings");
        // As root it refuses to run.
        let user = postgres_user();
        if let Some((user, group)) = user {
            for path in [folder.path(), &file] {
                chown(path, Some(user), Some(group)).expect("to give it its settings");
            }
        }
        let mut command = clean_command(Path::new(program()));
        command.arg(&file).current_dir("/");
        if let Some((user, group)) = user {
            command.uid(user).gid(group);
        }
        let process = Process::start("pgbouncer", command);
        eventually("PgBouncer to be ready", async || {
            process.stderr().contains("process up")
        })
        .await;
        Self {
            port,
            _process: process,
            _folder: folder,
        }
    }

    /// The address of a database of the server behind it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

fn program() -> &'static str {
    let there = |path: &&&str| Path::new(path).is_file();
    PROGRAMS.iter().find(there).unwrap_or(&"pgbouncer")
}

//! Recipe Chat, the one binary: reads the command line, starts telemetry, runs a command, and says in one line
//! what went wrong.

mod backup;
mod check;
mod cli;
mod commands;
mod dev_ca;
mod explain;
mod health;
mod keys;
mod migrate;
mod operator;
mod service_token;
mod sessions;
mod users;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::parse() {
        Ok(cli) => commands::run(cli),
        Err(code) => code,
    }
}

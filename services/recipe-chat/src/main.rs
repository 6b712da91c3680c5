//! Recipe Chat, the one binary: reads the command line, starts telemetry, runs a command, and says in one line
//! what went wrong.

mod check;
mod cli;
mod commands;
mod health;
mod keys;
mod operator;
mod sessions;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::parse() {
        Ok(cli) => commands::run(cli),
        Err(code) => code,
    }
}

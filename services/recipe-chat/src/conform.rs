//! `recipe-chat conform`: whether a server keeps to the protocol, case by case.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use clap::Args;
use conformance::{Case, Fault, cases};
use recipe_chat_client::Server;

/// What is tried.
#[derive(Debug, Args)]
pub(crate) struct Conform {
    /// The server, such as http://127.0.0.1:8080, with its default limits; people must be able to sign up at it
    #[arg(value_name = "URL")]
    url: String,
    /// Only the cases with these words in their names, such as auth
    #[arg(value_name = "WORDS", default_value = "", hide_default_value = true)]
    words: String,
    /// Only the cases for a server that runs with --access-ttl 4s --reauth-lead 2s --reauth-grace 1s, instead of those for
    /// any server
    #[arg(long)]
    short_tokens: bool,
}

/// Prints a line for each case, what is wrong below it, and last how many passed and failed.
///
/// # Errors
/// When a case fails, no case has such a name, nobody can sign up, or standard output is closed.
pub(crate) async fn run(conform: Conform) -> anyhow::Result<()> {
    let server = Server::at(&conform.url).map_err(|_| {
        anyhow::anyhow!(
            "{:?} is not the URL of a server, such as http://127.0.0.1:8080",
            conform.url
        )
    })?;
    let mut cases = cases().context("the table of the protocol")?;
    cases.retain(|case| {
        case.short_tokens == conform.short_tokens && case.name.contains(&conform.words)
    });
    if cases.is_empty() {
        bail!("no case has {:?} in its name", conform.words);
    }
    let (mut passed, mut failed, mut written) = (0, 0, Ok(()));
    let mut tell = |case: &Case, result: Result<(), Fault>| {
        let line = match result {
            Ok(()) => format!("ok      {}", case.name),
            Err(ref fault) => format!("FAILED  {}\n        {fault}", case.name),
        };
        *if result.is_ok() {
            &mut passed
        } else {
            &mut failed
        } += 1;
        if let Err(error) = writeln!(std::io::stdout(), "{line}") {
            written = Err(error);
        }
    };
    let run = conformance::run(&server, &cases, &mut tell);
    run.await
        .with_context(|| format!("nobody can sign up at {}", conform.url))?;
    written.context("cannot write to standard output")?;
    let sum = format!("{passed} passed, {failed} failed");
    writeln!(std::io::stdout(), "{sum}").context("cannot write to standard output")?;
    if failed > 0 {
        bail!("{} does not keep to the protocol: {sum}", conform.url);
    }
    Ok(())
}

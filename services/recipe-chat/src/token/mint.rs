//! A token for development: of a new guest, so that the server takes it like anybody's.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use clap::Args;
use recipe_chat_client::{Account, Server};
use secrecy::ExposeSecret as _;
use serde_json::json;
use url::{Host, Url};

#[derive(Debug, Args)]
pub(super) struct Mint {
    /// Says that it is for development: the token is printed, and the guest stays for as long as guests do
    #[arg(long, required = true)]
    dev: bool,
    /// The server, on this machine
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Print the whole first frame of a WebSocket instead of the token alone
    #[arg(long)]
    frame: bool,
}

/// Prints the token on standard output, and how long it is good for on standard error.
///
/// # Errors
/// When the server is not on this machine, refuses or cannot be reached.
pub(super) async fn run(mint: Mint) -> anyhow::Result<()> {
    if !is_here(&mint.url) {
        bail!(
            "{:?} is not on this machine; write it as http://127.0.0.1:8080",
            mint.url
        );
    }
    let server = Server::at(&mint.url).context("the server")?;
    let (_, token) = Account::guest(server).await?;
    let access = token.access.expose_secret();
    let text = match mint.frame {
        true => json!({"type": "auth", "payload": {"token": access}}).to_string(),
        false => access.to_owned(),
    };
    let seconds = token.good_for.as_secs();
    writeln!(std::io::stderr(), "good for {seconds} s, of a new guest").ok();
    writeln!(std::io::stdout(), "{text}").context("cannot write to standard output")
}

fn is_here(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_printed_only_for_a_server_on_this_machine() {
        for url in [
            "http://127.0.0.1:8080",
            "http://localhost",
            "https://[::1]:8443/chat",
        ] {
            assert!(is_here(url), "{url}");
        }
        for url in [
            "",
            "127.0.0.1:8080",
            "http://192.168.0.7",
            "https://localhost.example",
            "http://[::2]",
        ] {
            assert!(!is_here(url), "{url}");
        }
    }
}

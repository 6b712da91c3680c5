//! `recipe-chat check`: looks at everything that the services would use and says what to mend, one line each.
//! It changes nothing, and prints no secret.

mod database;
mod keys;
mod redis;
mod replicas;

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, anyhow};
use clap::Args;
use runtime::{
    clock::{Clock as _, SystemClock, Timestamp},
    config::SecretUrl,
    grpc::CredentialArgs,
    replicas::ServiceAddress,
};

use crate::cli::RedisArgs;

/// The services, by the names under which their health is asked.
const AUTH: &str = proto::auth::auth_service_server::SERVICE_NAME;
const CHAT: &str = proto::chat::chat_service_server::SERVICE_NAME;
/// How long one answer may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);
/// How far clocks may be apart. Tokens bear 5 s, prompts 2 s.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(1);

/// What to look at: what is not named is not looked at.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The auth service: every replica is asked
    #[arg(long, env = "EDGE_AUTH_URL")]
    auth_url: Option<ServiceAddress>,

    /// The chat service: every replica is asked
    #[arg(long, env = "EDGE_CHAT_URL")]
    chat_url: Option<ServiceAddress>,

    /// The auth service's database
    #[arg(long, env = "AUTH_DATABASE_URL", hide_env_values = true)]
    auth_database_url: Option<SecretUrl>,

    /// The chat service's database
    #[arg(long, env = "CHAT_DATABASE_URL", hide_env_values = true)]
    chat_database_url: Option<SecretUrl>,

    #[command(flatten)]
    redis: RedisArgs,

    #[command(flatten)]
    credentials: CredentialArgs,

    #[command(flatten)]
    auth: auth::Config,

    #[command(flatten)]
    chat: chat::Config,

    #[command(flatten)]
    edge: edge::Config,
}

/// What was found, in the order in which it was looked at.
#[derive(Debug, Default)]
struct Report {
    lines: Vec<String>,
    faults: usize,
}

impl Report {
    /// Something was not looked at, since nothing names it.
    fn skipped(&mut self, what: &str, flag: &str) {
        self.lines
            .push(format!("skip  {what}: not looked at, {flag} is not set"));
    }

    /// Something is as it should be.
    fn good(&mut self, what: &str, words: impl std::fmt::Display) {
        self.lines.push(format!("ok    {what}: {words}"));
    }

    /// Something works, and might be better.
    fn note(&mut self, what: &str, words: impl std::fmt::Display) {
        self.lines.push(format!("note  {what}: {words}"));
    }

    /// Something must be mended.
    fn fault(&mut self, what: &str, words: impl std::fmt::Display) {
        self.lines.push(format!("MEND  {what}: {words}"));
        self.faults += 1;
    }

    /// A clock must not be far from this machine's, which was read `before` and `after` it.
    fn clock(&mut self, what: &str, before: Timestamp, theirs: Timestamp, after: Timestamp) {
        let skew = before.since(theirs).max(theirs.since(after));
        if skew > MAX_CLOCK_SKEW {
            self.fault(
                what,
                format!("its clock and this machine's are {skew:?} apart: run NTP on both"),
            );
        } else {
            self.good(what, "its clock agrees with this machine's");
        }
    }
}

/// Looks at everything.
///
/// # Errors
/// When something must be mended.
pub(crate) async fn run(check: Check) -> anyhow::Result<()> {
    let mut report = Report::default();
    settings(&mut report, &check);
    unnamed(&mut report, &check);
    if let Some(url) = &check.redis.redis_url {
        let chat_database = check.chat_database_url.as_ref();
        let is_file = chat_database.is_some_and(|url| url.expose().starts_with("sqlite:"));
        redis::check(&mut report, url, !is_file).await;
    }
    for (what, schema, url) in [
        (
            "auth database",
            "recipe_chat_auth",
            &check.auth_database_url,
        ),
        (
            "chat database",
            "recipe_chat_chat",
            &check.chat_database_url,
        ),
    ] {
        if let Some(url) = url {
            database::check(&mut report, what, schema, url).await;
        }
    }
    match check.credentials.open() {
        Err(fault) => report.fault("credentials", fault),
        Ok(credentials) => {
            if let Some(url) = check.auth_url {
                let healthy = replicas::check(&mut report, "auth", AUTH, url, &credentials).await;
                keys::check(&mut report, &healthy, &credentials).await;
            }
            if let Some(url) = check.chat_url {
                replicas::check(&mut report, "chat", CHAT, url, &credentials).await;
            }
        }
    }
    let mut out = std::io::stdout();
    for line in &report.lines {
        writeln!(out, "{line}").context("cannot write to standard output")?;
    }
    match report.faults {
        0 => Ok(()),
        1 => Err(anyhow!("there is something to mend")),
        faults => Err(anyhow!("there are {faults} things to mend")),
    }
}

fn settings(report: &mut Report, check: &Check) {
    let mut faults = check.edge.faults();
    match check.edge.reloadable.descriptors_fault() {
        Some((fault, true)) => faults.push(fault),
        // It holds fewer then, and refuses more.
        Some((fault, false)) => report.note("descriptors", fault),
        None => report.good("descriptors", "there are enough"),
    }
    if let Err(of_auth) = check.auth.check() {
        faults.push(of_auth.to_string());
    }
    if let Err(of_chat) = check.chat.reloadable.operators() {
        faults.push(of_chat.to_owned());
    }
    // Relations that neither service can see alone.
    let asked = check.edge.reauth_lead;
    if asked >= check.auth.access_ttl {
        faults.push("--reauth-lead must be shorter than --access-ttl".to_owned());
    }
    if check.edge.reauth_grace > asked {
        faults.push("--reauth-grace should not be longer than --reauth-lead".to_owned());
    }
    if faults.is_empty() {
        report.good("settings", "they agree with one another");
    }
    for fault in faults {
        report.fault("settings", fault);
    }
}

/// What is not named cannot be looked at, and nobody should take silence for health.
fn unnamed(report: &mut Report, check: &Check) {
    for (what, is_named, flag) in [
        ("redis", check.redis.redis_url.is_some(), "--redis-url"),
        (
            "auth database",
            check.auth_database_url.is_some(),
            "--auth-database-url",
        ),
        (
            "chat database",
            check.chat_database_url.is_some(),
            "--chat-database-url",
        ),
        ("auth", check.auth_url.is_some(), "--auth-url"),
        ("chat", check.chat_url.is_some(), "--chat-url"),
    ] {
        if !is_named {
            report.skipped(what, flag);
        }
    }
}

fn now() -> Timestamp {
    SystemClock.now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_apart_are_a_fault() {
        let at = |seconds: i64| Timestamp::from_unix_millis(seconds * 1000);
        for (theirs, faults) in [(100, 0), (102, 0), (103, 0), (104, 1), (99, 0), (98, 1)] {
            let mut report = Report::default();
            report.clock("redis", at(100), at(theirs), at(102));
            assert_eq!(report.faults, faults, "{theirs}: {:?}", report.lines);
        }
    }
}

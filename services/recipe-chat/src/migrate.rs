//! `recipe-chat migrate`: brings the databases up to date before the services of a new version start, or shows what would
//! be changed.

use std::{io::Write as _, path::PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use runtime::{config::SecretUrl, database::plan::Step};

/// Which databases.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// Show the statements that would be run, and run none
    #[arg(long)]
    plan: bool,

    /// Where the databases are kept
    #[arg(long, env = "RECIPE_CHAT_DATA_DIR", default_value = "./data")]
    data_dir: PathBuf,

    /// The auth service's database, instead of a file in the data directory
    #[arg(long, env = "AUTH_DATABASE_URL", hide_env_values = true)]
    auth_database_url: Option<SecretUrl>,

    /// The chat service's database, instead of a file in the data directory
    #[arg(long, env = "CHAT_DATABASE_URL", hide_env_values = true)]
    chat_database_url: Option<SecretUrl>,
}

/// Looks at both databases, auth's first, and brings each up to date unless only the plan is wanted.
///
/// # Errors
/// When one cannot be looked at or changed; what was changed before stays so.
pub(crate) async fn run(migrate: Migrate) -> anyhow::Result<()> {
    let in_data_dir = |file| {
        let path = migrate.data_dir.join(file);
        let path = path.to_str().map(|path| format!("sqlite:{path}").parse());
        let Some(Ok(url)) = path else {
            return Err(anyhow!("--data-dir must be readable text"));
        };
        Ok(url)
    };
    let auth: SecretUrl = migrate
        .auth_database_url
        .map_or_else(|| in_data_dir("auth.db"), Ok)?;
    let chat: SecretUrl = migrate
        .chat_database_url
        .map_or_else(|| in_data_dir("chat.db"), Ok)?;
    let steps = auth::missing_migrations(&auth).await.context("auth")?;
    tell("auth", &steps, migrate.plan)?;
    if !migrate.plan && !steps.is_empty() {
        auth::migrate(&auth).await.context("auth")?;
    }
    let steps = chat::missing_migrations(&chat).await.context("chat")?;
    tell("chat", &steps, migrate.plan)?;
    if !migrate.plan && !steps.is_empty() {
        chat::migrate(&chat).await.context("chat")?;
    }
    Ok(())
}

fn tell(service: &str, steps: &[Step], in_full: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let mut say = |words: &str| writeln!(out, "{words}").context("cannot write to standard output");
    if steps.is_empty() {
        return say(&format!("-- {service}: up to date"));
    }
    for Step { version, sql } in steps {
        say(&format!("-- {service}: migration {version}"))?;
        if in_full {
            say(sql.trim_end())?;
        }
    }
    Ok(())
}

//! `recipe-chat backup` and `verify`: copies of SQLite's files, made while the services run, and whether they are good.

use std::{
    fs::DirBuilder,
    io::Write as _,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use clap::Args;
use runtime::{
    config::SecretUrl,
    database::{Kind, sqlite::backup},
};
use time::OffsetDateTime;

/// The files of a copy, by what is in them.
const FILES: [(&str, &str); 2] = [("auth", "auth.db"), ("chat", "chat.db")];

/// What to copy, and where to.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Where to: a folder named by the time is made in it, for each copy
    folder: PathBuf,

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

/// Which copy to look at.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A folder that `backup` made, or one in which it has made some: then all of them
    folder: PathBuf,
}

/// Copies both databases: the chat service's after the auth service's, so that whoever spoke is known.
///
/// # Errors
/// When one cannot be copied, with what to do instead.
pub(crate) fn back_up(backup: &Backup) -> anyhow::Result<()> {
    let sources = [&backup.auth_database_url, &backup.chat_database_url];
    let sources = FILES.iter().zip(sources).map(|((what, file), url)| {
        let path = match url {
            Some(url) => file_of(what, url)?,
            None => backup.data_dir.join(file),
        };
        Ok((*what, *file, path))
    });
    let sources: Vec<_> = sources.collect::<anyhow::Result<_>>()?;
    let folder = backup.folder.join(name_of(OffsetDateTime::now_utc()));
    let make = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
    make(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    for (what, file, path) in sources {
        backup::copy(&path, &folder.join(file))
            .with_context(|| format!("{what}: {} cannot be copied", path.display()))?;
    }
    say(&format!("{} holds a good copy", folder.display()))
}

/// What a copy of that moment is called: in the order of their names copies are in the order of time.
fn name_of(at: OffsetDateTime) -> String {
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second) = at.to_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The file of an SQLite database.
fn file_of(what: &str, url: &SecretUrl) -> anyhow::Result<PathBuf> {
    match Kind::of(url)? {
        Kind::Sqlite(path) => Ok(path.into()),
        Kind::Postgres => Err(anyhow!(
            "{what}: {url} is a server; use pg_dump, or its own archiving"
        )),
    }
}

/// Reads all of each copy.
///
/// # Errors
/// When there is none, or one is damaged.
pub(crate) fn verify(verify: &Verify) -> anyhow::Result<()> {
    let is_copy = |folder: &Path| FILES.iter().any(|(_, file)| folder.join(file).is_file());
    let mut copies = vec![verify.folder.clone()];
    if !is_copy(&verify.folder) {
        let entries = std::fs::read_dir(&verify.folder);
        let entries = entries.with_context(|| verify.folder.display().to_string())?;
        copies = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        copies.retain(|folder| is_copy(folder));
        copies.sort();
    }
    if copies.is_empty() {
        return Err(anyhow!("{} holds no copy", verify.folder.display()));
    }
    for folder in copies {
        for (what, file) in FILES {
            backup::verify(&folder.join(file))
                .with_context(|| format!("{what}: {}", folder.join(file).display()))?;
        }
        say(&format!("{} holds a good copy", folder.display()))?;
    }
    Ok(())
}

fn say(words: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{words}").context("cannot write to standard output")
}

//! Copies of a file that a service may have open meanwhile, and whether a copy is good.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use rusqlite::{Connection, OpenFlags};

use super::BUSY_TIMEOUT;

/// Who may read a copy: it holds keys, and what people said in private.
const FILE_MODE: u32 = 0o600;

/// Why there is no good copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The copy cannot be made there.
    #[error("{0}")]
    File(#[from] io::Error),
    /// SQLite refused.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What was read is damaged.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// Copies the database at `from` to the new file `to`, as it was at one moment, while others may go on writing, and looks
/// whether the copy is good. It is on the disk afterwards.
///
/// # Errors
/// When there is no database, the copy is there already, or cannot be made; then none is left behind.
pub fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    source.busy_timeout(BUSY_TIMEOUT)?;
    // SQLite fills an empty file, but makes none for its owner alone.
    let file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(FILE_MODE)
        .open(to)?;
    let copied = source
        .execute("VACUUM INTO ?1", [to.to_string_lossy()])
        .map_err(BackupError::from)
        .and_then(|_| verify(to))
        .and_then(|_| Ok(file.sync_all()?))
        .and_then(|()| Ok(sync_folder(to)?));
    if copied.is_err() {
        std::fs::remove_file(to).ok();
    }
    copied
}

/// Reads all of a copy. Gives its schema's version.
///
/// # Errors
/// When it cannot be read, or is damaged.
pub fn verify(path: &Path) -> Result<i64, BackupError> {
    let copy = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found: String = copy.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if found != "ok" {
        return Err(BackupError::Damaged(found));
    }
    let version: i64 = copy.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        return Err(BackupError::Damaged("it is empty".to_owned()));
    }
    Ok(version)
}

/// So that the copy's name is on the disk too.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

//! The file of a database, its lock, and who may read them: they hold keys and what people said in private.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError, set_permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::OpenError;
use crate::config::SecretUrl;

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Makes the folder and the file, closed to other users, and takes the lock beside it; the system lets go of that when
/// the process ends.
pub(super) fn lock(url: &SecretUrl, path: &Path) -> Result<File, OpenError> {
    let failed = |cause| OpenError::File {
        url: url.clone(),
        cause,
    };
    let lock = open_lock(path).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(url.clone())),
        Err(TryLockError::Error(cause)) => return Err(failed(cause)),
    }
    make_private(path).map_err(failed)?;
    Ok(lock)
}

fn open_lock(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(folder)?;
    }
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(FILE_MODE)
        .open(beside(path, ".lock"))
}

/// Makes the file before SQLite would with the usual permissions; its log gets those of the file. What an earlier
/// build made is closed to others as well.
fn make_private(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(FILE_MODE)
        .open(path)?;
    for suffix in ["", "-wal", "-shm", ".lock"] {
        match set_permissions(beside(path, suffix), Permissions::from_mode(FILE_MODE)) {
            Ok(()) => {}
            // Who made the file for this service has decided who reads it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(suffix);
    beside.into()
}

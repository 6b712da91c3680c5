//! Values that are read from files, and read again when the files have changed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{CredentialError, keep_the_old};

/// How often the files are looked at, while somebody uses what is in them.
pub(super) const RELOAD_INTERVAL: Duration = Duration::from_secs(1);
/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// What some files hold.
pub(crate) type Contents = Vec<Vec<u8>>;

/// Files that something is made from.
pub(crate) trait Source {
    /// What is made from them.
    type Value;

    /// Reads the files.
    fn read(&self) -> Result<Contents, CredentialError>;

    /// Makes the value.
    fn parse(&self, contents: &Contents) -> Result<Self::Value, CredentialError>;
}

/// A value that follows its files. The files are small and local: they are read where the value is used, once in
/// [`RELOAD_INTERVAL`] at most.
pub(crate) struct Reloaded<S: Source> {
    source: S,
    state: Mutex<State<S::Value>>,
}

struct State<T> {
    contents: Contents,
    value: Arc<T>,
    looked: Instant,
}

impl<S: Source> Reloaded<S> {
    /// Reads the files for the first time.
    pub(crate) fn open(source: S) -> Result<Self, CredentialError> {
        let contents = source.read()?;
        let value = Arc::new(source.parse(&contents)?);
        let state = Mutex::new(State {
            contents,
            value,
            looked: Instant::now(),
        });
        Ok(Self { source, state })
    }

    /// The value of the files as they are now, or were a moment ago. A change that cannot be read or used is told
    /// and left: the value before stays.
    pub(crate) fn current(&self) -> Arc<S::Value> {
        // The lock is held while a small local file is read; nothing under it can leave the state half changed.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= RELOAD_INTERVAL {
            state.looked = Instant::now();
            match self.source.read() {
                Ok(contents) if contents != state.contents => {
                    match self.source.parse(&contents) {
                        Ok(value) => state.value = Arc::new(value),
                        Err(error) => keep_the_old(&error),
                    }
                    state.contents = contents;
                }
                Ok(_) => {}
                Err(error) => {
                    // Told once: nothing is equal to no contents but the next failure.
                    if !state.contents.is_empty() {
                        keep_the_old(&error);
                        state.contents = Contents::new();
                    }
                }
            }
        }
        Arc::clone(&state.value)
    }
}

/// Reads these files, each named by a flag.
pub(crate) fn read_all(files: &[(&'static str, &PathBuf)]) -> Result<Contents, CredentialError> {
    files
        .iter()
        .map(|(flag, path)| {
            read(path).map_err(|cause| CredentialError::Unreadable {
                flag,
                path: path.display().to_string(),
                cause,
            })
        })
        .collect()
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let size = std::fs::metadata(path)?.len();
    if size > MAX_FILE {
        return Err(std::io::Error::other("it is larger than 1 MiB"));
    }
    std::fs::read(path)
}

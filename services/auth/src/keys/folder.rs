//! Signing keys and secrets as files in one folder, which replicas may share: `signing-N.json`, `revoked-N.json` and
//! `NAME.secret`. Files appear whole and for good: each is written beside and then linked to its name, so that of two
//! replicas that make the same one the first wins. Nobody else may read them.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use runtime::clock::Timestamp;
use secrecy::{ExposeSecret as _, SecretSlice};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{RevokedKey, StoredKey};

/// A folder of keys.
#[derive(Debug, Clone)]
pub(crate) struct KeyFolder(PathBuf);

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{path}: {cause}")]
    Io { path: PathBuf, cause: io::Error },
    #[error("{path} is malformed")]
    Malformed { path: PathBuf },
}

#[derive(Serialize, Deserialize)]
struct SigningFile {
    generation: u32,
    published_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signs_from: Option<i64>,
    /// Base64.
    pkcs8: String,
}

#[derive(Serialize, Deserialize)]
struct RevokedFile {
    generation: u32,
    kid: String,
    revoked_at: i64,
}

impl KeyFolder {
    /// Makes the folder when it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let folder = Self(path.to_owned());
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path);
        made.map_err(|cause| Error::io(path, cause))?;
        Ok(folder)
    }

    pub(crate) fn signing_keys(&self) -> Result<Vec<StoredKey>, Error> {
        let read = |path: PathBuf| {
            let file: SigningFile = read_json(&path)?;
            let Ok(pkcs8) = STANDARD.decode(&file.pkcs8) else {
                return Err(Error::Malformed { path });
            };
            Ok(StoredKey {
                generation: file.generation,
                published_at: Timestamp::from_unix_millis(file.published_at),
                signs_from: file.signs_from.map(Timestamp::from_unix_millis),
                pkcs8: pkcs8.into(),
            })
        };
        self.files("signing-")?.into_iter().map(read).collect()
    }

    /// Adds a signing key, unless there is one of that generation.
    pub(crate) fn add_signing_key(&self, key: &StoredKey) -> Result<(), Error> {
        self.create(&signing(key.generation), &signing_file(key))
    }

    /// Has a key sign from then on. Nothing happens when it is gone.
    pub(crate) fn promote(&self, generation: u32, signs_from: Timestamp) -> Result<(), Error> {
        let keys = self.signing_keys()?;
        match keys.into_iter().find(|key| key.generation == generation) {
            Some(mut key) => {
                key.signs_from = Some(signs_from);
                self.replace(&signing(generation), &signing_file(&key))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn forget_signing_key(&self, generation: u32) -> Result<(), Error> {
        self.remove(&signing(generation))
    }

    pub(crate) fn revoke(&self, key: &RevokedKey) -> Result<(), Error> {
        let file = RevokedFile {
            generation: key.generation,
            kid: key.kid.clone(),
            revoked_at: key.revoked_at.unix_millis(),
        };
        self.create(&revoked(key.generation), &to_json(&file))?;
        self.remove(&signing(key.generation))
    }

    pub(crate) fn revoked_keys(&self) -> Result<Vec<RevokedKey>, Error> {
        let read = |path: PathBuf| {
            let file: RevokedFile = read_json(&path)?;
            Ok(RevokedKey {
                generation: file.generation,
                kid: file.kid,
                revoked_at: Timestamp::from_unix_millis(file.revoked_at),
            })
        };
        self.files("revoked-")?.into_iter().map(read).collect()
    }

    pub(crate) fn forget_revoked_key(&self, generation: u32) -> Result<(), Error> {
        self.remove(&revoked(generation))
    }

    /// The secret of that name; `fresh` becomes it when there is none.
    pub(crate) fn secret(
        &self,
        name: &str,
        fresh: &SecretSlice<u8>,
    ) -> Result<SecretSlice<u8>, Error> {
        let name = format!("{name}.secret");
        self.create(&name, STANDARD.encode(fresh.expose_secret()).as_bytes())?;
        let path = self.0.join(name);
        let text = fs::read_to_string(&path).map_err(|cause| Error::io(&path, cause))?;
        match STANDARD.decode(text.trim_end()) {
            Ok(secret) if !secret.is_empty() => Ok(secret.into()),
            Ok(_) | Err(_) => Err(Error::Malformed { path }),
        }
    }

    /// The files whose names begin so, in the order of their names.
    fn files(&self, prefix: &str) -> Result<Vec<PathBuf>, Error> {
        let unreadable = |cause| Error::io(&self.0, cause);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with(prefix) && name.ends_with(".json") {
                found.push(self.0.join(name));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Writes a file, unless there is one of that name.
    fn create(&self, name: &str, contents: &[u8]) -> Result<(), Error> {
        let path = self.0.join(name);
        let draft = self.draft(name, contents)?;
        let linked = match fs::hard_link(&draft, &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        };
        let removed = fs::remove_file(&draft);
        linked
            .and(removed)
            .and_then(|()| self.sync())
            .map_err(|cause| Error::io(&path, cause))
    }

    fn replace(&self, name: &str, contents: &[u8]) -> Result<(), Error> {
        let path = self.0.join(name);
        let draft = self.draft(name, contents)?;
        fs::rename(&draft, &path)
            .and_then(|()| self.sync())
            .map_err(|cause| Error::io(&path, cause))
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.0.join(name);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(Error::io(&path, cause)),
            Ok(()) | Err(_) => self.sync().map_err(|cause| Error::io(&path, cause)),
        }
    }

    /// A file of a name of its own with these contents, on the disk.
    fn draft(&self, name: &str, contents: &[u8]) -> Result<PathBuf, Error> {
        let path = self.0.join(format!(".{name}.{}", Uuid::new_v4()));
        let write = || {
            let mut options = fs::OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)?;
            file.write_all(contents)?;
            file.sync_all()
        };
        match write() {
            Ok(()) => Ok(path),
            Err(cause) => Err(Error::io(&path, cause)),
        }
    }

    fn sync(&self) -> io::Result<()> {
        fs::File::open(&self.0)?.sync_all()
    }
}

impl Error {
    fn io(path: &Path, cause: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            cause,
        }
    }
}

fn signing(generation: u32) -> String {
    format!("signing-{generation}.json")
}

fn revoked(generation: u32) -> String {
    format!("revoked-{generation}.json")
}

fn signing_file(key: &StoredKey) -> Vec<u8> {
    to_json(&SigningFile {
        generation: key.generation,
        published_at: key.published_at.unix_millis(),
        signs_from: key.signs_from.map(Timestamp::unix_millis),
        pkcs8: STANDARD.encode(key.pkcs8.expose_secret()),
    })
}

/// These types have text keys only, so they are always JSON.
fn to_json(file: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(file).unwrap_or_default()
}

fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, Error> {
    let contents = fs::read(path).map_err(|cause| Error::io(path, cause))?;
    serde_json::from_slice(&contents).map_err(|_| Error::Malformed {
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const START: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);

    fn folder() -> (tempfile::TempDir, KeyFolder) {
        let parent = tempfile::tempdir().unwrap();
        let folder = KeyFolder::open(&parent.path().join("made/when/missing")).unwrap();
        (parent, folder)
    }

    #[test]
    fn the_first_key_of_a_generation_stays_and_comes_back_as_it_was() {
        let (_parent, folder) = folder();
        let first = StoredKey::generate(10, START).unwrap();
        folder.add_signing_key(&first).unwrap();
        folder
            .add_signing_key(&StoredKey::generate(10, START).unwrap())
            .unwrap();
        folder
            .add_signing_key(&StoredKey::generate(9, START).unwrap())
            .unwrap();
        folder.promote(10, START).unwrap();
        folder.promote(77, START).unwrap();
        folder.forget_signing_key(9).unwrap();
        folder.forget_signing_key(9).unwrap();

        let [read] = <[StoredKey; 1]>::try_from(folder.signing_keys().unwrap()).unwrap();
        assert_eq!((read.generation, read.published_at), (10, START));
        assert_eq!(read.signs_from, Some(START));
        assert_eq!(read.pkcs8.expose_secret(), first.pkcs8.expose_secret());
    }

    #[test]
    fn nothing_secret_is_left_of_a_revoked_key() {
        let (_parent, folder) = folder();
        let key = StoredKey::generate(1, START).unwrap();
        folder.add_signing_key(&key).unwrap();
        let gone = RevokedKey {
            generation: 1,
            kid: "kid".into(),
            revoked_at: START,
        };
        folder.revoke(&gone).unwrap();
        folder.revoke(&gone).unwrap();
        assert!(folder.signing_keys().unwrap().is_empty());
        assert_eq!(folder.revoked_keys().unwrap(), [gone]);
        folder.forget_revoked_key(1).unwrap();
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
    }

    #[test]
    fn a_secret_is_made_once() {
        let (_parent, folder) = folder();

        for fresh in [vec![1; 32], vec![2; 32]] {
            let secret = folder.secret("refresh", &fresh.into()).unwrap();
            assert_eq!(secret.expose_secret(), [1; 32]);
        }
    }

    #[test]
    fn nobody_else_may_read_the_folder_or_its_files() {
        let (_parent, folder) = folder();
        folder
            .add_signing_key(&StoredKey::generate(1, START).unwrap())
            .unwrap();
        folder.promote(1, START).unwrap();
        folder.secret("refresh", &vec![1; 32].into()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.0), 0o700);
        for entry in fs::read_dir(&folder.0).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
    }

    #[test]
    fn a_file_that_was_tampered_with_is_named() {
        let (_parent, folder) = folder();
        fs::write(folder.0.join("signing-1.json"), "{}").unwrap();
        let error = folder.signing_keys().unwrap_err().to_string();
        assert!(error.ends_with("signing-1.json is malformed"), "{error}");
    }
}

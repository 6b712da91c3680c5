//! The secret by which this server proves itself at an issuer: in a file, read at the start to see that it can be, and
//! again for each use, so that it may be replaced while the service runs.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use secrecy::SecretString;

/// No provider's secret is near this.
const MAX_LENGTH: u64 = 4096;

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
#[error("the client secret in {file:?} cannot be read: {cause}")]
pub(crate) struct Unreadable {
    file: PathBuf,
    cause: String,
}

/// Where the secret is.
#[derive(Debug)]
pub(super) struct ClientSecretFile(PathBuf);

impl ClientSecretFile {
    /// # Errors
    /// When it cannot be read.
    pub(super) fn new(file: PathBuf) -> Result<Self, Unreadable> {
        read(&file)?;
        Ok(Self(file))
    }

    /// The secret, as it is now.
    pub(super) async fn read(&self) -> Result<SecretString, Unreadable> {
        let file = self.0.clone();
        let read = tokio::task::spawn_blocking(move || read(&file)).await;
        read.unwrap_or_else(|cause| Err(unreadable(&self.0, &cause)))
    }
}

fn read(file: &Path) -> Result<SecretString, Unreadable> {
    let mut text = String::new();
    let opened = std::fs::File::open(file);
    let read = opened.and_then(|opened| opened.take(MAX_LENGTH + 1).read_to_string(&mut text));
    read.map_err(|cause| unreadable(file, &cause))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(unreadable(file, &"it is empty")),
        secret if secret.len() as u64 > MAX_LENGTH => Err(unreadable(file, &"it is too long")),
        secret => Ok(secret.into()),
    }
}

fn unreadable(file: &Path, cause: &dyn std::fmt::Display) -> Unreadable {
    Unreadable {
        file: file.to_owned(),
        cause: cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[tokio::test]
    async fn a_secret_may_be_replaced_and_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let told = ClientSecretFile::new(file.clone()).unwrap_err().to_string();
        assert!(told.contains("secret"), "{told}");
        for bad in [String::new(), "\n".to_owned(), "x".repeat(4097)] {
            std::fs::write(&file, bad).unwrap();
            assert!(ClientSecretFile::new(file.clone()).is_err());
        }
        std::fs::write(&file, "canary-1\n").unwrap();
        let secret = ClientSecretFile::new(file.clone()).unwrap();
        assert_eq!(secret.read().await.unwrap().expose_secret(), "canary-1");
        std::fs::write(&file, "canary-2").unwrap();
        assert_eq!(secret.read().await.unwrap().expose_secret(), "canary-2");
        assert!(!format!("{secret:?}").contains("canary"));
    }
}

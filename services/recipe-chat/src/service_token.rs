//! The service token of `up`: made anew at each start, for the services of this process and for an operator on this
//! machine who may read the data folder.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use anyhow::Context as _;
use aws_lc_rs::rand;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use runtime::grpc::CredentialArgs;

/// Its name in the data folder.
const FILE: &str = "service-token";

/// These credentials, with a new token in the data folder unless a file of tokens is named already.
///
/// # Errors
/// When the token cannot be written.
pub(crate) fn of_one_start(
    data_dir: &Path,
    credentials: CredentialArgs,
) -> anyhow::Result<CredentialArgs> {
    if credentials.service_token_file.is_some() {
        return Ok(credentials);
    }
    let path = data_dir.join(FILE);
    write(data_dir, &path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(CredentialArgs {
        service_token_file: Some(path),
        ..credentials
    })
}

fn write(data_dir: &Path, path: &Path) -> anyhow::Result<()> {
    let mut random = [0; 32];
    rand::fill(&mut random)?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)?;
    // Beside it first, so that nobody reads half a token; a file left behind would keep the mode it has.
    let new = path.with_extension("new");
    if let Err(error) = fs::remove_file(&new)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error.into());
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    writeln!(file, "{}", BASE64_URL_SAFE_NO_PAD.encode(random))?;
    fs::rename(&new, path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn every_start_has_a_token_of_its_own_that_others_cannot_read() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("data");
        let start = || {
            let made = of_one_start(&folder, CredentialArgs::default()).unwrap();
            made.open().unwrap();
            let path = made.service_token_file.unwrap();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            fs::read_to_string(path).unwrap()
        };
        assert_ne!(start(), start());
    }

    #[test]
    fn a_file_of_tokens_that_is_named_stays() {
        let data = tempfile::tempdir().unwrap();
        let named = CredentialArgs {
            service_token_file: Some("tokens".into()),
            ..CredentialArgs::default()
        };
        let kept = of_one_start(data.path(), named).unwrap();
        assert_eq!(kept.service_token_file, Some("tokens".into()));
        assert!(!data.path().join(FILE).exists());
    }
}

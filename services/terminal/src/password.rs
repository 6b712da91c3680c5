//! Where the password comes from: a file, the command line, or the person, who is asked without echo.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
};

use crossterm::{
    event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read},
    terminal::{disable_raw_mode, enable_raw_mode},
};
use secrecy::SecretString;

use crate::Config;

/// The longest first line that is read of a password file.
const MAX_PASSWORD: u64 = 4 << 10;

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read the password file {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the password file {} is empty", path.display())]
    EmptyFile { path: PathBuf },
    #[error("no password given: use --password-file or RECIPE_CHAT_PASSWORD")]
    NobodyToAsk,
    #[error("no password given")]
    Refused,
}

/// Finds the password. It waits for the person when it has to ask.
pub(crate) fn find(config: &Config) -> Result<SecretString, Error> {
    if let Some(path) = &config.password_file {
        return first_line(path);
    }
    match &config.password {
        Some(password) => Ok(password.clone()),
        None => ask(&config.user),
    }
}

fn first_line(path: &Path) -> Result<SecretString, Error> {
    let in_file = |source| Error::File {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(in_file)?;
    let mut line = String::new();
    BufReader::new(file.take(MAX_PASSWORD))
        .read_line(&mut line)
        .map_err(in_file)?;
    match line.trim_end_matches(['\r', '\n']) {
        "" => Err(Error::EmptyFile {
            path: path.to_owned(),
        }),
        password => Ok(SecretString::from(password)),
    }
}

/// Raw mode, for as long as this lives.
struct Raw;

impl Drop for Raw {
    fn drop(&mut self) {
        // There is nothing left to do for a terminal that is gone.
        disable_raw_mode().ok();
        writeln!(io::stderr()).ok();
    }
}

/// In raw mode nothing is echoed, and Ctrl-C is a key like any other.
fn ask(user: &str) -> Result<SecretString, Error> {
    let prompt = format!(
        "Password for {}: ",
        recipe_chat_client::printable::line(user)
    );
    let mut stderr = io::stderr();
    enable_raw_mode().map_err(|_| Error::NobodyToAsk)?;
    let _raw = Raw;
    stderr
        .write_all(prompt.as_bytes())
        .and_then(|()| stderr.flush())
        .map_err(|_| Error::NobodyToAsk)?;
    let mut typed = String::new();
    loop {
        match read().map_err(|_| Error::NobodyToAsk)? {
            Event::Key(key) if key.kind != KeyEventKind::Release => match judge(key) {
                Key::Char(c) => typed.push(c),
                Key::Back => drop(typed.pop()),
                Key::Clear => typed.clear(),
                Key::Done if typed.is_empty() => return Err(Error::Refused),
                Key::Done => return Ok(SecretString::from(typed)),
                Key::Stop => return Err(Error::Refused),
                Key::Other => {}
            },
            Event::Paste(text) => typed.push_str(text.trim_end_matches(['\r', '\n'])),
            _ => {}
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Key {
    Char(char),
    Back,
    Clear,
    Done,
    Stop,
    Other,
}

fn judge(key: KeyEvent) -> Key {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c' | 'd') if control => Key::Stop,
        KeyCode::Char('u') if control => Key::Clear,
        KeyCode::Char('j' | 'm') if control => Key::Done,
        KeyCode::Char(_) if control => Key::Other,
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Backspace => Key::Back,
        KeyCode::Enter => Key::Done,
        KeyCode::Esc => Key::Stop,
        _ => Key::Other,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn in_file(text: &str) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, text).unwrap();
        first_line(&path).map(|password| password.expose_secret().to_owned())
    }

    #[test]
    fn the_first_line_of_a_file_is_the_password() {
        assert_eq!(
            in_file("with  spaces \r\nand more\n").unwrap(),
            "with  spaces "
        );
        assert_eq!(in_file("without an end").unwrap(), "without an end");
        assert!(matches!(in_file("\n"), Err(Error::EmptyFile { .. })));
        let missing = first_line(Path::new("/no/such/file")).unwrap_err();
        assert!(missing.to_string().contains("/no/such/file"), "{missing}");
    }

    #[test]
    fn control_c_is_a_refusal_and_not_a_letter() {
        let key = |code, modifiers| judge(KeyEvent::new(code, modifiers));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Key::Stop);
        assert_eq!(key(KeyCode::Char('C'), KeyModifiers::SHIFT), Key::Char('C'));
        assert_eq!(key(KeyCode::Enter, KeyModifiers::NONE), Key::Done);
    }
}
